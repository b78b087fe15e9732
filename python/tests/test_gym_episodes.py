"""Where episodes of ``GymPlanner`` begin and end, and what it says where they cannot."""

from __future__ import annotations

from typing import Any

import pytest

gymnasium = pytest.importorskip("gymnasium", minversion="1.0")

from gym_problems import Bandit  # noqa: E402
from gymnasium import spaces  # noqa: E402
from particle_pilot.gym_planner import EnvCopyError, GymPlanner, GymPlannerError  # noqa: E402


def test_a_time_limit_shortens_the_horizon_and_is_no_failure() -> None:
    env = gymnasium.make("CartPole-v1", max_episode_steps=5)
    pilot = GymPlanner(env, particles=8, horizon=4)
    with pytest.raises(GymPlannerError, match="reset"):
        pilot.plan()
    env.reset(seed=0)
    horizons, ended = [], False
    while not ended:
        decision = pilot.plan()
        horizons.append(decision.horizon)
        assert decision.diagnostics.terminated_share == 0
        _, _, terminated, ended, _ = env.step(decision.action)
    assert horizons == [4, 4, 3, 2, 1] and not terminated
    episodes = pilot.run(2, seed=0)
    assert [(one.seed, one.steps, one.truncated) for one in episodes] == [(0, 5, True), (1, 5, True)]


@pytest.mark.parametrize("limit", [None, -1, "no wrapper"])
def test_an_environment_that_was_not_reset_is_told_in_words(limit: Any) -> None:
    env = gymnasium.make("CartPole-v1", max_episode_steps=None if limit == "no wrapper" else limit)
    with pytest.raises(GymPlannerError, match="has not been reset: call env.reset"):
        GymPlanner(env.unwrapped if limit == "no wrapper" else env).plan()


def test_an_episode_without_an_end_can_be_broken_off() -> None:
    env = gymnasium.make("CartPole-v1", max_episode_steps=-1)
    pilot = GymPlanner(env, particles=8, horizon=2)
    [one, other] = pilot.run(2, seed=1, max_steps=5)
    assert (one.steps, one.truncated, one.terminated) == (other.steps, other.truncated, other.terminated) == (5, True, False)
    # A limit that is not reached changes nothing.
    bandit = GymPlanner(Bandit(spaces.Discrete(2), lambda env, action: action), particles=8, horizon=1)
    [one] = bandit.run(max_steps=1)
    assert (one.steps, one.truncated, one.terminated) == (1, False, True)


def test_a_step_of_four_is_told_in_words() -> None:
    class Old(gymnasium.Wrapper[Any, Any, Any, Any]):
        def step(self, action: Any) -> Any:
            return self.env.step(action)[:4]

    env = Old(gymnasium.make("CartPole-v1"))
    with pytest.raises(EnvCopyError, match="expected 5, got 4"):
        GymPlanner(env, particles=4).run(1)
