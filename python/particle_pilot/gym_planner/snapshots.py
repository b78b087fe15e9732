"""The state of an environment, on its own.

A snapshot holds all attributes of the environment and of those wrappers that matter to planning, except

* references among them, which lead to the copy's own parts when a snapshot is restored;
* spaces, specs, functions, classes and modules, which do not change and reach a copy once (*constants*). Functions
  that have captured the environment act on the copy there; those that have captured something else that can change
  are part of the state;
* windows, surfaces and other means to render, which copies do without;
* random number generators, for which copies have others of their own (``randomness``).

It comes as a dictionary for each part of the environment where numbers, text and arrays are all there is, and as
bytes of pickle otherwise, which keep what refers to what at several times the cost.
"""

from __future__ import annotations

import functools
import io
import pickle
import types
from collections.abc import Iterable, Sequence
from typing import Any

import cloudpickle  # type: ignore[import-untyped]
import numpy as np
from gymnasium import Env, Space, Wrapper, wrappers
from gymnasium.envs.registration import EnvSpec
from gymnasium.utils import EzPickle

from .captures import (
    ATOMS,
    captured,
    fingerprint,
    is_importable,
    is_same,
    is_steady,
    mentioned,
    names_in,
    reaches,
    rebound_cells,
)
from .errors import UncopyableEnvError
from .randomness import GENERATORS, Numbering, Pool, Ref

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

CONSTANT = (Space, EnvSpec, type, types.ModuleType)
FUNCTIONS = (types.FunctionType, types.BuiltinFunctionType)
RENDERING = ("pygame", "glfw", "OpenGL", "gymnasium.envs.mujoco.mujoco_rendering")

#: What most attributes are made of: none of the special cases.
PLAIN = frozenset({float, int, str, bool, type(None), bytes, tuple, list, dict, set, np.ndarray, np.dtype})

#: What may pickle as something else than its attributes, or lack a generator.
WITH_STATE = (EzPickle, Env, Space)

#: What of a snapshot a copy must not share with it.
COPIED = frozenset({list, np.ndarray})

Layer = Env[Any, Any]
Plain = list[dict[str, Any]]

#: What to do about an environment that cannot be copied.
ADVICE = (
    "Give GymPlanner the functions save(env), which returns the state as something that can be pickled, "
    "and restore(env, state), which puts another instance of the environment into it."
)

#: The same for what `save` and `restore` are not responsible for.
WRAPPERS_ADVICE = (
    "Wrappers are copied attribute by attribute, also with save and restore, which are for the environment: plan for "
    "the environment without this wrapper, or give the attribute a class that can be pickled."
)


def chain_of(env: Layer) -> list[Layer]:
    """All wrappers, outermost first, and the environment itself."""
    chain = [env]
    while isinstance(chain[-1], Wrapper):
        chain.append(chain[-1].env)
    return chain


def layers_of(env: Layer) -> list[Layer]:
    """The wrappers that matter, outermost first, and the environment itself."""
    return [layer for layer in chain_of(env) if not isinstance(layer, TRANSPARENT)]


def is_rendering(kind: type) -> bool:
    """Whether objects of this class only serve to render."""
    return kind.__module__.startswith(RENDERING)


