"""``GymPlanner`` plays copies of an environment: with all that matters of it, and without touching it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

gymnasium = pytest.importorskip("gymnasium", minversion="1.0")

from gym_problems import PLANNERS, Bandit  # noqa: E402
from gymnasium import spaces  # noqa: E402
from particle_pilot.gym_planner import GymPlanner, UncopyableEnvError  # noqa: E402


def test_planning_leaves_the_environment_alone() -> None:
    def run(plans: bool) -> list[Any]:
        env = gymnasium.make("CartPole-v1")
        told = [env.reset(seed=1)[0].tolist()]
        env.action_space.seed(1)
        pilot = GymPlanner(env, "fmc", particles=10, horizon=5)
        for _ in range(20):
            if plans:
                pilot.act(told[-1])
            observation, _, terminated, _, _ = env.step(env.action_space.sample())
            told.append(observation.tolist())
            if terminated:
                told.append(env.reset()[0].tolist())
        return told

    assert run(True) == run(False)


class Memory(gymnasium.Wrapper[Any, Any, Any, Any]):
    """Doubles rewards, and keeps what it saw in a list, next to itself and a function."""

    def __init__(self, env: Any) -> None:
        super().__init__(env)
        self.seen: list[Any] = []
        self.myself = self
        self.double = lambda reward: 2 * reward

    def step(self, action: Any) -> Any:
        observation, reward, *rest = self.env.step(action)
        self.myself.seen.append(observation)
        return observation, self.double(reward), *rest


@pytest.mark.parametrize("workers", [1, 2])
def test_wrappers_that_matter_are_part_of_the_model(workers: int) -> None:
    env = Memory(gymnasium.make("CartPole-v1"))
    env.reset(seed=0)
    env.step(0)
    with GymPlanner(env, "smc", particles=8, horizon=3, workers=workers) as pilot:
        decision = pilot.plan()
    assert decision.diagnostics.best == 6.0
    assert len(env.seen) == 1


def test_an_environment_that_renders_can_be_copied() -> None:
    pytest.importorskip("pygame")
    env = gymnasium.make("CartPole-v1", render_mode="rgb_array")
    env.reset(seed=0)
    env.render()
    with GymPlanner(env, "smc", particles=8, horizon=3, workers=2) as pilot:
        pilot.act()
    assert env.render().shape[2] == 3


def test_changed_attributes_reach_the_copies() -> None:
    env = gymnasium.make("CartPole-v1")
    env.reset(seed=0)
    pilot = GymPlanner(env, "random-shooting", particles=32, horizon=20)
    assert pilot.plan().diagnostics.terminated_share > 0
    env.unwrapped.theta_threshold_radians = 100.0
    assert pilot.plan().diagnostics.terminated_share == 0
    env.unwrapped.reward = lambda: 1.0
    pilot.plan()


class Counter:
    """Is not to be copied."""

    def __init__(self) -> None:
        self.count = 0

    def __reduce__(self) -> Any:
        raise TypeError("it is not to be")


class Walk(gymnasium.Env[Any, Any]):
    """Goes left and right; where it is, is kept in something that cannot be copied."""

    observation_space = spaces.Discrete(100)
    action_space = spaces.Discrete(2)

    def __init__(self, render_mode: Any = None) -> None:
        self.counter = Counter()

    def reset(self, *, seed: Any = None, options: Any = None) -> Any:
        super().reset(seed=seed)
        self.counter.count = 50
        return 50, {}

    def step(self, action: Any) -> Any:
        self.counter.count += 2 * int(action) - 1
        return self.counter.count, float(self.counter.count), False, False, {}


@pytest.mark.parametrize("workers", [1, 2])
def test_uncopyable_environments_are_named_and_save_and_restore_help(workers: int) -> None:
    gymnasium.register("Walk-v0", Walk)
    try:
        env = gymnasium.make("Walk-v0", max_episode_steps=10)
        env.reset()
        with pytest.raises(UncopyableEnvError, match=r"Walk\.counter, a .*Counter.* save"):
            GymPlanner(env).plan()

        def restore(env: Any, state: int) -> None:
            env.unwrapped.counter.count = state

        hooks: dict[str, Any] = dict(save=lambda env: env.unwrapped.counter.count, restore=restore)
        for planner in PLANNERS if workers == 1 else ["fmc"]:
            with GymPlanner(
                env, planner, particles=16, horizon=4, workers=workers, **hooks
            ) as pilot:
                assert pilot.act() == 1
        with pytest.raises(TypeError, match="both"):
            GymPlanner(env, save=hooks["save"])
    finally:
        gymnasium.registry.pop("Walk-v0")


HIDDEN = [0]


class Hidden(Bandit):
    """Has a state that is not among its attributes."""

    def step(self, action: Any) -> Any:
        HIDDEN[0] += 1
        return np.zeros(1, np.float32), float(HIDDEN[0]), False, False, {}


def test_a_state_that_is_elsewhere_is_noticed() -> None:
    env = Hidden(spaces.Discrete(2), None)
    env.reset()
    with pytest.raises(UncopyableEnvError, match="another course"):
        GymPlanner(env).plan()
    GymPlanner(env, check=False, particles=4, horizon=2).plan()
