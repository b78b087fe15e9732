"""Results, pilots and environments are pickled, copied and compared."""

import concurrent.futures
import copy
import multiprocessing
import pickle

import gymnasium
import numpy as np
import pytest

import particle_pilot
from particle_pilot import CartPoleVectorEnv, Pilot, drive, evaluate, info, solve

LEANING_RIGHT = [0.0, 0.0, 0.1, 0.3]
PLANNERS = ["random-shooting", "cem", "mppi", "smc", "fmc", "predictive-sampling", "icem"]
PROTOCOLS = range(2, pickle.HIGHEST_PROTOCOL + 1)


def _copies(thing):
    yield from (pickle.loads(pickle.dumps(thing, protocol)) for protocol in PROTOCOLS)
    yield copy.copy(thing)
    yield copy.deepcopy(thing)


def _results():
    pilot = Pilot(particles=64, threads=1)
    decision = pilot.plan(LEANING_RIGHT, futures=True)
    yield decision
    yield decision.diagnostics
    yield Pilot("mppi", particles=64, action="continuous").plan(LEANING_RIGHT)
    yield solve(steps=20, particles=64, seed=2**64 - 1)
    yield solve(steps=20, particles=64, action="continuous")
    yield evaluate("random-shooting", episodes=3, particles=2, horizon=1, steps=300)
    yield drive(gymnasium.make("CartPole-v1", max_episode_steps=20), particles=64, episodes=2)
    yield info()


@pytest.mark.parametrize("result", list(_results()), ids=lambda result: type(result).__name__)
def test_results_are_pickled_and_copied_with_all_their_values(result):
    before = result.to_dict()
    for other in _copies(result):
        assert type(other) is type(result) and other is not result
        assert other.to_dict() == before
        assert other == result and not other != result
        assert repr(other) == repr(result)
        for name in before:
            one, another = getattr(result, name), getattr(other, name)
            if isinstance(one, np.ndarray):
                assert another.dtype == one.dtype and another.shape == one.shape
    with pytest.raises(TypeError, match="unhashable"):
        hash(result)


def test_results_are_compared_by_value():
    def decisions(seed):
        pilot = Pilot(particles=64, seed=seed)
        return [pilot.plan(LEANING_RIGHT, futures=True) for _ in range(2)]

    assert decisions(1) == decisions(1)
    assert decisions(1)[0] != decisions(1)[1]
    assert decisions(1)[0] != decisions(2)[0]
    decision = decisions(1)[0]
    assert decision != decision.to_dict() and decision != decision.diagnostics
    # Nothing but the futures differs.
    pilots = [Pilot(particles=64) for _ in range(2)]
    assert pilots[0].plan(LEANING_RIGHT, True) != pilots[1].plan(LEANING_RIGHT, False)


def _solve(seed):
    return solve(seed=seed, steps=30, particles=64, threads=1, device="cpu")


@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_results_come_back_from_other_processes(method):
    context = multiprocessing.get_context(method)
    with context.Pool(2) as pool:
        results = pool.map(_solve, [3, 4])
    assert [result.digest for result in results] == [_solve(seed).digest for seed in (3, 4)]
    assert np.array_equal(results[0].states, _solve(3).states)


def test_a_result_of_another_version_is_refused_in_words():
    make, (values,) = info().__reduce__()
    del values["cores"]
    with pytest.raises(TypeError, match="Info without `cores` is of another version"):
        make(values)


def _states(seed, count):
    rng = np.random.default_rng(seed)
    return rng.uniform(-0.1, 0.1, (count, 4)).astype(np.float32)


@pytest.mark.parametrize("action", ["discrete", "continuous"])
@pytest.mark.parametrize("planner", PLANNERS)
def test_a_pilot_resumes_with_the_bits_of_one_that_was_never_put_by(planner, action):
    options = dict(particles=100, horizon=25, seed=2**64 - 3, action=action, threads=2, device="cpu")
    states = _states(0, 20)
    unbroken = Pilot(planner, **options)
    expected = [unbroken.plan(state) for state in states]
    pilot = Pilot(planner, **options)
    assert [pilot.plan(state) for state in states[:7]] == expected[:7]
    for other in _copies(pilot):
        assert other.options == pilot.options
        assert [other.plan(state) for state in states[7:]] == expected[7:]
    # The original has not moved.
    assert [pilot.plan(state) for state in states[7:]] == expected[7:]


