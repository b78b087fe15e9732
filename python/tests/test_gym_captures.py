"""``GymPlanner`` and functions that have captured the environment: they act on the copy that is played."""

from __future__ import annotations

import functools
import subprocess
import sys
import types
import warnings
import weakref
from typing import Any

import numpy as np
import pytest

gymnasium = pytest.importorskip("gymnasium", minversion="1.0")

from gymnasium import spaces  # noqa: E402
from gymnasium.wrappers import TimeLimit, TransformReward  # noqa: E402
from particle_pilot.gym_planner import GymPlanner, UncopyableEnvError  # noqa: E402

#: What functions refer to by a global.
ENV: Any = None
GAIN = 1.0


class Line(gymnasium.Env[Any, Any]):
    """A step to the left or to the right; rewards are left to wrappers."""

    observation_space = spaces.Box(-1000, 1000, (1,))
    action_space = spaces.Discrete(2)
    s = 0

    def reset(self, *, seed: Any = None, options: Any = None) -> Any:
        super().reset(seed=seed)
        self.s = 0
        return np.zeros(1, np.float32), {}

    def step(self, action: Any) -> Any:
        self.s += 2 * int(action) - 1
        return np.array([self.s], np.float32), 0.0, False, False, {}

    def place(self, reward: float) -> float:
        return float(self.s)


def of_global(reward: float) -> float:
    return float(ENV.s)


def of_helper(reward: float) -> float:
    return of_global(reward)


class Callable:
    def __init__(self, env: Any) -> None:
        self.env = env

    def __call__(self, reward: float) -> float:
        return float(self.env.s)


def with_attribute(env: Any) -> Any:
    def place(reward: float) -> float:
        return float(place.env.s)  # type: ignore[attr-defined]

    place.env = env  # type: ignore[attr-defined]
    return place


def by_helper(env: Any) -> Any:
    def place() -> float:
        return float(env.s)

    return lambda reward: place()


def recursive(env: Any) -> Any:
    def place(reward: float, depth: int = 3) -> float:
        return place(reward, depth - 1) if depth else float(env.s)

    return place


def by_cases(env: Any) -> Any:
    cases = {"left": env, "all": [env]}
    return lambda reward: float(cases["all"][0].s + cases["left"].s) / 2


def cached(env: Any) -> Any:
    box = types.SimpleNamespace(env=env)
    return lambda reward: float(box.env.s)


CAPTURED = {
    "closure": lambda env: lambda reward: float(env.s),
    "unwrapped": lambda env: lambda reward: float(env.unwrapped.s),
    "helper in a closure": by_helper,
    "function that calls itself": recursive,
    "default": lambda env: lambda reward, env=env: float(env.s),
    "keyword default": lambda env: functools.partial(lambda reward, *, env: float(env.s), env=env),
    "partial": lambda env: functools.partial(lambda env, reward: float(env.s), env),
    "bound method": lambda env: env.unwrapped.place,
    "method made by hand": lambda env: types.MethodType(lambda env, reward: float(env.s), env),
    "object that can be called": Callable,
    "bound method of another object": lambda env: Callable(env).__call__,
    "attribute of the function": with_attribute,
    "containers": by_cases,
    "namespace": cached,
    "global of a lambda": lambda env: lambda reward: float(ENV.s),
    "global of a function": lambda env: of_global,
    "global of a function's function": lambda env: of_helper,
}


@pytest.fixture
def env() -> Any:
    global ENV
    ENV = Line()
    yield ENV
    ENV = None


