"""Options: ranges, what they do not do, and what is said about them."""

import inspect
import re
import warnings

import numpy as np
import pytest

from particle_pilot import Pilot, drive, evaluate, solve

LEANING_RIGHT = [0.0, 0.0, 0.1, 0.3]


@pytest.mark.parametrize(
    ("name", "required"),
    [
        ("particles", "1 to 1073741824"),
        ("horizon", "1 to 100000"),
        ("iterations", "1 to 100"),
        ("knot_spacing", "1 to 1000"),
        ("threads", r"0 \(one on each core\) to 1024"),
        ("seed", "0 to 18446744073709551615"),
    ],
)
@pytest.mark.parametrize("given", [-1, -(2**70), 2**64, 2**80, np.int64(-5)])
def test_the_true_range_is_told_whatever_was_given(name, required, given):
    with pytest.raises(ValueError, match=f"^{name} is {given}; it must be {required}"):
        Pilot(**{name: given})


@pytest.mark.parametrize("name", ["steps", "episodes"])
@pytest.mark.parametrize("given", [-1, 0, 2**32])
def test_counts_begin_with_one(name, given):
    with pytest.raises(ValueError, match=f"{name} is {given}; it must be 1 to 4294967295"):
        evaluate(**{name: given})


def test_a_later_option_takes_the_place_of_one_beyond_the_range(tmp_path):
    file = tmp_path / "my.toml"
    file.write_text("particles = -7\n")
    assert Pilot(config=file, particles=32).options["particles"] == 32
    with pytest.raises(ValueError, match="particles is 0; it must be 1 to"):
        Pilot(config=file, particles=0)
    with pytest.raises(ValueError, match="particles is -7; it must be 1 to"):
        Pilot(config=file)


def test_one_episode_has_no_number_of_them():
    with pytest.raises(TypeError, match="there is no option `episodes`"):
        solve(episodes=3)


@pytest.mark.parametrize("push", [(5, 5, 50), [5, 5, 50], np.array([5, 5, 50]), "5:5:50", (5.0, np.int32(5), 50)])
def test_a_push_may_be_any_sequence(push):
    assert solve(push=push, particles=32, steps=80).digest == solve(push=(5, 5, 50), particles=32, steps=80).digest


@pytest.mark.parametrize(
    ("push", "error", "words"),
    [
        ((5, 5), ValueError, "push: it has 2 parts"),
        (5, TypeError, "push must be a string NEWTON:LENGTH:EVERY or a sequence"),
        ((5, 5.5, 50), TypeError, "push: LENGTH must be an integer"),
        ((5, 5, -1), ValueError, "push: EVERY is -1"),
        (("x", 5, 50), TypeError, "push: NEWTON must be a number"),
        ((float("nan"), 5, 50), ValueError, "push: push of NaN"),
    ],
)
def test_other_pushes_are_refused_in_words(push, error, words):
    with pytest.raises(error, match=words):
        solve(push=push)


@pytest.mark.parametrize(
    ("planner", "options", "told"),
    [
        ("random-shooting", {"iterations": 3}, ["`iterations` has no effect on random-shooting"]),
        ("cem", {"temperature": 1.0, "noise": "coloured"}, [
            "`temperature` has no effect on cem",
            "`noise` has no effect on cem with discrete actions",
        ]),
        ("icem", {"noise": "halton", "kept_share": 0.2}, ["`noise` has no effect on icem"]),
        ("fmc", {"elite_share": 0.1}, ["`elite_share` has no effect on fmc"]),
        ("mppi", {"colour": 0.3}, ["`colour` has no effect unless the noise is coloured"]),
        ("mppi", {"colour": 0.3, "noise": "coloured", "target_share": 0.1, "temperature": 2}, []),
        ("cem", {"noise": "coloured", "action": "continuous", "floor": 0.1}, []),
        ("cem", {"temperature": None}, []),
        ("smc", {"temperature": 2, "cost_end": 2, "gravity": 9}, []),
    ],
)
def test_options_without_effect_are_warned_about(planner, options, told):
    calls = [lambda: Pilot(planner, particles=16, **options), lambda: solve(planner, steps=3, particles=16, **options)]
    calls.append(lambda: evaluate(planner, episodes=1, steps=3, particles=16, **options))
    for call in calls:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            call()
        assert [str(warning.message) for warning in caught] == told
        assert all(warning.filename == __file__ for warning in caught)


def test_drive_warns_of_options_without_effect_once(cart_pole):
    with pytest.warns(UserWarning, match="`balance` has no effect on cem") as caught:
        drive(cart_pole, balance=2, particles=16, episodes=2, max_steps=3)
    assert len(caught) == 1


