"""``CartPoleVectorEnv``: Gymnasium's interface to the compiled environments."""

from __future__ import annotations

import warnings
from typing import Any, SupportsIndex

import numpy as np
import numpy.typing as npt
from gymnasium import spaces
from gymnasium.envs.registration import EnvSpec
from gymnasium.error import ClosedEnvironmentError, ResetNeeded
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space

from .._arguments import whole
from .._core import VectorCore
from .drawing import Drawing
from .outputs import Outputs
from .seeds import Flags, Seed, Seeds, entropy, seeds_of

Observations = npt.NDArray[np.float32]
Actions = npt.NDArray[np.integer]
Rewards = npt.NDArray[np.float64]
Step = tuple[Observations, Rewards, Flags, Flags, dict[str, Any]]

#: What a reset does without options.
_OPTIONS = frozenset({"low", "high", "reset_mask"})


class CartPoleVectorEnv(VectorEnv[Observations, Actions, npt.NDArray[Any]]):
    """Many ``CartPole-v1`` side by side, on the threads of the CPU or on a GPU.

    Environment ``i`` goes through the states of a ``gymnasium.make("CartPole-v1")`` of its own with seed ``seed + i``,
    as with ``gymnasium.make_vec("CartPole-v1", vectorization_mode="sync")``: the same numbers at a reset, and after
    it the same within the rounding of the platform's sine and cosine. The numbers are the same bits on every device
    and with any number of threads. (Gymnasium's own ``CartPoleVectorEnv`` draws the states of all environments from
    one generator, so that its episodes begin elsewhere.)

    Example:
        >>> import gymnasium, particle_pilot
        >>> envs = gymnasium.make_vec("particle_pilot/CartPole-v1", num_envs=3)
        >>> observations, infos = envs.reset(seed=42)
        >>> observations[0]
        array([ 0.0273956 , -0.00611216,  0.03585979,  0.0197368 ], dtype=float32)
        >>> observations, rewards, terminated, truncated, infos = envs.step(envs.action_space.sample())
        >>> rewards
        array([1., 1., 1.])

    **Unlike Gymnasium's**

    * Steps after an episode's end, where ``AutoresetMode.DISABLED`` leaves resets to you, are refused with
      ``ResetNeeded``; nothing has moved then. (``SyncVectorEnv`` fails an assertion, some environments having moved.)
    * A ``reset_mask`` that chooses none changes nothing, which saves a question after each step. (``SyncVectorEnv``
      refuses it.) Masks stay in ``options``.
    * Seeds end at ``2**64 - 1``.
    * :attr:`state` has a row for each environment, as observations do. (Gymnasium's own has a column.)
    * An option of ``reset`` that there is not is warned about, and environments do not draw from ``np_random``.

    Args:
        num_envs: N, how many; 1 to 2^30.
        max_episode_steps: Steps after which an episode is truncated; ``None`` for no limit.
        render_mode: ``None``, or ``"rgb_array"`` to have :meth:`render` draw, as Gymnasium's own does, with pygame.
        sutton_barto_reward: Whether a step is worth 0, and -1 if it fails, instead of 1.
        device: ``"auto"``, whichever is predicted to be faster, ``"cpu"``, ``"cuda"`` or ``"cuda:1"``. :attr:`device`
            says which it has become.
        threads: How many of the CPU's; 0 for as many as there are.
        autoreset_mode: When an environment whose episode has ended begins the next one.
        copy: Whether ``reset`` and ``step`` return arrays of their own. (The memory of those of a step is used again
            once nothing refers to them any longer, be it a view.) With ``False`` they show the environments' own
            memory, which the next call overwrites; that is faster, and right where each is used up before.
        physics: Attributes of Gymnasium's ``CartPoleEnv`` by name: ``gravity``, ``masscart``, ``masspole``,
            ``length`` (half the pole's), ``force_mag``, ``tau``, ``theta_threshold_radians``, ``x_threshold`` and
            ``kinematics_integrator`` (``"euler"`` or ``"semi-implicit-euler"``).

    Raises:
        TypeError: An argument is of another type.
        ValueError: An argument is out of range.
        particle_pilot.DeviceError: The device that was asked for cannot be used.
    """

    metadata: dict[str, Any] = {
        "render_modes": ["rgb_array"],
        "render_fps": 50,
        "autoreset_mode": AutoresetMode.NEXT_STEP,
    }

    def __init__(
        self,
        num_envs: SupportsIndex = 1,
        max_episode_steps: SupportsIndex | None = 500,
        render_mode: str | None = None,
        sutton_barto_reward: bool = False,
        *,
        device: str = "auto",
        threads: SupportsIndex = 0,
        autoreset_mode: str | AutoresetMode = AutoresetMode.NEXT_STEP,
        copy: bool = True,
        **physics: float | str,
    ) -> None:
        if render_mode not in (None, "rgb_array"):
            raise ValueError(
                f"render_mode is {render_mode!r}; it must be None or 'rgb_array', which gymnasium.wrappers.vector."
                "HumanRendering shows in a window"
            )
        num_envs = whole("num_envs", num_envs, 1)
        threads = whole("threads", threads, 0)
        if max_episode_steps is not None:
            max_episode_steps = whole("max_episode_steps", max_episode_steps, 1, 2**32 - 1)
        self.autoreset_mode = AutoresetMode(autoreset_mode)
        self._core = VectorCore(
            num_envs,
            device,
            threads,
            self.autoreset_mode.value,
            max_episode_steps,
            sutton_barto_reward,
            physics,
        )
        self.num_envs = num_envs
        self.render_mode = render_mode
        self.copy = copy
        # As Gymnasium's own do.
        modes = list(self.metadata["render_modes"])
        self.metadata = {**self.metadata, "render_modes": modes, "autoreset_mode": self.autoreset_mode}
        self.spec: EnvSpec | None = None
        self._make_spaces(physics)
        self._physics = physics
        self._drawing: Drawing | None = None
        self._seeds = np.zeros(num_envs, np.uint64)
        self._first_seeds: Seeds | None = None
        self._is_seeded = np.zeros(num_envs, np.bool_)
        self._outputs = Outputs(num_envs)
        self._flags = (np.zeros(num_envs, np.bool_), np.zeros(num_envs, np.bool_))
        keeps_last = self.autoreset_mode == AutoresetMode.SAME_STEP
        self._last = np.zeros((num_envs, 4), np.float32) if keeps_last else None

    @property
    def device(self) -> str:
        """Where the environments are: ``"cpu"``, ``"cuda:0"`` and so on."""
        return self._core.device

    @property
    def fallback_reason(self) -> str | None:
        """Why they are on the CPU although the device was left open and a GPU might have been faster, or ``None``."""
        return self._core.fallback_reason

    @property
    def state(self) -> npt.NDArray[np.float64]:
        """``[N, 4]``: position, velocity, angle and angular velocity of every environment, which observations round.

        A copy. Environments can be put into other states by assigning an array like it.

        Raises:
            ValueError: It is assigned an array of another shape, or something that is not a finite number.
            TypeError: It is assigned something else.
            gymnasium.error.ResetNeeded: Before the first reset.
        """
        self._check_open()
        if not self._is_seeded.all():
            raise ResetNeeded("call reset() first, of all environments")
        return self._core.state()

    @state.setter
    def state(self, state: npt.ArrayLike) -> None:
        self._check_open()
        self._core.set_state(state)

    @property
    def np_random_seed(self) -> tuple[int, ...]:  # type: ignore[override]
        """What each environment's random numbers were last seeded with, or will be by a reset that does not say."""
        return tuple(np.where(self._is_seeded, self._seeds, self._firsts()).tolist())

    def reset(
        self, *, seed: Seed = None, options: dict[str, Any] | None = None
    ) -> tuple[Observations, dict[str, Any]]:
        """Begins episodes, and returns the observations of all environments.

        Args:
            seed: A number that environment ``i`` is seeded with plus ``i``; or a list with one for each, or
                ``None`` to draw on from the random numbers at hand, which begin with the machine's entropy.
            options: ``"low"`` and ``"high"``, the bounds of each component of the states drawn now, -0.05 and 0.05 by
                default; those that come with an episode's end keep these. ``"reset_mask"``, an array of flags: which
                environments it is about, by default all.

        Raises:
            ValueError: Options out of range, or a list or mask of another length.
            TypeError: A mask that is no array of flags.
            gymnasium.error.ClosedEnvironmentError: After :meth:`close`.
            gymnasium.error.ResetNeeded: The first reset leaves environments out.
        """
        self._check_open()
        mask, bounds = _read(options, self.num_envs)
        seeds, is_seeded = seeds_of(seed, self.num_envs)
        if mask is not None:
            is_seeded = is_seeded & mask
        if not self._is_seeded.all():
            unseeded = ~(is_seeded | self._is_seeded)
            if mask is not None:
                unseeded &= mask
            seeds = np.where(unseeded, self._firsts(), seeds)
            is_seeded = is_seeded | unseeded
        observations = np.empty((self.num_envs, 4), np.float32) if self.copy else None
        self._core.reset(seeds, is_seeded, mask, bounds, observations)
        self._seeds = np.where(is_seeded, seeds, self._seeds)
        self._is_seeded = self._is_seeded | is_seeded
        return self._core.views()[0] if observations is None else observations, {}

    def step(self, actions: Actions) -> Step:
        """Takes a step with all environments.

        Args:
            actions: ``[N]`` integers, 0 to push left, 1 to push right.

        Returns:
            Observations ``[N, 4]``, rewards, ``terminated`` and ``truncated``, all ``[N]``, and infos. With
            ``AutoresetMode.SAME_STEP``, where episodes ended, infos has ``"final_obs"``, their last observations,
            ``"final_info"``, which is empty, and for either the mask ``"_final_obs"`` or ``"_final_info"``.

        Raises:
            ValueError: Another number of actions, or one that does not exist.
            TypeError: Actions that are no integers, or a single one.
            gymnasium.error.ClosedEnvironmentError: After :meth:`close`.
            gymnasium.error.ResetNeeded: Before the first reset; or, with ``AutoresetMode.DISABLED``, an episode has
                ended.
        """
        self._check_open()
        given = _integers(actions, self.num_envs)
        if self.copy:
            observations, rewards, terminated, truncated = self._outputs.take()
        else:
            observations, rewards, (terminated, truncated) = None, None, self._flags
        try:
            has_ended = self._core.step(given, observations, rewards, terminated, truncated, self._last)
        except ValueError as error:
            raise _better(error, actions) from None
        if observations is None or rewards is None:
            observations, rewards = self._core.views()
        infos: dict[str, Any] = {}
        if has_ended and self._last is not None:
            infos = _infos(self._last, terminated | truncated)
        return observations, rewards, terminated, truncated, infos

    def render(self) -> tuple[npt.NDArray[np.uint8], ...] | None:
        """Pictures of all environments, ``[400, 600, 3]`` each; ``None`` without a ``render_mode``.

        Raises:
            gymnasium.error.DependencyNotInstalled: pygame is missing, which ``gymnasium[classic-control]`` brings.
            gymnasium.error.ResetNeeded: Before the first reset.
            gymnasium.error.ClosedEnvironmentError: After :meth:`close`.
        """
        self._check_open()
        if self.render_mode is None:
            warnings.warn("there is nothing to render: render_mode is None; make the environments with 'rgb_array'", stacklevel=2)
            return None
        state = self.state
        if self._drawing is None:
            self._drawing = Drawing(self.num_envs, self._physics)
        return self._drawing.of(state)

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "_drawing": None}  # what is drawn on cannot be pickled, and is soon made

    def close_extras(self, **kwargs: Any) -> None:
        """Drops what was drawn on; the environments go with this object."""
        self._drawing = None

    def _check_open(self) -> None:
        if self.closed:
            raise ClosedEnvironmentError("the environments have been closed; make others")

    def _firsts(self) -> Seeds:
        """What environments are seeded with that were never given a seed."""
        if self._first_seeds is None:
            self._first_seeds = entropy(self.num_envs)
        return self._first_seeds

    def _make_spaces(self, physics: dict[str, Any]) -> None:
        x = physics.get("x_threshold", 2.4)
        theta = physics.get("theta_threshold_radians", 12 * 2 * np.pi / 360)
        # Twice the thresholds, so that failures are within.
        high = np.array([x * 2, np.inf, theta * 2, np.inf], np.float32)
        self.single_observation_space = spaces.Box(-high, high, dtype=np.float32)
        self.observation_space = batch_space(self.single_observation_space, self.num_envs)
        self.single_action_space = spaces.Discrete(2)
        self.action_space = batch_space(self.single_action_space, self.num_envs)


