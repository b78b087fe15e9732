"""Types of the compiled part; its docstrings are in the module itself: ``help(particle_pilot.Pilot)``."""

import os
from collections.abc import Sequence
from typing import Any, Literal, SupportsFloat, SupportsIndex, TypedDict, final

import numpy as np
import numpy.typing as npt
from typing_extensions import Self, Unpack

__all__ = [
    "Decision",
    "DecisionMicroseconds",
    "DeviceError",
    "DeviceShare",
    "Diagnostics",
    "DriveResult",
    "EvaluateResult",
    "Failure",
    "GpuInfo",
    "Info",
    "Pilot",
    "SolveResult",
    "VectorCore",
    "WarningNote",
    "WarningSummary",
    "__version__",
    "drive",
    "evaluate",
    "info",
    "solve",
]
__version__: str

_Ending = Literal["survived", "fell", "left-track"]
_PlannerName = Literal["random-shooting", "cem", "mppi", "smc", "fmc", "predictive-sampling", "icem"]
_Integrator = Literal["euler", "semi-implicit-euler", "semi-implicit euler"]

class _Options(TypedDict, total=False):
    """_Options of a pilot, by the names of the program ``pilot`` and, for the physics, of Gymnasium."""

    particles: SupportsIndex  # futures simulated in each iteration; default 1024
    horizon: SupportsIndex  # steps of each future; default 30
    seed: SupportsIndex  # default 0
    device: str  # "auto", "cpu", "cuda" or "cuda:N"; default "auto"
    threads: SupportsIndex  # 0 for one on each core, or fewer if the system refuses; default 0
    config: str | os.PathLike[str]  # a TOML file of options
    action: Literal["discrete", "continuous"]  # default "discrete"

    theta_limit_deg: SupportsFloat  # angle at which the pole counts as fallen, in degrees; default 12
    x_limit: SupportsFloat  # distance at which the cart has left the track, in m; default 2.4
    force: SupportsFloat  # the full force of an action, in N; default 10
    integrator: _Integrator  # default "euler"
    gravity: SupportsFloat  # in m/s^2; default 9.8
    masscart: SupportsFloat  # in kg; default 1
    masspole: SupportsFloat  # in kg; default 0.1
    length: SupportsFloat  # half the pole's, in m; default 0.5
    force_mag: SupportsFloat  # Gymnasium's name of `force`
    tau: SupportsFloat  # time between states, in s; default 0.02
    theta_threshold_radians: SupportsFloat  # Gymnasium's name of `theta_limit_deg`, in rad
    x_threshold: SupportsFloat  # Gymnasium's name of `x_limit`
    kinematics_integrator: _Integrator  # Gymnasium's name of `integrator`

    cost_position: SupportsFloat  # of each step's squared distance from the centre, 1/m^2
    cost_angle: SupportsFloat  # of each step's squared angle, 1/rad^2
    cost_end: SupportsFloat  # of each step that a future misses because it ended
    cost_terminal_position: SupportsFloat  # of the last state's squared position, 1/m^2
    cost_terminal_velocity: SupportsFloat  # of the last state's squared velocity, s^2/m^2
    cost_terminal_angle: SupportsFloat  # of the last state's squared angle, 1/rad^2
    cost_terminal_rate: SupportsFloat  # of the last state's squared angular velocity, s^2/rad^2

    iterations: SupportsIndex  # cem, icem: refits in each decision, 1 to 100
    elite_share: SupportsFloat  # cem, icem: the share of futures to refit to, above 0 to 1
    smoothing: SupportsFloat  # cem, icem: how much of the old plan stays in a refit, 0 to below 1
    floor: SupportsFloat  # cem, icem: the least probability of each action, or deviation, 1/256 to 0.5
    temperature: SupportsFloat  # mppi, smc: in units of cost
    target_share: SupportsFloat  # mppi: choose the temperature by this effective share, 0 for fixed
    knot_spacing: SupportsIndex  # controls: steps between knots, 1 to 1000
    interpolation: Literal["linear", "cubic"]  # controls: how they run between knots
    noise: Literal["white", "coloured", "halton"]  # controls: where the noise comes from
    noise_scale: SupportsFloat | Sequence[SupportsFloat]  # controls: the noise's deviation as a share of the full force
    colour: SupportsFloat  # controls with coloured noise: the correlation of neighbouring knots
    balance: SupportsFloat  # fmc: the score's exponent against the distance's, 0 to 10
    noise_exponent: SupportsFloat  # icem: beta of the noise's power 1 / f^beta, 0 to 4
    kept_share: SupportsFloat  # icem: the share of the elites that are followed again, above 0 to 1
    sample_decay: SupportsFloat  # icem: how many times as many futures an iteration has as the next, 1 to 10

