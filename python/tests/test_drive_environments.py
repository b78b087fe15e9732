"""drive() over environments that change, that wrap, and that are not what they should be."""

import warnings

import gymnasium
import numpy as np
import pytest
from gymnasium import wrappers

from particle_pilot import Pilot, drive


@pytest.fixture
def silent():
    """Warnings are errors."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def _make(steps=500, **options):
    return gymnasium.make("CartPole-v1", max_episode_steps=steps, **options)


class _Short(gymnasium.Wrapper):
    """The track is found out with the first reset."""

    def reset(self, **options):
        self.unwrapped.x_threshold = 0.3
        return self.env.reset(**options)


class _Narrow(gymnasium.Wrapper):
    """Each episode has a track of its own, and a pole."""

    def __init__(self, env, tracks=(0.3, 2.4)):
        super().__init__(env)
        self.tracks, self.count = tracks, 0

    def reset(self, **options):
        core = self.unwrapped
        core.x_threshold = self.tracks[self.count % len(self.tracks)]
        core.length = 0.5 + 0.25 * (self.count % 3)
        core.polemass_length = core.masspole * core.length
        self.count += 1
        return self.env.reset(**options)


def test_physics_that_a_reset_draws_are_planned_with(silent):
    result = drive(_Short(_make()), episodes=20, seed=0)
    assert result.returns.tolist() == [500.0] * 20


@pytest.mark.parametrize("planner", ["random-shooting", "cem", "mppi", "smc", "fmc", "predictive-sampling", "icem"])
def test_bits_are_those_of_a_pilot_made_after_each_reset(planner, silent):
    driven = []
    env = _Narrow(_make(60))
    seen = wrappers.TransformObservation(env, lambda obs: driven.append(obs.copy()) or obs, None)
    drive(seen, planner=planner, particles=128, episodes=5, seed=7, cost_angle=3.0)

    looped = []
    env = _Narrow(_make(60))
    for episode in range(5):
        obs, _ = env.reset(seed=7 + episode)
        pilot = Pilot.for_env(env, planner, particles=128, seed=7 + episode, cost_angle=3.0)
        looped.append(obs)
        over = False
        while not over:
            obs, _, terminated, truncated, _ = env.step(pilot.act(obs))
            looped.append(obs)
            over = terminated or truncated
    assert np.array_equal(driven, looped)


def test_options_and_a_pilots_own_physics_win_after_each_reset(silent):
    def play(**options):
        return drive(_Narrow(_make(60)), particles=64, episodes=4, seed=1, **options)

    assert play(x_limit=2.4, length=0.5).returns.tolist() == play(x_limit=2.4, length=0.5).returns.tolist()
    pilot = Pilot(particles=64)
    assert drive(_Narrow(_make(60)), pilot, episodes=4, seed=1, physics="pilot").lengths.shape == (4,)


def test_physics_that_change_during_an_episode_are_warned_about_once():
    class Drift(gymnasium.Wrapper):
        def step(self, action):
            self.unwrapped.gravity += 0.01
            return self.env.step(action)

    with pytest.warns(UserWarning, match=r"during an episode \(gravity from 9.8 to ") as caught:
        drive(Drift(_make(60)), particles=64, episodes=3, seed=0)
    assert len(caught) == 1


def test_stale_products_after_a_reset_are_warned_about():
    class Longer(gymnasium.Wrapper):
        def reset(self, **options):
            self.unwrapped.length = 0.9
            return self.env.reset(**options)

    with pytest.warns(UserWarning, match="polemass_length is 0.05"):
        drive(Longer(_make(40)), particles=64, seed=0)


class _Flip(gymnasium.ObservationWrapper):
    def observation(self, obs):
        return obs * np.array([1, 1, -1, -1], np.float32)


class _Mask(gymnasium.ObservationWrapper):
    def observation(self, obs):
        return obs * np.array([1, 0, 1, 0], np.float32)


class _Stale(gymnasium.Wrapper):
    """Shows what was eight steps ago."""

    def reset(self, **options):
        obs, info = self.env.reset(**options)
        self.past = [obs] * 9
        return obs, info

    def step(self, action):
        obs, *rest = self.env.step(action)
        self.past = self.past[1:] + [obs]
        return self.past[0], *rest


@pytest.mark.parametrize("wrap", [wrappers.NormalizeObservation, _Flip, _Mask, _Stale])
def test_observations_that_are_not_the_state_are_told_when_the_pole_falls(wrap):
    with pytest.warns(UserWarning, match=r"differed from env.unwrapped.state, as \[.*wrapper that changes") as caught:
        result = drive(wrap(_make()), episodes=3, seed=0)
    assert result.terminated.any() and (result.returns < 500).any()
    assert [str(warning.message).count(wrap.__name__) for warning in caught] == [1]
    assert caught[0].filename == __file__


def test_actions_that_are_not_taken_are_told_when_the_pole_falls():
    class Swap(gymnasium.ActionWrapper):
        def action(self, action):
            return 1 - action

    with pytest.warns(UserWarning, match="did not move as drive had planned: .*repeat or change actions.*<Swap<"):
        drive(Swap(_make()), seed=0)

    class Hidden(gymnasium.Wrapper):
        """Tells no state: what was observed is compared with what follows from it."""

        @property
        def unwrapped(self):
            core = self.env.unwrapped
            names = ["gravity", "masscart", "masspole", "length", "force_mag", "tau"]
            names += ["theta_threshold_radians", "x_threshold", "kinematics_integrator"]
            return type("Core", (), {name: getattr(core, name) for name in names})()

    with pytest.warns(UserWarning, match="did not move as drive had planned"):
        drive(Hidden(Swap(_make())), seed=0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert drive(Hidden(_make()), seed=0).returns.tolist() == [500.0]


# What changes nothing, or so little that the pole stands.
HARMLESS = {
    "time limit": lambda env: wrappers.TimeLimit(env, 300),
    "statistics": wrappers.RecordEpisodeStatistics,
    "autoreset": wrappers.Autoreset,
    "reward": lambda env: wrappers.TransformReward(env, lambda reward: 2 * reward),
    "flatten": wrappers.FlattenObservation,
    "double": lambda env: wrappers.DtypeObservation(env, np.float64),
    "half": lambda env: wrappers.TransformObservation(env, lambda obs: obs.astype(np.float16), None),
    "sticky": lambda env: wrappers.StickyAction(env, 0.25),
    "delay": lambda env: wrappers.DelayObservation(env, 1),
    "order": wrappers.OrderEnforcing,
    "checker": wrappers.PassiveEnvChecker,
}


@pytest.mark.parametrize("wrap", HARMLESS.values(), ids=HARMLESS)
def test_wrappers_that_do_no_harm_are_no_reason_for_alarm(wrap, silent):
    result = drive(wrap(_make()), episodes=2, seed=0)
    assert not result.terminated.any()


def test_a_pole_that_falls_by_itself_is_no_reason_for_alarm(silent):
    env = _make()
    env.unwrapped.force_mag = 0.3  # too weak
    assert drive(env, episodes=5, seed=0).terminated.any()
    assert drive(_make(), planner="random-shooting", particles=2, horizon=1, episodes=5, seed=0).terminated.any()


class _Old(gymnasium.Wrapper):
    def step(self, action):
        obs, reward, terminated, truncated, info = self.env.step(action)
        return obs, reward, terminated or truncated, info


def test_steps_and_resets_of_other_lengths_are_refused():
    with pytest.raises(TypeError, match=r"env.step returns must be a tuple \(observation, .*of 5, and this one has 4: .*old Gym"):
        drive(_Old(_make()), seed=0)

    class Six(gymnasium.Wrapper):
        def step(self, action):
            return *self.env.step(action), None

    with pytest.raises(TypeError, match="and this one has 6$"):
        drive(Six(_make()), seed=0)

    class Bare(gymnasium.Wrapper):
        def reset(self, **options):
            return self.env.reset(**options)[0]

    with pytest.raises(TypeError, match=r"env.reset returns must be a tuple \(observation, info\), not ndarray"):
        drive(Bare(_make()), seed=0)

    class Numbers(gymnasium.Wrapper):
        def reset(self, **options):
            return tuple(self.env.reset(**options)[0])

    with pytest.raises(TypeError, match="of 2, and this one has 4$"):
        drive(Numbers(_make()), seed=0)


def test_episodes_end_after_max_steps(silent):
    for env in (_make(), _make(-1), gymnasium.make("CartPole-v1").unwrapped):
        result = drive(env, episodes=2, seed=0, particles=64, max_steps=33)
        assert result.lengths.tolist() == [33, 33] and not result.terminated.any()
        assert result.returns.tolist() == [33.0, 33.0]
    assert drive(_make(20), particles=64, seed=0, max_steps=33).lengths.tolist() == [20]
    for wrong, error in ((0, ValueError), (-3, ValueError), (2**32, ValueError), (1.5, TypeError)):
        with pytest.raises(error, match="max_steps"):
            drive(_make(), max_steps=wrong)


def test_without_any_limit_there_is_one_all_the_same():
    env = gymnasium.make("CartPole-v1").unwrapped
    env.x_threshold = env.theta_threshold_radians = np.inf
    with pytest.warns(UserWarning, match="ended after 100000 steps.*give max_steps"):
        result = drive(env, planner="random-shooting", particles=16, horizon=5, seed=0, threads=1)
    assert result.lengths.tolist() == [100_000] and not result.terminated.any()


def test_resets_are_given_options(silent):
    given = []

    class Note(gymnasium.Wrapper):
        def reset(self, *, seed=None, options=None):
            given.append((seed, options))
            return self.env.reset(seed=seed, options=options)

    bounds = {"low": 0.01, "high": 0.02}
    drive(Note(_make(5)), episodes=2, seed=4, options=bounds, particles=16)
    drive(Note(_make(5)), particles=16)
    assert given == [(4, bounds), (5, bounds), (None, None)]