class Saver:
    """Takes snapshots of the environment that ``env`` is the outermost layer of.

    Args:
        env: The environment, or a copy.
        keeps_base: Whether the innermost layer is left to the user's ``save`` and ``restore``.
        restless: Functions that have turned out to change.
    """

    def __init__(self, env: Layer, keeps_base: bool = False, restless: Iterable[Any] = ()) -> None:
        self.env = env
        self.layers = layers_of(env)
        #: The layers whose attributes a snapshot holds.
        self.own = self.layers[:-1] if keeps_base else self.layers
        for layer in self.own:
            slots = [slot for kind in type(layer).__mro__ for slot in getattr(kind, "__slots__", ())]
            if any(slot not in ("__dict__", "__weakref__") for slot in slots):
                raise UncopyableEnvError(f"{type(layer).__name__} has __slots__. {ADVICE}")
        self.keeps_base = keeps_base
        self.restless = list(restless)
        #: Objects that snapshots refer to, by id: here the layers. What goes past a wrapper leads to the next inside.
        self.chain: dict[int, tuple[Any, ...]] = {}
        number = len(self.layers)
        for layer in reversed(chain_of(env)):
            number -= not isinstance(layer, TRANSPARENT)
            self.chain[id(layer)] = ("layer", number)
        # Holds on to the constants, so that no other object can take over their ids.
        self.candidates = self.candidates_now()
        self.adopt(self.constants_of(self.candidates))
        self.captured = self.captured_now()
        #: Generators that constants have.
        self.fixed: list[Any] = []
        #: Classes that cannot be found by name, which copies in this process share, and their numbers.
        self.shared: dict[type, int] = {}
        self.may_share = True
        #: Where functions come to the environment itself, by way of what copies share.
        self.stuck: dict[str, None] = {}
        #: Classes and functions that belong to the environment and its copies alike; whether they are found by name.
        self.code: dict[Any, bool] = {type(layer): is_importable(type(layer)) for layer in self.layers}

    def adopt(self, constants: Plain) -> None:
        """Makes these the attributes that do not change, for each layer."""
        self.constants = constants
        self.known = dict(self.chain)
        for i, found in enumerate(constants):
            self.known.update((id(value), ("constant", i, name)) for name, value in found.items())
        self.skip = [set(found) | {"render_mode"} for found in constants]
        for layer, skip in zip(self.own, self.skip, strict=True):
            if isinstance(layer, Wrapper):
                skip.add("env")

    def candidates_now(self) -> list[dict[str, Any]]:
        """For each layer, the attributes of kinds that do not change as a rule."""
        return [
            {
                name: value
                for name, value in vars(layer).items()
                if isinstance(value, CONSTANT + FUNCTIONS) and not is_rendering(type(value))
            }
            for layer in self.own
        ]

    def constants_of(self, candidates: Plain) -> Plain:
        """For each layer, the attributes that do not change."""
        functions = [one for found in candidates for one in found.values() if isinstance(one, FUNCTIONS)]
        restless = {id(function) for function in self.restless} | rebound_cells(functions)

        def constant(value: Any) -> bool:
            if not isinstance(value, FUNCTIONS):
                return True
            return id(value) not in restless and is_steady(value, self.chain, restless)

        return [{name: value for name, value in found.items() if constant(value)} for found in candidates]

    def captured_now(self) -> list[Any]:
        return fingerprint(value for constants in self.constants for value in constants.values())

    def knows(self) -> bool:
        """Whether the layers and constants are still the same."""
        layers = layers_of(self.env)
        return (
            len(layers) == len(self.layers)
            and all(a is b for a, b in zip(layers, self.layers, strict=True))
            and all(
                old.keys() == new.keys() and all(old[name] is new[name] for name in old)
                for old, new in zip(self.candidates, self.candidates_now(), strict=True)
            )
            and is_same(self.captured, self.captured_now())
        )

    def renewed(self) -> Saver:
        """Another one, for what is there now."""
        restless = self.restless
        if not is_same(self.captured, self.captured_now()):
            # What they have captured has changed, and may again; it is looked up for every state from now on.
            functions = [one for constants in self.constants for one in constants.values()]
            restless = restless + [one for one in functions if isinstance(one, types.FunctionType)]
        return Saver(self.env, self.keeps_base, restless)

    def dump_constants(self) -> bytes:
        """The constants, for copies to be made."""
        numbering = Numbering()
        try:
            data = self.dump(self.constants, numbering, by_name=False)
        except Exception as error:
            raise uncopyable(error) from error
        self.fixed = numbering.met
        return data

    def save(self) -> Plain | bytes:
        """A snapshot of the present state.

        Raises:
            UncopyableEnvError: an attribute cannot be copied; the message says which.
        """
        numbering = Numbering(self.fixed)
        state = self.state(numbering)
        plain = plain_copy(state, numbering)
        if plain is not None:
            return plain
        try:
            return self.dump(state, numbering)
        except Exception as error:
            raise UncopyableEnvError(self.blame(state, error)) from error

    def state(self, numbering: Numbering) -> Plain:
        """For each layer, the attributes that a snapshot holds."""
        state = [
            {name: value for name, value in vars(layer).items() if name not in skip}
            for layer, skip in zip(self.own, self.skip, strict=True)
        ]
        if not self.keeps_base and state[-1].get("_np_random") is None:
            state[-1]["_np_random"] = numbering.missing()
        return state

    def dump(self, what: Any, numbering: Numbering, by_name: bool = True) -> bytes:
        """Anything that is part of the environment, as bytes; constants by their names, or as what they are."""
        buffer = io.BytesIO()
        known = self.known if by_name else self.chain
        if self.keeps_base and self.own:
            # Wrappers may refer to parts of the environment, which its copy has too.
            for name, value in vars(self.layers[-1]).items():
                if type(value) not in ATOMS:
                    known = {**known, id(value): ("part", name)}
        _Pickler(buffer, known, numbering, self).dump(what)
        return buffer.getvalue()

    def blame(self, state: Plain, error: Exception) -> str:
        """Which attribute it was that could not be copied."""
        advice = WRAPPERS_ADVICE if self.keeps_base else ADVICE
        for layer, attributes in zip(self.own, state, strict=True):
            for name, value in attributes.items():
                try:
                    self.dump(value, Numbering(self.fixed))
                except Exception as reason:
                    kind = f"{type(value).__module__}.{type(value).__qualname__}"
                    where = f"{type(layer).__name__}.{name}, a {kind},"
                    return f"{where} cannot be copied: pickling it fails ({type(reason).__name__}: {reason}). {advice}"
        return f"the environment cannot be copied: pickling it fails ({type(error).__name__}: {error}). {advice}"


