"""What functions and classes reach besides their arguments: by closures, defaults, globals and attributes of modules.

Pickling sees the attributes of objects only. A function that has captured the environment would act on the original
and not on a copy, and one that has captured a generator would foresee its numbers.
"""

from __future__ import annotations

import collections
import dis
import functools
import gc
import random
import sys
import types
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Any

import numpy as np
from gymnasium import Env, Space
from gymnasium.envs.registration import EnvSpec


#: What can be shared between an environment and its copies, because it cannot be changed.
ATOMS = frozenset({float, int, complex, str, bool, type(None), bytes}) | (
    frozenset(np.sctypeDict.values()) - {np.void, np.object_}
)

#: Generators that a copy keeps throughout; only their numbers begin anew.
STEADY_GENERATORS = (np.random.Generator, np.random.RandomState, np.random.BitGenerator, random.Random)

#: Packages in which nobody's environment is.
LIBRARIES = frozenset(sys.stdlib_module_names) - {"__main__"} | {
    "Box2D", "OpenGL", "ale_py", "cloudpickle", "cv2", "glfw", "gymnasium", "jax", "matplotlib", "mujoco", "numpy",
    "pandas", "particle_pilot", "pygame", "scipy", "torch",
}

#: How many objects are looked at, at most, for what hides behind code.
MOST = 50_000


def is_importable(thing: Any) -> bool:
    """Whether a function or class is found by its name, in this process and in others."""
    module = sys.modules.get(thing.__module__) if isinstance(thing.__module__, str) else None
    if module is None or thing.__module__ == "__main__":
        return False
    found: Any = module
    for name in thing.__qualname__.split("."):
        found = getattr(found, name, None)
    return found is thing


def is_library(thing: Any) -> bool:
    """Whether a function, class or module comes with a library, or an object is of such a class."""
    if isinstance(thing, types.ModuleType):
        return thing.__name__.split(".")[0] in LIBRARIES
    return str(getattr(thing, "__module__", "")).split(".")[0] in LIBRARIES


@functools.lru_cache(maxsize=10_000)
def names_in(code: types.CodeType) -> tuple[str, ...]:
    """Names of globals and attributes that code mentions, that of functions within it included."""
    inner = (names_in(const) for const in code.co_consts if isinstance(const, types.CodeType))
    return tuple(dict.fromkeys([*code.co_names, *(name for names in inner for name in names)]))


@functools.lru_cache(maxsize=10_000)
def stored(code: types.CodeType) -> frozenset[tuple[str, str]]:
    """Operation and name of all variables that code binds, that of functions within it included."""
    found = {(step.opname, str(step.argval)) for step in dis.get_instructions(code)}
    for const in code.co_consts:
        if isinstance(const, types.CodeType):
            found |= stored(const)
    return frozenset(pair for pair in found if pair[0].startswith(("STORE_", "DELETE_")))


def stored_globals(code: types.CodeType) -> set[str]:
    """Globals that code gives other values."""
    return {name for operation, name in stored(code) if operation.endswith("_GLOBAL")}


def rebinds(code: types.CodeType) -> bool:
    """Whether code gives variables of others another value: ``nonlocal`` and ``global``."""
    cells = {name for operation, name in stored(code) if operation.endswith("_DEREF")}
    return bool(stored_globals(code) or cells & set(code.co_freevars))


def surroundings(function: types.FunctionType) -> Iterator[tuple[str, Any]]:
    """What a function has of its own: variables of its surroundings, defaults and attributes, by name."""
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=False):
        try:
            yield name, cell.cell_contents
        except ValueError:
            pass  # not bound yet
    yield from ((f"{function.__name__}'s default", value) for value in function.__defaults__ or ())
    yield from (function.__kwdefaults__ or {}).items()
    yield from vars(function).items()


def captured(function: types.FunctionType) -> Iterator[tuple[str, Any]]:
    """The same, the globals that it mentions, and what it mentions of these objects and modules."""
    names = names_in(function.__code__)
    globals_ = ((name, function.__globals__[name]) for name in names if name in function.__globals__)
    for name, value in (*surroundings(function), *globals_):
        yield name, value
        yield from mentioned(name, value, names)


def mentioned(path: str, value: Any, names: Collection[str], depth: int = 3) -> Iterator[tuple[str, Any]]:
    """Attributes of something whose names occur, and attributes of these."""
    if type(value) in ATOMS or isinstance(value, types.FunctionType | type | Env) or is_library(value):
        return
    for step, part in attributes(value):
        if step[1:] in names:
            yield path + step, part
            if depth:
                yield from mentioned(path + step, part, names, depth - 1)


def rebound_cells(functions: Iterable[Any]) -> set[int]:
    """Ids of variables of these functions' surroundings that any function gives other values."""
    cells = [cell for one in functions for cell in getattr(one, "__closure__", None) or ()]
    if not cells:
        return set()
    found: set[int] = set()
    closures = [one for one in gc.get_referrers(*cells) if type(one) is tuple]
    for function in gc.get_referrers(*closures):
        if isinstance(function, types.FunctionType) and rebinds(function.__code__):
            found.update(id(cell) for cell in function.__closure__ or ())
    return found


def rebound_globals(function: types.FunctionType) -> set[str]:
    """Names of globals that it uses and that functions beside it give other values."""
    beside = [member_of(one) for one in list(function.__globals__.values())]
    for kind in [one for one in beside if isinstance(one, type) and one.__module__ == function.__module__]:
        beside += [member_of(one) for one in vars(kind).values()]
    code = [one.__code__ for one in beside if isinstance(one, types.FunctionType)]
    return {name for one in code for name in stored_globals(one)} & set(names_in(function.__code__))


