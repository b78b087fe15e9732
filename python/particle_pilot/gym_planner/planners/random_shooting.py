"""Random shooting: independent futures by chance, and the first action whose futures do best on average."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..._arguments import whole
from .base import Diagnostics, Planner, Problem


@dataclass
class RandomShooting(Planner):
    """The baseline for the others.

    It values a first action by what chance makes of it afterwards; where only a good sequel tells, give a
    ``value``, or let futures hold actions for longer.
    """

    #: First actions tried in a ``Box``; more are finer, and each gets fewer futures.
    levels: int = 8

    def __post_init__(self) -> None:
        self.levels = whole("levels", self.levels, 2)

    def plan(self, problem: Problem) -> tuple[npt.NDArray[Any], Diagnostics]:
        firsts = problem.rows.first_actions(problem.rng, self.levels)
        group = np.arange(problem.particles) % len(firsts)
        actions = problem.draw()
        actions[:, : problem.hold] = firsts[group][:, None]
        futures = problem.play(actions)
        best = best_group(futures.scores, group, len(firsts))
        diagnostics = problem.diagnose(futures.scores, problem.particles, futures.terminated)
        return firsts[best], diagnostics


def best_group(scores: npt.NDArray[Any], group: npt.NDArray[Any], groups: int) -> int:
    """The group of the highest mean; of equals the first."""
    means = np.full(groups, -np.inf)
    for index in range(min(groups, len(scores))):
        means[index] = scores[group == index].mean()
    return int(means.argmax())
