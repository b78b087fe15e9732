"""Arrays that steps write their results into."""

from __future__ import annotations

import sys
from collections import deque

import numpy as np
import numpy.typing as npt

from .seeds import Flags

Arrays = tuple[npt.NDArray[np.float32], npt.NDArray[np.float64], Flags, Flags]

#: How many sets are kept. A loop that holds the last observations while it steps takes turns with two or three.
_KEPT = 4


class Outputs:
    """Observations, rewards and flags for step after step.

    What the caller has dropped is used again, whose memory is there already: the operating system would make new
    pages zero first, which takes about as long as the step. What anybody still refers to, be it by a view, stays as
    it is, so that each step's arrays are as good as new.

    Args:
        count: N, the length of the arrays.
    """

    def __init__(self, count: int) -> None:
        self._count = count
        self._kept: deque[Arrays] = deque(maxlen=_KEPT)
        self._unused = _references(_allocate(1)) if _are_counts_exact() else None

    def take(self) -> Arrays:
        """Arrays nobody else has, of any content: ``[N, 4]`` observations, rewards, and two of flags, all ``[N]``."""
        if self._unused is None:
            return _allocate(self._count)
        for _ in range(len(self._kept)):
            # The one that was handed out first is the likeliest to have been dropped.
            self._kept.rotate(-1)
            if _references(self._kept[-1]) == self._unused:
                return _views(self._kept[-1])
        arrays = _allocate(self._count)
        self._kept.append(arrays)
        return _views(arrays)


def _are_counts_exact() -> bool:
    """Whether this interpreter knows at any time how many references there are to something: CPython with its lock."""
    is_locked = getattr(sys, "_is_gil_enabled", lambda: True)()
    return sys.implementation.name == "cpython" and is_locked


def _allocate(count: int) -> Arrays:
    # Each with memory of its own: views refer to what has the memory, and must not hide behind one another.
    return (
        np.empty((count, 4), np.float32),
        np.empty(count, np.float64),
        np.empty(count, np.bool_),
        np.empty(count, np.bool_),
    )


def _views(arrays: Arrays) -> Arrays:
    """What is handed out: views, which the caller may give other shapes or make read-only."""
    observations, rewards, terminated, truncated = arrays
    return observations.view(), rewards.view(), terminated.view(), truncated.view()


def _references(arrays: Arrays) -> tuple[int, int, int, int]:
    """How many there are to each array: as many as at first if nobody else has one."""
    count = sys.getrefcount
    return count(arrays[0]), count(arrays[1]), count(arrays[2]), count(arrays[3])
