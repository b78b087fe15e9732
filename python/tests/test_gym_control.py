"""``GymPlanner`` on Gymnasium's classic control problems."""

from __future__ import annotations

import math
from typing import Any

import pytest

gymnasium = pytest.importorskip("gymnasium", minversion="1.0")

from gym_problems import PLANNERS, upright  # noqa: E402
from particle_pilot.gym_planner import Cem, GymPlanner  # noqa: E402


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
