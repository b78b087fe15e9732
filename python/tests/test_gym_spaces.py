"""``GymPlanner`` finds what pays in every space of actions that it knows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

gymnasium = pytest.importorskip("gymnasium", minversion="1.0")

from gym_problems import PLANNERS, Bandit  # noqa: E402
from gymnasium import spaces  # noqa: E402
from particle_pilot.gym_planner import GymPlanner  # noqa: E402

SPACES = [
    (spaces.Discrete(5, start=-2), lambda env, action: action == 1, lambda action: action == 1),
    (
        spaces.MultiDiscrete([3, 4]),
        lambda env, action: (action == [2, 1]).sum(),
        lambda action: (action == [2, 1]).all(),
    ),
    (spaces.MultiBinary(3), lambda env, action: action.sum(), lambda action: action.all()),
    (
        spaces.Box(-1, 3, (1,)),
        lambda env, action: -((action[0] - 2.0) ** 2),
        lambda action: abs(action[0] - 2.0) < 1.6,
    ),
    (
        spaces.Box(-1, 1, (1, 2), np.float64),
        lambda env, action: -np.abs(action - [[0.5, -0.5]]).sum(),
        lambda action: np.abs(action - [[0.5, -0.5]]).sum() < 1.3,
    ),
]


@pytest.mark.parametrize("planner", PLANNERS)
@pytest.mark.parametrize("space, pay, is_right", SPACES)
def test_the_paying_action_is_found_in_every_space(
    planner: str, space: Any, pay: Any, is_right: Any
) -> None:
    env = Bandit(space, pay)
    env.reset()
    decision = GymPlanner(env, planner, particles=200, horizon=1).plan()
    assert is_right(decision.action) and space.contains(decision.action)
    assert env.played == 0
    diagnostics = decision.diagnostics
    assert diagnostics.terminated_share == 1.0 and diagnostics.best >= diagnostics.mean
    assert diagnostics.env_steps == {"cem": 400, "smc": 250}.get(planner, 200)
