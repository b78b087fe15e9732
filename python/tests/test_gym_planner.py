"""``GymPlanner`` on Gymnasium's classic control problems, and on environments that are hard to copy."""

from __future__ import annotations

import copy
import math
import os
import pickle
import signal
import subprocess
import sys
import time
from typing import Any

import numpy as np
import pytest

gymnasium = pytest.importorskip("gymnasium", minversion="1.0")

from gymnasium import spaces  # noqa: E402
from particle_pilot import Pilot  # noqa: E402
from particle_pilot.gym_planner import (  # noqa: E402
    Cem,
    EnvCopyError,
    Fmc,
    GymPlanner,
    GymPlannerError,
    RandomShooting,
    Smc,
    UncopyableEnvError,
    WorkerError,
)

PLANNERS = ["random-shooting", "cem", "smc", "fmc"]


def upright(observation: Any, env: Any) -> float:
    """Cart-pole: a while yet, and longer near the centre, upright and slow."""
    x, x_dot, theta, theta_dot = observation.tolist()
    return 20.0 - (x * x + x_dot * x_dot + 10 * theta * theta + theta_dot * theta_dot)


def climbed(observation: Any, env: Any) -> float:
    """Mountain car: less to go with more energy, which is what it takes to get out."""
    position, velocity = observation
    energy = env.gravity / 3 * (1 + math.sin(3 * position)) + velocity**2 / 2
    return -100.0 * max(0.0, 1 - energy / (env.gravity / 3 * 2))


def swung(observation: Any, env: Any) -> float:
    """Acrobot: less to go with more energy, and with the tip higher up."""
    c1, s1, c2, s2, w1, w2 = (float(value) for value in observation)
    tip = -c1 - (c1 * c2 - s1 * s2)
    return -15.0 * (1 - tip) + 0.3 * (w1 * w1 + w2 * w2)


def play(name: str, planner: Any, seed: int = 0, **kwargs: Any) -> float:
    with GymPlanner(gymnasium.make(name), planner, **kwargs) as pilot:
        return pilot.run(1, seed=seed)[0].reward


def by_chance(name: str, episodes: int = 5) -> float:
    env, total = gymnasium.make(name), 0.0
    for seed in range(episodes):
        env.reset(seed=seed)
        env.action_space.seed(seed)
        ended = False
        while not ended:
            _, reward, terminated, truncated, _ = env.step(env.action_space.sample())
            total += float(reward)
            ended = terminated or truncated
    return total / episodes


def test_the_pole_stands_for_all_500_steps() -> None:
    planner = Cem(iterations=1)
    assert play("CartPole-v1", planner, particles=24, horizon=12, value=upright) == 500
    assert by_chance("CartPole-v1") < 60


@pytest.mark.parametrize("planner", PLANNERS)
def test_every_planner_balances_far_longer_than_chance(planner: str) -> None:
    env = gymnasium.make("CartPole-v1", max_episode_steps=80)
    kwargs: dict[str, Any] = dict(particles=40, horizon=8, value=upright)
    with GymPlanner(env, planner, **kwargs) as pilot:
        assert pilot.run(1, seed=1)[0].reward == 80


def test_the_pendulum_swings_up() -> None:
    assert play("Pendulum-v1", Cem(iterations=1), particles=32, horizon=16, hold=2) > -300
    assert by_chance("Pendulum-v1") < -900


def test_the_car_gets_out_of_the_valley() -> None:
    reward = play("MountainCar-v0", "cem", particles=32, horizon=20, hold=5, value=climbed)
    assert reward > -150
    assert by_chance("MountainCar-v0", 2) == -200


def test_the_acrobot_swings_its_tip_up() -> None:
    reward = play("Acrobot-v1", Cem(iterations=1), particles=24, horizon=15, hold=5, value=swung)
    assert reward > -200
    assert by_chance("Acrobot-v1", 2) < -400


