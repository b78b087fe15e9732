"""Why planning with an environment as its own model fails."""

from __future__ import annotations


class GymPlannerError(Exception):
    """Any of the errors below; catch it to catch them all."""


class UncopyableEnvError(GymPlannerError):
    """The state of the environment cannot be copied; give ``save`` and ``restore``."""


class EnvCopyError(GymPlannerError):
    """A copy of the environment, or a function given with it, raised an exception.

    The exception itself is ``__cause__`` where it could be brought along; the message has its traceback.
    """


class WorkerError(GymPlannerError):
    """A worker process died or never started."""
