"""Control on the fly: before every action, simulate a swarm of futures and act on their vote.

>>> from particle_pilot import Pilot
>>> Pilot(seed=7).act([0.0, 0.0, 0.1, 0.3])  # the pole leans to the right
1

``Pilot`` decides, ``drive`` plays a Gymnasium cart-pole, ``solve`` and ``evaluate`` play the reference environment, and
``info`` tells what there is to run on. ``CartPoleVectorEnv`` (many environments at once) and ``GymPlanner`` (planning in
any environment that can be copied) need Gymnasium, which is imported when they are first asked for: install it beside
this package, or both as ``particle-pilot[gymnasium]``.

``help(particle_pilot.options)`` says what the options mean that pilots are made with: planners, horizon, physics, cost
weights, knobs.
"""

from typing import TYPE_CHECKING as _TYPE_CHECKING
from typing import Any as _Any

try:
    from ._core import (
        Decision,
        DecisionMicroseconds,
        DeviceError,
        DeviceShare,
        Diagnostics,
        DriveResult,
        EvaluateResult,
        Failure,
        GpuInfo,
        Info,
        Pilot,
        SolveResult,
        WarningNote,
        WarningSummary,
        __version__,
        drive,
        evaluate,
        info,
        solve,
    )
except ModuleNotFoundError as _error:
    if _error.name != f"{__name__}._core":
        raise
    raise ModuleNotFoundError(
        f"{__path__[0]} is the package's source, without its compiled part. Install it, `pip install ./python` in the "
        "repository, and start Python in another folder",
        name=_error.name,
    ) from None

from . import options
from ._registration import register_when_imported as _register_when_imported

if _TYPE_CHECKING:
    from .gym_planner import GymPlanner
    from .vector import CartPoleVectorEnv

__all__ = [
    "CartPoleVectorEnv",
    "Decision",
    "DecisionMicroseconds",
    "DeviceError",
    "DeviceShare",
    "Diagnostics",
    "DriveResult",
    "EvaluateResult",
    "Failure",
    "GpuInfo",
    "GymPlanner",
    "Info",
    "Pilot",
    "SolveResult",
    "WarningNote",
    "WarningSummary",
    "__version__",
    "drive",
    "evaluate",
    "info",
    "options",
    "solve",
]

# What needs Gymnasium, and where it is.
_LAZY = {"CartPoleVectorEnv": "vector", "GymPlanner": "gym_planner"}


def __getattr__(name: str) -> _Any:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f".{_LAZY[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_LAZY})


_register_when_imported()