def uncopyable(error: Exception) -> UncopyableEnvError:
    """For what does not go from process to process."""
    return UncopyableEnvError(
        f"the environment, or a function given with it, cannot be pickled ({type(error).__name__}: {error})"
    )


def plain_copy(state: Plain, numbering: Numbering) -> Plain | None:
    """A copy of attributes, or ``None`` if they are more than numbers, text, arrays of numbers and lists of these.

    Nor does it copy what occurs twice or is a view of something else: the copies would be apart.
    """
    seen: set[int] = set()
    copies = []
    for attributes in state:
        copy = attributes.copy()
        for name, value in attributes.items():
            kind = type(value)
            if kind in ATOMS or kind is Ref:
                continue
            if kind is tuple and all(type(part) in ATOMS for part in value):
                continue
            if kind is np.random.Generator:
                copy[name] = numbering.ref(value)
                continue
            is_array = kind is np.ndarray and value.base is None and not value.dtype.hasobject
            is_list = kind is list and all(type(part) in ATOMS for part in value)
            if not (is_array or is_list) or id(value) in seen:
                return None
            seen.add(id(value))
            copy[name] = value.copy()
        copies.append(copy)
    return copies


@functools.lru_cache(maxsize=10_000)
def is_ordinary(kind: type) -> bool:
    """Whether objects of this class are not special to pickling."""
    return not (issubclass(kind, (*GENERATORS, Ref, type)) or is_rendering(kind))


class _Pickler(cloudpickle.Pickler):  # type: ignore[misc]
    """Writes references to known objects by name, others for generators, and nothing in the place of what renders."""

    def __init__(
        self, buffer: io.BytesIO, known: dict[int, tuple[Any, ...]], numbering: Numbering, saver: Saver
    ) -> None:
        super().__init__(buffer, protocol=pickle.HIGHEST_PROTOCOL)
        self.known = known
        self.numbering = numbering
        self.saver = saver
        self.carriers: dict[int, types.FunctionType] = {}

    def persistent_id(self, obj: Any) -> tuple[Any, ...] | None:
        kind = type(obj)
        if kind in PLAIN:
            return None
        known = self.known.get(id(obj))
        if known is not None or is_ordinary(kind):  # type: ignore[arg-type]
            return known
        if isinstance(obj, GENERATORS):
            return ("random", *self.numbering.ref(obj).parts())
        if kind is Ref:
            return ("random", *obj.parts())
        if isinstance(obj, type):
            return self.shared(obj)
        return ("nothing",)

    def shared(self, kind: type) -> tuple[Any, ...] | None:
        """Copies in this process share classes: made again, they would replace the methods of the original."""
        if self.is_by_name(kind):
            return None
        shared = self.saver.shared
        if kind in shared or self.saver.may_share:
            return ("shared", shared.setdefault(kind, len(shared)))
        return None

    def is_by_name(self, code: Any) -> bool:
        """Whether a class or function is written as its name: where it is found by that, and is not the better copied."""
        known = self.saver.code.get(code)
        if known is None:
            known = is_importable(code)
            if known and isinstance(code, types.FunctionType):
                known = not reaches(code, self.saver.chain)
            if known or isinstance(code, type):
                self.saver.code[code] = known
        return known

    def reducer_override(self, obj: Any) -> Any:
        if isinstance(obj, types.FunctionType):
            return NotImplemented if self.is_by_name(obj) else self.function(obj)
        if isinstance(obj, type) and self.is_by_name(obj):
            return NotImplemented
        if isinstance(obj, types.CellType):
            # Functions that share a variable go on sharing it.
            try:
                contents: tuple[Any, ...] = (obj.cell_contents,)
            except ValueError:
                contents = ()
            return types.CellType, (), contents, None, None, _fill
        if isinstance(obj, WITH_STATE) and has_usual_state(type(obj)):  # type: ignore[arg-type]
            # EzPickle would make another object; others would later draw from the machine's entropy.
            state = dict(vars(obj))
            is_own = "_np_random" in state or isinstance(obj, Env)
            if is_own and state.get("_np_random") is None and not isinstance(obj, Wrapper):
                state["_np_random"] = self.numbering.missing()
            if isinstance(obj, Env) and "render_mode" in state:
                state["render_mode"] = None
            return object.__new__, (type(obj),), state, None, None, _set_attributes
        return super().reducer_override(obj)

    def function(self, function: types.FunctionType) -> Any:
        """A function as code, globals, defaults and variables of its surroundings."""
        if function in self.carriers.values():
            return super().reducer_override(function)
        carrier = self.carriers.get(id(function))
        if carrier is None:
            carrier = self.carriers[id(function)] = without_surroundings(function)
            self.saver.stuck.update(self.by_modules(function))
        return _with_surroundings, (carrier, function.__closure__)


    def by_modules(self, function: types.FunctionType) -> dict[str, None]:
        """Where a function comes to the environment by way of a module, which copies share."""
        names = names_in(function.__code__)
        modules = [(name, one) for name, one in captured(function) if isinstance(one, types.ModuleType)]
        found = (pair for name, module in modules for pair in mentioned(name, module, names))
        return {f"{function.__qualname__}: {path}": None for path, one in found if id(one) in self.saver.chain}


