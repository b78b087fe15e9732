"""Whether the environment went where its copy goes, where copies are put back by functions of the user.

Such copies are made anew, by ``gymnasium.make`` where they can be. What was changed since, a mass or a friction, is in
them only if those functions see to it; the step that really follows shows whether they do.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from gymnasium import Env, Wrapper
from gymnasium.wrappers import TimeLimit

from .actions import Categorical
from .futures import Stream
from .model import Model, flat
from .randomness import digest

#: Its numbers are not drawn from; a step that draws is not judged.
STREAM = Stream((0, 0), 0, 0)

#: As far as observations and rewards may be apart, relatively and absolutely: states put back by functions of the user
#: may differ by rounding.
TOLERANCE = dict(rtol=1e-4, atol=1e-6)


@dataclass(frozen=True)
class Advice:
    """What was to be done, and where the environment was."""

    snapshot: Any
    row: npt.NDArray[Any]
    clock: tuple[Any, ...]

    def is_followed_by(self, clock: tuple[Any, ...]) -> bool:
        """Whether no more than a step seems to have been taken since."""
        (counts, *rest), (later, *others) = self.clock, clock
        if rest != others or len(counts) != len(later):
            return False
        return all(after == before + 1 for before, after in zip(counts, later, strict=True))


def clock_of(env: Env[Any, Any]) -> tuple[Any, ...]:
    """How many steps were taken, by all time limits; and what shows that episodes began which draw their state."""
    counts: list[int | None] = []
    while isinstance(env, Wrapper):
        if isinstance(env, TimeLimit):
            counts.append(env._elapsed_steps)
        env = env.env
    generator = getattr(env, "_np_random", None)
    return tuple(counts), id(generator), digest([generator])


def warn_if_apart(model: Model, advice: Advice, now: Any) -> bool:
    """Compares where the copy goes with where the environment is ``now``, and says if they are apart."""
    try:
        apart = is_apart(model, advice, now)
    except Exception:
        return False  # futures will meet it, too, and tell
    if apart:
        warnings.warn(
            "the environment is not where its copy goes with the action that was last advised. If that action was taken, "
            "futures are not what the environment would do: copies are made anew, by gymnasium.make where they can be; "
            "what has been changed since must be part of what save returns and restore puts back. (check=False does "
            "without this comparison.)",
            stacklevel=4,
        )
    return apart


def is_apart(model: Model, advice: Advice, now: Any) -> bool:
    """Whether no action leads from one state to the other; false where chance has a say."""
    rows = [advice.row]
    if isinstance(model.rows, Categorical):
        # Perhaps another one was taken.
        rows += list(model.rows.first_actions(np.random.default_rng(0), 0))
    there = Look(model, now, advice.row)
    for row in rows:
        ahead = Look(model, advice.snapshot, row)
        if ahead.is_over or (row is advice.row and ahead.is_like(there)):
            return False  # it has ended, or not moved
        onwards = Look(model, ahead.snapshot, advice.row)
        if there.has_drawn or ahead.has_drawn or onwards.has_drawn or onwards.is_like(there):
            return False
    return True


class Look:
    """A step of the copy from a state."""

    def __init__(self, model: Model, snapshot: Any, row: npt.NDArray[Any]) -> None:
        with model.ambient:
            model.restore(snapshot)
            model.reseed(STREAM, 0)
            before = digest(model.generators())
            step = model.env.step(model.rows.decode(row))
            self.has_drawn = digest(model.generators()) != before
            self.snapshot = model.save()
        observation, reward, terminated, truncated, _ = step
        self.numbers = np.append(flat(observation), [float(reward), bool(terminated)])
        self.is_over = bool(terminated or truncated)

    def is_like(self, other: Look) -> bool:
        """Whether both came to the same."""
        same_length = len(self.numbers) == len(other.numbers)
        return same_length and np.allclose(self.numbers, other.numbers, equal_nan=True, **TOLERANCE)
