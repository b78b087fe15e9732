"""``GymPlanner`` with ``save`` and ``restore``: wrappers are copied all the same, and copies go where the environment goes."""

from __future__ import annotations

import threading
import warnings
from typing import Any

import numpy as np
import pytest

gymnasium = pytest.importorskip("gymnasium", minversion="1.0")

from gymnasium import spaces, wrappers  # noqa: E402
from particle_pilot.gym_planner import GymPlanner, UncopyableEnvError  # noqa: E402


def save(env: Any) -> Any:
    return tuple(env.unwrapped.state)


def restore(env: Any, state: Any) -> None:
    env.unwrapped.state = np.array(state)
    env.unwrapped.steps_beyond_terminated = None


HOOKS: dict[str, Any] = dict(save=save, restore=restore)


class Count(gymnasium.Wrapper[Any, Any, Any, Any]):
    """Pays the number of the step, so that particles must begin from the same one."""

    def __init__(self, env: Any) -> None:
        super().__init__(env)
        self.n = 0

    def step(self, action: Any) -> Any:
        self.n += 1
        observation, _, *rest = self.env.step(action)
        return observation, float(self.n), *rest


class Shares(gymnasium.Wrapper[Any, Any, Any, Any]):
    """Refers to parts of the environment."""

    def __init__(self, env: Any) -> None:
        super().__init__(env)
        self.space = env.unwrapped.action_space
        self.bonus = lambda: env.unwrapped.state[0]

    def step(self, action: Any) -> Any:
        assert self.space is self.env.unwrapped.action_space
        observation, reward, *rest = self.env.step(action)
        assert self.bonus() == self.env.unwrapped.state[0]
        return observation, reward + float(self.bonus()), *rest


WRAPPERS: dict[str, Any] = {
    "count": Count,
    "shares": Shares,
    "frame stack": lambda env: wrappers.FrameStackObservation(env, 3),
    "time": wrappers.TimeAwareObservation,
    "normal rewards": wrappers.NormalizeReward,
    "normal observations": wrappers.NormalizeObservation,
    "delay": lambda env: wrappers.DelayObservation(env, 2),
    "skip": lambda env: wrappers.MaxAndSkipObservation(env, 2),
    "rewards by a function": lambda env: wrappers.TransformReward(env, lambda r: r + float(env.unwrapped.state[2])),
    "two": lambda env: Count(wrappers.FrameStackObservation(Count(env), 3)),
    "none": lambda env: env,
}


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("planner", ["cem", "smc"])
@pytest.mark.parametrize("name", WRAPPERS)
def test_wrappers_are_copied_as_they_are_without(name: str, planner: str) -> None:
    def run(**hooks: Any) -> list[Any]:
        env = WRAPPERS[name](gymnasium.make("CartPole-v1", max_episode_steps=60))
        env.reset(seed=3)
        pilot, told = GymPlanner(env, planner, particles=12, horizon=4, **hooks), []
        for _ in range(6):
            decision = pilot.plan()
            told.append(decision.diagnostics)
            env.step(decision.action)
        return told

    assert run() == run(**HOOKS)


def test_wrappers_are_put_back_for_every_particle() -> None:
    env = Count(gymnasium.make("CartPole-v1"))
    env.reset(seed=0)
    env.step(1)
    for planner, workers in [("random-shooting", 1), ("smc", 1), ("fmc", 2)]:
        with GymPlanner(env, planner, particles=8, horizon=3, workers=workers, **HOOKS) as pilot:
            diagnostics = pilot.plan().diagnostics
        assert diagnostics.best == diagnostics.mean == 2 + 3 + 4
    assert env.n == 1


def test_wrappers_that_use_chance() -> None:
    env = wrappers.StickyAction(gymnasium.make("CartPole-v1"), 0.5)
    env.reset(seed=0)
    pilot = GymPlanner(env, "smc", particles=8, horizon=4, **HOOKS)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(8):
            env.step(pilot.act())


class Holder(gymnasium.Wrapper[Any, Any, Any, Any]):
    def __init__(self, env: Any) -> None:
        super().__init__(env)
        self.lock = threading.Lock()


def test_a_wrapper_that_cannot_be_copied_is_named_and_the_advice_fits() -> None:
    env = Holder(gymnasium.make("CartPole-v1"))
    env.reset(seed=0)
    with pytest.raises(UncopyableEnvError, match=r"Holder\.lock, a _thread\.lock, .*TypeError.* also with save"):
        GymPlanner(env, **HOOKS).plan()
    with pytest.raises(UncopyableEnvError, match=r"Holder\.lock, .* Give GymPlanner the functions save"):
        GymPlanner(env).plan()


