"""``CartPoleVectorEnv`` against Gymnasium's own environments."""

from __future__ import annotations

import subprocess
import sys
import threading
from typing import Any

import numpy as np
import pytest

gymnasium = pytest.importorskip("gymnasium", minversion="1.1")

import particle_pilot  # noqa: E402
from gymnasium.envs.classic_control.cartpole import CartPoleVectorEnv as TheirVectorEnv  # noqa: E402
from gymnasium.error import ResetNeeded  # noqa: E402
from gymnasium.vector import AutoresetMode, VectorEnv  # noqa: E402
from particle_pilot.vector import CartPoleVectorEnv  # noqa: E402

ID = "particle_pilot/CartPole-v1"
MODES = list(AutoresetMode)

#: Gymnasium takes sine and cosine from the platform; one that rounds otherwise moves a state by 1e-16, which an
#: upright pole blows up by e^4 a second. Short episodes leave no time for more than the last bits of an f32.
CLOSE = dict(rtol=1e-6, atol=1e-7)


def theirs(count: int, mode: AutoresetMode, **kwargs: Any) -> VectorEnv:
    vector_kwargs = {"autoreset_mode": mode}
    return gymnasium.make_vec(
        "CartPole-v1", count, vectorization_mode="sync", vector_kwargs=vector_kwargs, **kwargs
    )


def same_infos(ours: dict[str, Any], gyms: dict[str, Any]) -> None:
    assert ours.keys() == gyms.keys()
    if not ours:
        return
    for key in ("_final_obs", "_final_info"):
        assert np.array_equal(ours[key], gyms[key])
    assert ours["final_info"] == gyms["final_info"] == {}
    assert ours["final_obs"].dtype == gyms["final_obs"].dtype == object
    for one, other in zip(ours["final_obs"], gyms["final_obs"], strict=True):
        assert (one is None) == (other is None)
        if one is not None:
            assert one.dtype == other.dtype
            np.testing.assert_allclose(one, other, **CLOSE)


@pytest.mark.parametrize("sutton_barto_reward", [False, True])
@pytest.mark.parametrize("mode", MODES)
def test_trajectories_are_those_of_sync_vector_env(
    mode: AutoresetMode, sutton_barto_reward: bool
) -> None:
    count = 9
    ours = gymnasium.make_vec(
        ID, count, autoreset_mode=mode, sutton_barto_reward=sutton_barto_reward, max_episode_steps=40
    )
    gyms = theirs(count, mode, sutton_barto_reward=sutton_barto_reward, max_episode_steps=40)
    rng = np.random.default_rng(1)
    first, second = ours.reset(seed=5)[0], gyms.reset(seed=5)[0]
    assert np.array_equal(first, second) and first.dtype == second.dtype
    for _ in range(2000):
        # Balanced well enough that limits are reached too.
        lean = first[:, 2] + first[:, 3] / 4
        actions = np.where(rng.random(count) < 0.2, rng.integers(0, 2, count), lean > 0)
        one, other = ours.step(actions), gyms.step(actions)
        np.testing.assert_allclose(one[0], other[0], **CLOSE)
        for ours_has, gyms_has in zip(one[1:4], other[1:4], strict=True):
            assert np.array_equal(ours_has, gyms_has) and ours_has.dtype == gyms_has.dtype
        same_infos(one[4], other[4])
        first, ended = one[0], one[2] | one[3]
        if mode == AutoresetMode.DISABLED and ended.any():
            first = ours.reset(options={"reset_mask": ended})[0]
            second = gyms.reset(options={"reset_mask": ended})[0]
            np.testing.assert_allclose(first, second, **CLOSE)


def test_steps_are_those_of_gymnasiums_own_vector_env() -> None:
    """Its episodes begin elsewhere, so that states are carried over."""
    count = 64
    ours = CartPoleVectorEnv(count, autoreset_mode="Disabled")
    gyms = TheirVectorEnv(count)
    gyms.reset(seed=0)
    # Ours are reset to one point each, by bounds without a width.
    rng = np.random.default_rng(2)
    value = 0.03
    ours.reset(options={"low": value, "high": value})
    gyms.state = np.full((4, count), value)
    alive = np.ones(count, np.bool_)
    for _ in range(250):
        actions = rng.integers(0, 2, count)
        states, rewards, terminated, truncated, _ = gyms.step(actions)
        one = ours.step(actions)
        np.testing.assert_allclose(one[0][alive], states[alive], **CLOSE)
        assert np.array_equal(one[1][alive], rewards[alive])
        assert np.array_equal(one[2][alive], terminated[alive])
        assert np.array_equal(one[3][alive], truncated[alive])
        alive &= ~one[2]
        if one[2].any():
            ours.reset(options={"reset_mask": one[2]})
    assert not alive.any()