def is_steady(
    value: Any, known: Collection[int], restless: Collection[int] = (), seen: set[int] | None = None
) -> bool:
    """Whether something stays as it is while an environment is played.

    Ids that are ``known`` do; functions with a variable whose id is ``restless`` do not.
    """
    if type(value) in ATOMS or id(value) in known or isinstance(value, STEADY_GENERATORS):
        return True
    seen = set() if seen is None else seen
    if isinstance(value, types.FunctionType):
        if id(value) in seen:
            return True
        seen.add(id(value))
        if is_importable(value) and not reaches(value, known):
            return True
        if any(id(cell) in restless for cell in value.__closure__ or ()):
            return False
        if rebinds(value.__code__) or rebound_globals(value):
            return False
        return all(is_steady(one, known, restless, seen) for _, one in captured(value))
    if isinstance(value, types.BuiltinFunctionType):
        owner = value.__self__
        return owner is None or isinstance(owner, (types.ModuleType, type, *STEADY_GENERATORS))
    if isinstance(value, tuple | frozenset):
        return all(is_steady(one, known, restless, seen) for one in value)
    return isinstance(value, types.ModuleType | type | Space | EnvSpec | np.dtype)


def fingerprint(functions: Iterable[Any]) -> list[Any]:
    """What steady functions have captured, to be compared later."""
    found: list[Any] = []
    seen: set[int] = set()
    todo = list(functions)
    while todo:
        one = todo.pop()
        if isinstance(one, types.FunctionType) and id(one) not in seen and not is_importable(one):
            seen.add(id(one))
            values = [value for _, value in captured(one)]
            found += values
            todo += values
    return found


def is_same(before: list[Any], now: list[Any]) -> bool:
    """Whether two fingerprints are of the same."""
    return len(before) == len(now) and all(
        a is b or (type(a) is type(b) and type(a) in ATOMS and bool(a == b or a != a))
        for a, b in zip(before, now, strict=True)
    )


def reaches(thing: Any, known: Collection[int]) -> bool:
    """Whether code comes to an object whose id is ``known``."""
    return any(True for _ in walk([("", thing)], lambda value: id(value) in known, through_code))


def walk(
    roots: Iterable[tuple[str, Any]],
    wanted: Callable[[Any], bool],
    through: Callable[[Any], Iterator[tuple[str, Any]]],
) -> Iterator[tuple[str, Any]]:
    """Goes on from the roots to all their parts, and yields what is wanted, with a name for where it was.

    It does not look into what it yields.
    """
    seen: dict[int, Any] = {}  # keeps what was made on the way
    todo = collections.deque(roots)
    while todo and len(seen) < MOST:
        path, value = todo.popleft()
        if type(value) in ATOMS or id(value) in seen:
            continue
        seen[id(value)] = value
        if wanted(value):
            yield path, value
        else:
            todo.extend((f"{path}{step}", part) for step, part in through(value))


def through_code(value: Any) -> Iterator[tuple[str, Any]]:
    """What code leads to: functions what they have captured, classes their members. Not into libraries."""
    if isinstance(value, types.FunctionType):
        if not is_library(value):
            yield from ((f": {name}", one) for name, one in captured(value))
    elif isinstance(value, type):
        for kind in value.__mro__:
            if not is_library(kind):
                yield from ((f".{name}", member_of(one)) for name, one in list(vars(kind).items()))
    elif isinstance(value, types.MethodType):
        yield "", value.__func__
        yield ".__self__", value.__self__
        if isinstance(value.__func__, types.FunctionType):
            yield from mentioned(".__self__", value.__self__, names_in(value.__func__.__code__))
    elif isinstance(call := getattr(type(value), "__call__", None), types.FunctionType):
        yield "", types.MethodType(call, value)
    else:
        yield from contents(value)


def through_objects(value: Any) -> Iterator[tuple[str, Any]]:
    """What an object consists of; of functions what is theirs alone, and generators that they mention."""
    if isinstance(value, types.FunctionType):
        if not is_library(value):
            yield from ((f": {name}", one) for name, one in surroundings(value))
            yield from ((f": {name}", one) for name, one in captured(value) if isinstance(one, STEADY_GENERATORS))
    elif isinstance(value, types.MethodType):
        yield "", value.__func__
        yield "", value.__self__
    elif not isinstance(value, type | types.ModuleType | np.dtype):
        yield from contents(value)
        yield from attributes(value)


def contents(value: Any) -> Iterator[tuple[str, Any]]:
    """What containers and the like hold."""
    if isinstance(value, dict):
        yield from ((f"[{key!r}]", one) for key, one in list(value.items()))
    elif isinstance(value, list | tuple | set | frozenset | collections.deque):
        yield from (("[...]", one) for one in list(value))
    elif isinstance(value, np.ndarray):
        if value.dtype == object:
            yield from (("[...]", one) for one in value.flat)
    elif isinstance(value, functools.partial):
        yield from (("", one) for one in (value.func, *value.args, *value.keywords.values()))
    elif isinstance(value, types.BuiltinFunctionType):
        yield "", value.__self__


def member_of(one: Any) -> Any:
    """The function within what a class has."""
    if isinstance(one, staticmethod | classmethod):
        return one.__func__
    if isinstance(one, property):
        return tuple(part for part in (one.fget, one.fset) if part is not None)
    return one


def attributes(value: Any) -> Iterator[tuple[str, Any]]:
    """An object's own attributes, without asking properties."""
    try:
        own = object.__getattribute__(value, "__dict__")
    except AttributeError:
        own = None
    if isinstance(own, dict):
        yield from ((f".{name}", one) for name, one in list(own.items()))
    for kind in type(value).__mro__:
        slots = vars(kind).get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            try:
                yield f".{name}", object.__getattribute__(value, name)
            except AttributeError:
                pass