class Bandit(gymnasium.Env[Any, Any]):
    """Pays for each component of an action that is as wanted; one step is an episode of its own."""

    def __init__(self, space: spaces.Space[Any], pay: Any) -> None:
        self.action_space = space
        self.observation_space = spaces.Box(0, 1, (1,))
        self.pay = pay
        self.played = 0

    def reset(self, *, seed: Any = None, options: Any = None) -> tuple[Any, dict[str, Any]]:
        super().reset(seed=seed)
        self.played = 0
        return np.zeros(1, np.float32), {}

    def step(self, action: Any) -> Any:
        assert self.action_space.contains(action), action
        self.played += 1
        return np.zeros(1, np.float32), float(self.pay(self, action)), True, False, {}


SPACES = [
    (spaces.Discrete(5, start=-2), lambda env, action: action == 1, lambda action: action == 1),
    (
        spaces.MultiDiscrete([3, 4]),
        lambda env, action: (action == [2, 1]).sum(),
        lambda action: (action == [2, 1]).all(),
    ),
    (spaces.MultiBinary(3), lambda env, action: action.sum(), lambda action: action.all()),
    (
        spaces.Box(-1, 3, (1,)),
        lambda env, action: -((action[0] - 2.0) ** 2),
        lambda action: abs(action[0] - 2.0) < 1.6,
    ),
    (
        spaces.Box(-1, 1, (1, 2), np.float64),
        lambda env, action: -np.abs(action - [[0.5, -0.5]]).sum(),
        lambda action: np.abs(action - [[0.5, -0.5]]).sum() < 1.3,
    ),
]


@pytest.mark.parametrize("planner", PLANNERS)
@pytest.mark.parametrize("space, pay, is_right", SPACES)
def test_the_paying_action_is_found_in_every_space(
    planner: str, space: Any, pay: Any, is_right: Any
) -> None:
    env = Bandit(space, pay)
    env.reset()
    decision = GymPlanner(env, planner, particles=200, horizon=1).plan()
    assert is_right(decision.action) and space.contains(decision.action)
    assert env.played == 0
    diagnostics = decision.diagnostics
    assert diagnostics.terminated_share == 1.0 and diagnostics.best >= diagnostics.mean
    assert diagnostics.env_steps == {"cem": 400, "smc": 250}.get(planner, 200)


@pytest.mark.parametrize("planner", PLANNERS)
def test_decisions_depend_on_the_seed_and_on_nothing_else(planner: str) -> None:
    def run(workers: int, seed: int) -> list[Any]:
        env = gymnasium.make("Pendulum-v1")
        env.reset(seed=3)
        kwargs: dict[str, Any] = dict(particles=21, horizon=5, workers=workers, seed=seed)
        with GymPlanner(env, planner, **kwargs) as pilot:
            told: list[Any] = []
            for _ in range(3):
                decision = pilot.plan()
                told += [decision.action.tolist(), decision.diagnostics]
                env.step(decision.action)
        return told

    one = run(1, 0)
    assert one == run(1, 0)
    assert one != run(1, 1)
    assert one == run(2, 0)


def test_planning_leaves_the_environment_alone() -> None:
    def run(plans: bool) -> list[Any]:
        env = gymnasium.make("CartPole-v1")
        told = [env.reset(seed=1)[0].tolist()]
        env.action_space.seed(1)
        pilot = GymPlanner(env, "fmc", particles=10, horizon=5)
        for _ in range(20):
            if plans:
                pilot.act(told[-1])
            observation, _, terminated, _, _ = env.step(env.action_space.sample())
            told.append(observation.tolist())
            if terminated:
                told.append(env.reset()[0].tolist())
        return told

    assert run(True) == run(False)


class Dice(Bandit):
    """Pays for guessing its next throw, which nobody can know."""

    def __init__(self) -> None:
        super().__init__(spaces.Discrete(6), lambda env, guess: env.np_random.integers(6) == guess)


def test_plans_do_not_foresee_chance() -> None:
    env, hits = Dice(), 0
    pilot = GymPlanner(env, "random-shooting", particles=60, horizon=1)
    for seed in range(60):
        env.reset(seed=seed)
        hits += env.step(pilot.act())[1]
    assert hits < 25  # 10 are to be expected, and 60 with foresight


