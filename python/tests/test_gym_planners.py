"""The planners of ``GymPlanner`` as objects: shown, copied, used again."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest

gymnasium = pytest.importorskip("gymnasium", minversion="1.0")

from particle_pilot.gym_planner import Cem, GymPlanner  # noqa: E402


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
