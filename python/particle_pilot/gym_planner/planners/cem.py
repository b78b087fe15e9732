"""The cross-entropy method: draw futures, refit the drawing to the best ones, draw again.

R. Y. Rubinstein, D. P. Kroese, "The Cross-Entropy Method", 2004.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from ..._arguments import real, whole
from ..actions import Categorical
from .base import Diagnostics, Planner, Problem
from .distributions import Distribution, create

Array = npt.NDArray[Any]


@dataclass
class Cem(Planner):
    """The default: good at most things, and it improves its plan from decision to decision."""

    #: Rounds of drawing and refitting; more cost time in proportion.
    iterations: int = 2
    #: The share of futures that the drawing is refitted to; less is greedier.
    elite_share: float = 0.1
    #: How much of the old distribution stays in a refit, less than 1.
    smoothing: float = 0.2
    #: The least probability of each value, or the least deviation as a share of a ``Box``'s range.
    floor: float = 0.05
    #: Whether to follow the best future ever seen rather than what the elites agree on. That is best where a
    #: future comes out as it was played; where chance has a say the best one was lucky.
    follow_best: bool = False
    _distribution: Distribution | None = field(default=None, repr=False, compare=False)
    _best: Array | None = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        self.iterations = whole("iterations", self.iterations, 1)
        self.elite_share = real("elite_share", self.elite_share, lambda one: 0 < one <= 1, "above 0 and at most 1")
        self.smoothing = real("smoothing", self.smoothing, lambda one: 0 <= one < 1, "at least 0 and less than 1")
        self.floor = real("floor", self.floor, lambda one: 0 <= one < 0.5, "at least 0 and less than 0.5")

    def plan(self, problem: Problem) -> tuple[Array, Diagnostics]:
        distribution = self._resume(problem)
        best_score = -np.inf
        for iteration in range(self.iterations):
            actions = self._draw(problem, distribution)
            futures = problem.play(actions, iteration)
            elites = self._select(futures.scores)
            distribution.refit(actions[elites], self.smoothing)
            top = int(futures.scores.argmax())
            if self._best is None or futures.scores[top] > best_score:
                best_score, self._best = float(futures.scores[top]), actions[top]
        diagnostics = problem.diagnose(futures.scores, len(elites), futures.terminated)
        favourite = actions[top, 0] if self._best is None else self._best[0]
        row = favourite if self.follow_best else distribution.first(actions[elites, 0], favourite)
        self._shift(problem, distribution)
        return row, diagnostics

    def forget(self) -> None:
        self._distribution, self._best = None, None

    def _resume(self, problem: Problem) -> Distribution:
        """The distribution that the last decision left, cut to the horizon."""
        if self._distribution is None:
            self._distribution = create(problem.rows, problem.horizon, self.floor)
        self._distribution.resize(problem.horizon)
        if self._best is not None:
            self._best = resized(self._best, problem.horizon)
        return self._distribution

    def _draw(self, problem: Problem, distribution: Distribution) -> Array:
        """Futures ``[K, H, D]``, the best known among them."""
        actions = distribution.draw(problem.rng, problem.particles, problem.hold)
        if isinstance(problem.rows, Categorical):
            # All first actions keep being tried alike, whatever the distribution has come to believe.
            firsts = problem.rows.first_actions(problem.rng, 0)
            group = np.arange(problem.particles) % len(firsts)
            actions[:, : problem.hold] = firsts[group][:, None]
        if self._best is not None:
            actions[0] = self._best
        return actions

    def _select(self, scores: Array) -> Array:
        """The numbers of the elites: the best share, and all that equal the last of them.

        With rewards that only count steps many futures are equal; to choose among them by number would be to
        choose by nothing.
        """
        count = max(1, round(self.elite_share * len(scores)))
        least = np.partition(scores, -count)[-count]
        return np.flatnonzero(scores >= least)

    def _shift(self, problem: Problem, distribution: Distribution) -> None:
        """Moves on by the step that is about to be taken."""
        distribution.shift()
        if self._best is not None:
            self._best = np.concatenate([self._best[1:], self._best[-1:]])


def resized(plan: Array, horizon: int) -> Array:
    """A plan ``[H, D]`` cut to another horizon, or its last action drawn out."""
    missing = horizon - len(plan)
    if missing <= 0:
        return plan[:horizon]
    return np.concatenate([plan, np.repeat(plan[-1:], missing, axis=0)])