@pytest.mark.parametrize("seed", [0, 7, 2**40, [3, 2**63, 5], np.int64(4)])
def test_resets_are_gymnasiums_to_the_bit(seed: Any) -> None:
    env = gymnasium.make("CartPole-v1")
    observations, infos = CartPoleVectorEnv(3).reset(seed=seed)
    assert infos == {}
    for i, observation in enumerate(observations):
        one = seed[i] if isinstance(seed, list) else int(seed) + i
        assert np.array_equal(observation, env.reset(seed=one)[0])


def test_unseeded_resets_draw_on() -> None:
    ours, gyms = CartPoleVectorEnv(3), theirs(3, AutoresetMode.NEXT_STEP)
    for seed in ([1, 2, 3], None, [None, 9, None], None):
        assert np.array_equal(ours.reset(seed=seed)[0], gyms.reset(seed=seed)[0])
    assert ours.np_random_seed == (1, 9, 3)


def test_without_a_seed_environments_begin_with_entropy() -> None:
    one, other = CartPoleVectorEnv(4), CartPoleVectorEnv(4)
    first, second = one.reset()[0], other.reset(seed=[None, 1, None, None])[0]
    assert not (first == second).any()
    assert len(np.unique(first)) == 16
    assert not (one.reset()[0] == first).any()


def test_bounds_are_for_one_reset() -> None:
    options = {"low": -0.1, "high": 0.2}
    ours, gyms = CartPoleVectorEnv(3), theirs(3, AutoresetMode.NEXT_STEP)
    assert np.array_equal(ours.reset(seed=1, options=options)[0], gyms.reset(seed=1, options=options)[0])
    assert np.array_equal(ours.reset()[0], gyms.reset()[0])
    with pytest.raises(ValueError, match="low"):
        ours.reset(options={"low": 1.0, "high": -1.0})
    with pytest.raises(ValueError, match="number"):
        ours.reset(options={"low": "x"})
    with pytest.warns(UserWarning, match="no option 'lo'; there are: high, low, reset_mask"):
        ours.reset(options={"lo": 1.0})


def test_masks() -> None:
    ours, gyms = CartPoleVectorEnv(3), theirs(3, AutoresetMode.NEXT_STEP)
    with pytest.raises(ResetNeeded):
        ours.reset(options={"reset_mask": np.array([True, False, True])})
    mask = np.array([True, False, True])
    ours.reset(seed=2)
    gyms.reset(seed=2)
    options = {"reset_mask": mask}
    observations = ours.reset(seed=8, options=options)[0]
    assert np.array_equal(observations, gyms.reset(seed=8, options=options.copy())[0])
    assert options["reset_mask"] is mask
    assert ours.np_random_seed == (8, 3, 10)
    assert np.array_equal(ours.reset(options={"reset_mask": np.zeros(3, np.bool_)})[0], observations)
    for bad, error in (
        ([True] * 3, TypeError),
        (np.ones(3), TypeError),
        (np.ones(4, np.bool_), ValueError),
    ):
        with pytest.raises(error, match="reset_mask"):
            ours.reset(options={"reset_mask": bad})


def test_spaces_and_metadata_are_gymnasiums() -> None:
    gyms = theirs(5, AutoresetMode.SAME_STEP)
    ours = gymnasium.make_vec(ID, 5, autoreset_mode="SameStep")
    assert isinstance(ours, VectorEnv) and ours.num_envs == 5
    assert ours.single_observation_space == gyms.single_observation_space
    assert ours.observation_space == gyms.observation_space
    assert ours.single_action_space == gyms.single_action_space
    assert ours.action_space == gyms.action_space
    assert ours.metadata["autoreset_mode"] is AutoresetMode.SAME_STEP
    assert CartPoleVectorEnv.metadata["autoreset_mode"] is AutoresetMode.NEXT_STEP
    assert ours.spec is not None and ours.spec.id == ID
    assert ID in repr(ours)
    assert ours.reset(seed=1)[0] in ours.observation_space
    wide = CartPoleVectorEnv(2, x_threshold=5.0, theta_threshold_radians=0.5)
    assert wide.single_observation_space.high[[0, 2]].tolist() == [10.0, 1.0]


