"""What results tell besides their numbers: how episodes ended, and what was configured."""

import ast
import json
import math
import pathlib

import gymnasium
import numpy as np
import pytest

import particle_pilot
from particle_pilot import Pilot, drive, evaluate, solve

# Differ from run to run, or with who says them.
_OWN = {"wall_s", "decision_us", "particle_steps_per_s", "warnings"}


def _matches(result, report):
    """Whether a result has all that the program's JSON has, and the same in it, warnings but for their words."""
    ours = json.loads(json.dumps(result.to_dict()))
    assert set(report) - set(ours) == {"interrupted"}  # which is an exception here
    same = set(report) & set(ours) - _OWN
    assert {name: ours[name] for name in same} == {name: report[name] for name in same}
    for one, other in zip(ours["warnings"], report["warnings"], strict=True):
        assert one.keys() == other.keys()
        assert {**one, "text": None} == {**other, "text": None}
        told, advised = one["text"].split(": "), other["text"].split(": ")
        assert told[0] == advised[0] and "--" not in told[1]
        assert told[1].replace("`", "") == advised[1].replace("--", "").replace("-", "_")


CASES = [
    ((), {}),
    (
        ("--push", "5:5:50", "--x-limit", "inf", "-p", "mppi", "--temperature", "0.5", "--action", "continuous"),
        {"push": (5, 5, 50), "x_limit": math.inf, "planner": "mppi", "temperature": 0.5, "action": "continuous"},
    ),
    (
        # Falls, and all futures end.
        ("-p", "random-shooting", "-k", "32", "-H", "200", "--theta-limit-deg", "3", "--seed", "18446744073709551615"),
        {"planner": "random-shooting", "particles": 32, "horizon": 200, "theta_limit_deg": 3, "seed": 2**64 - 1},
    ),
]


@pytest.mark.parametrize(("arguments", "options"), CASES)
def test_solve_tells_all_that_the_program_tells(program, arguments, options):
    report = json.loads(program(*arguments, "-n", "120", "--json", "-", "--quiet"))
    _matches(solve(steps=120, **options), report)


@pytest.mark.parametrize(("arguments", "options"), CASES)
def test_evaluate_tells_all_that_the_program_tells(program, arguments, options):
    report = json.loads(program("evaluate", *arguments, "-e", "5", "-n", "120", "--json", "-", "--quiet"))
    _matches(evaluate(steps=120, episodes=5, **options), report)


def _beyond(env, state):
    """The limit that Gymnasium's own test of a step would stumble over, in the words of results."""
    x, _, theta, _ = state
    if not -env.theta_threshold_radians <= theta <= env.theta_threshold_radians:
        return "fell"
    return None if -env.x_threshold <= x <= env.x_threshold else "left-track"


class _Witness(gymnasium.Wrapper):
    """Notes how each episode ended, and where."""

    def __init__(self, env):
        super().__init__(env)
        self.ends = []

    def step(self, action):
        obs, reward, terminated, truncated, info = self.env.step(action)
        if terminated or truncated:
            state = np.array(self.unwrapped.state)
            self.ends.append((terminated, _beyond(self.unwrapped, state) if terminated else "survived", state))
        return obs, reward, terminated, truncated, info


@pytest.mark.filterwarnings("ignore:the pole fell")
@pytest.mark.parametrize(
    ("change", "options"),
    [
        ({}, {}),
        ({"theta_threshold_radians": 0.05}, {"planner": "random-shooting", "particles": 2, "horizon": 1}),
        ({"x_threshold": 0.1}, {"planner": "random-shooting", "particles": 4, "horizon": 2}),
        ({"force_mag": 0.1}, {}),
    ],
)
def test_drive_tells_how_the_environment_says_that_episodes_ended(change, options):
    env = _Witness(gymnasium.make("CartPole-v1", max_episode_steps=70))
    for name, value in change.items():
        setattr(env.unwrapped, name, value)
    result = drive(env, episodes=6, seed=1, **{"particles": 64, **options})
    assert result.terminated.tolist() == [terminated for terminated, _, _ in env.ends]
    assert result.endings.tolist() == [ending for _, ending, _ in env.ends]
    assert np.array_equal(result.final_states, [state for _, _, state in env.ends])
    assert np.array_equal(result.final_states[-1], env.unwrapped.state)
    assert result.step_limit == 70
    if change:
        assert set(result.endings.tolist()) & {"fell", "left-track"}


def test_solve_and_evaluate_say_what_gymnasiums_states_say():
    env = gymnasium.make("CartPole-v1").unwrapped
    endings = []
    for seed in range(12):
        result = solve("random-shooting", particles=8, horizon=2, steps=150, seed=seed)
        assert result.ending == (_beyond(env, result.final_state) or "survived")
        # One step of Gymnasium's from the last decision.
        env.reset()
        env.state = result.states[-1]
        _, _, terminated, _, _ = env.step(int(result.actions[-1]))
        assert terminated == (not result.survived)
        assert result.final_state == pytest.approx(np.array(env.state), abs=1e-12)
        endings.append(result.ending)
    many = evaluate("random-shooting", particles=8, horizon=2, steps=150, episodes=12)
    assert many.endings == {name: endings.count(name) for name in ("survived", "fell", "left-track")}
    assert {one.seed: one.ending for one in many.failures} == {
        seed: ending for seed, ending in enumerate(endings) if ending != "survived"
    }


