"""What all planners share: the problem that they are given, and how they report."""

from __future__ import annotations

import abc
import weakref
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..actions import ActionRows, held
from ..futures import Ask, Flags, Floats, Futures, Integers, Stream
from ..simulators import Simulator

#: The iteration that a planner's own draws belong to; those of copies count from 0.
OWN = 2**63


@dataclass(frozen=True)
class Diagnostics:
    """How the futures looked that led to a decision. Returns are sums of rewards and the terminal value."""

    #: The highest return.
    best: float
    #: The mean return.
    mean: float
    #: The standard deviation of returns.
    spread: float
    #: How many futures had a say: all, the elites, or ``(sum w)^2 / sum w^2`` of their weights.
    effective_samples: float
    #: The share of futures that terminated within the horizon.
    terminated_share: float
    #: Futures whose return was not a number; they counted as the worst.
    not_finite: int
    #: Steps of the environment's copies.
    env_steps: int


class Problem:
    """One decision to be made: the present state, and how futures from it are drawn and played.

    K is the number of particles, H the horizon, D the number of components of an action.
    """

    def __init__(
        self,
        simulator: Simulator,
        rows: ActionRows,
        start: Any,
        *,
        particles: int,
        horizon: int,
        hold: int,
        discount: float,
        key: tuple[int, int],
    ) -> None:
        self.simulator = simulator
        self.rows = rows
        self.start = start
        self.particles = particles
        self.horizon = horizon
        self.hold = hold
        self.discount = discount
        self.key = key
        # A list would go by way of floats.
        words = np.array(key, np.uint64), np.array([0, 0, 0, OWN], np.uint64)
        bits = np.random.Philox(key=words[0], counter=words[1])
        #: The planner's own random numbers, a function of seed and decision.
        self.rng = np.random.Generator(bits)
        self.env_steps = 0

    def draw(self) -> npt.NDArray[Any]:
        """``[K, H, D]`` actions by chance."""
        return held(self.rows, self.rng, self.particles, self.horizon, self.hold)

    def play(self, actions: npt.NDArray[Any], iteration: int = 0) -> Futures:
        """Plays futures ``[K, H, D]`` from the present state to their ends."""
        ask = Ask.whole(self.start, actions, Stream(self.key, iteration, 0))
        return self._count(self.simulator.play(ask))

    def advance(
        self, starts: list[Any], particles: Integers, actions: npt.NDArray[Any], step: int
    ) -> Futures:
        """Plays one step, of actions ``[L, D]``, for the particles of these numbers in these states.

        Returns snapshots and observations too. Rewards and values are discounted to the present.
        """
        ask = Ask(
            actions[:, None], particles, Stream(self.key, 0, step), starts=starts,
            wants_states=True, wants_observations=True,
        )
        futures = self._count(self.simulator.play(ask))
        futures.rewards *= self.discount**step
        futures.values *= self.discount**step
        return futures

    def diagnose(self, scores: Floats, effective_samples: float, terminated: Flags) -> Diagnostics:
        """The diagnostics of futures with these returns."""
        finite = scores[np.isfinite(scores)]
        known = finite if len(finite) else np.zeros(1)
        return Diagnostics(
            best=float(known.max()),
            mean=float(known.mean()),
            spread=float(known.std()),
            effective_samples=float(effective_samples),
            terminated_share=float(terminated.mean()),
            not_finite=len(scores) - len(finite),
            env_steps=self.env_steps,
        )

    def _count(self, futures: Futures) -> Futures:
        self.env_steps += int(futures.steps.sum())
        return futures


class Planner(abc.ABC):
    """A way to turn futures into an action."""

    _user: Any = None

    @abc.abstractmethod
    def plan(self, problem: Problem) -> tuple[npt.NDArray[Any], Diagnostics]:
        """The row ``[D]`` of the action to take, and how the futures looked from which it follows."""

    def forget(self) -> None:
        """Forgets the last plan. Planners that keep none have nothing to do."""

    def serve(self, user: Any) -> None:
        """Begins anew if it has planned for somebody else, whose environment its plan is for."""
        if self._user is not None and self._user() is not user:
            self.forget()
        self._user = weakref.ref(user)

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "_user"}