def _infos(last: Observations, ended: Flags) -> dict[str, Any]:
    """Where episodes ended, their last observations."""
    final = np.full(len(ended), None, dtype=object)
    where = np.flatnonzero(ended)
    final[where] = _objects(last[where])
    return {
        "final_obs": final,
        "_final_obs": ended,
        "final_info": {},
        "_final_info": ended.copy(),
    }


def _objects(rows: Observations) -> npt.NDArray[Any]:
    """``[R]`` objects, each a row. (Given a list of them, NumPy would take rows of equal length for a matrix.)"""
    try:
        return np.fromiter(rows, dtype=object, count=len(rows))
    except ValueError:  # NumPy 1.22, which is slower, too
        objects = np.empty(len(rows), object)
        for index, row in enumerate(rows):
            objects[index] = row
        return objects


def _integers(actions: Any, count: int) -> npt.NDArray[np.int64]:
    """Actions as the compiled part takes them: nothing is copied if they are.

    Those of 2^63 and more, which unsigned types have, become negative: no action either, which is refused as it was
    given (:func:`_better`).
    """
    array = np.asarray(actions)
    if array.ndim == 0:
        raise TypeError(f"actions must be one for each environment, not {actions!r} alone")
    if array.shape != (count,):
        raise ValueError(f"actions have shape {array.shape}; they must have ({count},), one for each environment")
    if array.dtype.kind not in "iu":
        raise TypeError(f"actions must be integers, not {array.dtype}")
    return np.ascontiguousarray(array, np.int64)