def test_physics_are_gymnasiums() -> None:
    physics = dict(gravity=1.6, masscart=2.0, masspole=0.3, length=0.7, force_mag=7.0, tau=0.01)
    ours = CartPoleVectorEnv(1, kinematics_integrator="semi-implicit-euler", **physics)
    env = gymnasium.make("CartPole-v1").unwrapped
    for name, value in physics.items():
        setattr(env, name, value)
    env.total_mass, env.polemass_length = 2.3, 0.3 * 0.7
    env.kinematics_integrator = "semi-implicit euler"
    ours.reset(seed=3)
    env.reset(seed=3)
    for step in range(30):
        one, other = ours.step(np.array([step % 2])), env.step(step % 2)
        np.testing.assert_allclose(one[0][0], other[0], **CLOSE)


def test_a_step_limit_is_no_failure() -> None:
    envs = gymnasium.make_vec(ID, 2, max_episode_steps=3)
    envs.reset(seed=0)
    for step in range(1, 4):
        _, _, terminated, truncated, _ = envs.step(np.array([step % 2] * 2))
    assert not terminated.any() and truncated.all()
    _, rewards, terminated, truncated, _ = envs.step(np.array([0, 1]))
    assert rewards.tolist() == [0.0, 0.0] and not (terminated | truncated).any()
    endless = CartPoleVectorEnv(1, max_episode_steps=None, theta_threshold_radians=np.inf, x_threshold=np.inf)
    endless.reset(seed=0)
    for step in range(700):
        assert not endless.step(np.array([step % 2]))[3].any()


def test_the_default_returns_arrays_of_its_own() -> None:
    envs = CartPoleVectorEnv(2)
    first = envs.reset(seed=0)[0]
    kept = [first, *envs.step(np.array([0, 1]))[:4]]
    copies = [array.copy() for array in kept]
    for _ in range(50):
        envs.step(np.array([1, 1]))
    envs.reset()
    assert all(np.array_equal(one, other) for one, other in zip(kept, copies, strict=True))


def test_memory_is_used_again_only_when_nobody_refers_to_it() -> None:
    """Arrays and views are held for random times, and must stay as they were."""
    envs, reference = CartPoleVectorEnv(5), CartPoleVectorEnv(5, copy=False)
    envs.reset(seed=0)
    reference.reset(seed=0)
    rng = np.random.default_rng(0)
    ways = [lambda a: a, lambda a: a[1:], lambda a: a.T[..., ::2], memoryview, lambda a: a[2:].view()[:1]]
    held: list[tuple[Any, np.ndarray]] = []
    for _ in range(2000):
        actions = rng.integers(0, 2, 5)
        step, expected = envs.step(actions)[:4], reference.step(actions)[:4]
        for array, other in zip(step, expected, strict=True):
            assert np.array_equal(array, other) and array.flags.writeable and array.shape == other.shape
        chosen = [array for array in step if rng.random() < 0.3]
        if chosen and rng.random() < 0.3:
            chosen[0].flags.writeable = False
        for array in chosen:
            kept = ways[rng.integers(len(ways))](array)
            held.append((kept, np.array(kept)))
        del step, chosen
        if len(held) > rng.integers(0, 40):
            held = held[rng.integers(1, 8) :]
        for kept, copy in held:
            assert np.array_equal(np.asarray(kept), copy)


def test_a_usual_loop_takes_turns_with_few_arrays() -> None:
    envs = CartPoleVectorEnv(5)
    observations = envs.reset(seed=0)[0]
    addresses = set()
    for _ in range(50):
        observations, rewards, terminated, truncated, _ = envs.step(np.ones(5, np.int64))
        addresses.add(observations.ctypes.data)
    assert len(addresses) <= 3 or not hasattr(sys, "getrefcount")


