"""Numbers that users give."""

from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np

#: Seeds that planners take; as those of ``Pilot``.
MOST_SEED = 2**64 - 1


def whole(name: str, value: Any, least: int, most: int | None = None) -> int:
    """An integer, also NumPy's.

    Raises:
        TypeError: it is something else, be it a float without a fraction.
        ValueError: it is out of range.
    """
    if isinstance(value, bool | np.bool_):
        raise TypeError(f"{name} must be an integer, not {type(value).__name__}")
    try:
        number = operator.index(value)
    except TypeError:
        raise TypeError(f"{name} must be an integer, not {type(value).__name__}") from None
    if number < least or (most is not None and number > most):
        span = f"at least {least}" if most is None else f"{least} to {most}"
        raise ValueError(f"{name} is {number}; it must be {span}")
    return number


def real(name: str, value: Any, holds: Any, what: str) -> float:
    """A number for which ``holds(number)`` is true, which it never is for what is not a number.

    Raises:
        TypeError: it is something else.
        ValueError: it is out of range.
    """
    try:
        if isinstance(value, bool | str | bytes | np.bool_):
            raise TypeError
        number = float(value)
    except (TypeError, ValueError):
        raise TypeError(f"{name} must be a number, not {type(value).__name__}") from None
    if math.isnan(number) or not holds(number):
        raise ValueError(f"{name} is {number}; it must be {what}")
    return number


def seed_of(seed: Any) -> int:
    """The seed of a planner; ``None`` is 0, as for ``Pilot``."""
    return 0 if seed is None else whole("seed", seed, 0, MOST_SEED)
