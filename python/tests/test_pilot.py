"""Pilots: decisions, observations, options, threads."""

import json
import multiprocessing
import threading
import time

import numpy as np
import pytest

import particle_pilot
from particle_pilot import DeviceError, Pilot

LEANING_RIGHT = [0.0, 0.0, 0.1, 0.3]
PLANNERS = ["random-shooting", "cem", "mppi", "smc", "fmc", "predictive-sampling", "icem"]


@pytest.mark.parametrize("planner", PLANNERS)
def test_every_planner_goes_where_the_pole_leans(planner):
    pilot = Pilot(planner, particles=256, seed=3, device="cpu")
    assert pilot.act(LEANING_RIGHT) == 1
    pilot.reset()
    assert pilot.act([-x for x in LEANING_RIGHT]) == 0
    assert type(pilot.act(LEANING_RIGHT)) is int


@pytest.mark.parametrize("planner", PLANNERS)
def test_continuous_actions_are_forces(planner):
    force = Pilot(planner, particles=256, action="continuous", force=4.0).act(LEANING_RIGHT)
    assert type(force) is float and 0 < force <= 4


@pytest.mark.parametrize(
    "obs",
    [
        LEANING_RIGHT,
        tuple(LEANING_RIGHT),
        np.array(LEANING_RIGHT),
        np.array(LEANING_RIGHT, dtype=np.float32),
        np.array(LEANING_RIGHT, dtype=">f4"),
        np.repeat(np.array(LEANING_RIGHT, dtype=np.float32), 3)[::3],
        np.array(LEANING_RIGHT[::-1])[::-1],
        np.frombuffer(b"\0" + np.array(LEANING_RIGHT, dtype=np.float32).tobytes(), np.uint8)[1:].view(np.float32),
    ],
    ids=["list", "tuple", "f64", "f32", "big-endian", "strided", "reversed", "unaligned"],
)
def test_observations_may_be_whatever_holds_four_numbers(obs):
    pilots = [Pilot(particles=128, seed=5) for _ in range(2)]
    given = pilots[0].plan(obs)
    plain = pilots[1].plan(np.array(LEANING_RIGHT, dtype=np.float32))
    assert given.diagnostics.mean == plain.diagnostics.mean


def test_integers_are_numbers_too():
    assert Pilot(particles=64).act(np.array([0, 0, 0, 1])) == Pilot(particles=64).act([0, 0, 0, 1.0])


@pytest.mark.parametrize(
    ("obs", "error", "words"),
    [
        ([1, 2, 3], ValueError, r"shape \(3,\)"),
        ([[0, 0, 0, 0]], ValueError, r"shape \(1, 4\)"),
        (np.zeros((4, 1), np.float32), ValueError, "shape"),
        (np.zeros(5, np.float32), ValueError, "shape"),
        ([], ValueError, "shape"),
        (0.5, ValueError, "shape"),
        ([0, 0, float("nan"), 0], ValueError, "number 2 of the state is NaN"),
        (np.array([0, np.inf, 0, 0], np.float32), ValueError, "number 1 of the state is inf"),
        ([0, 0, 0, 1e300], ValueError, "number 3 of the state"),
        ([[0], [0, 1]], ValueError, "rows of equal length"),
        ("left", TypeError, "real numbers"),
        (None, TypeError, "real numbers"),
        ([1, 2, 3, "4"], TypeError, "real numbers"),
        (np.zeros(4, complex), TypeError, "real numbers"),
        (np.zeros(4, bool), TypeError, "real numbers"),
    ],
)
def test_other_observations_are_refused_in_words(obs, error, words):
    pilot = Pilot(particles=64)
    for ask in (pilot.act, pilot.plan):
        with pytest.raises(error, match=words):
            ask(obs)


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"planner": "mmpi"}, ValueError, "did you mean `mppi`"),
        ({"planner": 3}, TypeError, "planner must be a string, not int"),
        ({"particels": 3}, TypeError, "did you mean `particles`"),
        ({"particles": 0}, ValueError, "particles is 0"),
        ({"particles": -1}, ValueError, "particles is -1"),
        ({"particles": 2**70}, ValueError, "particles is"),
        ({"particles": 1.5}, TypeError, "particles must be an integer, not float"),
        ({"particles": "3"}, TypeError, "particles must be an integer, not str"),
        ({"particles": True}, TypeError, "particles must be an integer, not bool"),
        ({"horizon": 0}, ValueError, "horizon is 0"),
        ({"seed": -1}, ValueError, "seed is -1"),
        ({"threads": 5000}, ValueError, "threads is 5000"),
        ({"floor": 2}, ValueError, "floor is 2"),
        ({"temperature": float("nan")}, ValueError, "temperature is NaN"),
        ({"masspole": float("nan")}, ValueError, "masspole"),
        ({"gravity": "down"}, TypeError, "gravity must be a number, not str"),
        ({"cost_angle": -1}, ValueError, "cost weight `angle` is -1"),
        ({"device": "gpu"}, ValueError, "there is no device `gpu`"),
        ({"noise": "pink"}, ValueError, "noise"),
        ({"integrator": "rk4"}, ValueError, "there is no integrator `rk4`"),
        ({"force": 1, "force_mag": 2}, TypeError, "say the same"),
        ({"steps": 3}, TypeError, "there is no option `steps`"),
        ({"config": "/nowhere/at/all.toml"}, OSError, "nowhere"),
    ],
)
def test_other_options_are_refused_in_words(options, error, words):
    with pytest.raises(error, match=words):
        Pilot(**options)


