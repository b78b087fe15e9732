"""Control on the fly: before every action, simulate a swarm of futures and act on their vote.

>>> from particle_pilot import Pilot
>>> Pilot(seed=7).act([0.0, 0.0, 0.1, 0.3])  # the pole leans to the right
1
"""

from ._core import (
    Decision,
    DecisionMicroseconds,
    DeviceError,
    Diagnostics,
    DriveResult,
    EvaluateResult,
    Failure,
    GpuInfo,
    Info,
    Pilot,
    SolveResult,
    __version__,
    drive,
    evaluate,
    info,
    solve,
)

__all__ = [
    "Decision",
    "DecisionMicroseconds",
    "DeviceError",
    "Diagnostics",
    "DriveResult",
    "EvaluateResult",
    "Failure",
    "GpuInfo",
    "Info",
    "Pilot",
    "SolveResult",
    "__version__",
    "drive",
    "evaluate",
    "info",
    "solve",
]