def without_surroundings(function: types.FunctionType) -> types.FunctionType:
    """The same function, its surroundings empty, and with a name by which it is not found."""
    cells = tuple(types.CellType() for _ in function.__closure__ or ())
    arguments = (function.__globals__, function.__name__, function.__defaults__, cells)
    copy = types.FunctionType(function.__code__, *arguments)
    copy.__kwdefaults__ = function.__kwdefaults__
    copy.__module__ = function.__module__
    copy.__qualname__ = f"<copy>.{function.__qualname__}"
    vars(copy).update(vars(function))
    return copy


def _with_surroundings(carrier: types.FunctionType, cells: tuple[Any, ...] | None) -> types.FunctionType:
    arguments = (carrier.__globals__, carrier.__name__, carrier.__defaults__, cells)
    function = types.FunctionType(carrier.__code__, *arguments)
    function.__kwdefaults__ = carrier.__kwdefaults__
    function.__module__ = carrier.__module__
    function.__qualname__ = carrier.__qualname__.removeprefix("<copy>.")
    vars(function).update(vars(carrier))
    return function


def _fill(cell: types.CellType, contents: tuple[Any, ...]) -> None:
    if contents:
        cell.cell_contents = contents[0]


@functools.lru_cache(maxsize=10_000)
def has_usual_state(kind: type) -> bool:
    """Whether objects of this class are their attributes, as far as pickling is concerned, or would be but for EzPickle."""
    usual = (EzPickle.__getstate__, getattr(object, "__getstate__", None))
    return (
        getattr(kind, "__getstate__", None) in usual
        and all(getattr(kind, name) is getattr(object, name) for name in ("__reduce_ex__", "__reduce__"))
        and not any(vars(one).get("__slots__") for one in kind.__mro__)
    )


def _set_attributes(obj: Any, state: dict[str, Any]) -> None:
    vars(obj).update(state)


class Loader:
    """Reads snapshots for the copy made of ``layers``."""

    def __init__(self, layers: Sequence[Layer], shared: dict[type, int], pool: Pool) -> None:
        self.layers = layers
        self.shared = shared
        self.pool = pool
        self.constants: Plain = []

    def load(self, data: bytes) -> Any:
        return _Unpickler(data, self).load()

    def state(self, snapshot: Plain | bytes) -> Plain:
        """A snapshot's attributes for each layer, of which only that copy knows."""
        if isinstance(snapshot, bytes):
            state: Plain = self.load(snapshot)
            return state
        get = self.pool.get
        return [
            {
                name: value.copy() if type(value) in COPIED else get(value) if type(value) is Ref else value
                for name, value in attributes.items()
            }
            for attributes in snapshot
        ]


class _Unpickler(pickle.Unpickler):
    def __init__(self, data: bytes, loader: Loader) -> None:
        super().__init__(io.BytesIO(data))
        self.loader = loader

    def persistent_load(self, pid: Any) -> Any:
        match pid:
            case ("layer", index):
                return self.loader.layers[index]
            case ("constant", index, name):
                return self.loader.constants[index][name]
            case ("part", name):
                return vars(self.loader.layers[-1])[name]
            case ("random", *parts):
                return self.loader.pool.get(Ref.of(*parts))
            case ("shared", index):
                return list(self.loader.shared)[index]
            case ("nothing",):
                return None
        raise pickle.UnpicklingError(f"unknown reference {pid}")


