"""solve(), evaluate() and info(): what the program `pilot` does."""

import json

import numpy as np
import pytest

import particle_pilot
from particle_pilot import evaluate, info, solve


def test_solve_gives_the_digest_of_the_program(program):
    for arguments, options in [
        ((), {}),
        (
            ("--seed", "3", "-p", "mppi", "--action", "continuous", "--steps", "200"),
            {"seed": 3, "planner": "mppi", "action": "continuous", "steps": 200},
        ),
        (
            ("--push", "5:5:50", "--theta-limit-deg", "15", "--cost-angle", "3", "-k", "256"),
            {"push": (5, 5, 50), "theta_limit_deg": 15, "cost_angle": 3, "particles": 256},
        ),
    ]:
        report = json.loads(program(*arguments, "--json", "-", "--quiet"))
        result = solve(**options)
        assert result.digest == report["digest"]


def test_evaluate_gives_the_digest_of_the_program(program):
    report = json.loads(program("evaluate", "-e", "6", "-k", "128", "-n", "100", "--json", "-", "--quiet"))
    result = evaluate(episodes=6, particles=128, steps=100)
    assert result.digest == report["digest"]


def test_solve_returns_what_happened():
    result = solve(steps=50, particles=128)
    assert result.survived and result.steps == 50 and result.total_reward == 50
    assert result.states.shape == (50, 4) and result.actions.shape == (50,)
    assert set(result.actions.tolist()) <= {0, 1} and result.actions.dtype == np.int64
    assert result.decision_us.p50 <= result.decision_us.max
    assert "states=<array (50, 4)>" in repr(result)
    assert len(result.to_dict()["states"]) == 50
    forces = solve(steps=20, particles=128, action="continuous").actions
    assert forces.dtype == np.float64


def test_evaluate_tells_who_fell():
    result = evaluate("random-shooting", episodes=5, particles=2, horizon=1, steps=300)
    assert result.episodes == 5 and result.survived + len(result.failures) == 5
    assert result.failures and result.failures[0].steps == min(f.steps for f in result.failures[:1])
    assert result.to_dict()["failures"][0] == result.failures[0].to_dict()


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"steps": 0}, ValueError, "steps is 0"),
        ({"episodes": 0}, ValueError, "episodes is 0"),
        ({"push": "5:5"}, ValueError, "push: .*NEWTON:LENGTH:EVERY"),
        ({"push": (5, 5, 5)}, ValueError, "push: .*EVERY must be above LENGTH"),
        ({"push": 3}, TypeError, "push must be a string"),
        ({"horizons": 3}, TypeError, "did you mean `horizon`"),
    ],
)
def test_wrong_options_are_refused(options, error, words):
    with pytest.raises(error, match=words):
        evaluate(**options)


def test_info_tells_what_the_program_tells(program):
    ours, report = info().to_dict(), json.loads(program("info", "--json"))
    for name, value in ours.items():
        if name != "gpus":
            assert report[name] == (list(value) if isinstance(value, tuple) else value)
    assert ours["version"] == particle_pilot.__version__
