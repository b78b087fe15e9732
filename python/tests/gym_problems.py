"""What tests of ``GymPlanner`` play: a value of cart-poles, and a bandit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

gymnasium = pytest.importorskip("gymnasium", minversion="1.0")

from gymnasium import spaces  # noqa: E402

PLANNERS = ["random-shooting", "cem", "smc", "fmc"]


def upright(observation: Any, env: Any) -> float:
    """Cart-pole: a while yet, and longer near the centre, upright and slow."""
    x, x_dot, theta, theta_dot = observation.tolist()
    return 20.0 - (x * x + x_dot * x_dot + 10 * theta * theta + theta_dot * theta_dot)


class Bandit(gymnasium.Env[Any, Any]):
    """Pays for each component of an action that is as wanted; one step is an episode of its own."""

    def __init__(self, space: spaces.Space[Any], pay: Any) -> None:
        self.action_space = space
        self.observation_space = spaces.Box(0, 1, (1,))
        self.pay = pay
        self.played = 0

    def reset(self, *, seed: Any = None, options: Any = None) -> tuple[Any, dict[str, Any]]:
        super().reset(seed=seed)
        self.played = 0
        return np.zeros(1, np.float32), {}

    def step(self, action: Any) -> Any:
        assert self.action_space.contains(action), action
        self.played += 1
        return np.zeros(1, np.float32), float(self.pay(self, action)), True, False, {}