class Memory(gymnasium.Wrapper[Any, Any, Any, Any]):
    """Doubles rewards, and keeps what it saw in a list, next to itself and a function."""

    def __init__(self, env: Any) -> None:
        super().__init__(env)
        self.seen: list[Any] = []
        self.myself = self
        self.double = lambda reward: 2 * reward

    def step(self, action: Any) -> Any:
        observation, reward, *rest = self.env.step(action)
        self.myself.seen.append(observation)
        return observation, self.double(reward), *rest


@pytest.mark.parametrize("workers", [1, 2])
def test_wrappers_that_matter_are_part_of_the_model(workers: int) -> None:
    env = Memory(gymnasium.make("CartPole-v1"))
    env.reset(seed=0)
    env.step(0)
    with GymPlanner(env, "smc", particles=8, horizon=3, workers=workers) as pilot:
        decision = pilot.plan()
    assert decision.diagnostics.best == 6.0
    assert len(env.seen) == 1


def test_a_time_limit_shortens_the_horizon_and_is_no_failure() -> None:
    env = gymnasium.make("CartPole-v1", max_episode_steps=5)
    pilot = GymPlanner(env, particles=8, horizon=4)
    with pytest.raises(GymPlannerError, match="reset"):
        pilot.plan()
    env.reset(seed=0)
    horizons, ended = [], False
    while not ended:
        decision = pilot.plan()
        horizons.append(decision.horizon)
        assert decision.diagnostics.terminated_share == 0
        _, _, terminated, ended, _ = env.step(decision.action)
    assert horizons == [4, 4, 3, 2, 1] and not terminated
    episodes = pilot.run(2, seed=0)
    assert [(one.seed, one.steps, one.truncated) for one in episodes] == [(0, 5, True), (1, 5, True)]


def test_an_environment_that_renders_can_be_copied() -> None:
    pytest.importorskip("pygame")
    env = gymnasium.make("CartPole-v1", render_mode="rgb_array")
    env.reset(seed=0)
    env.render()
    with GymPlanner(env, "smc", particles=8, horizon=3, workers=2) as pilot:
        pilot.act()
    assert env.render().shape[2] == 3


def test_changed_attributes_reach_the_copies() -> None:
    env = gymnasium.make("CartPole-v1")
    env.reset(seed=0)
    pilot = GymPlanner(env, "random-shooting", particles=32, horizon=20)
    assert pilot.plan().diagnostics.terminated_share > 0
    env.unwrapped.theta_threshold_radians = 100.0
    assert pilot.plan().diagnostics.terminated_share == 0
    env.unwrapped.reward = lambda: 1.0
    pilot.plan()


class Counter:
    """Is not to be copied."""

    def __init__(self) -> None:
        self.count = 0

    def __reduce__(self) -> Any:
        raise TypeError("it is not to be")


class Walk(gymnasium.Env[Any, Any]):
    """Goes left and right; where it is, is kept in something that cannot be copied."""

    observation_space = spaces.Discrete(100)
    action_space = spaces.Discrete(2)

    def __init__(self, render_mode: Any = None) -> None:
        self.counter = Counter()

    def reset(self, *, seed: Any = None, options: Any = None) -> Any:
        super().reset(seed=seed)
        self.counter.count = 50
        return 50, {}

    def step(self, action: Any) -> Any:
        self.counter.count += 2 * int(action) - 1
        return self.counter.count, float(self.counter.count), False, False, {}


@pytest.mark.parametrize("workers", [1, 2])
def test_uncopyable_environments_are_named_and_save_and_restore_help(workers: int) -> None:
    gymnasium.register("Walk-v0", Walk)
    try:
        env = gymnasium.make("Walk-v0", max_episode_steps=10)
        env.reset()
        with pytest.raises(UncopyableEnvError, match=r"Walk\.counter, a .*Counter.* save"):
            GymPlanner(env).plan()

        def restore(env: Any, state: int) -> None:
            env.unwrapped.counter.count = state

        hooks: dict[str, Any] = dict(save=lambda env: env.unwrapped.counter.count, restore=restore)
        for planner in PLANNERS if workers == 1 else ["fmc"]:
            with GymPlanner(
                env, planner, particles=16, horizon=4, workers=workers, **hooks
            ) as pilot:
                assert pilot.act() == 1
        with pytest.raises(TypeError, match="both"):
            GymPlanner(env, save=hooks["save"])
    finally:
        gymnasium.registry.pop("Walk-v0")


