"""Random numbers of copies.

A copy that had the environment's generators would foresee the noise to come. Wherever the environment has one, a copy
therefore has a stand-in of the same kind, whose numbers are a function of the planner's seed, the decision, the
particle and the step. What the environment shares between its parts stays shared.
"""

from __future__ import annotations

import hashlib
import pickle
import random
import struct
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from .futures import Stream

#: What random numbers come from, and what is begun from anew for each particle.
GENERATORS = (
    np.random.Generator,
    np.random.RandomState,
    np.random.BitGenerator,
    np.random.SeedSequence,
    random.Random,
)

#: Numbers of generators that were not met in a snapshot, but in what the copy shares with the environment, or in a
#: copy that ``restore`` puts back.
AMBIENT, INSIDE = 2**32, 2**33


#: In the place of generators that are not there yet, and of their bits.
MISSING = object(), object()


class Ref(NamedTuple):
    """A generator of the environment, as a snapshot mentions it."""

    #: In the order in which a snapshot meets them.
    number: int
    kind: type
    #: What a ``Generator`` or a ``RandomState`` draws from.
    bits: Ref | None = None

    def parts(self) -> tuple[Any, ...]:
        """What it is made from, for a pickle that would otherwise look for references within it."""
        return self.number, self.kind, None if self.bits is None else self.bits.parts()

    @classmethod
    def of(cls, number: int, kind: type, bits: tuple[Any, ...] | None) -> Ref:
        return cls(number, kind, None if bits is None else cls.of(*bits))


class Numbering:
    """Numbers generators as they are met, after ``fixed`` ones."""

    def __init__(self, fixed: Sequence[Any] = ()) -> None:
        # Holds on to them, so that no other object can take over their ids.
        self.met = list(fixed)
        self.numbers = {id(one): number for number, one in enumerate(self.met)}

    def ref(self, generator: Any) -> Ref:
        """What stands for this generator."""
        bits = None
        if isinstance(generator, np.random.Generator):
            bits = self.ref(generator.bit_generator)
        elif isinstance(generator, np.random.RandomState):
            bits = self.ref(generator._bit_generator)
        return Ref(self._number(generator), kind_of(generator), bits)

    def missing(self) -> Ref:
        """What stands for generators that their owners would make when first asked, out of the machine's entropy.

        One serves all of these: nobody can tell whose number comes next.
        """
        bits = Ref(self._number(MISSING[0]), np.random.PCG64)
        return Ref(self._number(MISSING[1]), np.random.Generator, bits)

    def _number(self, one: Any) -> int:
        number = self.numbers.setdefault(id(one), len(self.met))
        if number == len(self.met):
            self.met.append(one)
        return number


def kind_of(generator: Any) -> type:
    """The class of its stand-in."""
    if isinstance(generator, np.random.SeedSequence):
        return Seeds
    if isinstance(generator, random.SystemRandom):
        return random.Random  # the system's own numbers cannot be had again
    return type(generator)


class Seeds(np.random.SeedSequence):
    """A ``SeedSequence`` that can begin again."""

    words: Any = 0
    spawned = 0

    def restart(self, words: Any) -> None:
        self.words, self.spawned = words, 0

    def generate_state(self, n_words: int, dtype: Any = np.uint32) -> Any:
        return np.random.SeedSequence(self.words).generate_state(n_words, dtype)

    def spawn(self, n_children: int) -> list[Any]:
        first, self.spawned = self.spawned, self.spawned + n_children
        numbers = range(first, self.spawned)
        return [np.random.SeedSequence(self.words, spawn_key=(number,)) for number in numbers]


class Pool:
    """The stand-ins of one copy."""

    def __init__(self) -> None:
        self.made: dict[Ref, Any] = {}
        self.seeds: dict[int, Seeds] = {}
        #: Those that the copy has in its present state, by number; first those that constants have.
        self.used: dict[int, Any] = {}
        self.fixed: dict[int, Any] = {}

    def fix(self) -> None:
        """Keeps those that are used now for ever."""
        self.fixed = dict(self.used)

    def begin(self) -> None:
        """Before another state."""
        self.used = dict(self.fixed)

    def get(self, ref: Ref) -> Any:
        """The stand-in."""
        one = self.made.get(ref)
        if ref.bits is not None:
            # What it draws from comes first, so that it is begun again before.
            bits = self.get(ref.bits)
            if one is None:
                one = self.made[ref] = ref.kind(bits)
        elif one is None:
            one = self.made[ref] = self._make(ref)
        self.used[ref.number] = one
        return one

    def _make(self, ref: Ref) -> Any:
        if issubclass(ref.kind, np.random.BitGenerator):
            seeds = Seeds(0)
            one = ref.kind(seeds)
            self.seeds[id(one)] = seeds
            return one
        return Seeds(0) if ref.kind is Seeds else ref.kind.__new__(ref.kind)

    def restart(self, stream: Stream, particle: int) -> None:
        """Gives the stand-ins the random numbers of one particle, a function of the arguments alone."""
        for number, one in self.used.items():
            if isinstance(one, np.random.Generator):
                continue  # has nothing of its own
            material = material_of(stream, particle, number)
            restart(one, material)
            if id(one) in self.seeds:
                self.seeds[id(one)].restart(words_of(material))


