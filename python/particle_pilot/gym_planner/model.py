"""The environment as its own model: a copy that is put into a state and played ahead."""

from __future__ import annotations

import pickle
import traceback
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import cloudpickle  # type: ignore[import-untyped]
import gymnasium
import numpy as np
import numpy.typing as npt
from gymnasium import Env, Space, Wrapper
from gymnasium.envs.registration import EnvSpec

from .actions import ActionRows
from .captures import through_code, through_objects, walk
from .errors import EnvCopyError, UncopyableEnvError
from .futures import Ask, Futures, Stream
from .randomness import (
    GENERATORS,
    INSIDE,
    Ambient,
    Pool,
    digest,
    global_generators,
    material_of,
    restart,
)
from .snapshots import ADVICE, Layer, Loader, Saver

Value = Callable[[Any, Env[Any, Any]], float]
Save = Callable[[Env[Any, Any]], Any]
Restore = Callable[[Env[Any, Any], Any], None]


@dataclass
class Hooks:
    """The user's functions."""

    value: Value | None = None
    save: Save | None = None
    restore: Restore | None = None


@dataclass
class Blueprint:
    """What a copy is made from, in this process or another."""

    kinds: list[type]
    #: As bytes, because some are made anew for each copy.
    constants: bytes
    #: Classes that cannot be found by name, with the numbers that snapshots give them.
    shared: dict[type, int]
    #: Classes and functions that copies in this process share with the environment.
    code: list[Any]
    #: Whether the environment draws from the generators of the modules ``random`` and ``numpy.random``.
    draws_globally: tuple[bool, bool]
    #: With the user's ``save`` and ``restore``: what to make the environment from, or a copy of it.
    spec: EnvSpec | None
    whole: bytes | None
    rows: ActionRows
    discount: float
    hooks: Hooks
    #: Whether copies are made in the environment's own process.
    is_here: bool = True

    def build(self) -> Model:
        """A copy, not yet in any state."""
        layers: list[Layer] = []
        for kind in self.kinds:
            layers.append(object.__new__(kind))
        if self.spec is not None:
            layers[-1] = gymnasium.make(self.spec).unwrapped
        elif self.whole is not None:
            layers[-1] = pickle.loads(self.whole)
        for outer, inner in zip(layers, layers[1:], strict=False):
            vars(outer)["env"] = inner
        return Model(self, layers)


class Source:
    """The environment that is planned for: what copies need of it."""

    def __init__(self, env: Layer, rows: ActionRows, discount: float, hooks: Hooks) -> None:
        if (hooks.save is None) != (hooks.restore is None):
            raise TypeError("give both save and restore, or neither")
        self.env = env
        self.rows = rows
        self.discount = discount
        self.hooks = hooks
        self.saver = Saver(env, keeps_base=hooks.save is not None)
        self.constants: bytes | None = None
        self.draws_globally = (False, False)
        self.built = (0, self.draws_globally)
        self.warned: set[str] = set()

    def refresh(self) -> tuple[Any, bool]:
        """A snapshot of the present state, and whether copies need another blueprint to understand it."""
        is_new = not self.saver.knows()
        if is_new:
            self.saver, self.constants = self.saver.renewed(), None
        if self.constants is None:
            self.constants = self.saver.dump_constants()
        snapshot = snapshot_of(self.saver, self.hooks)
        return snapshot, is_new or self.built != (len(self.saver.shared), self.draws_globally)

    def blueprint(self) -> Blueprint:
        """What copies are made from."""
        saver = self.saver
        spec, whole = None, None
        if self.hooks.save is not None:
            spec = saver.layers[-1].spec
            if spec is not None and spec.entry_point is not None:
                kwargs = {name: value for name, value in spec.kwargs.items() if name != "render_mode"}
                spec = EnvSpec(spec.id, spec.entry_point, kwargs=kwargs, disable_env_checker=True,
                               order_enforce=False)
            else:
                spec, whole = None, self.copy_whole(saver.layers[-1])
        if self.constants is None:
            self.constants = saver.dump_constants()
        self.built = (len(saver.shared), self.draws_globally)
        self.warn_of_captured()
        kinds = [type(layer) for layer in saver.layers]
        return Blueprint(
            kinds, self.constants, saver.shared, list(saver.code), self.draws_globally, spec, whole,
            self.rows, self.discount, self.hooks,
        )

    def copy_whole(self, base: Layer) -> bytes:
        """A copy of an environment that was made without ``gymnasium.make``."""
        try:
            return bytes(cloudpickle.dumps(base))
        except Exception as error:
            raise UncopyableEnvError(
                f"{type(base).__name__} was not made by gymnasium.make, which could make more of it, and "
                f"cannot be pickled either ({type(error).__name__}: {error})"
            ) from error

    def warn_of_captured(self) -> None:
        """Names code that acts on the environment itself where it should act on the copy that is played."""
        def is_env(value: Any) -> bool:
            return id(value) in self.saver.chain

        hooks = [(name, one) for name, one in vars(self.hooks).items() if one is not None]
        found = {path: "use the argument env, which is the copy" for path, _ in walk(hooks, is_env, through_code)}
        code = [(one.__qualname__, one) for one in self.saver.code if isinstance(one, type)]
        found |= dict.fromkeys(self.saver.stuck, "let the function capture it, or a wrapper, itself")
        found |= {path: "use self.env or self.unwrapped" for path, _ in walk(code, is_env, through_code)}
        for path, advice in found.items():
            if path not in self.warned:
                self.warned.add(path)
                warnings.warn(
                    f"{path} is the environment that is planned for. Futures are played in copies of it, and this leads "
                    f"to the original all the same, which stays as it is meanwhile: {advice}",
                    stacklevel=6,
                )