@pytest.mark.parametrize("planner", PLANNERS)
def test_an_episode_goes_on_where_it_was_broken_off(planner):
    """Environment and pilot are put by in the middle, and the digest's worth of numbers is the same."""

    def play(steps, env, pilot, obs):
        seen = []
        for _ in range(steps):
            action = pilot.act(obs)
            obs = env.step(action)[0]
            seen.append((action, obs.tobytes()))
        return seen, obs

    env, pilot = gymnasium.make("CartPole-v1").unwrapped, Pilot(planner, particles=128, seed=5)
    obs, _ = env.reset(seed=5)
    whole, _ = play(60, copy.deepcopy(env), copy.deepcopy(pilot), obs)
    first, obs = play(25, env, pilot, obs)
    env, pilot, obs = pickle.loads(pickle.dumps((env, pilot, obs)))
    rest, _ = play(35, env, pilot, obs)
    assert first + rest == whole


def test_the_rows_of_a_batch_come_along():
    rows = _states(1, 12).reshape(4, 3, 4)
    pilot = Pilot("mppi", particles=64, action="continuous", seed=2)
    for obs in rows[:2]:
        pilot.act_batch(obs)
    pilot.act_batch(rows[2], restart=[False, True, False])
    alone = pilot.act(rows[0, 0])
    copies = list(_copies(pilot))
    expected = pilot.act_batch(rows[3]), pilot.act(rows[0, 1])
    for other in copies:
        actions, action = other.act_batch(rows[3]), other.act(rows[0, 1])
        assert np.array_equal(actions, expected[0]) and action == expected[1]
        with pytest.raises(ValueError, match="3 observations before and 2 now"):
            other.act_batch(rows[3, :2])
    assert alone is not None
    empty = Pilot(particles=16)
    empty.act_batch(np.empty((0, 4)))
    assert pickle.loads(pickle.dumps(empty)).act_batch(np.empty((0, 4))).shape == (0,)


class _Named(Pilot):
    def __init__(self, *arguments, **options):
        self.names = []


def test_a_subclass_keeps_its_attributes():
    pilot = _Named(particles=64, seed=3)
    pilot.names.append("first")
    pilot.act(LEANING_RIGHT)
    for other in _copies(pilot):
        assert type(other) is _Named and other.names == ["first"] and other.seed == 3
        assert other.plan(LEANING_RIGHT).diagnostics.mean != Pilot(particles=64, seed=3).plan(LEANING_RIGHT).diagnostics.mean


def test_a_pilot_that_was_reset_is_one():
    pilot = Pilot(particles=64)
    pilot.act(LEANING_RIGHT)
    pilot.reset(seed=9)
    other = pickle.loads(pickle.dumps(pilot))
    assert other.seed == 9 and other.plan(LEANING_RIGHT) == Pilot(particles=64, seed=9).plan(LEANING_RIGHT)


def test_the_state_of_another_pilot_is_refused_and_changes_nothing():
    pilot = Pilot(particles=64)
    pilot.act(LEANING_RIGHT)
    state = pilot.__reduce__()[2]
    expected = pickle.loads(pickle.dumps(pilot)).plan(LEANING_RIGHT)
    wrong = [
        ({"version": 99}, ValueError, "version 99"),
        ({"plan": np.zeros(3)}, ValueError, "30 numbers"),
        ({"plan": np.full(30, np.nan)}, ValueError, "30 numbers"),
        ({"plan": "x"}, TypeError, "ndarray"),
        ({"decision": -1}, OverflowError, "out of range"),
        ({"rows": {"seeds": np.zeros(2, np.uint64), "decisions": np.zeros(1, np.uint32), "plans": np.zeros((2, 30))}}, ValueError, "as many"),
        ({"rows": {"seeds": np.zeros(1, np.uint64), "decisions": np.zeros(1, np.uint32), "plans": np.zeros((1, 3))}}, ValueError, "row 0: .*30 numbers"),
    ]
    for change, error, words in wrong:
        with pytest.raises(error, match=words):
            pilot.__setstate__({**state, **change})
    with pytest.raises(KeyError, match="version"):
        pilot.__setstate__({})
    assert pilot.plan(LEANING_RIGHT) == expected


