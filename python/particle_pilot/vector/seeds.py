"""What Gymnasium's argument ``seed`` means for each of many environments."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import SupportsIndex

import numpy as np
import numpy.typing as npt
from gymnasium.error import Error

#: Seeds that the compiled part takes. NumPy's are unlimited, but these are enough to tell environments apart.
MOST = 2**64 - 1

Seed = SupportsIndex | Sequence[SupportsIndex | None] | npt.NDArray[np.integer] | None

Seeds = npt.NDArray[np.uint64]
Flags = npt.NDArray[np.bool_]


def seeds_of(seed: Seed, count: int) -> tuple[Seeds, Flags]:
    """``[N]`` seeds, and where there is one.

    Raises:
        ValueError: a list of another length, or a seed above ``2**64 - 1``.
        gymnasium.error.Error: a negative seed, as in Gymnasium.
        TypeError: something that is no integer.
    """
    if seed is None:
        return np.zeros(count, np.uint64), np.zeros(count, np.bool_)
    if isinstance(seed, SupportsIndex) and not isinstance(seed, np.ndarray):
        first = checked(seed)
        checked(first + count - 1)
        seeds = np.uint64(first) + np.arange(count, dtype=np.uint64)
        return seeds, np.ones(count, np.bool_)
    shape = np.shape(np.asarray(seed, object))
    if not isinstance(seed, Sequence | np.ndarray) or isinstance(seed, str | bytes) or len(shape) != 1:
        raise TypeError(f"seed must be an integer, a list with one for each environment, or None, not {seed!r}")
    if len(seed) != count:
        raise ValueError(
            f"If seeds are passed as a list the length must match num_envs={count} but got length={len(seed)}."
        )
    is_seeded = np.array([one is not None for one in seed], np.bool_)
    seeds = np.array([0 if one is None else checked(one) for one in seed], np.uint64)
    return seeds, is_seeded


def checked(seed: SupportsIndex) -> int:
    """A seed that the compiled part can take."""
    number = operator.index(seed)
    if number < 0:
        raise Error(f"Seed must be greater or equal to zero, actual value: {number}")
    if number > MOST:
        raise ValueError(f"seed {number} of an environment is too large; the largest is {MOST}")
    return number


def entropy(count: int) -> Seeds:
    """``[N]`` seeds that nobody could foresee, which Gymnasium begins with where it is given none."""
    return np.random.SeedSequence().generate_state(count, np.uint64).astype(np.uint64, copy=False)