def _better(error: ValueError, actions: Any) -> ValueError:
    """The same refusal with the action as it was given; the compiled part knows what became of it by conversion."""
    for index, action in enumerate(np.asarray(actions).tolist()):
        if action not in (0, 1):
            return ValueError(f"action {action} of environment {index} does not exist; there are 0 and 1")
    return error


def _read(
    options: dict[str, Any] | None, count: int
) -> tuple[Flags | None, tuple[float, float] | None]:
    """The options of a reset: a mask, and bounds."""
    if not options:
        return None, None
    for name in sorted(map(str, set(options) - _OPTIONS)):
        # Not refused: options may be for other environments too.
        warnings.warn(f"there is no option {name!r}; there are: {', '.join(sorted(_OPTIONS))}", stacklevel=3)
    bounds = None
    if "low" in options or "high" in options:
        bounds = (_bound(options, "low", -0.05), _bound(options, "high", 0.05))
    mask = options.get("reset_mask")
    if mask is None:
        return None, bounds
    if not isinstance(mask, np.ndarray):
        raise TypeError(f"`options['reset_mask']` must be a numpy array, got {type(mask)}")
    if mask.dtype != np.bool_:
        raise TypeError(f"`options['reset_mask']` must have `dtype=np.bool_`, got {mask.dtype}")
    if mask.shape != (count,):
        raise ValueError(f"`options['reset_mask']` must have shape `({count},)`, got {mask.shape}")
    return np.ascontiguousarray(mask), bounds


def _bound(options: dict[str, Any], name: str, default: float) -> float:
    try:
        return float(options.get(name, default))
    except (TypeError, ValueError) as error:
        raise ValueError(f"options[{name!r}] is {options[name]!r}; it must be a number") from error