def _act(pilot):
    return [pilot.act(obs) for obs in _states(4, 5)]


@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_pilot_goes_on_in_another_process(method):
    pilot = Pilot("cem", particles=64, threads=2)
    _act(pilot)
    with concurrent.futures.ProcessPoolExecutor(1, multiprocessing.get_context(method)) as pool:
        there = pool.submit(_act, pilot).result()
    assert there == _act(pilot)


@pytest.mark.parametrize("mode", ["NextStep", "SameStep", "Disabled"])
@pytest.mark.parametrize("keeps", [True, False])
def test_environments_go_on_where_they_were_broken_off(mode, keeps):
    def make():
        return CartPoleVectorEnv(50, max_episode_steps=25, autoreset_mode=mode, copy=keeps, gravity=9.0)

    def play(envs, steps, rng):
        seen = []
        for _ in range(steps):
            observations, rewards, terminated, truncated, infos = envs.step(rng.integers(0, 2, 50))
            seen.append((observations.tobytes(), rewards.tobytes(), terminated.tobytes(), truncated.tobytes()))
            if "final_obs" in infos:
                seen.append(np.stack(list(infos["final_obs"][infos["_final_obs"]])).tobytes())
            if mode == "Disabled":
                ended = terminated | truncated
                seen.append(envs.reset(options={"reset_mask": ended.copy()})[0].tobytes())
        return seen

    whole = make()
    whole.reset(seed=3)
    expected = play(whole, 60, np.random.default_rng(0))

    envs, rng = make(), np.random.default_rng(0)
    envs.reset(seed=3)
    first = play(envs, 33, rng)
    for other, numbers in _copies((envs, rng)):
        if other is envs:
            continue  # a shallow copy of the pair
        assert other._core.device == envs._core.device
        assert first + play(other, 27, copy.deepcopy(numbers)) == expected
    assert first + play(envs, 27, rng) == expected


def test_environments_may_be_put_by_before_they_are_reset():
    envs = pickle.loads(pickle.dumps(CartPoleVectorEnv(3)))
    with pytest.raises(gymnasium.error.ResetNeeded):
        envs.step(np.zeros(3, np.int64))
    assert np.array_equal(envs.reset(seed=1)[0], CartPoleVectorEnv(3).reset(seed=1)[0])


def test_states_of_environments_are_read_and_set():
    envs = CartPoleVectorEnv(4, device="cpu")
    core = envs._core
    with pytest.raises(gymnasium.error.ResetNeeded):
        core.set_state(np.zeros((4, 4)))
    observations, _ = envs.reset(seed=0)
    state = core.state()
    assert state.dtype == np.float64 and np.array_equal(state.astype(np.float32), observations)
    goal = np.array([[0, 0, 0.1, 0], [2.39, 9, 0, 0], [0.5, 0, 0, 0], [0, 0, -0.2, -1]])
    core.set_state(goal.astype(np.float32)[::-1][::-1])
    core.set_state(goal.tolist())
    assert np.array_equal(core.state(), goal)
    observations, _, terminated, _, _ = envs.step(np.array([1, 1, 0, 0]))
    assert terminated.tolist() == [False, True, False, True]
    env = gymnasium.make("CartPole-v1").unwrapped
    env.reset()
    env.state = goal[2]
    assert observations[2] == pytest.approx(env.step(0)[0], abs=1e-6)
    for wrong, error, words in [
        (np.zeros((3, 4)), ValueError, r"shape \(3, 4\); it must be \(4, 4\)"),
        (np.zeros(4), ValueError, "shape"),
        (np.full((4, 4), np.inf), ValueError, "environment 0; must be finite"),
        (np.zeros((4, 4), bool), TypeError, "real numbers"),
        ([["a"] * 4] * 4, TypeError, "real numbers"),
    ]:
        before = core.state()
        with pytest.raises(error, match=words):
            core.set_state(wrong)
        assert np.array_equal(core.state(), before)


def test_what_is_public_is_what_is_pickled_by_name():
    for name in particle_pilot.__all__:
        thing = getattr(particle_pilot, name)
        if isinstance(thing, type):
            assert pickle.loads(pickle.dumps(thing)) is thing