def snapshot_of(saver: Saver, hooks: Hooks) -> Any:
    """What a snapshot holds: with the user's ``save`` its answer, and the state of the wrappers."""
    if hooks.save is None:
        return saver.save()
    return hooks.save(saver.env), saver.save()


class Model:
    """A copy of the environment."""

    def __init__(self, blueprint: Blueprint, layers: Sequence[Layer]) -> None:
        self.hooks = blueprint.hooks
        self.rows = blueprint.rows
        self.discount = blueprint.discount
        self.is_here = blueprint.is_here
        self.layers = list(layers)
        self.env = self.layers[0]
        self.base = self.layers[-1]
        self.is_ready = False
        self.pool = Pool()
        self.loader = Loader(self.layers, blueprint.shared, self.pool)
        self.saver: Saver | None = None
        #: Generators of an environment that is put back by the user's function, where they are.
        self.inside: list[Any] = []
        self.ambient = Ambient(self.find_ambient(blueprint))
        self.pool.begin()
        self.loader.constants = self.loader.load(blueprint.constants)
        self.pool.fix()
        #: What a restored layer has besides a snapshot's attributes.
        self.fixed = [dict(constants) for constants in self.loader.constants]
        for layer, fixed in zip(self.layers, self.fixed, strict=False):
            if isinstance(layer, Wrapper):
                fixed["env"] = layer.env
            elif "render_mode" not in fixed:
                fixed["render_mode"] = None

    def find_ambient(self, blueprint: Blueprint) -> list[Any]:
        """Generators that the copy shares with whoever has the same classes and functions."""
        layers = {id(layer) for layer in self.layers}

        def wanted(value: Any) -> bool:
            # Of an environment that hides there the user is told; its own generators are not these.
            return isinstance(value, GENERATORS) or isinstance(value, Env) or id(value) in layers

        roots = [(str(number), one) for number, one in enumerate(blueprint.code)]
        found = {id(one): one for _, one in walk(roots, wanted, through_code) if isinstance(one, GENERATORS)}
        uses = zip(global_generators(), blueprint.draws_globally, strict=True)
        found.update((id(one), one) for one, is_used in uses if is_used)
        return list(found.values())

    def restore(self, snapshot: Any) -> None:
        """Puts the copy into the state of the snapshot."""
        if self.hooks.restore is None:
            self.pool.begin()
            self.restore_own(snapshot)
            return
        state, own = snapshot
        if not self.is_ready:
            self.prepare()
            # The user's function may look at wrappers, too.
            self.restore_own(own)
        self.hooks.restore(self.env, state)
        self.pool.begin()
        self.restore_own(own)
        self.inside = [one for _, one in walk([("", vars(self.base))], is_generator, through_objects)]

    def restore_own(self, snapshot: Any) -> None:
        """Puts back what the user's functions do not."""
        state = self.loader.state(snapshot)
        for layer, fixed, attributes in zip(self.layers, self.fixed, state, strict=False):
            own = vars(layer)
            own.clear()
            own.update(fixed)
            own.update(attributes)

    def prepare(self) -> None:
        """Before the first state that the user's function restores."""
        self.base.reset(seed=0)
        # Nothing in it may later begin with the machine's entropy.
        if getattr(self.base, "_np_random", None) is None:
            self.base.np_random = np.random.default_rng(0)
        for space in vars(self.base).values():
            if isinstance(space, Space):
                space.seed(0)
        self.is_ready = True

    def save(self) -> Any:
        """A snapshot of the copy's state."""
        if self.saver is None:
            self.saver = Saver(self.env, self.hooks.save is not None)
            self.saver.adopt(self.loader.constants)
            self.saver.fixed = [self.pool.fixed[number] for number in sorted(self.pool.fixed)]
            self.saver.shared, self.saver.may_share = self.loader.shared, self.is_here
        return snapshot_of(self.saver, self.hooks)

    def reseed(self, stream: Stream, particle: int) -> None:
        """Gives the copy the random numbers of one particle, a function of its arguments alone."""
        self.pool.restart(stream, particle)
        for number, one in enumerate(self.inside):
            self.ambient.borrow(one)
            restart(one, material_of(stream, particle, INSIDE + number))
        self.ambient.restart(stream, particle)

    def generators(self) -> list[Any]:
        """All that the copy can draw from, as far as is known."""
        return [*self.pool.used.values(), *self.inside, *self.ambient.generators, *global_generators()]

    def play(self, ask: Ask) -> Futures:
        """Plays every future that was asked for.

        Raises:
            EnvCopyError: the environment or a hook raised an exception.
        """
        try:
            with self.ambient:
                return self._play(ask)
        except UncopyableEnvError:
            raise
        except Exception as error:
            text = traceback.format_exc()
            raise EnvCopyError(f"a copy of the environment failed: {error!r}\n\n{text}") from error

    def _play(self, ask: Ask) -> Futures:
        count, steps = ask.actions.shape[:2]
        futures = Futures.empty(count)
        observations: list[Any] = []
        for i in range(count):
            self.restore(ask.start if ask.starts is None else ask.starts[i])
            self.reseed(ask.stream, int(ask.particles[i]))
            weight, total, observation = 1.0, 0.0, None
            for step in range(steps):
                action = self.rows.decode(ask.actions[i, step])
                observation, reward, terminated, truncated, _ = self.env.step(action)
                total += weight * float(reward)
                weight *= self.discount
                if terminated or truncated:
                    futures.terminated[i] = terminated
                    futures.truncated[i] = truncated
                    break
            futures.steps[i] = step + 1
            futures.rewards[i] = total
            if self.hooks.value is not None and not futures.terminated[i]:
                value = float(self.hooks.value(observation, self.env.unwrapped))
                futures.values[i] = weight * value
            if ask.wants_states:
                futures.states.append(self.save())
            if ask.wants_observations:
                observations.append(flat(observation))
        if ask.wants_observations:
            futures.observations = np.array(observations)
        return futures

    def check(self, snapshot: Any, actions: npt.NDArray[Any]) -> tuple[bool, bool]:
        """Plays the same future twice; a copy that is not really put back shows by the difference.

        Returns:
            Whether it has drawn from the generators of ``random`` and ``numpy.random``. It is then to be played again
            by a copy that takes care of these.

        Raises:
            UncopyableEnvError: the two differ.
        """
        stream = Stream((0, 0), 0, 0)
        asked = Ask.whole(snapshot, actions[None], stream)
        asked.wants_observations = True
        with Ambient(global_generators()) as shared:
            before = digest(shared.generators)
            first = self.play(asked)
            after = digest(shared.generators)
        drawn = (before[0] != after[0], before[1] != after[1])
        if any(drawn):
            return drawn
        second = self.play(asked)
        same = (
            np.array_equal(first.rewards, second.rewards, equal_nan=True)
            and np.array_equal(first.steps, second.steps)
            and np.array_equal(first.observations, second.observations, equal_nan=True)
        )
        if not same:
            advice = ADVICE
            if self.hooks.save is not None:
                advice = "What save returns and restore puts back must be the whole of it, to the last bit."
            raise UncopyableEnvError(
                "put back into the same state, a copy of the environment took another course with the same "
                "actions: part of its state is not among its attributes, or it draws from random numbers "
                f"that are not its own. {advice} If it is meant to be so, give check=False."
            )
        return drawn


def is_generator(value: Any) -> bool:
    return isinstance(value, GENERATORS)


def flat(observation: Any) -> npt.NDArray[np.float64]:
    """All numbers of an observation, in a row."""
    if isinstance(observation, dict):
        return np.concatenate([flat(part) for part in observation.values()] or [np.empty(0)])
    if isinstance(observation, tuple | list):
        return np.concatenate([flat(part) for part in observation] or [np.empty(0)])
    try:
        return np.asarray(observation, np.float64).ravel()
    except (TypeError, ValueError):
        return np.empty(0)  # text and the like