class _TaskOptions(_Options, total=False):
    """_Options of a pilot and of an episode in the reference environment."""

    steps: SupportsIndex  # after which an episode is won; default 500
    push: str | Sequence[SupportsFloat]  # "NEWTON:LENGTH:EVERY" or these numbers, unknown to the planner

class _ManyTaskOptions(_TaskOptions, total=False):
    """_Options of a pilot and of many episodes."""

    episodes: SupportsIndex  # default 100

class DeviceError(RuntimeError): ...

class _Record:
    """What results have in common; not a class of the module."""

    def to_dict(self) -> dict[str, Any]: ...
    def __eq__(self, other: object, /) -> bool: ...
    __hash__: None  # type: ignore[assignment]

@final
class Diagnostics(_Record):
    best: float
    mean: float
    spread: float
    effective_samples: float
    dead_share: float
    non_finite: int
    longest: int
    horizon: int
    particles: int
    particle_steps: int

@final
class Decision(_Record):
    action: int | float
    diagnostics: Diagnostics
    warnings: list[str]
    plan: npt.NDArray[np.float64] | None
    futures: npt.NDArray[np.float32] | None
    future_forces: npt.NDArray[np.float32] | None
    future_costs: npt.NDArray[np.float32] | None
    future_lifetimes: npt.NDArray[np.uint32] | None

@final
class DecisionMicroseconds(_Record):
    p50: float
    p90: float
    p99: float
    max: float

@final
class WarningNote(_Record):
    decisions: int
    first_step: int
    text: str

@final
class WarningSummary(_Record):
    decisions: int
    episodes: int
    first_seed: int
    first_step: int
    text: str

class Pilot:
    def __new__(cls, planner: _PlannerName | None = None, **options: Unpack[_Options]) -> Self: ...
    @classmethod
    def for_env(
        cls, env: Any, planner: _PlannerName | None = None, **options: Unpack[_Options]
    ) -> Self: ...
    def act(self, obs: npt.ArrayLike) -> int | float: ...
    def plan(self, obs: npt.ArrayLike, futures: bool = False) -> Decision: ...
    def act_batch(
        self, obs: npt.ArrayLike, *, restart: npt.ArrayLike | None = None
    ) -> npt.NDArray[Any]: ...
    def reset(self, seed: SupportsIndex | None = None) -> None: ...
    @property
    def options(self) -> dict[str, Any]: ...
    @property
    def seed(self) -> int: ...
    @property
    def device(self) -> str: ...
    @property
    def device_name(self) -> str: ...
    @property
    def device_choice(self) -> str: ...
    @property
    def fallback_reason(self) -> str | None: ...
    @property
    def simd(self) -> str: ...
    @property
    def threads(self) -> int: ...

@final
class DriveResult(_Record):
    returns: npt.NDArray[np.float64]
    lengths: npt.NDArray[np.int64]
    terminated: npt.NDArray[np.bool_]
    endings: npt.NDArray[np.str_]
    final_states: npt.NDArray[np.float64]
    step_limit: int
    wall_s: float
    env_s: float
    plan_s: float
    decision_us: DecisionMicroseconds
    particle_steps: int
    speculation_hits: int
    speculation_misses: int
    device: str
    fallback_reason: str | None
    config: dict[str, Any]
    problem: dict[str, Any]
    warnings: list[WarningSummary]

