"""Arguments of ``GymPlanner`` and of its planners: which are taken, and which refused in words."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

gymnasium = pytest.importorskip("gymnasium", minversion="1.0")

from gym_problems import Bandit  # noqa: E402
from gymnasium import spaces  # noqa: E402
from particle_pilot.gym_planner import Cem, Fmc, GymPlanner, RandomShooting, Smc  # noqa: E402


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