HIDDEN = [0]


class Hidden(Bandit):
    """Has a state that is not among its attributes."""

    def step(self, action: Any) -> Any:
        HIDDEN[0] += 1
        return np.zeros(1, np.float32), float(HIDDEN[0]), False, False, {}


def test_a_state_that_is_elsewhere_is_noticed() -> None:
    env = Hidden(spaces.Discrete(2), None)
    env.reset()
    with pytest.raises(UncopyableEnvError, match="another course"):
        GymPlanner(env).plan()
    GymPlanner(env, check=False, particles=4, horizon=2).plan()


def broken(env: Any, action: Any) -> float:
    raise ZeroDivisionError("on purpose")


def exits(env: Any, action: Any) -> float:
    os._exit(3)


@pytest.mark.parametrize("workers", [1, 2])
def test_errors_of_copies_come_back(workers: int) -> None:
    env = Bandit(spaces.Discrete(2), broken)
    env.reset()
    kwargs: dict[str, Any] = dict(particles=4, horizon=1, workers=workers, check=False)
    with GymPlanner(env, **kwargs) as pilot:
        for _ in range(2):
            with pytest.raises(EnvCopyError, match="on purpose") as caught:
                pilot.plan()
            assert isinstance(caught.value.__cause__, ZeroDivisionError)
        env.pay = lambda env, action: 1.0
        pilot.plan()


def test_a_worker_that_dies_is_told_and_replaced() -> None:
    env = Bandit(spaces.Discrete(2), exits)
    env.reset()
    with GymPlanner(env, particles=4, horizon=1, workers=2, check=False) as pilot:
        with pytest.raises(WorkerError, match="exit code 3"):
            pilot.plan()
        env.pay = lambda env, action: 1.0
        pilot.plan()


def test_misuse_is_refused() -> None:
    env = gymnasium.make("CartPole-v1")
    for kwargs in (
        dict(planner="mppi"),
        dict(particles=0),
        dict(horizon=0),
        dict(hold=0),
        dict(discount=0.0),
        dict(discount=math.nan),
        dict(workers=0),
        dict(start_method="fork"),
    ):
        with pytest.raises(ValueError):
            GymPlanner(env, **kwargs)
    for kind, knobs in (
        (Cem, dict(iterations=0)),
        (Cem, dict(elite_share=0.0)),
        (Cem, dict(smoothing=1.0)),
        (Cem, dict(floor=math.nan)),
        (Smc, dict(temperature=0.0)),
        (Smc, dict(levels=1)),
        (Fmc, dict(balance=-1.0)),
        (RandomShooting, dict(levels=1)),
    ):
        with pytest.raises(ValueError):
            kind(**knobs)
    for not_one in (gymnasium.make_vec("CartPole-v1", 2), "CartPole-v1"):
        with pytest.raises(TypeError, match="gymnasium.Env"):
            GymPlanner(not_one)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="bounds"):
        GymPlanner(Bandit(spaces.Box(-np.inf, np.inf, (1,)), None))
    with pytest.raises(TypeError, match="Text"):
        GymPlanner(Bandit(spaces.Text(3), None))


@pytest.mark.parametrize("seeds", [(2**64 - 1, 2**64 - 2, 0), (2**63, 2**63 + 1, 2**63 + 2), (2**53, 2**53 + 1, 1)])
def test_every_seed_is_another(seeds: tuple[int, ...]) -> None:
    def actions(seed: int) -> list[float]:
        env = gymnasium.make("Pendulum-v1")
        env.reset(seed=3)
        pilot = GymPlanner(env, particles=8, horizon=3, seed=seed)
        return [float(pilot.act()[0]) for _ in range(3)]

    told = [actions(seed) for seed in seeds]
    assert all(one != other for i, one in enumerate(told) for other in told[:i])
    assert told == [actions(seed) for seed in seeds]


