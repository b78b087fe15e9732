"""The planners, one file each. A planner is its knobs, and what it remembers from decision to decision."""

from __future__ import annotations

from .base import Diagnostics, Planner, Problem
from .cem import Cem
from .fmc import Fmc
from .random_shooting import RandomShooting
from .smc import Smc

__all__ = ["Cem", "Diagnostics", "Fmc", "Planner", "Problem", "RandomShooting", "Smc", "by_name"]

_BY_NAME: dict[str, type[Planner]] = {
    "random-shooting": RandomShooting,
    "cem": Cem,
    "smc": Smc,
    "fmc": Fmc,
}


def by_name(planner: str | Planner) -> Planner:
    """The planner of that name with its default knobs, or the one given.

    Raises:
        ValueError: there is none of that name.
        TypeError: it is neither a name nor a planner.
    """
    if isinstance(planner, Planner):
        return planner
    if not isinstance(planner, str):
        given = f"the class {planner.__name__}" if isinstance(planner, type) else type(planner).__name__
        raise TypeError(f"planner must be a name or a planner such as Cem(), not {given}")
    if planner not in _BY_NAME:
        raise ValueError(f"there is no planner {planner!r}; choose from {', '.join(_BY_NAME)}")
    return _BY_NAME[planner]()