def drive(
    env: Any,
    pilot: Pilot | None = None,
    *,
    episodes: SupportsIndex | None = None,
    seed: SupportsIndex | None = None,
    physics: Literal["env", "pilot"] = "env",
    speculate: bool = True,
    max_steps: SupportsIndex | None = None,
    options: dict[str, Any] | None = None,
    planner: _PlannerName | None = None,
    **settings: Any,
) -> DriveResult: ...

@final
class SolveResult(_Record):
    version: str
    survived: bool
    ending: _Ending
    steps: int
    step_limit: int
    final_state: npt.NDArray[np.float64]
    total_reward: float
    planner: str
    particles: int
    horizon: int
    seed: int
    device: str
    fallback_reason: str | None
    simd: str
    threads: int
    push: str | None
    config: dict[str, Any]
    problem: dict[str, Any]
    wall_s: float
    decision_us: DecisionMicroseconds
    particle_steps: int
    particle_steps_per_s: float
    digest: str
    warnings: list[WarningNote]
    states: npt.NDArray[np.float64]
    actions: npt.NDArray[Any]

def solve(planner: _PlannerName | None = None, **options: Unpack[_TaskOptions]) -> SolveResult: ...

@final
class Failure(_Record):
    seed: int
    steps: int
    ending: _Ending

@final
class DeviceShare(_Record):
    device: str
    episodes: int

@final
class EvaluateResult(_Record):
    version: str
    episodes: int
    survived: int
    success_rate: float
    success_interval: tuple[float, float]
    endings: dict[_Ending, int]
    steps: int
    step_limit: int
    mean_steps: float
    min_steps: int
    planner: str
    particles: int
    horizon: int
    seed: int
    device: str
    devices: list[DeviceShare]
    fallback_reason: str | None
    simd: str
    threads: int
    push: str | None
    config: dict[str, Any]
    problem: dict[str, Any]
    wall_s: float
    particle_steps: int
    particle_steps_per_s: float
    digest: str
    failures: list[Failure]
    warnings: list[WarningSummary]

def evaluate(
    planner: _PlannerName | None = None, **options: Unpack[_ManyTaskOptions]
) -> EvaluateResult: ...

@final
class GpuInfo(_Record):
    device: str
    index: int
    name: str
    memory_bytes: int
    compute_capability: tuple[int, int]
    multiprocessors: int
    clock_khz: int
    driver_version: tuple[int, int]

@final
class Info(_Record):
    version: str
    target: str
    cores: int
    simd: str
    simd_available: list[str]
    devices: list[str]
    auto: str
    gpus: list[GpuInfo]
    gpu_absence: str | None
    planners: list[str]

def info() -> Info: ...

@final
class VectorCore:
    """What ``CartPoleVectorEnv`` is made of; not public."""

    def __new__(
        cls,
        num_envs: int,
        device: str,
        threads: int,
        autoreset_mode: str,
        max_episode_steps: int | None,
        sutton_barto_reward: bool,
        physics: dict[str, float | str],
    ) -> Self: ...
    @property
    def device(self) -> str: ...
    @property
    def fallback_reason(self) -> str | None: ...
    def views(self) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float64]]: ...
    def reset(
        self,
        seeds: npt.NDArray[np.uint64],
        is_seeded: npt.NDArray[np.bool_],
        mask: npt.NDArray[np.bool_] | None,
        bounds: tuple[float, float] | None,
        observations: npt.NDArray[np.float32] | None,
    ) -> None: ...
    def step(
        self,
        actions: npt.NDArray[np.int64],
        observations: npt.NDArray[np.float32] | None,
        rewards: npt.NDArray[np.float64] | None,
        terminated: npt.NDArray[np.bool_],
        truncated: npt.NDArray[np.bool_],
        last: npt.NDArray[np.float32] | None,
    ) -> bool: ...
    def state(self) -> npt.NDArray[np.float64]: ...
    def set_state(self, states: npt.ArrayLike) -> None: ...
