"""``CartPoleVectorEnv`` and ``particle_pilot/CartPole-v1`` where Gymnasium's users and libraries touch them."""

from __future__ import annotations

import pickle
import re
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

gymnasium = pytest.importorskip("gymnasium", minversion="1.1")

import particle_pilot  # noqa: E402
from gymnasium.envs.classic_control.cartpole import CartPoleEnv  # noqa: E402
from gymnasium.envs.classic_control.cartpole import CartPoleVectorEnv as TheirVectorEnv  # noqa: E402
from gymnasium.error import ClosedEnvironmentError, ResetNeeded  # noqa: E402
from gymnasium.vector import AsyncVectorEnv, SyncVectorEnv  # noqa: E402
from particle_pilot.vector import CartPoleVectorEnv  # noqa: E402

ID = "particle_pilot/CartPole-v1"

has_state = pytest.mark.skipif(not hasattr(particle_pilot._core.VectorCore, "set_state"), reason="the core has no state")


def test_one_alone_is_gymnasiums_own() -> None:
    one, other = gymnasium.make(ID), gymnasium.make("CartPole-v1")
    assert type(one.unwrapped) is CartPoleEnv and one.spec is not None and other.spec is not None
    assert one.spec.max_episode_steps == other.spec.max_episode_steps == 500
    assert one.spec.reward_threshold == other.spec.reward_threshold == 475.0
    assert np.array_equal(one.reset(seed=3)[0], other.reset(seed=3)[0])
    assert str(one).replace(ID, "CartPole-v1") == str(other)
    assert gymnasium.make(ID, max_episode_steps=7).spec.max_episode_steps == 7
    assert particle_pilot.drive(gymnasium.make(ID, max_episode_steps=9), particles=16, seed=0).lengths.tolist() == [9]


def test_other_ways_to_make_many_work() -> None:
    for mode, kind in (("sync", SyncVectorEnv), ("async", AsyncVectorEnv), (None, CartPoleVectorEnv)):
        envs = gymnasium.make_vec(ID, 2, vectorization_mode=mode)
        assert isinstance(envs, kind)
        first = envs.reset(seed=5)[0]
        assert np.array_equal(first, gymnasium.make_vec("CartPole-v1", 2, vectorization_mode="sync").reset(seed=5)[0])
        envs.close()
    # As Stable-Baselines3 and torchrl do: a list of functions, each for one.
    envs = SyncVectorEnv([lambda: gymnasium.make(ID)] * 2)
    assert envs.reset(seed=5)[0].shape == (2, 4)