@pytest.mark.skipif(bool(particle_pilot.info().gpus), reason="has a GPU")
def test_a_gpu_that_is_not_there_is_a_device_error():
    with pytest.raises(DeviceError, match="no NVIDIA driver|no GPU|no CUDA"):
        Pilot(device="cuda")
    assert issubclass(DeviceError, RuntimeError)
    small, large = Pilot(device="auto", particles=64), Pilot(device="auto", particles=1 << 18, threads=1)
    assert small.device == large.device == "cpu"
    # Only where a GPU might be faster is there anything to say.
    assert large.fallback_reason and small.fallback_reason is None
    assert large.device_choice.startswith("cpu: ") and "there is no GPU" in large.device_choice
    assert "any GPU" in small.device_choice and Pilot(device="cpu").device_choice == "cpu: asked for"


def test_options_come_back_and_make_the_same_pilot_again():
    options = {"planner": "mppi", "particles": 99, "gravity": 3.7, "theta_limit_deg": 30, "noise": "halton"}
    pilot = Pilot(**options, threads=1)
    assert pilot.options["theta_threshold_radians"] == pytest.approx(np.deg2rad(30))
    again = Pilot(**pilot.options)
    assert again.options == pilot.options
    assert again.plan(LEANING_RIGHT).to_dict() == pilot.plan(LEANING_RIGHT).to_dict()
    assert repr(pilot) == "Pilot(planner='mppi', particles=99, horizon=30, seed=0, device='cpu')"


def test_numpy_numbers_are_options_too():
    options = Pilot(particles=np.int64(64), gravity=np.float32(5), seed=2**64 - 1).options
    assert (options["particles"], options["gravity"], options["seed"]) == (64, 5.0, 2**64 - 1)


def test_a_configuration_file_of_the_program_is_read(tmp_path, program):
    text = program("--print-config", "-p", "mppi", "--theta-limit-deg", "15", "-k", "77", "--steps", "9")
    file = tmp_path / "my.toml"
    file.write_text(text)
    options = Pilot(config=file, horizon=11).options
    assert (options["planner"], options["particles"], options["horizon"]) == ("mppi", 77, 11)
    assert options["theta_threshold_radians"] == 15 * 2 * np.pi / 360
    assert particle_pilot.solve(config=str(file)).steps == 9
    file.write_text("particles = [1]\n")
    with pytest.raises(ValueError, match="my.toml: particles must be"):
        Pilot(config=file)