def material_of(stream: Stream, particle: int, number: int) -> bytes:
    """512 bits for the generator of this number."""
    parts = (*stream.key, stream.iteration, stream.step, particle, number)
    return hashlib.blake2b(struct.pack("<6Q", *parts)).digest()


def words_of(material: bytes) -> Any:
    return np.frombuffer(material, "<u4").astype(np.uint32)


def restart(one: Any, material: bytes) -> None:
    """Lets a generator begin from ``material``, in place."""
    if isinstance(one, np.random.Generator):
        restart(one.bit_generator, material)
    elif isinstance(one, np.random.PCG64):
        state, increment = int.from_bytes(material[:16], "little"), int.from_bytes(material[16:32], "little")
        one.state = {
            "bit_generator": "PCG64",
            "state": {"state": state, "inc": increment | 1},
            "has_uint32": 0,
            "uinteger": 0,
        }
    elif isinstance(one, np.random.MT19937):
        np.random.RandomState(one).seed(words_of(material))  # a tenth of the time that its `state` takes
    elif isinstance(one, np.random.BitGenerator):
        fresh: Any = type(one)(np.random.SeedSequence(words_of(material)))
        one.state = fresh.state
    elif isinstance(one, np.random.RandomState):
        # It keeps one of every two normal numbers back.
        if isinstance(one._bit_generator, np.random.MT19937):
            one.seed(words_of(material))
        else:
            restart(one._bit_generator, material)
            one.set_state({**one.get_state(legacy=False), "has_gauss": 0, "gauss": 0.0})
    elif isinstance(one, Seeds):
        one.restart(words_of(material))
    elif isinstance(one, random.Random) and not isinstance(one, random.SystemRandom):
        one.seed(int.from_bytes(material, "little"))


def state_of(one: Any) -> Any:
    """The state of a generator, ``None`` if it has none that could be put back."""
    if isinstance(one, np.random.Generator):
        return one.bit_generator.state
    if isinstance(one, np.random.BitGenerator):
        return one.state
    if isinstance(one, np.random.RandomState):
        return one.get_state(legacy=False)
    if isinstance(one, random.Random) and not isinstance(one, random.SystemRandom):
        return one.getstate()
    return None


def put_back(one: Any, state: Any) -> None:
    """Puts a generator into the state that :func:`state_of` has told."""
    if state is None:
        return
    if isinstance(one, np.random.Generator):
        one.bit_generator.state = state
    elif isinstance(one, np.random.BitGenerator):
        one.state = state
    elif isinstance(one, np.random.RandomState):
        one.set_state(state)
    else:
        one.setstate(state)


def digest(generators: Iterable[Any]) -> list[bytes]:
    """What shows whether any of them has been drawn from."""
    return [pickle.dumps(state_of(one)) for one in generators]


class Ambient:
    """Generators that copies share with the environment, or might, because they are not among its attributes.

    While copies play they have the copies' random numbers, and afterwards what they had before.
    """

    def __init__(self, generators: Iterable[Any] = ()) -> None:
        self.generators = list(generators)
        self.before: dict[int, tuple[Any, Any]] = {}

    def __enter__(self) -> Ambient:
        for one in self.generators:
            self.borrow(one)
        return self

    def borrow(self, one: Any) -> None:
        """Takes another generator until the end."""
        if id(one) not in self.before:
            self.before[id(one)] = one, state_of(one)

    def restart(self, stream: Stream, particle: int) -> None:
        for number, one in enumerate(self.generators):
            restart(one, material_of(stream, particle, AMBIENT + number))

    def __exit__(self, *error: object) -> None:
        for one, state in self.before.values():
            put_back(one, state)
        self.before.clear()


def global_generators() -> list[Any]:
    """Those behind the functions of the modules ``random`` and ``numpy.random``."""
    # The methods of these modules belong to them.
    return [random.random.__self__, np.random.random.__self__]  # type: ignore[attr-defined]