def run_python(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_it_is_found_without_an_import() -> None:
    assert run_python(f"import gymnasium; print(gymnasium.make('particle_pilot:{ID}').spec.id)") == ID
    assert run_python(f"import gymnasium; print(gymnasium.make_vec('particle_pilot:{ID}', 2).num_envs)") == "2"


ABSENT = "import sys; sys.modules['gymnasium'] = None\n"
OLD = """
import sys, types
old = types.ModuleType('gymnasium')
old.__version__, old.register, old.registry = '0.29.1', lambda *a, **k: None, {}
sys.modules['gymnasium'] = old
"""
ATTEMPTS = [
    "import particle_pilot; particle_pilot.CartPoleVectorEnv",
    "import particle_pilot; particle_pilot.GymPlanner",
    "from particle_pilot import GymPlanner",
    "import particle_pilot.vector",
    "import particle_pilot.gym_planner",
]


@pytest.mark.parametrize("attempt", ATTEMPTS)
@pytest.mark.parametrize("before, words", [(ABSENT, "which is not installed"), (OLD, "this is 0.29.1")])
def test_what_needs_gymnasium_says_so(before: str, words: str, attempt: str) -> None:
    code = f"{before}\ntry:\n    {attempt}\nexcept ImportError as error:\n    print(type(error).__name__, error)"
    answer = run_python(code)
    assert words in answer and re.search(r"needs Gymnasium 1\.[01] or later", answer)
    assert "'./python[gymnasium]'" in answer
    assert answer.startswith("ModuleNotFoundError") == (before is ABSENT)


@has_state
def test_pictures_are_gymnasiums() -> None:
    pytest.importorskip("pygame")
    for physics in ({}, {"length": 0.8, "x_threshold": 4.0}):
        ours = gymnasium.make_vec(ID, 3, render_mode="rgb_array", autoreset_mode="Disabled", **physics)
        theirs = TheirVectorEnv(3, render_mode="rgb_array")
        for name, value in physics.items():
            setattr(theirs, name, value)
        observations = ours.reset(seed=4, options={"low": -0.2, "high": 0.2})[0]
        assert ours.render_mode == "rgb_array" and "rgb_array" in ours.metadata["render_modes"]
        theirs.reset(seed=0)
        theirs.state = observations.T.astype(np.float64)
        frames = ours.render()
        assert isinstance(frames, tuple) and len(frames) == 3
        for frame, expected in zip(frames, theirs.render(), strict=True):
            assert frame.shape == (400, 600, 3) and frame.dtype == np.uint8
            # A state and its f32 may be at two sides of a pixel's edge.
            assert (frame != expected).any(axis=2).mean() < 0.002
        assert not np.array_equal(frames[0], frames[1])
        # A copy draws for itself.
        assert np.array_equal(pickle.loads(pickle.dumps(ours)).render()[0], frames[0])
        # Pictures of before stay as they were.
        kept = frames[0].copy()
        for _ in range(5):
            ours.step(np.ones(3, np.int64))
        assert not np.array_equal(ours.render()[0], kept) and np.array_equal(frames[0], kept)
        ours.close()


@has_state
def test_without_a_mode_nothing_is_rendered() -> None:
    envs = CartPoleVectorEnv(2)
    envs.reset(seed=0)
    with pytest.warns(UserWarning, match="render_mode is None"):
        assert envs.render() is None
    for mode in ("human", "ansi", 3):
        with pytest.raises(ValueError, match="None or 'rgb_array'"):
            CartPoleVectorEnv(2, render_mode=mode)  # type: ignore[arg-type]
    with pytest.raises(ResetNeeded):
        CartPoleVectorEnv(2, render_mode="rgb_array").render()


@has_state
def test_wrappers_that_render_work(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pygame")
    from gymnasium.wrappers import vector

    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    envs = CartPoleVectorEnv(2, render_mode="rgb_array")
    if hasattr(vector, "RecordVideo"):
        pytest.importorskip("moviepy", reason="videos are written with moviepy")
        recorder = vector.RecordVideo(envs, str(tmp_path), disable_logger=True, video_length=4)
        recorder.reset(seed=0)
        for _ in range(6):
            recorder.step(np.ones(2, np.int64))
        recorder.close()
        assert list(tmp_path.glob("*.mp4"))


@has_state
def test_a_window_shows_them(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pygame")
    pytest.importorskip("cv2", reason="Gymnasium scales pictures with OpenCV")
    from gymnasium.wrappers.vector import HumanRendering

    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    envs = HumanRendering(CartPoleVectorEnv(3, render_mode="rgb_array"))
    envs.reset(seed=0)
    envs.step(np.ones(3, np.int64))
    envs.close()


@has_state
def test_states_can_be_had_and_given() -> None:
    envs, other = CartPoleVectorEnv(5), CartPoleVectorEnv(5)
    with pytest.raises(ResetNeeded):
        envs.state  # noqa: B018
    observations = envs.reset(seed=1)[0]
    state = envs.state
    assert state.shape == (5, 4) and state.dtype == np.float64
    assert np.array_equal(state.astype(np.float32), observations)
    one = gymnasium.make("CartPole-v1").unwrapped
    one.reset(seed=1)
    assert np.array_equal(state[0], one.state)
    # It goes on from there, whatever was before, as Gymnasium's does.
    other.reset(seed=9)
    other.step(np.ones(5, np.int64))
    other.state = state
    assert np.array_equal(other.state, state)
    for action in (0, 1, 1):
        actions = np.full(5, action)
        first, second = envs.step(actions), other.step(actions)
        assert np.array_equal(first[0], second[0])
        np.testing.assert_allclose(second[0][0], one.step(action)[0], rtol=1e-6, atol=1e-7)
    # What was had is a copy, and so is what was given.
    assert np.array_equal(state, other.state) is False
    kept = other.state
    state[:] = 0
    assert np.array_equal(other.state, kept)
    other.state = [[0, 0, 0, 0]] * 5
    assert not other.state.any()


@has_state
@pytest.mark.parametrize(
    ("state", "error", "words"),
    [
        (np.zeros((4, 5)), ValueError, r"shape \(4, 5\); it must \w+ \(5, 4\)"),
        (np.zeros(4), ValueError, "shape"),
        (np.full((5, 4), np.nan), ValueError, "(?i)nan|finite"),
        (np.full((5, 4), np.inf), ValueError, "inf|finite"),
        (np.zeros((5, 4), complex), TypeError, "real numbers"),
        ("left", TypeError, "real numbers"),
        (None, TypeError, "real numbers"),
    ],
)
def test_other_states_are_refused(state: Any, error: type[Exception], words: str) -> None:
    envs = CartPoleVectorEnv(5)
    envs.reset(seed=0)
    before = envs.state
    with pytest.raises(error, match=words):
        envs.state = state
    assert np.array_equal(envs.state, before)


@pytest.mark.parametrize(
    ("actions", "error", "words"),
    [
        ([0, -1, 0], ValueError, "action -1 of environment 1 does not exist; there are 0 and 1"),
        ([7, 0, 9], ValueError, "action 7 of environment 0"),
        (np.array([0, 0, 2**64 - 1], np.uint64), ValueError, "action 18446744073709551615 of environment 2"),
        (np.array([0, 2**32, 0]), ValueError, "action 4294967296 of environment 1"),
        (np.array([0, 0, -128], np.int8), ValueError, "action -128 of environment 2"),
        ([], ValueError, r"shape \(0,\); they must have \(3,\)"),
        ([0, 1], ValueError, r"shape \(2,\); they must have \(3,\)"),
        (0, TypeError, "not 0 alone"),
        (np.int64(1), TypeError, "alone"),
        ([0.0, 1.0, 1.0], TypeError, "integers, not float64"),
        ([True, False, True], TypeError, "integers, not bool"),
        ("left", TypeError, "alone"),
        (None, TypeError, "alone"),
    ],
)
def test_actions_are_refused_as_they_were_given(actions: Any, error: type[Exception], words: str) -> None:
    for copy in (True, False):
        envs = CartPoleVectorEnv(3, copy=copy)
        envs.reset(seed=0)
        with pytest.raises(error, match=words):
            envs.step(actions)
        envs.step([0, 1, 1])


def test_numbers_may_be_numpys_and_nothing_else_but_integers() -> None:
    envs = CartPoleVectorEnv(np.array(3), threads=np.int32(1), max_episode_steps=np.uint8(9))
    assert type(envs.num_envs) is int and envs.reset(seed=np.int64(1))[0].shape == (3, 4)
    for name in ("num_envs", "threads", "max_episode_steps"):
        for wrong in ("3", 3.0, True, [3]):
            with pytest.raises(TypeError, match=f"{name} must be an integer, not {type(wrong).__name__}"):
                CartPoleVectorEnv(**{name: wrong})
    with pytest.raises(ValueError, match="num_envs is -1; it must be at least 1"):
        CartPoleVectorEnv(-1)
    for seed in (2.5, "x", {1: 2}, [[1, 2, 3]]):
        with pytest.raises(TypeError, match="seed must be an integer, a list"):
            envs.reset(seed=seed)  # type: ignore[arg-type]


def test_after_closing_nothing_is_done() -> None:
    envs = CartPoleVectorEnv(2, render_mode="rgb_array")
    envs.reset(seed=0)
    envs.close()
    for call in (envs.reset, lambda: envs.step([0, 0]), envs.render, lambda: envs.state):
        with pytest.raises(ClosedEnvironmentError):
            call()


def test_seeds_to_come_are_told_and_kept() -> None:
    envs = CartPoleVectorEnv(3)
    told = envs.np_random_seed
    assert len(set(told)) == 3 and min(told) >= 0 and told == envs.np_random_seed
    first = envs.reset()[0]
    assert envs.np_random_seed == told
    assert np.array_equal(first, CartPoleVectorEnv(3).reset(seed=list(told))[0])
    other = CartPoleVectorEnv(3)
    told = other.np_random_seed
    other.reset(seed=[None, 7, None])
    assert other.np_random_seed == (told[0], 7, told[2])
