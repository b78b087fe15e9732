"""The state of an environment, on its own.

A snapshot holds all attributes of the environment and of those wrappers that matter to planning, except

* references among them, which lead to the copy's own parts when a snapshot is restored;
* spaces, specs, functions, classes and modules, which do not change and reach a copy once (*constants*);
* windows, surfaces and other means to render, which copies do without;
* random number generators, because a copy that had the true ones would foresee the noise to come.

It comes as a dictionary for each part of the environment where numbers, text and arrays are all there is, and as
bytes of pickle otherwise, which keep what refers to what at several times the cost.
"""

from __future__ import annotations

import io
import pickle
import types
from collections.abc import Sequence
from typing import Any

import cloudpickle  # type: ignore[import-untyped]
import numpy as np
from gymnasium import Env, Space, Wrapper, wrappers
from gymnasium.envs.registration import EnvSpec

from .errors import UncopyableEnvError

#: Wrappers that planning goes past: they check, record and display, or end episodes by time, which the
#: planner itself heeds.
TRANSPARENT = (
    wrappers.Autoreset,
    wrappers.HumanRendering,
    wrappers.OrderEnforcing,
    wrappers.PassiveEnvChecker,
    wrappers.RecordEpisodeStatistics,
    wrappers.RecordVideo,
    wrappers.RenderCollection,
    wrappers.TimeLimit,
)

CONSTANT = (Space, EnvSpec, types.FunctionType, types.BuiltinFunctionType, type, types.ModuleType)
GENERATORS = (np.random.Generator, np.random.RandomState)
RENDERING = ("pygame", "glfw", "OpenGL", "gymnasium.envs.mujoco.mujoco_rendering")

#: What most attributes are made of: none of the special cases.
PLAIN = frozenset({float, int, str, bool, type(None), bytes, tuple, list, dict, set, np.ndarray, np.dtype})

#: What can be shared between an environment and its copies, because it cannot be changed.
ATOMS = frozenset({float, int, complex, str, bool, type(None), bytes}) | (
    frozenset(np.sctypeDict.values()) - {np.void, np.object_}
)

Layer = Env[Any, Any]
Plain = list[dict[str, Any]]


def layers_of(env: Layer) -> list[Layer]:
    """The wrappers that matter, outermost first, and the environment itself."""
    layers = []
    layer = env
    while isinstance(layer, Wrapper):
        if not isinstance(layer, TRANSPARENT):
            layers.append(layer)
        layer = layer.env
    return [*layers, layer]


def constants_of(layers: Sequence[Layer]) -> list[dict[str, Any]]:
    """For each layer, the attributes that do not change."""

    def constant(name: str, value: Any) -> bool:
        return isinstance(value, CONSTANT) and not is_rendering(type(value))

    return [
        {name: value for name, value in vars(layer).items() if constant(name, value)}
        for layer in layers
    ]


def is_rendering(kind: type) -> bool:
    """Whether objects of this class only serve to render."""
    return kind.__module__.startswith(RENDERING)


