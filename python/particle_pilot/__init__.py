"""Control on the fly: before every action, simulate a swarm of futures and act on their vote."""

from ._core import __version__, info

__all__ = ["__version__", "info"]