def test_seeds_are_those_of_pilots() -> None:
    env = gymnasium.make("CartPole-v1", max_episode_steps=3)
    for seed in (None, 0, 3, np.int64(3), np.uint64(2**64 - 1), np.array(5)):
        assert GymPlanner(env, seed=seed).seed == Pilot(particles=16, seed=seed).seed
    assert type(GymPlanner(env, seed=np.int64(3)).seed) is int
    for seed, error in ((-1, ValueError), (-500, ValueError), (2**64, ValueError), (1.0, TypeError), ("3", TypeError), (True, TypeError)):
        for call in (lambda: GymPlanner(env, seed=seed), lambda: GymPlanner(env).reset(seed)):
            with pytest.raises(error, match="^seed "):
                call()
    with pytest.raises(ValueError, match="seed is -1; it must be 0 to 18446744073709551615"):
        GymPlanner(env, seed=-1)


def test_numbers_may_be_numpys() -> None:
    env = gymnasium.make("CartPole-v1", max_episode_steps=3)
    i = np.int64
    pilot = GymPlanner(
        env, Cem(iterations=i(1), elite_share=np.float32(0.5)), particles=i(8), horizon=np.uint8(4), hold=i(2),
        workers=i(1), discount=np.float64(1), seed=i(3),
    )
    pilot.reset(i(4))
    assert [(one.seed, one.steps) for one in pilot.run(i(2), seed=i(7))] == [(7, 3), (8, 3)]
    assert type(pilot.run(seed=i(7))[0].seed) is int
    assert {type(getattr(pilot, name)) for name in ("particles", "horizon", "hold", "workers", "seed")} == {int}
    same = GymPlanner(env, Cem(iterations=1, elite_share=0.5), particles=8, horizon=4, hold=2, seed=4)
    env.reset(seed=7)
    pilot.reset()
    assert pilot.plan().diagnostics == same.plan().diagnostics


@pytest.mark.parametrize("wrong", [3.5, 3.0, "3", None, True, [3]])
@pytest.mark.parametrize("name", ["particles", "horizon", "hold", "workers", "episodes", "max_steps", "run seed"])
def test_numbers_of_other_types_are_refused(name: str, wrong: Any) -> None:
    env = gymnasium.make("CartPole-v1", max_episode_steps=3)
    if wrong is None and name in ("workers", "max_steps", "run seed"):
        return
    with pytest.raises(TypeError, match=f"^{name.split()[-1]} must be an integer, not {type(wrong).__name__}"):
        if name in ("episodes", "max_steps", "run seed"):
            GymPlanner(env).run(**{name.split()[-1]: wrong})
        else:
            GymPlanner(env, **{name: wrong})


def test_more_misuse_is_refused() -> None:
    env = gymnasium.make("CartPole-v1", max_episode_steps=3)
    for kwargs in (dict(episodes=0), dict(episodes=-1), dict(seed=-1), dict(max_steps=0)):
        with pytest.raises(ValueError, match="it must be at least"):
            GymPlanner(env).run(**kwargs)
    for kwargs in (dict(discount="1"), dict(planner=3), dict(planner=None), dict(planner=Cem), dict(planner=["cem"])):
        with pytest.raises(TypeError):
            GymPlanner(env, **kwargs)
    for kind, knobs in (
        (Cem, dict(iterations=2.0)),
        (Cem, dict(elite_share="all")),
        (Smc, dict(levels=3.5)),
        (Fmc, dict(levels="8")),
        (Fmc, dict(balance=None)),
        (RandomShooting, dict(levels=8.0)),
    ):
        with pytest.raises(TypeError, match=next(iter(knobs))):
            kind(**knobs)


@pytest.mark.parametrize("limit", [None, -1, "no wrapper"])
def test_an_environment_that_was_not_reset_is_told_in_words(limit: Any) -> None:
    env = gymnasium.make("CartPole-v1", max_episode_steps=None if limit == "no wrapper" else limit)
    with pytest.raises(GymPlannerError, match="has not been reset: call env.reset"):
        GymPlanner(env.unwrapped if limit == "no wrapper" else env).plan()


