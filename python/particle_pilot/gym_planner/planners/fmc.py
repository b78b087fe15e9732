"""Fractal Monte Carlo: walkers clone each other, for reward and for distance.

S. Hernandez Cerezo, G. Duran Ballester, "Fractal AI: a fragile theory of intelligence", 2018.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..._arguments import real, whole
from ..actions import Categorical
from .base import Diagnostics, Planner, Problem
from .population import Population

Array = npt.NDArray[Any]


@dataclass
class Fmc(Planner):
    """For exploring: walkers gather where reward is and still spread. Give it hundreds of particles."""

    #: The exponent of the score: more seeks reward, less explores.
    balance: float = 1.0
    #: First actions tried in a ``Box``.
    levels: int = 8

    def __post_init__(self) -> None:
        self.balance = real("balance", self.balance, lambda one: 0 <= one < np.inf, "finite and at least 0")
        self.levels = whole("levels", self.levels, 2)

    def plan(self, problem: Problem) -> tuple[Array, Diagnostics]:
        firsts = problem.rows.first_actions(problem.rng, self.levels)
        walkers = Population(problem, np.arange(problem.particles) % len(firsts), firsts)
        for step in range(problem.horizon):
            walkers.advance(step)
            walkers.copy(self._clone(walkers, problem.rng))
        row, votes = self._vote(walkers, firsts)
        return row, problem.diagnose(walkers.scores, votes, walkers.terminated)

    def _clone(self, walkers: Population, rng: np.random.Generator) -> Array:
        """``[K]`` which walker each becomes."""
        count = len(walkers.roots)
        own = np.arange(count)
        dead = dead_walkers(walkers)
        living = np.flatnonzero(~dead)
        if len(living) == 0:
            return own
        reward = self._virtual_reward(walkers, living, companions(living, count, rng))
        other = companions(living, count, rng)
        chance = (reward[other] - reward) / np.maximum(reward, 1e-300)
        clones = dead | (rng.random(count) < chance)
        return np.where(clones, other, own)

    def _virtual_reward(self, walkers: Population, living: Array, other: Array) -> Array:
        """``[K]`` how a walker compares with the others, in distance and in score."""
        seen = walkers.observations
        scale = seen[living].std(axis=0) if seen.shape[1] else np.empty(0)
        with np.errstate(invalid="ignore"):
            apart = np.where(scale > 0, (seen - seen[other]) / np.where(scale > 0, scale, 1.0), 0.0)
        distance = np.linalg.norm(np.nan_to_num(apart), axis=1)
        return relative(distance, living) * relative(walkers.scores, living) ** self.balance

    def _vote(self, walkers: Population, firsts: Array) -> tuple[Array, float]:
        """The first action that most walkers go back to, in a ``Box`` their mean; and how many voted."""
        voters = ~dead_walkers(walkers)
        if not voters.any():
            voters = np.ones(len(voters), np.bool_)
        votes = np.bincount(walkers.roots[voters], minlength=len(firsts))
        total = int(votes.sum())
        if isinstance(walkers.problem.rows, Categorical):
            return np.asarray(firsts[votes.argmax()]), total
        return np.asarray(votes @ firsts / total), total


def dead_walkers(walkers: Population) -> Array:
    """``[K]``: ended, and no better off than those that go on are on average.

    An end may also be the goal; a walker that reached it lives on, for others to clone.
    """
    scores = walkers.scores
    lost = ~np.isfinite(scores)
    going = ~walkers.ended & ~lost
    if not going.any():
        return lost
    return np.asarray(lost | (walkers.ended & (scores <= scores[going].mean())))


def companions(living: Array, count: int, rng: np.random.Generator) -> Array:
    """``[K]`` for each walker another one that lives, by chance; itself if it is the only one."""
    if len(living) < 2:
        return np.full(count, living[0])
    drawn = rng.integers(0, len(living) - 1, size=count)
    # A living walker is passed over in the list of the living.
    place = np.full(count, len(living))
    place[living] = np.arange(len(living))
    return np.asarray(living[drawn + (drawn >= place)])


def relative(values: Array, living: Array) -> Array:
    """``[K]`` ``1 + ln(1 + z)`` for ``z > 0``, else ``exp(z)``, of values standardised over the living."""
    known = values[living]
    deviation = known.std()
    if not deviation > 1e-9 * (1.0 + np.abs(known).max()):
        return np.ones(len(values))
    z = (values - known.mean()) / deviation
    above, below = 1.0 + np.log1p(np.maximum(z, 0.0)), np.exp(np.minimum(z, 0.0))
    return np.asarray(np.where(z > 0, above, below))
