"""The environment as its own model: a copy that is put into a state and played ahead."""

from __future__ import annotations

import pickle
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import cloudpickle  # type: ignore[import-untyped]
import gymnasium
import numpy as np
import numpy.typing as npt
from gymnasium import Env, Wrapper
from gymnasium.envs.registration import EnvSpec

from .actions import ActionRows
from .errors import EnvCopyError, UncopyableEnvError
from .futures import Ask, Futures, Stream
from .snapshots import ADVICE, GENERATORS, Layer, Saver, attributes_of, layers_of

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
    constants: list[dict[str, Any]]
    generators: list[list[str]]
    #: With the user's ``save`` and ``restore``: what to make the environment from, or a copy of it.
    spec: EnvSpec | None
    whole: bytes | None
    rows: ActionRows
    discount: float
    hooks: Hooks

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
        self.saver = Saver(layers_of(env))

    def has_changed(self) -> bool:
        """Whether copies need another blueprint, because wrappers or constants are not what they were."""
        layers = layers_of(self.env)
        if self.saver.knows(layers):
            return False
        self.saver = Saver(layers)
        return True

    def blueprint(self) -> Blueprint:
        """What copies are made from."""
        layers = self.saver.layers
        spec, whole = None, None
        if self.hooks.save is not None:
            spec = layers[-1].spec
            if spec is not None and spec.entry_point is not None:
                kwargs = {name: value for name, value in spec.kwargs.items() if name != "render_mode"}
                spec = EnvSpec(spec.id, spec.entry_point, kwargs=kwargs, disable_env_checker=True,
                               order_enforce=False)
            else:
                spec, whole = None, self.copy_whole(layers[-1])
        generators = [
            [name for name, value in vars(layer).items() if isinstance(value, GENERATORS)]
            for layer in layers
        ]
        # Environments make theirs when first asked; a copy must never fall back on the machine's entropy.
        if "_np_random" not in generators[-1]:
            generators[-1].append("_np_random")
        kinds = [type(layer) for layer in layers]
        return Blueprint(
            kinds, self.saver.constants, generators, spec, whole, self.rows, self.discount, self.hooks
        )

    def copy_whole(self, base: Layer) -> bytes:
        """A copy of an environment that was made without ``gymnasium.make``."""
        try:
            return bytes(cloudpickle.dumps(base))
        except Exception as error:
            raise UncopyableEnvError(
                f"{type(base).__name__} was not made by gymnasium.make, which could make more of it, and "
                f"cannot be pickled either: {error}"
            ) from error

    def save(self) -> Any:
        """A snapshot of the present state."""
        if self.hooks.save is not None:
            return self.hooks.save(self.env)
        return self.saver.save()


class Model:
    """A copy of the environment."""

    def __init__(self, blueprint: Blueprint, layers: Sequence[Layer]) -> None:
        self.hooks = blueprint.hooks
        self.rows = blueprint.rows
        self.discount = blueprint.discount
        self.generators = blueprint.generators
        self.layers = list(layers)
        self.env = self.layers[0]
        self.base = self.layers[-1]
        self.constants = blueprint.constants
        self.is_ready = False
        self.saver: Saver | None = None
        self.bits = np.random.Philox(key=[0, 0])
        #: With nothing left over from another particle.
        self.bits_state = self.bits.state
        self.generator = np.random.Generator(self.bits)
        #: What a restored layer has besides a snapshot's attributes.
        self.fixed = [dict(constants) for constants in self.constants]
        for layer, fixed in zip(self.layers, self.fixed, strict=True):
            if isinstance(layer, Wrapper):
                fixed["env"] = layer.env
            elif "render_mode" not in fixed:
                fixed["render_mode"] = None

    def restore(self, snapshot: Any) -> None:
        """Puts the copy into the state of the snapshot."""
        if self.hooks.restore is not None:
            if not self.is_ready:
                for layer, fixed in zip(self.layers[:-1], self.fixed, strict=False):
                    vars(layer).update(fixed)
                self.base.reset(seed=0)
                self.is_ready = True
            self.hooks.restore(self.env, snapshot)
            return
        state = attributes_of(snapshot, self.layers, self.constants)
        for layer, fixed, attributes in zip(self.layers, self.fixed, state, strict=True):
            own = vars(layer)
            own.clear()
            own.update(fixed)
            own.update(attributes)

    def save(self) -> Any:
        """A snapshot of the copy's state."""
        if self.hooks.save is not None:
            return self.hooks.save(self.env)
        if self.saver is None:
            self.saver = Saver(self.layers)
        return self.saver.save()

    def reseed(self, stream: Stream, particle: int) -> None:
        """Gives the copy the random numbers of one particle, a function of its arguments alone."""
        state = self.bits_state["state"]
        state["key"][:] = stream.key
        state["counter"][:] = (0, stream.step, particle, stream.iteration)
        self.bits.state = self.bits_state
        for layer, names in zip(self.layers, self.generators, strict=True):
            for name in names:
                vars(layer)[name] = self.generator

    def play(self, ask: Ask) -> Futures:
        """Plays every future that was asked for.

        Raises:
            EnvCopyError: the environment or a hook raised an exception.
        """
        try:
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

    def check(self, snapshot: Any, actions: npt.NDArray[Any]) -> None:
        """Plays the same future twice; a copy that is not really put back shows by the difference.

        Raises:
            UncopyableEnvError: the two differ.
        """
        stream = Stream((0, 0), 0, 0)
        ends = []
        for _ in range(2):
            asked = Ask.whole(snapshot, actions[None], stream)
            asked.wants_observations = True
            ends.append(self.play(asked))
        first, second = ends
        same = (
            np.array_equal(first.rewards, second.rewards, equal_nan=True)
            and np.array_equal(first.steps, second.steps)
            and np.array_equal(first.observations, second.observations, equal_nan=True)
        )
        if not same:
            raise UncopyableEnvError(
                "put back into the same state, a copy of the environment took another course with the same "
                "actions: part of its state is not among its attributes, or it draws from random numbers "
                f"that are not its own. {ADVICE} If it is meant to be so, give check=False."
            )


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
