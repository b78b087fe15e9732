"""Sequential Monte Carlo: futures advance together, light ones are replaced by copies of heavy ones.

P. Del Moral, A. Doucet, A. Jasra, "Sequential Monte Carlo samplers", 2006; A. Piche, V. Thomas, C. Ibrahim,
Y. Bengio, C. Pal, "Probabilistic planning with sequential Monte Carlo methods", 2019.
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

#: The iteration that the futures belong to which only tell the scale of returns.
PROBE = 1


@dataclass
class Smc(Planner):
    """For where many futures end early.

    Each first action has an island of particles, because resampling makes all particles of a population descend
    from one or two roots soon; the evidence of the islands decides.
    """

    #: What one unit of return is worth: a particle's weight is ``exp(return / temperature)``. Lower is greedier;
    #: ``None`` takes the spread of the returns of some futures by chance, whatever the scale of rewards.
    temperature: float | None = None
    #: First actions tried in a ``Box``; more are finer, and each gets fewer particles.
    levels: int = 8

    def __post_init__(self) -> None:
        if self.temperature is not None:
            said = "finite and above 0, or None"
            self.temperature = real("temperature", self.temperature, lambda one: 0 < one < np.inf, said)
        self.levels = whole("levels", self.levels, 2)

    def plan(self, problem: Problem) -> tuple[Array, Diagnostics]:
        firsts = problem.rows.first_actions(problem.rng, self.levels)
        islands = np.arange(problem.particles) % len(firsts)
        temperature = self._temperature(problem)
        population = Population(problem, islands.copy(), firsts)
        weights = Weights(islands, len(firsts))
        before = population.scores
        for step in range(problem.horizon):
            population.advance(step)
            scores = population.scores
            weights.grow(np.where(np.isfinite(scores), scores - before, -np.inf) / temperature)
            population.copy(weights.resample(problem.rng))
            before = population.scores
        evidence = weights.evidence()
        row = self._choose(problem, firsts, evidence)
        terminated = population.terminated
        return row, problem.diagnose(before, weights.effective_samples(), terminated)

    def _temperature(self, problem: Problem) -> float:
        if self.temperature is not None:
            return self.temperature
        # The same for all steps, so that weights come to exp(return / temperature) in the end.
        scores = problem.play(problem.draw()[: max(2, problem.particles // 4)], PROBE).scores
        finite = scores[np.isfinite(scores)]
        spread = float(finite.std()) if len(finite) else 0.0
        # Without a spread returns differ by rounding, if at all.
        return spread if spread > 1e-9 * (1.0 + np.abs(finite).max(initial=0.0)) else 1.0

    def _choose(self, problem: Problem, firsts: Array, evidence: Array) -> Array:
        """The first action of most evidence; in a ``Box`` the mean, weighted by it."""
        if isinstance(problem.rows, Categorical) or not np.isfinite(evidence).any():
            return np.asarray(firsts[evidence.argmax()])
        weights = np.exp(evidence - evidence.max())
        return np.asarray(weights @ firsts / weights.sum())


class Weights:
    """The weights of particles on islands."""

    def __init__(self, islands: Array, count: int) -> None:
        #: ``[I]`` of particle numbers; more first actions than particles leave some without.
        self.members = [np.flatnonzero(islands == i) for i in range(count)]
        self.logs = np.zeros(len(islands))
        #: ``[I]`` what resampling has put aside.
        self.log_evidence = np.zeros(count)

    def grow(self, increments: Array) -> None:
        """Multiplies the weights by the exponentials of these."""
        self.logs = self.logs + increments

    def resample(self, rng: np.random.Generator) -> Array:
        """``[K]`` which particle each is to be a copy of: itself, but on islands where few have a say."""
        sources = np.arange(len(self.logs))
        for island, members in enumerate(self.members):
            offset = rng.random()  # always drawn, so that islands do not depend on each other
            if len(members) == 0:
                continue
            weights, log_mean = normalised(self.logs[members])
            effective = 0.0 if weights is None else weights.sum() ** 2 / (weights**2).sum()
            if weights is None or effective >= len(members) / 2.0:
                continue
            # Systematic: one draw for evenly spaced points on the sum of the weights.
            points = (np.arange(len(members)) + offset) / len(members) * weights.sum()
            chosen = np.searchsorted(np.cumsum(weights), points, side="right")
            sources[members] = members[np.minimum(chosen, len(members) - 1)]
            self.log_evidence[island] += log_mean
            self.logs[members] = 0.0
        return sources

    def evidence(self) -> Array:
        """``[I]`` logarithms of the mean weight that each island's particles would have without resampling."""
        evidence = np.full(len(self.members), -np.inf)
        for island, members in enumerate(self.members):
            if len(members):
                evidence[island] = self.log_evidence[island] + normalised(self.logs[members])[1]
        return evidence

    def effective_samples(self) -> float:
        """``(sum w)^2 / sum w^2``, added up over the islands."""
        total = 0.0
        for members in self.members:
            weights = normalised(self.logs[members])[0] if len(members) else None
            if weights is not None:
                total += float(weights.sum() ** 2 / (weights**2).sum())
        return total


def normalised(logs: Array) -> tuple[Array | None, float]:
    """Weights of which the largest is 1, or none if all are 0; and the logarithm of the mean of what they were."""
    largest = logs.max()
    if not np.isfinite(largest):
        return None, -np.inf
    weights = np.exp(logs - largest)
    return weights, float(largest + np.log(weights.mean()))