def test_an_episode_without_an_end_can_be_broken_off() -> None:
    env = gymnasium.make("CartPole-v1", max_episode_steps=-1)
    pilot = GymPlanner(env, particles=8, horizon=2)
    [one, other] = pilot.run(2, seed=1, max_steps=5)
    assert (one.steps, one.truncated, one.terminated) == (other.steps, other.truncated, other.terminated) == (5, True, False)
    # A limit that is not reached changes nothing.
    bandit = GymPlanner(Bandit(spaces.Discrete(2), lambda env, action: action), particles=8, horizon=1)
    [one] = bandit.run(max_steps=1)
    assert (one.steps, one.truncated, one.terminated) == (1, False, True)


def test_a_step_of_four_is_told_in_words() -> None:
    class Old(gymnasium.Wrapper[Any, Any, Any, Any]):
        def step(self, action: Any) -> Any:
            return self.env.step(action)[:4]

    env = Old(gymnasium.make("CartPole-v1"))
    with pytest.raises(EnvCopyError, match="expected 5, got 4"):
        GymPlanner(env, particles=4).run(1)


def test_planners_tell_what_they_are() -> None:
    env = gymnasium.make("CartPole-v1")
    text = repr(GymPlanner(env, "fmc", particles=7))
    assert text.startswith("GymPlanner(<TimeLimit<") and "Fmc(balance=1.0, levels=8), particles=7, horizon=30, seed=0" in text


def test_a_planner_that_serves_two_environments_begins_anew_for_each() -> None:
    def first(planner: Cem) -> Any:
        env = gymnasium.make("Pendulum-v1")
        env.reset(seed=0)
        return GymPlanner(env, planner, particles=16, horizon=5).act()

    planner = Cem()
    cart = gymnasium.make("CartPole-v1")
    cart.reset(seed=0)
    pilot = GymPlanner(cart, planner, particles=16, horizon=5)
    alone = GymPlanner(cart, Cem(), particles=16, horizon=5)
    assert pilot.act() == alone.act()
    assert first(planner) == first(Cem()) and first(planner) == first(Cem())
    assert pilot.act() in (0, 1)
    assert pickle.loads(pickle.dumps(planner)) == planner == copy.deepcopy(planner)


SCRIPT = """
import signal, sys, time, gymnasium
from particle_pilot.gym_planner import GymPlanner

# Who starts tests in the background has them ignore it.
signal.signal(signal.SIGINT, signal.default_int_handler)

def slow(observation, env):
    time.sleep(0.2)
    return 0.0

if __name__ == "__main__":
    env = gymnasium.make("CartPole-v1")
    env.reset(seed=0)
    pilot = GymPlanner(env, "random-shooting", particles=8, horizon=2, workers=2, check=False)
    pilot.plan()
    pilot._source.hooks.value = slow
    pilot.close()
    while True:
        pilot._ready()
        pilot._simulator.start()
        print(*(process.pid for process in pilot._simulator.processes), flush=True)
        pilot.plan()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX's")
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL, signal.SIGTERM])
def test_workers_do_not_outlive_their_parent(how: signal.Signals, tmp_path: Any) -> None:
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    parent = subprocess.Popen(
        [sys.executable, script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        start_new_session=True,
    )
    assert parent.stdout is not None and parent.stderr is not None
    pids = [int(pid) for pid in parent.stdout.readline().split()]
    assert len(pids) == 2
    time.sleep(0.3)
    if how == signal.SIGINT:
        os.killpg(parent.pid, how)  # as a terminal does
    else:
        parent.send_signal(how)
    parent.wait(120)
    if how == signal.SIGINT:
        complaints = parent.stderr.read()
        assert complaints.count("Traceback") == 1 and "KeyboardInterrupt" in complaints
    deadline = time.monotonic() + 120
    while any(alive(pid) for pid in pids):
        assert time.monotonic() < deadline, "workers are left"
        time.sleep(0.05)
    parent.stdout.close()
    parent.stderr.close()


def alive(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False
    except OSError:
        return False