def test_seeds_decide_and_reset_begins_again():
    def decisions(pilot):
        return [pilot.plan(LEANING_RIGHT).diagnostics.mean for _ in range(3)]

    pilot = Pilot(particles=128, seed=1)
    first = decisions(pilot)
    assert decisions(pilot) != first
    pilot.reset()
    assert decisions(pilot) == first
    pilot.reset(seed=2)
    assert pilot.seed == 2
    assert decisions(pilot) != first
    with pytest.raises(TypeError, match="seed must be an integer"):
        pilot.reset(seed="2")


def test_decisions_tell_how_they_came_about():
    decision = Pilot(particles=256).plan([2.3, 3.0, 0.2, 3.0])
    assert decision.diagnostics.dead_share == 1
    (warning,) = decision.warnings
    assert warning.startswith("all futures end")
    assert decision.futures is None
    assert decision.plan.shape == (30,) and decision.plan.dtype == np.float64
    assert np.all(np.abs(decision.plan) <= 10)
    as_dict = json.loads(json.dumps(decision.to_dict()))
    assert as_dict["diagnostics"]["particles"] == 256
    assert repr(decision).startswith("Decision(action=")
    assert Pilot("smc", particles=64).plan(LEANING_RIGHT).plan is None


@pytest.mark.parametrize("planner", ["random-shooting", "cem", "mppi", "predictive-sampling", "icem"])
def test_futures_are_those_that_the_decision_follows_from(planner):
    options = {"particles": 301, "horizon": 40, "seed": 2}
    if planner in ("cem", "icem"):
        options["iterations"] = 1
    pilot = Pilot(planner, **options)
    pilot.act(LEANING_RIGHT)
    decision = pilot.plan(LEANING_RIGHT, futures=True)
    assert decision.futures.shape == (301, 40, 4)
    assert decision.futures.dtype == np.float32
    assert decision.future_forces.shape == (301, 40)
    assert decision.diagnostics.best == decision.future_costs.min()
    assert decision.diagnostics.mean == pytest.approx(decision.future_costs.mean(dtype=np.float64), rel=1e-12)
    assert decision.diagnostics.dead_share == np.mean(decision.future_lifetimes < 40)
    # The first step is explicit Euler's: positions move with the old velocities.
    assert decision.futures[:, 0, 2] == pytest.approx(0.1 + 0.02 * 0.3, abs=1e-6)
    same = Pilot(planner, **options)
    same.act(LEANING_RIGHT)
    assert same.plan(LEANING_RIGHT).action == decision.action


def test_the_vote_of_random_futures_can_be_counted_again():
    for seed in range(10):
        decision = Pilot("random-shooting", seed=seed).plan([0, 0, 0.01, 0], futures=True)
        right = decision.future_forces[:, 0] > 0
        costs = decision.future_costs.astype(np.float64)
        assert decision.action == int(costs[right].mean() < costs[~right].mean())


def test_futures_that_there_are_not_are_refused():
    with pytest.raises(ValueError, match="replace each other"):
        Pilot("fmc", particles=64).plan(LEANING_RIGHT, futures=True)
    with pytest.raises(ValueError, match="particles times horizon"):
        Pilot(particles=2**20, horizon=1000).plan(LEANING_RIGHT, futures=True)


def test_rows_of_a_batch_decide_as_pilots_of_their_own():
    rng = np.random.default_rng(0)
    pilots = [Pilot(particles=64, seed=10 + row) for row in range(5)]
    batch = Pilot(particles=64, seed=10)
    restart = np.array([False, True, False, False, True])
    for step in range(4):
        obs = rng.uniform(-0.1, 0.1, (5, 4)).astype(np.float32)
        begins = restart if step == 2 else None
        if begins is not None:
            for row in np.flatnonzero(begins):
                pilots[row].reset()
        actions = batch.act_batch(obs, restart=begins)
        assert actions.dtype == np.int64
        assert actions.tolist() == [pilot.act(row) for pilot, row in zip(pilots, obs)]