def best(env: Any, planner: str = "random-shooting", **kwargs: Any) -> tuple[int, float]:
    """The action, and the highest return of futures of three steps; of a line it is 1 + 2 + 3."""
    env.reset(seed=0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with GymPlanner(env, planner, particles=64, horizon=3, **kwargs) as pilot:
            decision = pilot.plan()
    return int(decision.action), decision.diagnostics.best


@pytest.mark.parametrize("planner", ["random-shooting", "smc"])
@pytest.mark.parametrize("name", CAPTURED)
def test_functions_act_on_the_copy(env: Any, name: str, planner: str) -> None:
    assert best(TransformReward(env, CAPTURED[name](env)), planner) == (1, 6.0)
    assert env.s == 0


@pytest.mark.parametrize("name", ["closure", "containers", "global of a lambda", "bound method", "function that calls itself"])
def test_so_they_do_when_it_was_a_wrapper_that_they_captured(env: Any, name: str) -> None:
    wrapped = TimeLimit(env, 10)
    assert best(TransformReward(wrapped, CAPTURED["unwrapped"](wrapped))) == (1, 6.0)
    assert best(TimeLimit(TransformReward(wrapped, CAPTURED[name](env)), 20)) == (1, 6.0)


def test_so_they_do_in_workers(env: Any) -> None:
    def rewards(reward: float) -> float:
        return sum(function(reward) for function in functions) / len(functions)

    functions = [CAPTURED[name](env) for name in CAPTURED if "global" not in name]
    assert best(TransformReward(env, rewards), "smc", workers=2) == (1, 6.0)


def test_variables_that_functions_share_are_shared_in_copies(env: Any) -> None:
    def pair() -> Any:
        count = 0

        def up(observation: Any) -> Any:
            nonlocal count
            count += 1
            return observation

        return up, lambda reward: float(count)

    up, reward = pair()
    counted = TransformReward(gymnasium.wrappers.TransformObservation(env, up, None), reward)
    for planner in ("random-shooting", "smc"):
        # The reset counts too, so that steps are worth 2, 3 and 4, whatever the particle; the second plan follows a step.
        counted.reset(seed=0)
        pilot = GymPlanner(counted, planner, particles=16, horizon=3)
        before = reward(0.0)
        first = pilot.plan().diagnostics
        assert first.best == first.mean == 3 * before + 6
        counted.step(1)
        second = pilot.plan().diagnostics
        assert second.best == second.mean == 3 * (before + 1) + 6
        assert reward(0.0) == before + 1


def test_lists_that_functions_write_to_are_part_of_the_state(env: Any) -> None:
    seen: list[float] = []

    def reward(one: float) -> float:
        seen.append(one)
        return float(len(seen))

    diary = TransformReward(env, reward)
    for planner in ("random-shooting", "smc"):
        seen.clear()
        diary.reset(seed=0)
        pilot = GymPlanner(diary, planner, particles=16, horizon=3)
        for steps in range(3):
            diagnostics = pilot.plan().diagnostics
            assert diagnostics.best == diagnostics.mean == 3 * steps + 6
            diary.step(1)
        assert len(seen) == 3


@pytest.mark.parametrize("kind", ["closure", "global"])
def test_what_functions_have_captured_is_looked_up_for_every_plan(env: Any, kind: str) -> None:
    global GAIN
    gain = 1.0
    function = (lambda reward: gain * env.s) if kind == "closure" else (lambda reward: GAIN * env.s)
    env.reset(seed=0)
    pilot = GymPlanner(TransformReward(env, function), "random-shooting", particles=64, horizon=3)
    for value in (1.0, 2.0, -3.0, 5.0):
        GAIN = gain = value
        decision = pilot.plan()
        assert decision.diagnostics.best == 6 * abs(value) and decision.action == int(value > 0)
    GAIN = 1.0


class ByGlobal(gymnasium.Wrapper[Any, Any, Any, Any]):
    def step(self, action: Any) -> Any:
        observation, _, *rest = self.env.step(action)
        return observation, float(ENV.s), *rest


class InClass(gymnasium.Wrapper[Any, Any, Any, Any]):
    agent: Any = None

    def step(self, action: Any) -> Any:
        observation, _, *rest = self.env.step(action)
        return observation, float(self.agent["env"].s), *rest


def test_code_that_is_not_copied_is_told(env: Any) -> None:
    env.reset(seed=0)
    with pytest.warns(UserWarning, match=r"ByGlobal\.step: ENV is the environment .* self\.unwrapped"):
        GymPlanner(ByGlobal(env), particles=8).plan()
    InClass.agent = {"env": env}
    with pytest.warns(UserWarning, match=r"InClass\.agent\['env'\] is the environment"):
        GymPlanner(InClass(env), particles=8).plan()
    InClass.agent = None
    with pytest.warns(UserWarning, match=r"value: env is the environment .* argument env"):
        GymPlanner(env, particles=8, value=lambda observation, copy: float(env.s)).plan()

    def restore(copy: Any, state: int) -> None:
        copy.unwrapped.s = state
        assert env is not copy

    with pytest.warns(UserWarning, match=r"restore: env is the environment .* argument env"):
        GymPlanner(env, particles=8, save=lambda env: env.unwrapped.s, restore=restore).plan()


def test_so_is_a_way_by_a_module(env: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = types.ModuleType("settings_of_a_user")
    settings.env = env  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "settings_of_a_user", settings)
    env.reset(seed=0)
    with pytest.warns(UserWarning, match=r"<lambda>: settings\.env is the environment .* capture it"):
        GymPlanner(TransformReward(env, lambda reward: float(settings.env.s)), particles=8).plan()


class Agent:
    """Knows its environment, and has a value that does not ask it."""

    def __init__(self, env: Any) -> None:
        self.env = env
        self.weight = 2.0

    def value(self, observation: Any, env: Any) -> float:
        return self.weight * float(env.s)


def test_what_is_not_used_is_not_told(env: Any) -> None:
    assert best(env, value=Agent(env).value) == (1, 6.0)


def test_what_cannot_lead_to_the_copy_is_refused(env: Any) -> None:
    env.reset(seed=0)
    seen = weakref.ref(env)
    with pytest.raises(UncopyableEnvError, match=r"TransformReward\.\w+, .* cannot be copied: .*weakref"):
        GymPlanner(TransformReward(env, lambda reward: float(seen().s))).plan()


def test_planning_makes_no_class_anew() -> None:
    """A class of a function or a script cannot be found by its name; a copy that made it anew would change the original."""

    class Goal:
        worth = 2.0

        def reward(self, s: int) -> float:
            return self.worth * s

    class ToGoal(Line):
        def reset(self, *, seed: Any = None, options: Any = None) -> Any:
            self.goal = Goal()
            return super().reset(seed=seed)

        def step(self, action: Any) -> Any:
            observation, *_ = super().step(action)
            assert type(self.goal) is Goal
            return observation, self.goal.reward(self.s), False, False, {}

    reward = Goal.reward
    assert best(ToGoal(), "smc") == (1, 12.0)
    assert Goal.reward is reward


class Inner(Line, gymnasium.utils.EzPickle):
    """Pickles as the arguments it was made with, as what wraps compiled code does."""

    def __init__(self) -> None:
        gymnasium.utils.EzPickle.__init__(self)


class Outer(Line):
    def __init__(self) -> None:
        self.inner = Inner()

    def reset(self, *, seed: Any = None, options: Any = None) -> Any:
        return self.inner.reset(seed=seed)

    def step(self, action: Any) -> Any:
        observation, *rest = self.inner.step(action)
        return observation, float(self.inner.s), *rest[1:]


def test_environments_within_are_where_they_are() -> None:
    env = Outer()
    env.reset(seed=0)
    for _ in range(5):
        env.step(1)
    for planner in ("random-shooting", "smc"):
        decision = GymPlanner(env, planner, particles=64, horizon=3).plan()
        assert decision.diagnostics.best == 6 + 7 + 8


SCRIPT = """
import warnings

import gymnasium
import numpy as np
from gymnasium.wrappers import TransformReward
from particle_pilot.gym_planner import GymPlanner
RNG = np.random.default_rng(4)


class Line(gymnasium.Env):
    observation_space = gymnasium.spaces.Box(-1000, 1000, (1,))
    action_space = gymnasium.spaces.Discrete(2)
    s = 0
    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.s = 0
        return np.zeros(1, np.float32), {}
    def step(self, action):
        self.s += 2 * int(action) - 1
        self.noise = RNG.random()
        return np.array([self.s], np.float32), 0.0, False, False, {}


if __name__ == "__main__":
    e = Line()
    w = TransformReward(e, lambda r: float(e.s))
    w.reset(seed=0)
    warnings.simplefilter("error")
    for planner in ("random-shooting", "smc"):
        told = []
        for workers in (1, 2):
            with GymPlanner(w, planner, particles=32, horizon=3, workers=workers) as p:
                told.append(p.plan())
        assert told[0].diagnostics == told[1].diagnostics and told[0].action == 1
        assert told[0].diagnostics.best == 6.0
    assert RNG.random() == np.random.default_rng(4).random()
"""


def test_so_they_do_in_a_script(tmp_path: Any) -> None:
    """Where classes, functions and globals belong to no module that could be imported."""
    path = tmp_path / "script.py"
    path.write_text(SCRIPT)
    done = subprocess.run([sys.executable, path], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
