"""The distributions over plans that the cross-entropy method refits: independent from step to step."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from ..actions import ActionRows, Categorical, Continuous

Array = npt.NDArray[Any]

#: How much of what a distribution has learnt stays for the next decision: one that is sure of itself could not
#: follow a surprise.
KEPT = 0.5


class Distribution(Protocol):
    """Over plans of H steps, each of D components."""

    def draw(self, rng: np.random.Generator, count: int, hold: int) -> Array:
        """Plans ``[count, H, D]`` that keep each action for ``hold`` steps."""

    def refit(self, elites: Array, smoothing: float) -> None:
        """Moves towards the plans ``[E, H, D]``."""

    def first(self, firsts: Array, favourite: Array) -> Array:
        """The action ``[D]`` to take, given the elites' first ones ``[E, D]`` and the best future's."""

    def shift(self) -> None:
        """Moves on by a step."""

    def resize(self, horizon: int) -> None:
        """Goes on to another horizon."""


def create(rows: ActionRows, horizon: int, floor: float) -> Distribution:
    """One that knows nothing yet."""
    if isinstance(rows, Categorical):
        return Shares(rows, horizon, floor)
    return Normal(rows, horizon, floor)


class Shares:
    """A probability for each value of each component at each step."""

    def __init__(self, rows: Categorical, horizon: int, floor: float) -> None:
        self.floor = floor
        self.values = np.arange(max(rows.sizes))
        #: ``[D, V]``: which values there are.
        self.exist = self.values < np.array(rows.sizes)[:, None]
        self.even = self.exist / self.exist.sum(axis=1, keepdims=True)
        #: ``[H, D, V]``
        self.shares = np.repeat(self.even[None], horizon, axis=0)

    def draw(self, rng: np.random.Generator, count: int, hold: int) -> Array:
        bounds = np.cumsum(self.shares[::hold], axis=-1)
        # Rounding may leave the last bound a little under 1, where no draw must fall beyond.
        bounds /= bounds[..., -1:]
        uniform = rng.random((count, *bounds.shape[:2], 1))
        knots = (uniform >= bounds).sum(axis=-1)
        return np.repeat(knots, hold, axis=1)[:, : len(self.shares)]

    def refit(self, elites: Array, smoothing: float) -> None:
        seen = (elites[..., None] == self.values).mean(axis=0)
        shares = smoothing * self.shares + (1.0 - smoothing) * seen
        # Mixed with the even distribution, no probability dies.
        floor = np.minimum(1.0, self.floor * self.exist.sum(axis=1))[None, :, None]
        self.shares = (1.0 - floor) * shares + floor * self.even

    def first(self, firsts: Array, favourite: Array) -> Array:
        rows, votes = np.unique(firsts, axis=0, return_counts=True)
        winners = rows[votes == votes.max()]
        # Where all futures are alike so are the votes; the plan at hand then goes on.
        goes_on = (winners == favourite).all(axis=1).any()
        return np.asarray(favourite if goes_on else winners[0])

    def shift(self) -> None:
        moved = np.concatenate([self.shares[1:], self.even[None]])
        self.shares = KEPT * moved + (1.0 - KEPT) * self.even

    def resize(self, horizon: int) -> None:
        missing = max(0, horizon - len(self.shares))
        new = np.repeat(self.even[None], missing, axis=0)
        self.shares = np.concatenate([self.shares[:horizon], new])


class Normal:
    """A mean and a deviation for each component at each step."""

    def __init__(self, rows: Continuous, horizon: int, floor: float) -> None:
        self.rows = rows
        self.middle = (rows.low + rows.high) / 2.0
        #: The deviation of the uniform distribution is 0.29 of its range; a normal one of that reaches the bounds.
        self.wide = (rows.high - rows.low) / 2.0
        self.least = floor * (rows.high - rows.low)
        #: ``[H, D]``
        self.mean = np.repeat(self.middle[None], horizon, axis=0)
        self.deviation = np.repeat(self.wide[None], horizon, axis=0)

    def draw(self, rng: np.random.Generator, count: int, hold: int) -> Array:
        mean, deviation = self.mean[::hold], self.deviation[::hold]
        knots = mean + deviation * rng.standard_normal((count, *mean.shape))
        knots = np.clip(knots, self.rows.low, self.rows.high)
        return np.repeat(knots, hold, axis=1)[:, : len(self.mean)]

    def refit(self, elites: Array, smoothing: float) -> None:
        mean, deviation = elites.mean(axis=0), elites.std(axis=0)
        self.mean = smoothing * self.mean + (1.0 - smoothing) * mean
        mixed = smoothing * self.deviation + (1.0 - smoothing) * deviation
        self.deviation = np.maximum(mixed, self.least)

    def first(self, firsts: Array, favourite: Array) -> Array:
        return np.asarray(self.mean[0])

    def shift(self) -> None:
        self.mean = np.concatenate([self.mean[1:], self.mean[-1:]])
        moved = np.concatenate([self.deviation[1:], self.wide[None]])
        self.deviation = KEPT * moved + (1.0 - KEPT) * self.wide

    def resize(self, horizon: int) -> None:
        missing = max(0, horizon - len(self.mean))
        self.mean = np.concatenate([self.mean[:horizon], np.repeat(self.mean[-1:], missing, axis=0)])
        wide = np.repeat(self.wide[None], missing, axis=0)
        self.deviation = np.concatenate([self.deviation[:horizon], wide])