def test_batches_are_checked():
    pilot = Pilot(particles=16)
    assert pilot.act_batch(np.empty((0, 4))).shape == (0,)
    pilot.reset()
    for wrong in (np.zeros(4), np.zeros((2, 3)), np.zeros((2, 2, 4))):
        with pytest.raises(ValueError, match="shape"):
            pilot.act_batch(wrong)
    with pytest.raises(ValueError, match="number 3 of the state is NaN"):
        pilot.act_batch([[0, 0, 0, 0], [0, 0, 0, np.nan]])
    # What was refused has not settled how many rows there are.
    assert pilot.act_batch(np.zeros((3, 4))).shape == (3,)
    pilot.reset()
    assert pilot.act_batch(np.zeros((2, 4))).shape == (2,)
    with pytest.raises(ValueError, match="2 observations before and 3 now"):
        pilot.act_batch(np.zeros((3, 4)))
    with pytest.raises(TypeError, match="2 truth values"):
        pilot.act_batch(np.zeros((2, 4)), restart=[True])
    forces = Pilot(particles=16, action="continuous").act_batch(np.zeros((3, 4), np.int32)[::-1])
    assert forces.dtype == np.float64 and forces.shape == (3,)


def test_the_interpreter_is_free_while_a_pilot_plans():
    steps, horizon = 0, 100
    # Longer and longer, for machines that have much else to do.
    while steps <= 3 and horizon < 10_000:
        horizon *= 2
        pilot = Pilot("random-shooting", particles=2**20, horizon=horizon, threads=1)
        planning = threading.Thread(target=pilot.act, args=(LEANING_RIGHT,))
        steps = 0
        planning.start()
        while planning.is_alive():
            steps += 1
            time.sleep(0.001)
    assert steps > 3


def test_pilots_in_parallel_threads_decide_alike():
    def play(results, index):
        pilot = Pilot(particles=256, seed=index % 2)
        results[index] = [pilot.plan(LEANING_RIGHT).diagnostics.mean for _ in range(20)]

    results = [None] * 6
    threads = [threading.Thread(target=play, args=(results, i)) for i in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results[0] == results[2] == results[4] != results[1] == results[3] == results[5]


def test_threads_take_turns_with_a_pilot():
    alone = Pilot(particles=256)
    expected = [alone.act(LEANING_RIGHT) for _ in range(200)]
    pilot = Pilot(particles=256)
    actions = []
    threads = [
        threading.Thread(target=lambda: actions.extend(pilot.act(LEANING_RIGHT) for _ in range(50)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # One decision after the other, whoever asked.
    assert sorted(actions) == sorted(expected)


def _act(pilot, queue):
    try:
        queue.put(pilot.act(LEANING_RIGHT))
    except RuntimeError as error:
        queue.put(str(error))


@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="has no fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_process_says_what_is_wrong_instead_of_hanging():
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    process = context.Process(target=_act, args=(Pilot(threads=2), queue))
    process.start()
    answer = queue.get(timeout=30)
    process.join()
    assert "before the process forked" in answer


def test_pilots_can_be_subclassed(cart_pole):
    class Logged(Pilot):
        def act(self, obs):
            self.seen = obs
            return super().act(obs)

    pilot = Logged.for_env(cart_pole, particles=64)
    assert pilot.act(LEANING_RIGHT) == 1 and pilot.seen is LEANING_RIGHT


def test_everything_public_has_a_docstring_and_a_type():
    import inspect
    import pathlib

    stubs = pathlib.Path(particle_pilot.__file__).with_name("_core.pyi").read_text()
    core = [name for name in particle_pilot.__all__ if hasattr(particle_pilot._core, name)]
    for name in core:
        thing = getattr(particle_pilot, name)
        assert name in stubs
        if name != "__version__":
            assert thing.__doc__
        if inspect.isclass(thing):
            for member in vars(thing):
                if not member.startswith("_"):
                    assert getattr(thing, member).__doc__, f"{name}.{member}"
                    assert member in stubs, f"{name}.{member}"
    assert (pathlib.Path(particle_pilot.__file__).with_name("py.typed")).exists()