def test_all_options_of_another_pilot_are_no_reason_to_warn(tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for planner in ("random-shooting", "cem", "mppi", "smc", "fmc", "predictive-sampling", "icem"):
            options = Pilot(planner, particles=16).options
            assert Pilot(**options).options == options
        # A file is for all planners.
        file = tmp_path / "my.toml"
        file.write_text("balance = 2.0\niterations = 3\n")
        Pilot("mppi", config=file)


def test_help_says_what_each_option_means_and_its_default():
    options = Pilot(threads=0).options
    text = inspect.getdoc(Pilot)
    told = dict(re.findall(r"^(\w+) : \w+, default (.*)$", text, re.MULTILINE))
    assert set(told) == set(options)
    for name, default in told.items():
        value = options[name]
        assert (f'"{value}"' if isinstance(value, str) else str(value)) == default, name
    for other in ("force", "theta_limit_deg", "x_limit", "integrator", "config"):
        assert re.search(rf"\b{other}\b", text)
    assert "pilot --help" not in text
    for planner, name, value in [
        ("random-shooting", "cost_terminal_position", 20),
        ("mppi", "knot_spacing", 2),
        ("random-shooting", "knot_spacing", 1),
        ("mppi", "noise_scale", 1),
        ("random-shooting", "noise_scale", 1),
        ("icem", "knot_spacing", 1),
        ("icem", "noise_scale", 1),
    ]:
        assert Pilot(planner).options[name] == value


def test_futures_may_be_asked_for_by_place():
    assert Pilot(particles=16).plan(LEANING_RIGHT, True).futures.shape == (16, 30, 4)


class _Guarded:
    """As a torch tensor that requires a gradient."""

    def __array__(self, dtype=None, copy=None):
        raise RuntimeError("Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead.")


def test_arrays_that_numpy_may_not_read_say_why():
    pilot = Pilot(particles=16)
    with pytest.raises(TypeError, match=r"which this _Guarded is not: .*tensor.detach\(\)") as caught:
        pilot.act(_Guarded())
    assert isinstance(caught.value.__cause__, RuntimeError)
    with pytest.raises(ValueError, match="rows of equal length"):
        pilot.act([[0, 0], [0, 0, 0]])

    class Interrupted:
        def __array__(self, dtype=None, copy=None):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pilot.act(Interrupted())


@pytest.mark.parametrize("dtype", ["f4", "f8", ">f8", "i2"])
def test_rows_of_packed_records_are_observations(dtype):
    records = np.zeros(3, dtype=[("flag", "u1"), ("obs", dtype, (4,))])
    records["obs"][:, 3] = 1
    assert not records["obs"].flags.aligned
    for row in records["obs"]:
        assert Pilot(particles=16).plan(row) == Pilot(particles=16).plan([0, 0, 0, 1])
    batch = Pilot(particles=16).act_batch(records["obs"])
    assert np.array_equal(batch, Pilot(particles=16).act_batch(records["obs"].copy()))


def test_the_row_of_a_batch_that_is_refused_is_named_and_none_has_decided():
    pilot, spared = Pilot(particles=16), Pilot(particles=16)
    good = np.zeros((3, 4))
    assert np.array_equal(pilot.act_batch(good), spared.act_batch(good))
    bad = good.copy()
    bad[1, 2] = np.nan
    with pytest.raises(ValueError, match="^row 1: number 2 of the state is NaN"):
        pilot.act_batch(bad, restart=[True, False, True])
    for _ in range(3):
        assert np.array_equal(pilot.act_batch(good), spared.act_batch(good))


def test_reprs_show_what_one_wants_to_see(cart_pole):
    result = drive(cart_pole, episodes=3, seed=0, max_steps=7, particles=16)
    assert "returns=[7., 7., 7.]" in repr(result) and "lengths=[7, 7, 7]" in repr(result)
    solved = solve(steps=50, particles=16, device="auto")
    assert "states=<array (50, 4)>" in repr(solved) and ", ..., " in repr(solved)
    assert len(repr(solved)) < 900
    if solved.fallback_reason and len(solved.fallback_reason) > 60:
        assert solved.fallback_reason not in repr(solved) and "fallback_reason='no " in repr(solved).lower()


def test_certainty_has_exact_ends():
    result = evaluate(episodes=10, steps=5, particles=16)
    assert result.success_interval[1] == 1.0
    fallen = evaluate("random-shooting", episodes=7, particles=2, horizon=1, steps=10_000)
    assert fallen.survived == 0 and fallen.success_interval[0] == 0.0