class _Ends(gymnasium.Wrapper):
    """Ends an episode for a reason of its own."""

    def step(self, action):
        obs, reward, _, truncated, info = self.env.step(action)
        return obs, reward, True, truncated, info


class _Hides(gymnasium.Wrapper):
    """Is the cart-pole to whoever asks, but keeps its state to itself."""

    def __getattr__(self, name):
        if name == "state":
            raise AttributeError(name)
        return getattr(self.env.unwrapped, name)

    @property
    def unwrapped(self):
        return self


def test_an_end_within_the_limits_is_the_environments(cart_pole):
    result = drive(_Ends(cart_pole), particles=16)
    assert result.endings.tolist() == ["terminated"] and result.terminated.all()


def test_without_a_state_the_last_observation_is_the_final_one():
    env = _Hides(gymnasium.make("CartPole-v1", max_episode_steps=9))
    result = drive(env, particles=16, seed=1)
    assert np.array_equal(result.final_states[0], np.array(env.env.unwrapped.state, np.float32))


def test_drive_tells_what_was_planned_with(cart_pole):
    cart_pole.unwrapped.gravity = 9.0
    result = drive(cart_pole, seed=7, episodes=2, planner="mppi", particles=16, horizon=20, max_steps=4)
    assert (result.config["planner"], result.config["horizon"], result.config["seed"]) == ("mppi", 20, 7)
    assert (result.problem["name"], result.problem["physics"]["gravity"]) == ("cart-pole", 9.0)
    assert result.config["tuning"]["temperature"] == Pilot("mppi").options["temperature"]
    assert drive(cart_pole, Pilot(seed=5, particles=16), max_steps=1).config["seed"] == 5
    # As of `solve` for a pilot of the same options.
    alike = solve("mppi", seed=7, particles=16, horizon=20, gravity=9.0, steps=1)
    assert (result.config, result.problem) == (alike.config, alike.problem)
    assert result.problem["cost"]["terminal_position"] == Pilot("mppi").options["cost_terminal_position"]


def test_the_limit_of_steps_is_the_strictest():
    def limit(env, **options):
        return drive(env, particles=16, seed=0, **options).step_limit

    env = gymnasium.make("CartPole-v1", max_episode_steps=9)
    assert limit(env) == 9 and limit(env, max_steps=4) == 4 and limit(env, max_steps=40) == 9
    assert limit(gymnasium.wrappers.TimeLimit(env, 3)) == 3
    assert limit(gymnasium.wrappers.TimeLimit(env, 30)) == 9
    assert limit(gymnasium.make("CartPole-v1").unwrapped, max_steps=6) == 6


def test_drive_sums_up_the_warnings_of_decisions():
    env = gymnasium.make("CartPole-v1", max_episode_steps=6)
    [note] = drive(env, episodes=3, seed=4, particles=32, horizon=900, planner="random-shooting").warnings
    assert (note.decisions, note.episodes, note.first_seed, note.first_step) == (18, 3, 4, 0)
    assert note.text.startswith("all futures end within ") and note.text.endswith("lower `horizon`, or raise `particles`")
    told = Pilot("random-shooting", particles=32, horizon=900, seed=4).plan(env.reset(seed=4)[0]).warnings
    assert note.text.startswith(told[0])


def test_configurations_are_shown_by_their_beginning_and_given_as_copies():
    result = solve(steps=3, particles=16)
    assert "config={'planner': 'cem'" in repr(result) and "'balance'" not in repr(result)
    result.to_dict()["problem"]["physics"]["gravity"] = 1.0
    assert result.problem["physics"]["gravity"] == 9.8
    assert "endings={'fell': 0, 'left-track': 0, 'survived': 2}" in repr(evaluate(episodes=2, steps=3, particles=16))


def test_the_stub_lists_what_results_have():
    stub = ast.parse(pathlib.Path(particle_pilot.__file__).with_name("_core.pyi").read_text())
    listed = {
        node.name: [line.target.id for line in node.body if isinstance(line, ast.AnnAssign)]
        for node in stub.body
        if isinstance(node, ast.ClassDef)
    }
    env = gymnasium.make("CartPole-v1", max_episode_steps=2)
    evaluated = evaluate("random-shooting", particles=16, horizon=300, episodes=2, steps=30)
    results = [solve(steps=2, particles=16), evaluated, drive(env, particles=16), Pilot(particles=16).plan([0] * 4)]
    results += [*evaluated.warnings, *evaluated.devices, results[0].decision_us, results[-1].diagnostics]
    results += evaluate("random-shooting", particles=2, horizon=1, episodes=2, steps=1000).failures
    results += solve("random-shooting", particles=16, horizon=300, steps=3).warnings
    assert len({type(result) for result in results}) == 10
    for result in results:
        assert listed[type(result).__name__] == list(result.to_dict())
