"""Particles that advance together, step by step, and are copied on the way."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from .base import Problem

Array = npt.NDArray[Any]


class Population:
    """K particles of one decision.

    A particle whose episode has ended stays where it is and earns nothing more: that is what an end means, be it
    a failure among rewards or a goal reached among penalties.
    """

    def __init__(self, problem: Problem, roots: Array, firsts: Array) -> None:
        count = problem.particles
        self.problem = problem
        #: ``[K]`` which first action each particle goes back to.
        self.roots = roots
        self.actions = firsts[roots]
        self.states: list[Any] = [problem.start] * count
        self.rewards = np.zeros(count)
        self.values = np.zeros(count)
        self.terminated = np.zeros(count, np.bool_)
        self.ended = np.zeros(count, np.bool_)
        self.observations = np.zeros((count, 0))

    @property
    def scores(self) -> Array:
        """``[K]`` returns so far, with the value of the present state."""
        scores = self.rewards + self.values
        return np.where(np.isnan(scores), -np.inf, scores)

    def advance(self, step: int) -> None:
        """Takes a step with every particle whose episode goes on."""
        problem = self.problem
        if step > 0 and step % problem.hold == 0:
            self.actions = problem.rows.uniform(problem.rng, problem.particles, 1)[:, 0]
        living = np.flatnonzero(~self.ended)
        if len(living) == 0:
            return
        starts = [self.states[i] for i in living]
        futures = problem.advance(starts, living, self.actions[living], step)
        self.rewards[living] += futures.rewards
        self.values[living] = futures.values
        self.terminated[living] = futures.terminated
        self.ended[living] = futures.ended
        for i, state in zip(living, futures.states, strict=True):
            self.states[i] = state
        if self.observations.shape[1] != futures.observations.shape[1]:
            self.observations = np.zeros((len(self.roots), futures.observations.shape[1]))
        self.observations[living] = futures.observations

    def copy(self, sources: Array) -> None:
        """Makes every particle ``i`` what ``sources[i]`` is."""
        self.roots = self.roots[sources]
        self.actions = self.actions[sources]
        self.states = [self.states[i] for i in sources]
        self.rewards = self.rewards[sources]
        self.values = self.values[sources]
        self.terminated = self.terminated[sources]
        self.ended = self.ended[sources]
        self.observations = self.observations[sources]
