"""drive(speculate=True): decisions planned ahead are those that would have been planned without."""

import time

import gymnasium
import numpy as np
import pytest
from gymnasium.wrappers import TimeLimit, TransformObservation

from particle_pilot import Pilot, drive


class _Recorder(gymnasium.Wrapper):
    """Notes what is seen and done."""

    def __init__(self, env):
        super().__init__(env)
        self.seen = []

    def reset(self, **options):
        obs, info = self.env.reset(**options)
        self.seen.append(("reset", obs.tobytes()))
        return obs, info

    def step(self, action):
        answer = self.env.step(action)
        self.seen.append((action, answer[0].tobytes()))
        return answer


def _plain():
    return gymnasium.make("CartPole-v1", max_episode_steps=120)


def _noisy():
    rng = np.random.default_rng(3)
    return TransformObservation(_plain(), lambda obs: obs + rng.normal(0, 1e-3, 4).astype(np.float32), None)


def _other_physics():
    env = _plain()
    core = env.unwrapped
    core.gravity, core.length, core.masspole, core.kinematics_integrator = 11.0, 0.7, 0.2, "semi-implicit"
    core.total_mass = core.masspole + core.masscart
    core.polemass_length = core.masspole * core.length
    return env


def _moves_by_other_laws():
    env = _plain()
    env.unwrapped.total_mass = 1.3
    return env


class _Windy(gymnasium.Wrapper):
    """Pushes the cart every seventh step."""

    count = 0

    def step(self, action):
        self.count += 1
        if self.count % 7 == 0:
            self.unwrapped.state = np.add(self.unwrapped.state, [0.0, 0.05, 0.0, 0.0])
        return self.env.step(action)


def _lists():
    return TransformObservation(_plain(), lambda obs: np.asarray(obs, np.float64), None)


def _as_tuple():
    class Tuples(gymnasium.Wrapper):
        def step(self, action):
            answer = self.env.step(action)
            self.unwrapped.state = tuple(self.unwrapped.state)
            return answer

    return Tuples(_plain())


ENVIRONMENTS = [
    _plain,
    _noisy,
    _other_physics,
    _moves_by_other_laws,
    lambda: _Windy(_plain()),
    _lists,
    _as_tuple,
]


def _drive(make, planner="random-shooting", threads=2, episodes=3, **options):
    env = _Recorder(make())
    pilot = Pilot(planner, particles=256, horizon=20, device="cpu", threads=threads)
    return env.seen, drive(env, pilot, episodes=episodes, seed=5, **options)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("make", ENVIRONMENTS)
@pytest.mark.parametrize("planner", ["random-shooting", "cem", "mppi", "smc", "fmc", "predictive-sampling", "icem"])
def test_speculation_changes_no_action(make, planner):
    expected, without = _drive(make, planner, speculate=False)
    seen, result = _drive(make, planner)
    assert seen == expected
    assert result.returns.tolist() == without.returns.tolist()
    assert (without.speculation_hits, without.speculation_misses) == (0, 0)


@pytest.mark.parametrize("threads", [1, 3])
def test_speculation_changes_no_action_with_any_number_of_threads(threads):
    expected, _ = _drive(_plain, "cem", speculate=False)
    seen, result = _drive(_plain, "cem", threads)
    assert seen == expected
    assert threads > 1 or (result.speculation_hits, result.speculation_misses) == (0, 0)


def test_episodes_that_end_by_failure_are_the_same():
    def make():
        env = gymnasium.make("CartPole-v1")
        env.unwrapped.force_mag = 0.3  # too weak to keep the pole up
        return env

    expected, without = _drive(make, episodes=20, speculate=False)
    seen, result = _drive(make, episodes=20)
    assert seen == expected
    assert result.terminated.all() and without.terminated.all()


class _Slow(gymnasium.Wrapper):
    """Takes its time for a step, in which other threads may run."""

    def __init__(self, env, seconds):
        super().__init__(env)
        self.seconds = seconds

    def step(self, action):
        time.sleep(self.seconds)
        return self.env.step(action)


def _drive_until(make, are_enough, planner="random-shooting", steps=30):
    """Drives an environment of which each step takes longer and longer, until enough happened during its steps.

    How many decisions are begun in time depends on what else the machine does; given a second, every machine finds the
    time. All else is judged on the way, whatever is begun.
    """
    for seconds in (0.0, 0.001, 0.01, 0.1, 1.0):
        pilot = Pilot(planner, particles=256, horizon=20, device="cpu", threads=2)
        slow = TimeLimit(_Slow(make(), seconds), steps)
        result = drive(slow, pilot, episodes=1 if seconds > 0.05 else 4, seed=5)
        # Each was right or wrong; the first of an episode is not predicted.
        decisions = int(result.lengths.sum())
        assert 0 <= result.speculation_hits + result.speculation_misses <= decisions - len(result.lengths)
        yield result
        if are_enough(result):
            return
    raise AssertionError(f"even with a second for each step: {result}")


@pytest.mark.parametrize("make", [_plain, _other_physics])
def test_what_is_predicted_comes_true(make):
    for result in _drive_until(make, lambda result: result.speculation_hits > 10, "cem"):
        # A prediction that fails is one bit in millions.
        assert result.speculation_misses <= 2


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("make", [_noisy, _moves_by_other_laws])
def test_predictions_that_fail_are_soon_given_up(make):
    for result in _drive_until(make, lambda result: result.speculation_misses > 2, steps=120):
        assert result.speculation_hits <= 2
        # After each failure twice as many are not predicted, so that 480 decisions see no more.
        assert result.speculation_misses <= 10


def test_a_pushed_cart_is_still_predicted_in_between():
    def are_enough(result):
        return result.speculation_hits > 2 and result.speculation_misses > 0

    for _ in _drive_until(lambda: _Windy(_plain()), are_enough, "cem"):
        pass


def test_an_environment_without_a_state_is_driven_all_the_same():
    class Shy(gymnasium.Wrapper):
        @property
        def unwrapped(self):
            return _Hidden(self.env.unwrapped)

    class _Hidden:
        def __init__(self, core):
            self._core = core

        def __getattr__(self, name):
            if name == "state":
                raise AttributeError(name)
            return getattr(self._core, name)

    result = drive(Shy(_plain()), particles=64, seed=0, device="cpu", threads=2)
    assert result.lengths.tolist() == [120]
    assert result.speculation_hits == 0