class Saver:
    """Takes snapshots of the environment made of these layers."""

    def __init__(self, layers: Sequence[Layer]) -> None:
        self.layers = list(layers)
        for layer in self.layers:
            slots = [slot for kind in type(layer).__mro__ for slot in getattr(kind, "__slots__", ())]
            if any(slot not in ("__dict__", "__weakref__") for slot in slots):
                raise UncopyableEnvError(f"{type(layer).__name__} has __slots__. {ADVICE}")
        # Holds on to the constants, so that no other object can take over their ids.
        self.constants = constants_of(self.layers)
        self.known: dict[int, tuple[Any, ...]] = {}
        for i, constants in enumerate(self.constants):
            self.known.update((id(value), ("constant", i, name)) for name, value in constants.items())
        for i, layer in enumerate(self.layers):
            self.known[id(layer)] = ("layer", i)
        self.skip = [set(constants) | {"render_mode"} for constants in self.constants]
        for layer, skip in zip(self.layers, self.skip, strict=True):
            if isinstance(layer, Wrapper):
                skip.add("env")

    def knows(self, layers: Sequence[Layer]) -> bool:
        """Whether these are still the layers, with the same constants."""
        if len(layers) != len(self.layers):
            return False
        same = all(a is b for a, b in zip(layers, self.layers, strict=True))
        return same and all(
            old.keys() == new.keys() and all(old[name] is new[name] for name in old)
            for old, new in zip(self.constants, constants_of(layers), strict=True)
        )

    def state(self) -> list[dict[str, Any]]:
        """For each layer, the attributes that a snapshot holds."""
        return [
            {
                name: value
                for name, value in vars(layer).items()
                if name not in skip and not isinstance(value, GENERATORS)
            }
            for layer, skip in zip(self.layers, self.skip, strict=True)
        ]

    def save(self) -> Plain | bytes:
        """A snapshot of the present state.

        Raises:
            UncopyableEnvError: an attribute cannot be copied; the message says which.
        """
        state = self.state()
        plain = plain_copy(state)
        if plain is not None:
            return plain
        try:
            return self.dump(state)
        except Exception as error:
            raise UncopyableEnvError(self.blame(state, error)) from error

    def dump(self, what: Any) -> bytes:
        """Anything that is part of the environment, as bytes."""
        buffer = io.BytesIO()
        _Pickler(buffer, self.known).dump(what)
        return buffer.getvalue()

    def blame(self, state: list[dict[str, Any]], error: Exception) -> str:
        """Which attribute it was that could not be copied."""
        for layer, attributes in zip(self.layers, state, strict=True):
            for name, value in attributes.items():
                try:
                    self.dump(value)
                except Exception as reason:
                    kind = f"{type(value).__module__}.{type(value).__qualname__}"
                    return f"{type(layer).__name__}.{name}, a {kind}, cannot be copied: {reason}. {ADVICE}"
        return f"the environment cannot be copied: {error}. {ADVICE}"


def plain_copy(state: Plain) -> Plain | None:
    """A copy of attributes, or ``None`` if they are more than numbers, text, arrays of numbers and lists of these.

    Nor does it copy what occurs twice or is a view of something else: the copies would be apart.
    """
    seen: set[int] = set()
    copies = []
    for attributes in state:
        copy = attributes.copy()
        for name, value in attributes.items():
            kind = type(value)
            if kind in ATOMS:
                continue
            if kind is tuple and all(type(part) in ATOMS for part in value):
                continue
            is_array = kind is np.ndarray and value.base is None and not value.dtype.hasobject
            is_list = kind is list and all(type(part) in ATOMS for part in value)
            if not (is_array or is_list) or id(value) in seen:
                return None
            seen.add(id(value))
            copy[name] = value.copy()
        copies.append(copy)
    return copies


#: What to do about an environment that cannot be copied.
ADVICE = (
    "Give GymPlanner the functions save(env), which returns the state as something that can be pickled, "
    "and restore(env, state), which puts another instance of the environment into it."
)


class _Pickler(cloudpickle.Pickler):  # type: ignore[misc]
    """Writes references to known objects by name, and nothing in the place of what renders."""

    def __init__(self, buffer: io.BytesIO, known: dict[int, tuple[Any, ...]]) -> None:
        super().__init__(buffer, protocol=pickle.HIGHEST_PROTOCOL)
        self.known = known

    def persistent_id(self, obj: Any) -> tuple[Any, ...] | None:
        kind = type(obj)
        if kind in PLAIN:
            return None
        known = self.known.get(id(obj))
        if known is None and is_rendering(kind):
            return ("nothing",)
        return known


def attributes_of(
    snapshot: Plain | bytes, layers: Sequence[Layer], constants: Sequence[dict[str, Any]]
) -> Plain:
    """A snapshot's attributes for each of the copy's ``layers``, of which only that copy knows."""
    if isinstance(snapshot, bytes):
        state: Plain = _Unpickler(snapshot, layers, constants).load()
        return state
    return [
        {
            name: value.copy() if type(value) in (np.ndarray, list) else value
            for name, value in attributes.items()
        }
        for attributes in snapshot
    ]


class _Unpickler(pickle.Unpickler):
    """Reads a snapshot for the copy made of ``layers`` with ``constants``."""

    def __init__(
        self, snapshot: bytes, layers: Sequence[Layer], constants: Sequence[dict[str, Any]]
    ) -> None:
        super().__init__(io.BytesIO(snapshot))
        self.layers = layers
        self.constants = constants

    def persistent_load(self, pid: Any) -> Any:
        match pid:
            case ("layer", index):
                return self.layers[index]
            case ("constant", index, name):
                return self.constants[index][name]
            case ("nothing",):
                return None
        raise pickle.UnpicklingError(f"unknown reference {pid}")
