"""``CartPoleVectorEnv``: Gymnasium's interface to the compiled environments."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from gymnasium import spaces
from gymnasium.envs.registration import EnvSpec
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space

from .._core import VectorCore
from .outputs import Outputs
from .seeds import Flags, Seed, entropy, seeds_of

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
    * Nothing is rendered, and environments do not draw from ``np_random``.

    Args:
        num_envs: N, how many; 1 to 2^30.
        max_episode_steps: Steps after which an episode is truncated; ``None`` for no limit.
        render_mode: ``None``.
        sutton_barto_reward: Whether a step is worth 0, and -1 if it fails, instead of 1.
        device: ``"auto"``, a GPU if there is one, ``"cpu"``, ``"cuda"`` or ``"cuda:1"``. :attr:`device` says which it
            has become.
        threads: How many of the CPU's; 0 for as many as there are.
        autoreset_mode: When an environment whose episode has ended begins the next one.
        copy: Whether ``reset`` and ``step`` return arrays of their own. (The memory of those of a step is used again
            once nothing refers to them any longer, be it a view.) With ``False`` they show the environments' own
            memory, which the next call overwrites; that is faster, and right where each is used up before.
        physics: Attributes of Gymnasium's ``CartPoleEnv`` by name: ``gravity``, ``masscart``, ``masspole``,
            ``length`` (half the pole's), ``force_mag``, ``tau``, ``theta_threshold_radians``, ``x_threshold`` and
            ``kinematics_integrator`` (``"euler"`` or ``"semi-implicit-euler"``).

    Raises:
        ValueError: An argument is out of range.
        particle_pilot.DeviceError: The device that was asked for cannot be used.
    """

    metadata: dict[str, Any] = {
        "render_modes": [],
        "render_fps": 50,
        "autoreset_mode": AutoresetMode.NEXT_STEP,
    }

    def __init__(
        self,
        num_envs: int = 1,
        max_episode_steps: int | None = 500,
        render_mode: str | None = None,
        sutton_barto_reward: bool = False,
        *,
        device: str = "auto",
        threads: int = 0,
        autoreset_mode: str | AutoresetMode = AutoresetMode.NEXT_STEP,
        copy: bool = True,
        **physics: float | str,
    ) -> None:
        if render_mode is not None:
            raise ValueError(f"render_mode is {render_mode!r}; this environment does not render, give None")
        for name, number in (("num_envs", num_envs), ("threads", threads)):
            if number < 0:
                raise ValueError(f"{name} is {number}; it cannot be negative")
        if max_episode_steps is not None and not 1 <= max_episode_steps < 2**32:
            raise ValueError(f"max_episode_steps is {max_episode_steps}; it must be 1 to 2**32 - 1, or None")
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
        self.render_mode = None
        self.copy = copy
        # As Gymnasium's own do.
        self.metadata = {**type(self).metadata, "autoreset_mode": self.autoreset_mode}
        self.spec: EnvSpec | None = None
        self._make_spaces(physics)
        self._seeds = np.zeros(num_envs, np.uint64)
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
    def setback(self) -> str | None:
        """Why they are on the CPU although the device was left open, or ``None``."""
        return self._core.setback

    @property
    def np_random_seed(self) -> tuple[int, ...]:  # type: ignore[override]
        """What each environment's random numbers were last seeded with, -1 where that has yet to happen."""
        return tuple(
            int(seed) if is_seeded else -1
            for seed, is_seeded in zip(self._seeds, self._is_seeded, strict=True)
        )

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
            gymnasium.error.ResetNeeded: The first reset leaves environments out.
        """
        mask, bounds = _read(options, self.num_envs)
        seeds, is_seeded = seeds_of(seed, self.num_envs)
        if mask is not None:
            is_seeded = is_seeded & mask
        if not self._is_seeded.all():
            unseeded = ~(is_seeded | self._is_seeded)
            if mask is not None:
                unseeded &= mask
            seeds = np.where(unseeded, entropy(self.num_envs), seeds)
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
            TypeError: Actions that are no integers.
            gymnasium.error.ResetNeeded: Before the first reset; or, with ``AutoresetMode.DISABLED``, an episode has
                ended.
        """
        actions = _integers(actions)
        if self.copy:
            observations, rewards, terminated, truncated = self._outputs.take()
            has_ended = self._core.step(actions, observations, rewards, terminated, truncated, self._last)
        else:
            terminated, truncated = self._flags
            has_ended = self._core.step(actions, None, None, terminated, truncated, self._last)
            observations, rewards = self._core.views()
        infos: dict[str, Any] = {}
        if has_ended and self._last is not None:
            infos = _infos(self._last, terminated | truncated)
        return observations, rewards, terminated, truncated, infos

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
    # Not `= list(rows)`: NumPy would take rows of equal length for a matrix.
    final[where] = np.fromiter(last[where], dtype=object, count=len(where))
    return {
        "final_obs": final,
        "_final_obs": ended,
        "final_info": {},
        "_final_info": ended.copy(),
    }


def _integers(actions: Any) -> npt.NDArray[np.int64]:
    """Actions as the compiled part takes them: nothing is copied if they are."""
    array = np.asarray(actions)
    if array.dtype.kind not in "iu":
        raise TypeError(f"actions must be integers, not {array.dtype}")
    if array.ndim != 1:
        raise ValueError(f"actions have shape {array.shape}; there must be one for each environment")
    return np.ascontiguousarray(array, np.int64)


def _read(
    options: dict[str, Any] | None, count: int
) -> tuple[Flags | None, tuple[float, float] | None]:
    """The options of a reset: a mask, and bounds."""
    if not options:
        return None, None
    unknown = sorted(set(options) - _OPTIONS)
    if unknown:
        raise ValueError(f"there is no option {unknown[0]!r}; there are: {', '.join(sorted(_OPTIONS))}")
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