def test_an_action_that_does_not_exist_moves_none() -> None:
    envs, other = CartPoleVectorEnv(3000, threads=2), CartPoleVectorEnv(3000)
    envs.reset(seed=0)
    other.reset(seed=0)
    actions = np.ones(3000, np.int64)
    first = envs.step(actions)
    copies = [array.copy() for array in first[:4]]
    other.step(actions)
    for bad in (2, -1, 2**32, 2**32 + 1, -(2**63)):
        wrong = actions.copy()
        wrong[2999] = bad
        with pytest.raises(ValueError, match="2999"):
            envs.step(wrong)
    assert all(np.array_equal(one, kept) for one, kept in zip(first[:4], copies, strict=True))
    for one, expected in zip(envs.step(actions)[:4], other.step(actions)[:4], strict=True):
        assert np.array_equal(one, expected)


def test_without_copies_results_are_the_same_in_place() -> None:
    fresh, shared = CartPoleVectorEnv(50), CartPoleVectorEnv(50, copy=False)
    rng = np.random.default_rng(0)
    seen = shared.reset(seed=0)[0]
    assert np.array_equal(seen, fresh.reset(seed=0)[0])
    for _ in range(100):
        actions = rng.integers(0, 2, 50)
        for one, other in zip(shared.step(actions)[:4], fresh.step(actions)[:4], strict=True):
            assert np.array_equal(one, other) and one.dtype == other.dtype
    assert np.shares_memory(seen, shared.step(actions)[0])
    # What is shown outlives who made it.
    seen = shared.step(actions)[0]
    kept = seen.copy()
    del shared
    assert np.array_equal(seen, kept)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("count", [1, 7, 300, 3000])
def test_threads_change_nothing(mode: AutoresetMode, count: int) -> None:
    def run(threads: int) -> list[bytes]:
        envs = CartPoleVectorEnv(count, device="cpu", threads=threads, autoreset_mode=mode)
        rng = np.random.default_rng(0)
        told = [envs.reset(seed=0)[0].tobytes()]
        for _ in range(60):
            step = envs.step(rng.integers(0, 2, count))
            told += [part.tobytes() for part in step[:4]]
            if mode == AutoresetMode.DISABLED:
                told.append(envs.reset(options={"reset_mask": step[2] | step[3]})[0].tobytes())
        return told

    assert run(1) == run(2)


def test_disabled_refuses_to_step_on() -> None:
    envs = CartPoleVectorEnv(2, autoreset_mode=AutoresetMode.DISABLED)
    envs.reset(seed=123)
    terminated = np.zeros(2, np.bool_)
    while not terminated.any():
        observations, _, terminated, _, _ = envs.step(np.array([1, 0]))
    with pytest.raises(ResetNeeded, match="reset_mask"):
        envs.step(np.array([1, 1]))
    assert np.array_equal(envs.reset(options={"reset_mask": np.zeros(2, np.bool_)})[0], observations)
    envs.reset(options={"reset_mask": terminated})
    envs.step(np.array([1, 1]))


def test_misuse_is_refused() -> None:
    envs = CartPoleVectorEnv(2)
    with pytest.raises(ResetNeeded):
        envs.step(np.array([0, 1]))
    envs.reset(seed=0)
    for actions, error in (
        ([0, 2], ValueError),
        ([0, -1], ValueError),
        ([0], ValueError),
        ([[0, 1]], ValueError),
        ([0.0, 1.0], TypeError),
        ("no", TypeError),
    ):
        with pytest.raises(error):
            envs.step(actions)
    with pytest.raises(gymnasium.error.Error, match="Seed"):
        envs.reset(seed=-1)
    for seed, wrong in ((2**64 - 1, ValueError), ([1], ValueError), ([1, 2.5], TypeError), ("x", Exception)):
        with pytest.raises(wrong):
            envs.reset(seed=seed)
    for kwargs, kind in (
        (dict(num_envs=0), ValueError),
        (dict(num_envs=-1), ValueError),
        (dict(num_envs=2**40), ValueError),
        (dict(threads=-1), ValueError),
        (dict(device="tpu"), ValueError),
        (dict(max_episode_steps=0), ValueError),
        (dict(autoreset_mode="never"), ValueError),
        (dict(render_mode="human"), ValueError),
        (dict(mass=1.0), TypeError),
        (dict(gravity="much"), TypeError),
        (dict(length=0.0), ValueError),
        (dict(kinematics_integrator="rk4"), ValueError),
    ):
        with pytest.raises(kind):
            CartPoleVectorEnv(**kwargs)


