"""Action spaces as rows of numbers, which planners draw, average and vote on.

Arrays of actions are ``[K, T, D]``: K futures, T steps, D components of an action.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from gymnasium import spaces

Array = npt.NDArray[Any]

#: First actions are all tried up to this many; beyond, as many are drawn by chance.
MAX_FIRST_ACTIONS = 64


@dataclass(frozen=True)
class Categorical:
    """``Discrete``, ``MultiDiscrete`` and ``MultiBinary``: D choices, of ``sizes[d]`` values each."""

    sizes: tuple[int, ...]
    start: Array
    shape: tuple[int, ...]
    dtype: Any

    def uniform(self, rng: np.random.Generator, count: int, steps: int) -> Array:
        """Actions by chance, each as likely as any other."""
        shape = (count, steps, len(self.sizes))
        return rng.integers(0, np.asarray(self.sizes), size=shape, dtype=np.int64)

    def first_actions(self, rng: np.random.Generator, count: int) -> Array:
        """``[S, D]``: every action if there are few, or some of them; ``count`` is not heeded."""
        total = math.prod(self.sizes)
        if total <= MAX_FIRST_ACTIONS:
            every = itertools.product(*(range(size) for size in self.sizes))
            return np.array(list(every), dtype=np.int64)
        return self.uniform(rng, MAX_FIRST_ACTIONS, 1)[:, 0]

    def decode(self, row: Array) -> Any:
        """The action as the environment takes it."""
        if self.shape == ():
            return self.dtype(row[0] + self.start[0])
        return (row + self.start).reshape(self.shape).astype(self.dtype)


@dataclass(frozen=True)
class Continuous:
    """``Box`` with finite bounds ``low`` and ``high``, both ``[D]``."""

    low: Array
    high: Array
    shape: tuple[int, ...]
    dtype: Any

    def uniform(self, rng: np.random.Generator, count: int, steps: int) -> Array:
        """Actions by chance, uniform within the bounds."""
        return rng.uniform(self.low, self.high, size=(count, steps, len(self.low)))

    def first_actions(self, rng: np.random.Generator, count: int) -> Array:
        """``[count, D]`` levels, evenly spaced from bound to bound in each component.

        With several components they are shuffled against each other: a Latin hypercube.
        """
        levels = np.linspace(0.0, 1.0, count)
        columns = [levels] + [rng.permutation(levels) for _ in self.low[1:]]
        return np.asarray(self.low + np.stack(columns, axis=-1) * (self.high - self.low))

    def decode(self, row: Array) -> Any:
        """The action as the environment takes it."""
        return np.clip(row, self.low, self.high).reshape(self.shape).astype(self.dtype)


ActionRows = Categorical | Continuous


def action_rows(space: spaces.Space[Any]) -> ActionRows:
    """How actions of ``space`` are written as rows.

    Raises:
        TypeError: a kind of space that planners cannot draw from.
        ValueError: a ``Box`` without finite bounds.
    """
    match space:
        case spaces.Discrete(n=n, start=start):
            return Categorical((int(n),), np.array([start]), (), space.dtype.type)
        case spaces.MultiDiscrete(nvec=nvec, start=start):
            sizes = tuple(int(size) for size in nvec.ravel())
            return Categorical(sizes, start.ravel(), nvec.shape, space.dtype)
        case spaces.MultiBinary(shape=shape):
            sizes = (2,) * math.prod(shape)
            return Categorical(sizes, np.zeros(len(sizes), np.int64), shape, space.dtype)
        case spaces.Box(low=low, high=high, shape=shape):
            if not (np.all(np.isfinite(low)) and np.all(np.isfinite(high))):
                raise ValueError(
                    f"the action space {space} has no finite bounds to draw from; "
                    "wrap the environment, for instance in gymnasium.wrappers.RescaleAction"
                )
            rows = (np.asarray(low, np.float64).ravel(), np.asarray(high, np.float64).ravel())
            return Continuous(*rows, shape, space.dtype)
    raise TypeError(
        f"GymPlanner cannot draw actions from {space}; "
        "it knows Discrete, MultiDiscrete, MultiBinary and bounded Box spaces"
    )


def held(rows: ActionRows, rng: np.random.Generator, count: int, steps: int, hold: int) -> Array:
    """Futures by chance that keep each action for ``hold`` steps."""
    knots = rows.uniform(rng, count, -(-steps // hold))
    return np.repeat(knots, hold, axis=1)[:, :steps]
