"""Planning for any environment that can be copied."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Generic, SupportsFloat, SupportsIndex, TypeVar

import numpy as np
from gymnasium import Env, Wrapper
from gymnasium.error import ResetNeeded
from gymnasium.vector import VectorEnv
from gymnasium.wrappers import OrderEnforcing, TimeLimit

from .._arguments import real, seed_of, whole
from .actions import action_rows, held
from .comparison import Advice, clock_of, warn_if_apart
from .errors import EnvCopyError, GymPlannerError
from .model import Hooks, Model, Restore, Save, Source, Value
from .planners import Diagnostics, Planner, Problem, by_name
from .simulators import Local, Simulator, Workers

ActType = TypeVar("ActType")

#: Steps that a copy is played twice before it is trusted.
_CHECK_STEPS = 8

NOT_RESET = "the environment has not been reset: call env.reset() first"


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
    window can be planned for. Functions among the attributes act on the copy where they have captured the environment;
    what else they have captured and can change, lists and counters, is part of the state. Methods of classes are not
    copied: where these reach the environment otherwise than by ``self`` a warning says so. What classes and modules
    hold is shared with the copies. The first decision plays a future twice to see whether a copy really goes back.

    **Where the state is elsewhere**, as in a compiled simulator, give ``save`` and ``restore`` for the environment itself.
    Wrappers are copied by their attributes all the same. Copies are made anew then, so that what was changed since
    (gravity, masses) must be part of what ``save`` returns; the step that follows a decision is compared with the
    copy's, and a warning says if they differ.

    **Chance.** A plan does not foresee the noise to come: for generators of ``numpy.random`` and ``random``, wherever the
    environment, its parts, functions and spaces have them, copies have others of the same kinds, also with ``save`` and
    ``restore``. Those of classes and modules, and the functions of the two modules if the first steps use them, are
    borrowed while copies play; let no other thread draw from these meanwhile. What cannot be found, a compiled
    simulator's own random numbers or those computed from the state, is played as it is: foreseen, where ``save`` includes
    it. The same seed, episode and settings give the same actions, however many workers there are.

    **Hidden state.** A plan knows the whole state of the environment, also what observations hide, such as a dealer's
    card: scores where not all is to be seen are those of a cheat.

    **Ends.** A future that terminates earns nothing more and has no terminal value. A time limit
    (:class:`gymnasium.wrappers.TimeLimit`) is no failure: it shortens the horizon, so that no plan counts on
    rewards that will not be given, and the value of where a future is cut off counts.

    **Sparse rewards.** Where rewards say nothing within the horizon all futures look alike. Give a ``value``, let
    futures hold actions for longer, look farther ahead, or use ``fmc``, which seeks distance as well.

    Args:
        env: The environment, which must have been reset before a decision is asked for. Its actions must be
            ``Discrete``, ``MultiDiscrete``, ``MultiBinary`` or a ``Box`` with finite bounds.
        planner: ``"random-shooting"``, ``"cem"``, ``"smc"`` or ``"fmc"``, or one of the classes of these names with
            knobs, as ``Cem(iterations=3)``. A planner remembers its plan, and forgets it when another ``GymPlanner`` uses
            it: give each its own.
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
        seed: Determines all random numbers of planner and copies: 0 to ``2**64 - 1``; ``None`` is 0.
        save: ``save(env)``, the state of ``env`` or of a copy as something that can be pickled. Both have the wrappers
            that matter; use ``env.unwrapped`` where it is the environment that counts.
        restore: ``restore(env, state)``, which puts a copy into that state. Copies are made by ``gymnasium.make``
            from ``env.unwrapped.spec`` if there is one, without its ``render_mode``, and else by pickling.
        check: Whether to play a future twice before the first decision, and with ``save`` and ``restore`` to compare
            the steps that follow.
        start_method: How workers are started: ``"spawn"`` or ``"forkserver"``. (``"fork"`` would copy locks that
            other threads hold.)

    Raises:
        TypeError: ``env`` is no environment, its actions are of a kind that cannot be drawn, or a setting is of another
            type; integers may be NumPy's.
        ValueError: A setting is out of range.
        UncopyableEnvError: ``env`` has ``__slots__``, and no ``save`` and ``restore`` were given.
    """

    def __init__(
        self,
        env: Env[Any, ActType],
        planner: str | Planner = "cem",
        *,
        particles: SupportsIndex = 128,
        horizon: SupportsIndex = 30,
        hold: SupportsIndex = 1,
        discount: SupportsFloat = 1.0,
        value: Value | None = None,
        workers: SupportsIndex | None = 1,
        seed: SupportsIndex | None = 0,
        save: Save | None = None,
        restore: Restore | None = None,
        check: bool = True,
        start_method: str = "spawn",
    ) -> None:
        # First, so that a refusal below leaves something to close.
        self._simulator: Simulator | None = None
        if isinstance(env, VectorEnv) or not isinstance(env, Env):
            raise TypeError(f"GymPlanner plans for one gymnasium.Env, not for {type(env).__name__}")
        if start_method not in ("spawn", "forkserver"):
            raise ValueError(f"start_method = {start_method!r}; must be 'spawn' or 'forkserver'")
        self.env = env
        self.planner = by_name(planner)
        self.particles = whole("particles", particles, 1)
        self.horizon = whole("horizon", horizon, 1)
        self.hold = whole("hold", hold, 1)
        self.discount = real("discount", discount, lambda one: 0 < one <= 1, "above 0 and at most 1")
        self.workers = _cpus() if workers is None else whole("workers", workers, 1)
        self.seed = seed_of(seed)
        self.start_method = start_method
        self._rows = action_rows(env.action_space)
        self._source = Source(env, self._rows, self.discount, Hooks(value, save, restore))
        self._check = check
        #: With ``check``, ``save`` and ``restore``: a copy in this process, to compare with.
        self._model: Model | None = None
        self._has_been_checked = False
        self._advice: Advice | None = None
        self._decision = 0

    def __repr__(self) -> str:
        numbers = ", ".join(f"{name}={getattr(self, name)}" for name in ("particles", "horizon", "seed"))
        return f"GymPlanner({self.env}, {self.planner}, {numbers})"

    def plan(self) -> GymDecision[ActType]:
        """The decision for the state that the environment is in.

        Raises:
            GymPlannerError: The environment has not been reset, cannot be copied, or its copies fail.
        """
        begun = time.perf_counter()
        left = _steps_left(self.env)
        horizon = self.horizon if left is None else max(1, min(self.horizon, left))
        self.planner.serve(self)
        try:
            simulator, snapshot = self._ready()
            problem = Problem(
                simulator,
                self._rows,
                snapshot,
                particles=self.particles,
                horizon=horizon,
                hold=self.hold,
                discount=self.discount,
                key=(self.seed, self._decision),
            )
            row, diagnostics = self.planner.plan(problem)
        except EnvCopyError as error:
            cause = error.__cause__
            if isinstance(cause, AssertionError | ResetNeeded) and "reset" in str(cause).lower():
                raise GymPlannerError(NOT_RESET) from error
            raise
        self._decision += 1
        if self._model is not None:
            self._advice = Advice(snapshot, row, clock_of(self.env))
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

    def reset(self, seed: SupportsIndex | None = None) -> None:
        """Forgets the last plan and begins with the random numbers again, for a new episode.

        Args:
            seed: Replaces the planner's seed; ``None`` keeps it.

        Raises:
            TypeError: The seed is no integer.
            ValueError: It is negative or above ``2**64 - 1``.
        """
        if seed is not None:
            self.seed = seed_of(seed)
        self.planner.forget()
        self._advice = None
        self._decision = 0

    def run(
        self,
        episodes: SupportsIndex = 1,
        seed: SupportsIndex | None = None,
        max_steps: SupportsIndex | None = None,
    ) -> list[GymEpisode]:
        """Plays whole episodes.

        Args:
            episodes: How many.
            seed: The environment is reset with this plus the number of the episode; ``None`` leaves it to the
                environment.
            max_steps: Steps after which an episode is broken off, and counts as truncated: for environments without
                a time limit of their own, whose episodes may never end. Planners do not know of it.

        Raises:
            GymPlannerError: As :meth:`plan`.
            TypeError: An argument is no integer, or ``env.step`` returns no tuple of five.
            ValueError: An argument is out of range.
        """
        episodes = whole("episodes", episodes, 1)
        seed = None if seed is None else whole("seed", seed, 0)
        most = None if max_steps is None else whole("max_steps", max_steps, 1)
        played = []
        for number in range(episodes):
            episode_seed = None if seed is None else seed + number
            self.env.reset(seed=episode_seed)
            self.reset()
            begun = time.perf_counter()
            total, steps, terminated, truncated = 0.0, 0, False, False
            while not (terminated or truncated):
                answer = self.env.step(self.act())
                if not isinstance(answer, tuple) or len(answer) != 5:
                    raise TypeError("env.step must return observation, reward, terminated, truncated and info")
                _, reward, terminated, truncated, _ = answer
                total += float(reward)
                steps += 1
                truncated = truncated or (steps == most and not terminated)
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
        self._model, self._advice = None, None

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

    def _ready(self) -> tuple[Simulator, Any]:
        """Copies that are up to date, and a snapshot of the environment."""
        snapshot, is_new = self._source.refresh()
        if is_new:
            self.close()
        if self._simulator is None:
            if self._check:
                model = self._try_out(snapshot)
                self._model = model if self._source.hooks.save is not None else None
            blueprint = self._source.blueprint()
            if self.workers > 1:
                self._simulator = Workers(blueprint, self.workers, self.start_method)
            else:
                self._simulator = Local(blueprint)
        elif self._model is not None and self._advice is not None:
            if self._advice.is_followed_by(clock_of(self.env)):
                if warn_if_apart(self._model, self._advice, snapshot):
                    self._model = None  # once is enough
        return self._simulator, snapshot

    def _try_out(self, snapshot: Any) -> Model:
        """Makes sure that copies can be put back; that one can is also the clearest place for it to fail."""
        model = Local(self._source.blueprint()).model
        if self._has_been_checked:
            return model
        rng = np.random.default_rng(0)
        actions = held(self._rows, rng, 1, _CHECK_STEPS, 1)[0]
        drawn = model.check(snapshot, actions)
        if any(drawn):
            self._source.draws_globally = drawn
            model = Local(self._source.blueprint()).model
            model.check(snapshot, actions)
        self._has_been_checked = True
        return model


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
        if isinstance(env, OrderEnforcing) and not env.has_reset:
            raise GymPlannerError(NOT_RESET)
        if isinstance(env, TimeLimit):
            if env._elapsed_steps is None:
                raise GymPlannerError(NOT_RESET)
            own = env._max_episode_steps - env._elapsed_steps
            left = own if left is None else min(left, own)
        env = env.env
    return left