class Refuses:
    def __reduce__(self) -> Any:
        raise AttributeError("__module__")  # as Box2D's objects


class World(gymnasium.Env[Any, Any]):
    observation_space = spaces.Discrete(100)
    action_space = spaces.Discrete(2)

    def __init__(self) -> None:
        self.world = Refuses()
        self.place = 0

    def reset(self, *, seed: Any = None, options: Any = None) -> Any:
        super().reset(seed=seed)
        return 0, {}

    def step(self, action: Any) -> Any:
        self.place += 1
        return self.place % 3, 0.0, False, False, {}


def test_the_reason_is_told_in_words() -> None:
    env = World()
    env.reset()
    with pytest.raises(UncopyableEnvError, match=r"World\.world, a .*Refuses, cannot be copied: pickling it fails \(AttributeError: "):
        GymPlanner(env).plan()


def test_who_has_given_functions_is_not_advised_to_give_them() -> None:
    gymnasium.register("World-v0", World)
    try:
        env = gymnasium.make("World-v0", disable_env_checker=True)
        env.reset()
        # Nothing is put back.
        with pytest.raises(UncopyableEnvError, match="What save returns and restore puts back") as caught:
            hooks: dict[str, Any] = dict(save=lambda env: env.unwrapped.place, restore=lambda env, state: None)
            GymPlanner(env, **hooks).plan()
        assert "Give GymPlanner" not in str(caught.value)
    finally:
        gymnasium.registry.pop("World-v0")


def heavy() -> Any:
    env = gymnasium.make("CartPole-v1")
    env.reset(seed=0)
    env.unwrapped.gravity = 0.1
    env.unwrapped.force_mag = 0.0
    return env


def test_what_was_changed_after_make_is_warned_about() -> None:
    env = heavy()
    pilot = GymPlanner(env, particles=8, horizon=4, **HOOKS)
    env.step(pilot.act())
    with pytest.warns(UserWarning, match="not where its copy goes .* changed since"):
        env.step(pilot.act())
    with warnings.catch_warnings():  # once is enough
        warnings.simplefilter("error")
        env.step(pilot.act())
        env.step(pilot.act())


@pytest.mark.filterwarnings("error")
def test_there_is_no_warning_where_the_functions_see_to_it() -> None:
    def save_all(env: Any) -> Any:
        return env.unwrapped.state, env.unwrapped.gravity, env.unwrapped.force_mag

    def restore_all(env: Any, state: Any) -> None:
        env.unwrapped.state, env.unwrapped.gravity, env.unwrapped.force_mag = state

    env = heavy()
    pilot = GymPlanner(env, particles=8, horizon=4, save=save_all, restore=restore_all)
    for _ in range(5):
        env.step(pilot.act())


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("limit", [500, -1])
def test_there_is_no_warning_where_the_user_does_as_he_likes(limit: int) -> None:
    env = gymnasium.make("CartPole-v1", max_episode_steps=limit)
    env.reset(seed=0)
    pilot = GymPlanner(env, particles=8, horizon=4, **HOOKS)
    pilot.act()
    env.step(0)  # whatever was advised
    pilot.act()
    env.step(1)
    pilot.act()
    pilot.act()  # no step
    env.reset(seed=1)
    pilot.act()
    env.reset()
    pilot.act()
    if limit > 0:
        env.step(1)
        env.step(1)
        pilot.act()
    pilot.run(1, seed=2, max_steps=3)
    # Actions that are not too many to try are all tried.
    assert pilot._model is not None


@pytest.mark.filterwarnings("error")
def test_without_the_check_nothing_is_compared() -> None:
    env = heavy()
    pilot = GymPlanner(env, particles=8, horizon=4, check=False, **HOOKS)
    for _ in range(3):
        env.step(pilot.act())


def test_continuous_actions_are_compared_too() -> None:
    def save(env: Any) -> Any:
        return tuple(env.unwrapped.state)

    def restore(env: Any, state: Any) -> None:
        env.unwrapped.state = np.array(state)

    for g, expected in [(10.0, 0), (2.0, 1)]:
        env = gymnasium.make("Pendulum-v1")
        env.reset(seed=0)
        env.unwrapped.g = g
        pilot = GymPlanner(env, particles=8, horizon=4, save=save, restore=restore)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            for _ in range(4):
                env.step(pilot.act())
        assert len(caught) == expected
