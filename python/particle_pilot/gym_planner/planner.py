"""Planning for any environment that can be copied."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Generic, TypeVar

import numpy as np
from gymnasium import Env, Wrapper
from gymnasium.vector import VectorEnv
from gymnasium.wrappers import TimeLimit

from .actions import action_rows, held
from .errors import GymPlannerError
from .model import Hooks, Restore, Save, Source, Value
from .planners import Diagnostics, Planner, Problem, by_name
from .simulators import Local, Simulator, Workers

ActType = TypeVar("ActType")

_MASK = 2**64 - 1

#: Steps that a copy is played twice before it is trusted.
_CHECK_STEPS = 8


@dataclass(frozen=True)
class GymDecision(Generic[ActType]):
    """An action, and how the futures looked that led to it."""

    #: What to give to ``env.step``.
    action: ActType
    diagnostics: Diagnostics
    #: Steps that were looked ahead: the horizon, or what is left of the episode by its time limit.
    horizon: int
    #: How long it took.
    seconds: float


@dataclass(frozen=True)
class GymEpisode:
    """An episode that :meth:`GymPlanner.run` has played."""

    #: What the environment was reset with.
    seed: int | None
    #: The sum of the rewards.
    reward: float
    steps: int
    terminated: bool
    truncated: bool
    seconds: float


class GymPlanner(Generic[ActType]):
    """Plays an environment by planning with copies of the environment itself.

    Before every action it copies the present state of ``env`` into models of it, plays many futures there and
    takes the action that they speak for. ``env`` itself, its random numbers included, is only ever read.

    Example:
        >>> import gymnasium
        >>> from particle_pilot import GymPlanner
        >>> env = gymnasium.make("CartPole-v1")
        >>> observation, info = env.reset(seed=7)
        >>> with GymPlanner(env, particles=64, horizon=30) as planner:
        ...     observation, reward, terminated, truncated, info = env.step(planner.act())

    **What can be copied.** By default the state is all attributes of ``env.unwrapped``, and of wrappers that change
    actions, observations or rewards, as far as they can be pickled. Wrappers that check, record or display are gone
    past. So is what renders (pygame and the like): copies have ``render_mode=None``, and an environment that shows a
    window can be planned for. Where the state is elsewhere, as in a compiled simulator, give ``save`` and
    ``restore``. The first decision plays a future twice to see whether a copy really goes back.

    **Chance.** Copies have random numbers of their own in place of the environment's generators: a plan does not
    foresee the noise to come. (With ``save`` and ``restore`` this holds for generators that are attributes.) The
    same seed, episode and settings give the same actions, however many workers there are.

    **Ends.** A future that terminates earns nothing more and has no terminal value. A time limit
    (:class:`gymnasium.wrappers.TimeLimit`) is no failure: it shortens the horizon, so that no plan counts on
    rewards that will not be given, and the value of where a future is cut off counts.

    **Sparse rewards.** Where rewards say nothing within the horizon all futures look alike. Give a ``value``, let
    futures hold actions for longer, look farther ahead, or use ``fmc``, which seeks distance as well.

    Args:
        env: The environment, which must have been reset before a decision is asked for. Its actions must be
            ``Discrete``, ``MultiDiscrete``, ``MultiBinary`` or a ``Box`` with finite bounds.
        planner: ``"random-shooting"``, ``"cem"``, ``"smc"`` or ``"fmc"``, or one of the classes of these names with
            knobs, as ``Cem(iterations=3)``. A planner remembers its plan: give each ``GymPlanner`` its own.
        particles: How many futures; more are steadier and proportionally slower.
        horizon: How many steps ahead; more sees farther, and more of the futures by chance differ by chance.
        hold: For how many steps futures keep each action; more gets farther, and acts more coarsely.
        discount: What a reward counts a step later, above 0 and at most 1.
        value: ``value(observation, env)``, an estimate of the return still to come from where a future ends, by
            default 0. ``env`` is the copy's ``unwrapped``, to be looked at only. With rewards of -1 a step until a
            goal is reached, it is minus the steps still needed. Where termination is a failure it must be above 0,
            which is what a future that terminates has.
        workers: How many processes play futures: 1, the default, plays in this one; ``None`` uses as many as there
            are CPUs. They pay where a step takes longer than some 10 us. A script that uses them needs
            ``if __name__ == "__main__":``.
        seed: Determines all random numbers of planner and copies.
        save: ``save(env)``, the state of ``env`` or of a copy as something that can be pickled. Both have the wrappers
            that matter; use ``env.unwrapped`` where it is the environment that counts.
        restore: ``restore(env, state)``, which puts a copy into that state. Copies are made by ``gymnasium.make``
            from ``env.unwrapped.spec`` if there is one, without its ``render_mode``, and else by pickling.
        check: Whether to play a future twice before the first decision.
        start_method: How workers are started: ``"spawn"`` or ``"forkserver"``. (``"fork"`` would copy locks that
            other threads hold.)

    Raises:
        TypeError: ``env`` is no environment, or its actions are of a kind that cannot be drawn.
        ValueError: A setting is out of range.
        UncopyableEnvError: ``env`` has ``__slots__``, and no ``save`` and ``restore`` were given.
    """

    def __init__(
        self,
        env: Env[Any, ActType],
        planner: str | Planner = "cem",
        *,
        particles: int = 128,
        horizon: int = 30,
        hold: int = 1,
        discount: float = 1.0,
        value: Value | None = None,
        workers: int | None = 1,
        seed: int = 0,
        save: Save | None = None,
        restore: Restore | None = None,
        check: bool = True,
        start_method: str = "spawn",
    ) -> None:
        # First, so that a refusal below leaves something to close.
        self._simulator: Simulator | None = None
        if isinstance(env, VectorEnv) or not isinstance(env, Env):
            raise TypeError(f"GymPlanner plans for one gymnasium.Env, not for {type(env).__name__}")
        for name, number in [("particles", particles), ("horizon", horizon), ("hold", hold)]:
            if number < 1:
                raise ValueError(f"{name} = {number}; must be at least 1")
        if not 0 < discount <= 1:
            raise ValueError(f"discount = {discount}; must be above 0 and at most 1")
        workers = _cpus() if workers is None else workers
        if workers < 1:
            raise ValueError(f"workers = {workers}; must be at least 1, or None for as many as there are CPUs")
        if start_method not in ("spawn", "forkserver"):
            raise ValueError(f"start_method = {start_method!r}; must be 'spawn' or 'forkserver'")
        self.env = env
        self.planner = by_name(planner)
        self.particles = particles
        self.horizon = horizon
        self.hold = hold
        self.discount = discount
        self.workers = workers
        self.seed = seed
        self.start_method = start_method
        self._rows = action_rows(env.action_space)
        self._source = Source(env, self._rows, discount, Hooks(value, save, restore))
        self._check = check
        self._decision = 0

    def plan(self) -> GymDecision[ActType]:
        """The decision for the state that the environment is in.

        Raises:
            GymPlannerError: The environment has not been reset, cannot be copied, or its copies fail.
        """
        begun = time.perf_counter()
        left = _steps_left(self.env)
        horizon = self.horizon if left is None else max(1, min(self.horizon, left))
        simulator = self._ready()
        problem = Problem(
            simulator,
            self._rows,
            self._source.save(),
            particles=self.particles,
            horizon=horizon,
            hold=self.hold,
            discount=self.discount,
            key=(self.seed & _MASK, self._decision),
        )
        row, diagnostics = self.planner.plan(problem)
        self._decision += 1
        action = self._rows.decode(row)
        return GymDecision(action, diagnostics, horizon, time.perf_counter() - begun)

    def act(self, observation: Any = None) -> ActType:
        """The action for the state that the environment is in.

        Args:
            observation: Not needed; so that the planner can stand where a policy would.

        Raises:
            GymPlannerError: As :meth:`plan`.
        """
        del observation
        return self.plan().action

    def reset(self, seed: int | None = None) -> None:
        """Forgets the last plan and begins with the random numbers again, for a new episode.

        Args:
            seed: Replaces the planner's seed.
        """
        if seed is not None:
            self.seed = seed
        self.planner.forget()
        self._decision = 0

    def run(self, episodes: int = 1, seed: int | None = None) -> list[GymEpisode]:
        """Plays whole episodes.

        Args:
            episodes: How many.
            seed: The environment is reset with this plus the number of the episode; ``None`` leaves it to the
                environment.

        Raises:
            GymPlannerError: As :meth:`plan`.
        """
        played = []
        for number in range(episodes):
            episode_seed = None if seed is None else seed + number
            self.env.reset(seed=episode_seed)
            self.reset()
            begun = time.perf_counter()
            total, steps, terminated, truncated = 0.0, 0, False, False
            while not (terminated or truncated):
                _, reward, terminated, truncated, _ = self.env.step(self.act())
                total += float(reward)
                steps += 1
            seconds = time.perf_counter() - begun
            episode = GymEpisode(
                episode_seed, total, steps, bool(terminated), bool(truncated), seconds
            )
            played.append(episode)
        return played

    def close(self) -> None:
        """Ends the workers. A later decision starts new ones; the environment stays open."""
        if self._simulator is not None:
            self._simulator.close()
            self._simulator = None

    def __enter__(self) -> GymPlanner[ActType]:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __del__(self) -> None:
        # Workers are daemons, whose pipes close with this object: nothing is left even where this is not called.
        if getattr(self, "_simulator", None) is not None:
            self.close()

    def _ready(self) -> Simulator:
        """Copies that are up to date."""
        if self._source.has_changed():
            self.close()
        if self._simulator is None:
            if self._check:
                self._try_out()
            blueprint = self._source.blueprint()
            if self.workers == 1:
                self._simulator = Local(blueprint)
            else:
                self._simulator = Workers(blueprint, self.workers, self.start_method)
        return self._simulator

    def _try_out(self) -> None:
        """Makes sure that copies can be put back; that one can is also the clearest place for it to fail."""
        rng = np.random.default_rng(0)
        actions = held(self._rows, rng, 1, _CHECK_STEPS, 1)[0]
        Local(self._source.blueprint()).model.check(self._source.save(), actions)
        self._check = False


def _cpus() -> int:
    """CPUs that this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity is not None else os.cpu_count() or 1


def _steps_left(env: Env[Any, Any]) -> int | None:
    """Steps until the time limit, or ``None`` if there is none.

    Raises:
        GymPlannerError: The environment has not been reset.
    """
    left: int | None = None
    while isinstance(env, Wrapper):
        if isinstance(env, TimeLimit):
            if env._elapsed_steps is None:
                raise GymPlannerError("the environment has not been reset: call env.reset() first")
            own = env._max_episode_steps - env._elapsed_steps
            left = own if left is None else min(left, own)
        env = env.env
    return left
