"""Planning for any Gymnasium environment that can be copied, with the environment itself as the model.

:class:`GymPlanner` is where to begin. It is written in Python and steps Python environments: for cart-pole
``particle_pilot.Pilot`` does the same some thousand times faster.

How it works, from the bottom: ``snapshots`` turns the state of an environment into bytes, ``model`` puts a copy into
such a state and plays it ahead, ``simulators`` does that here or in worker processes, and ``planners`` draw the
actions and decide.
"""

from __future__ import annotations

from .._gymnasium import require

require("gym_planner", (1, 0))

from .errors import EnvCopyError, GymPlannerError, UncopyableEnvError, WorkerError  # noqa: E402
from .planner import GymDecision, GymEpisode, GymPlanner  # noqa: E402
from .planners import Cem, Diagnostics, Fmc, Planner, Problem, RandomShooting, Smc  # noqa: E402

__all__ = [
    "Cem",
    "Diagnostics",
    "EnvCopyError",
    "Fmc",
    "GymDecision",
    "GymEpisode",
    "GymPlanner",
    "GymPlannerError",
    "Planner",
    "Problem",
    "RandomShooting",
    "Smc",
    "UncopyableEnvError",
    "WorkerError",
]
