"""What ``GymPlanner`` decides depends on its seed, and not on chance or on who works."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

gymnasium = pytest.importorskip("gymnasium", minversion="1.0")

from gym_problems import PLANNERS, Bandit  # noqa: E402
from gymnasium import spaces  # noqa: E402
from particle_pilot import Pilot  # noqa: E402
from particle_pilot.gym_planner import GymPlanner  # noqa: E402


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
