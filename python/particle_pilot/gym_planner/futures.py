"""What planners ask copies of the environment to play, and what comes of it.

K is the number of futures, T of steps, D of components of an action.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Stream:
    """Where a copy's random numbers come from; the particle's number is still to be added.

    They are Philox's: a function of this and that number, so that it does not matter who plays what, or when.
    """

    #: Seed of the planner and number of the decision, both less than 2^64.
    key: tuple[int, int]
    iteration: int
    #: Steps before the first one played.
    step: int


@dataclass
class Ask:
    """Futures to be played."""

    #: ``[K, T, D]``.
    actions: npt.NDArray[Any]
    #: ``[K]`` numbers of the particles.
    particles: Integers
    stream: Stream
    #: The snapshot that all futures start from,
    start: Any = None
    #: or ``[K]``, one for each.
    starts: list[Any] | None = None
    #: Whether to return snapshots of where the futures end,
    wants_states: bool = False
    #: and the last observations.
    wants_observations: bool = False

    @classmethod
    def whole(cls, start: Any, actions: npt.NDArray[Any], stream: Stream) -> Ask:
        """Futures from one start, numbered from 0."""
        return cls(actions, np.arange(len(actions)), stream, start=start)

    def part(self, first: int, end: int) -> Ask:
        """Some of the futures."""
        starts = None if self.starts is None else self.starts[first:end]
        return replace(
            self,
            actions=self.actions[first:end],
            particles=self.particles[first:end],
            starts=starts,
        )


@dataclass
class Futures:
    """What came of them; rewards and values are discounted to the first step that was played."""

    #: ``[K]`` sums of rewards.
    rewards: Floats
    #: ``[K]`` what the ``value`` hook says of the last states; 0 where terminated.
    values: Floats
    #: ``[K]`` steps played.
    steps: Integers
    #: ``[K]``
    terminated: Flags
    #: ``[K]``
    truncated: Flags
    #: ``[K]`` snapshots, if asked for.
    states: list[Any] = field(default_factory=list)
    #: ``[K, F]`` observations in rows, if asked for.
    observations: Floats = field(default_factory=lambda: np.empty((0, 0)))

    @classmethod
    def empty(cls, count: int) -> Futures:
        """Futures in which nothing happens."""
        return cls(
            np.zeros(count), np.zeros(count), np.zeros(count, np.int64),
            np.zeros(count, np.bool_), np.zeros(count, np.bool_),
        )

    @classmethod
    def joined(cls, parts: Sequence[Futures]) -> Futures:
        """All parts, in order."""
        def all_of(name: str) -> npt.NDArray[Any]:
            return np.concatenate([getattr(part, name) for part in parts])

        return cls(
            all_of("rewards"), all_of("values"), all_of("steps"), all_of("terminated"),
            all_of("truncated"), [state for part in parts for state in part.states],
            all_of("observations"),
        )

    @property
    def scores(self) -> Floats:
        """``[K]`` rewards and values; minus infinity for what is not a number."""
        scores = self.rewards + self.values
        return np.where(np.isnan(scores), -np.inf, scores)

    @property
    def ended(self) -> Flags:
        """``[K]`` whether the episode did not go on to the last step."""
        return self.terminated | self.truncated