def test_a_gpu_that_is_not_there_is_refused_and_auto_says_why() -> None:
    if particle_pilot.info().gpus:
        pytest.skip("there is a GPU")
    # Only where a GPU might be faster is there anything to say.
    assert CartPoleVectorEnv(1 << 17, threads=1).fallback_reason
    assert CartPoleVectorEnv(2).fallback_reason is None
    assert CartPoleVectorEnv(2, device="cpu").fallback_reason is None
    with pytest.raises(particle_pilot.DeviceError):
        CartPoleVectorEnv(2, device="cuda")


def test_closing() -> None:
    envs = CartPoleVectorEnv(2)
    envs.close()
    envs.close()
    assert envs.closed


def test_steps_release_the_interpreter() -> None:
    envs = CartPoleVectorEnv(1_000_000, device="cpu", threads=1)
    envs.reset(seed=0)
    actions, stepping = np.zeros(1_000_000, np.int64), threading.Event()

    def step() -> None:
        stepping.set()
        envs.step(actions)
        stepping.clear()

    ticks = 0
    # Again and again, for machines that have much else to do.
    for _ in range(100):
        thread = threading.Thread(target=step)
        thread.start()
        ticks = 0
        while thread.is_alive():
            ticks += stepping.is_set()
        if ticks > 1000:
            break
    # Tens of milliseconds of counting; between the two calls the other thread hardly ever gives way.
    assert ticks > 1000


def test_wrappers_of_gymnasium_work() -> None:
    from gymnasium.wrappers.vector import NormalizeObservation, RecordEpisodeStatistics

    envs = RecordEpisodeStatistics(NormalizeObservation(gymnasium.make_vec(ID, 4)))
    envs.reset(seed=0)
    lengths: list[int] = []
    for _ in range(100):
        infos = envs.step(np.ones(4, np.int64))[4]
        if "episode" in infos:
            lengths += infos["episode"]["l"][infos["_episode"]].tolist()
    assert lengths and all(8 <= length <= 11 for length in lengths)


def run_python(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_registration_waits_for_gymnasium_in_either_order() -> None:
    make = "print(gymnasium.make_vec('particle_pilot/CartPole-v1', 2).num_envs)"
    first = "import sys, particle_pilot; assert 'gymnasium' not in sys.modules; import gymnasium;"
    assert run_python(first + make) == "2"
    assert run_python("import gymnasium, particle_pilot;" + make) == "2"
    own = "from particle_pilot.vector import CartPoleVectorEnv; import gymnasium;"
    assert run_python(own + make) == "2"


def test_registration_waits_on_where_one_only_asks_whether_there_is_a_gymnasium() -> None:
    # As torchrl does, long before it imports it.
    asked = (
        "import importlib.machinery, importlib.util, sys, particle_pilot; before = list(sys.meta_path);"
        "spec = importlib.util.find_spec('gymnasium'); assert spec.origin == spec.loader.get_filename('gymnasium');"
        "assert 'gymnasium' not in sys.modules and sys.meta_path == before;"
    )
    imported = (
        "import gymnasium; assert not any('particle_pilot' in type(finder).__module__ for finder in sys.meta_path);"
        "assert type(gymnasium.__loader__) is importlib.machinery.SourceFileLoader;"
        "print(gymnasium.make('particle_pilot/CartPole-v1').spec.id)"
    )
    assert run_python(asked + imported) == "particle_pilot/CartPole-v1"


def test_an_import_of_gymnasium_that_fails_is_waited_for_again(tmp_path: Any) -> None:
    (tmp_path / "gymnasium.py").write_text("raise RuntimeError('not now')")
    code = (
        f"import sys, particle_pilot; sys.path.insert(0, {str(tmp_path)!r})\n"
        "try:\n    import gymnasium\nexcept RuntimeError:\n    sys.path.pop(0)\n"
        "sys.path_importer_cache.clear()\nimport gymnasium; print(gymnasium.make('particle_pilot/CartPole-v1').spec.id)"
    )
    assert run_python(code) == "particle_pilot/CartPole-v1"


def test_the_package_does_without_gymnasium() -> None:
    absent = "import sys; sys.modules['gymnasium'] = None; import particle_pilot; print('fine')"
    assert run_python(absent) == "fine"
