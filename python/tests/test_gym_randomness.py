"""``GymPlanner`` and chance: wherever an environment keeps its random numbers, plans do not foresee them."""

from __future__ import annotations

import collections
import copy
import dataclasses
import functools
import math
import random
from typing import Any

import numpy as np
import pytest

gymnasium = pytest.importorskip("gymnasium", minversion="1.0")

from gymnasium import spaces  # noqa: E402
from particle_pilot.gym_planner import GymPlanner  # noqa: E402

SIDES, THROWS = 6, 60
RNG = np.random.default_rng(8)


def most_by_chance(throws: int = THROWS, sides: int = SIDES, risk: float = 1e-6) -> int:
    """The number of right guesses that chance exceeds with a probability below ``risk``."""
    p, total = 1 / sides, 0.0
    for hits in range(throws, -1, -1):
        total += math.comb(throws, hits) * p**hits * (1 - p) ** (throws - hits)
        if total > risk:
            return hits
    return throws


class Die(gymnasium.Env[Any, Any]):
    """Pays for guessing its next throw."""

    observation_space = spaces.Box(-1, 1, (1,))
    action_space = spaces.Discrete(SIDES)
    last = 0
    kept: Any = None

    def reset(self, *, seed: Any = None, options: Any = None) -> Any:
        super().reset(seed=seed)
        return np.zeros(1, np.float32), {}

    def step(self, guess: Any) -> Any:
        self.last = self.roll()
        return np.zeros(1, np.float32), float(self.last == guess), False, False, {}

    def roll(self) -> int:
        raise NotImplementedError


class Part:
    def __init__(self, rng: Any) -> None:
        self.rng = rng


class Slotted:
    __slots__ = ("rng",)


@dataclasses.dataclass
class Record:
    rng: Any


class Inner(gymnasium.Env[Any, Any]):
    """An environment within one; it makes its generator when first asked."""

    def draw(self) -> int:
        return int(self.np_random.integers(SIDES))


class Own:
    rng = np.random.default_rng(9)


def part_of(make: Any, draw: Any) -> Any:
    """A die that keeps what ``make()`` makes, and throws by ``draw(die)``."""

    class Kept(Die):
        def __init__(self) -> None:
            self.kept = make()

        def roll(self) -> int:
            return int(draw(self)) % SIDES

    return Kept


def captured_in_a_closure() -> Any:
    rng = np.random.default_rng(1)
    return lambda: rng.integers(SIDES)


def captured_with_a_count() -> Any:
    rng, count = np.random.default_rng(1), 0

    def throw() -> int:
        nonlocal count
        count += 1
        return int(rng.integers(SIDES)) + SIDES * count

    return throw


def slotted() -> Slotted:
    one = Slotted()
    one.rng = np.random.default_rng(1)
    return one


def shared_bits() -> list[Any]:
    bits = np.random.PCG64(1)
    return [bits, np.random.Generator(bits), np.random.Generator(bits)]


def module_level(die: Any) -> int:
    return int(RNG.integers(SIDES))


new = np.random.default_rng
KINDS: dict[str, Any] = {
    "attribute": part_of(lambda: new(1), lambda die: die.kept.integers(SIDES)),
    "np_random": part_of(lambda: None, lambda die: die.np_random.integers(SIDES)),
    "part": part_of(lambda: Part(new(1)), lambda die: die.kept.rng.integers(SIDES)),
    "part of part": part_of(lambda: Part(Part(new(1))), lambda die: die.kept.rng.rng.integers(SIDES)),
    "slots": part_of(slotted, lambda die: die.kept.rng.integers(SIDES)),
    "dataclass": part_of(lambda: Record(new(1)), lambda die: die.kept.rng.integers(SIDES)),
    "dict": part_of(lambda: {"rng": new(1)}, lambda die: die.kept["rng"].integers(SIDES)),
    "list": part_of(lambda: [3, new(1)], lambda die: die.kept[1].integers(SIDES)),
    "tuple": part_of(lambda: (new(1),), lambda die: die.kept[0].integers(SIDES)),
    "deque": part_of(lambda: collections.deque([new(1)]), lambda die: die.kept[0].integers(SIDES)),
    "array": part_of(lambda: np.array([new(1)], object), lambda die: die.kept[0].integers(SIDES)),
    "closure": part_of(captured_in_a_closure, lambda die: die.kept()),
    "closure that counts": part_of(captured_with_a_count, lambda die: die.kept()),
    "closure in a list": part_of(lambda: [captured_in_a_closure()], lambda die: die.kept[0]()),
    "default": part_of(lambda: lambda rng=new(1): rng.integers(SIDES), lambda die: die.kept()),
    "partial": part_of(lambda: functools.partial(new(1).integers, SIDES), lambda die: die.kept()),
    "bound method": part_of(lambda: new(1).integers, lambda die: die.kept(SIDES)),
    "global of a lambda": part_of(lambda: lambda: RNG.integers(SIDES), lambda die: die.kept()),
    "random.Random": part_of(lambda: random.Random(1), lambda die: die.kept.randrange(SIDES)),
    "part with random.Random": part_of(lambda: Part(random.Random(1)), lambda die: die.kept.rng.randrange(SIDES)),
    "bound random.Random": part_of(lambda: random.Random(1).random, lambda die: die.kept() * SIDES),
    "RandomState": part_of(lambda: np.random.RandomState(1), lambda die: die.kept.randint(SIDES)),
    "normal RandomState": part_of(lambda: np.random.RandomState(1), lambda die: abs(die.kept.randn()) * 1e6),
    "RandomState of PCG64": part_of(
        lambda: np.random.RandomState(np.random.PCG64(1)), lambda die: abs(die.kept.randn()) * 1e6
    ),
    "bound RandomState": part_of(lambda: {"f": np.random.RandomState(1).randint}, lambda die: die.kept["f"](SIDES)),
    "generators that share bits": part_of(shared_bits, lambda die: die.kept[1].integers(SIDES)),
    "SeedSequence": part_of(lambda: np.random.SeedSequence(1), lambda die: new(die.kept.spawn(1)[0]).integers(SIDES)),
    "generators that spawn": part_of(
        lambda: new(1), lambda die: new(die.kept.bit_generator._seed_seq.spawn(1)[0]).integers(SIDES)
    ),
    "space": part_of(lambda: spaces.Discrete(SIDES, seed=1), lambda die: die.kept.sample()),
    "space without a seed": part_of(lambda: spaces.Discrete(SIDES), lambda die: die.kept.sample()),
    "space in a list": part_of(lambda: [spaces.Discrete(SIDES)], lambda die: die.kept[0].sample()),
    "environment within": part_of(Inner, lambda die: die.kept.draw()),
    "random": part_of(lambda: None, lambda die: random.randrange(SIDES)),
    "numpy.random": part_of(lambda: None, lambda die: np.random.randint(SIDES)),
    "module": part_of(lambda: None, module_level),
    "class": part_of(lambda: None, lambda die: Own.rng.integers(SIDES)),
}
for bits in (np.random.PCG64, np.random.PCG64DXSM, np.random.MT19937, np.random.Philox, np.random.SFC64):
    KINDS[bits.__name__] = part_of(functools.partial(bits, 1), lambda die: die.kept.random_raw() >> 8)


class Road(Die):
    """As in highway-env: a part has the environment's own generator."""

    def reset(self, *, seed: Any = None, options: Any = None) -> Any:
        answer = super().reset(seed=seed)
        self.kept = Part(self.np_random)
        return answer

    def roll(self) -> int:
        return int(self.kept.rng.integers(SIDES))


class Croupier(gymnasium.Wrapper[Any, Any, Any, Any]):
    """Throws a die of its own."""

    last, kept = 0, None

    def __init__(self) -> None:
        super().__init__(KINDS["np_random"]())
        self.rng = new(1)

    def step(self, guess: Any) -> Any:
        observation, _, *rest = self.env.step(guess)
        self.last = int(self.rng.integers(SIDES))
        return observation, float(self.last == guess), *rest


KINDS["part that shares np_random"] = Road
KINDS["wrapper"] = Croupier


def throws(kind: str, plans: bool, **kwargs: Any) -> tuple[list[int], list[int]]:
    """What was thrown, and what was guessed."""
    random.seed(5)
    np.random.seed(5)
    RNG.bit_generator.state = np.random.default_rng(8).bit_generator.state
    Own.rng.bit_generator.state = np.random.default_rng(9).bit_generator.state
    env = KINDS[kind]()
    env.reset(seed=3)
    for space in (env.kept, *(env.kept if isinstance(env.kept, list) else ())):
        if isinstance(space, spaces.Space):
            space.seed(4)
    if isinstance(env.kept, Inner):
        env.kept.reset(seed=4)
    thrown, guessed = [], []
    with GymPlanner(env, "random-shooting", particles=60, horizon=1, **kwargs) as planner:
        for _ in range(THROWS):
            guessed.append(int(planner.act()) if plans else 0)
            env.step(guessed[-1])
            thrown.append(env.last)
    return thrown, guessed


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("kind", KINDS)
def test_chance_is_not_foreseen_and_not_disturbed(kind: str) -> None:
    thrown, guessed = throws(kind, True)
    hits = sum(a == b for a, b in zip(thrown, guessed, strict=True))
    assert hits <= most_by_chance()
    assert len(set(guessed)) > 1 and len(set(thrown)) > 1
    # The same again, and the environment throws what it throws without plans.
    assert throws(kind, True) == (thrown, guessed)
    assert throws(kind, False)[0] == thrown
    assert throws(kind, True, seed=1)[1] != guessed


def test_a_guess_by_chance_is_right_at_most_so_often() -> None:
    # 60 throws of a die: 10 are to be expected, with a deviation of 2.9.
    assert 10 + 4 * 2.9 < most_by_chance() < 10 + 6 * 2.9


def hooks(kind: str) -> dict[str, Any]:
    """A user who saves all there is, random numbers included."""

    def save(env: Any) -> Any:
        own = {name: value for name, value in vars(env.unwrapped).items() if name not in ("spec", "kept")}
        kept = env.unwrapped.kept
        # What cannot be copied apart from its function stays where it is.
        return copy.deepcopy(own), kept if "closure" in kind else copy.deepcopy(kept)

    def restore(env: Any, state: Any) -> None:
        vars(env.unwrapped).update(copy.deepcopy(state[0]))
        env.unwrapped.kept = state[1] if "closure" in kind else copy.deepcopy(state[1])

    return dict(save=save, restore=restore)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in ("SeedSequence", "generators that spawn")])
def test_nor_is_it_with_functions_that_save_and_restore_it_all(kind: str) -> None:
    thrown, guessed = throws(kind, True, **hooks(kind))
    hits = sum(a == b for a, b in zip(thrown, guessed, strict=True))
    assert hits <= most_by_chance() and len(set(guessed)) > 1
    assert throws(kind, True, **hooks(kind)) == (thrown, guessed)
    assert throws(kind, False)[0] == thrown


@pytest.mark.parametrize("planner", ["cem", "smc", "fmc"])
@pytest.mark.parametrize("kind", ["part that shares np_random", "closure", "random.Random", "RandomState", "random"])
def test_no_planner_foresees_chance(planner: str, kind: str) -> None:
    env, hits = KINDS[kind](), 0
    env.reset(seed=3)
    pilot = GymPlanner(env, planner, particles=60, horizon=1)
    for _ in range(THROWS):
        hits += int(env.step(pilot.act())[1])
    assert hits <= most_by_chance()


SOME = [
    "np_random", "part that shares np_random", "closure that counts", "random.Random", "RandomState", "MT19937",
    "space without a seed", "module", "class", "random", "numpy.random", "wrapper", "global of a lambda",
]


@pytest.mark.parametrize("planner", ["random-shooting", "smc"])
def test_workers_draw_the_same_numbers(planner: str) -> None:
    def run(workers: int) -> list[Any]:
        told = []
        for kind in SOME:
            env = KINDS[kind]()
            env.reset(seed=3)
            with GymPlanner(env, planner, particles=12, horizon=2, workers=workers) as pilot:
                told.append([pilot.plan().diagnostics for _ in range(2)])
        return told

    assert run(1) == run(2)


def test_stand_ins_are_of_the_same_kinds_and_shared_alike() -> None:
    class Zoo(Die):
        def reset(self, *, seed: Any = None, options: Any = None) -> Any:
            answer = super().reset(seed=seed)
            bits = np.random.MT19937(1)
            self.kept = [
                self.np_random, [self.np_random], np.random.RandomState(1), random.Random(1), bits,
                np.random.Generator(bits), np.random.RandomState(bits), np.random.SFC64(1), np.random.SeedSequence(1),
            ]
            return answer

        def roll(self) -> int:
            first, [again], state, python, bits, generator, other, chaotic, seeds = self.kept
            assert type(first) is np.random.Generator and first is again is self.np_random
            assert type(state) is type(other) is np.random.RandomState and type(python) is random.Random
            assert type(bits) is np.random.MT19937 and generator.bit_generator is bits is other._bit_generator
            assert type(chaotic) is np.random.SFC64 and isinstance(seeds, np.random.SeedSequence)
            # Distinct ones give distinct numbers.
            numbers = [first.random(), state.random_sample(), python.random(), generator.random()]
            numbers += [chaotic.random_raw(), seeds.generate_state(1)[0]]
            assert len(set(numbers)) == len(numbers)
            return 0

    for planner in ("random-shooting", "smc"):
        env = Zoo()
        env.reset(seed=1)
        assert GymPlanner(env, planner, particles=12, horizon=3).plan().diagnostics.mean >= 0


def test_particles_and_decisions_have_random_numbers_of_their_own() -> None:
    class Diary(Die):
        def reset(self, *, seed: Any = None, options: Any = None) -> Any:
            self.kept = random.Random(1)
            return super().reset(seed=seed)

        def roll(self) -> int:
            seen.append((self.np_random.random(), self.kept.random()))
            return 0

    env, seen = Diary(), list[Any]()
    env.reset(seed=1)
    pilot = GymPlanner(env, "random-shooting", particles=20, horizon=2, check=False)
    pilot.plan()
    pilot.plan()
    assert len(seen) == 80 == len(set(seen)) == len({number for pair in seen for number in pair}) / 2


@pytest.mark.parametrize("name", ["random", "numpy"])
def test_the_modules_random_numbers_are_left_alone(name: str) -> None:
    module: Any = random if name == "random" else np.random
    module.seed(1)
    expected = [module.random() for _ in range(3)]
    module.seed(1)
    env = KINDS["random" if name == "random" else "numpy.random"]()
    env.reset(seed=1)
    pilot = GymPlanner(env, particles=12, horizon=2)
    drawn = []
    for _ in range(3):
        pilot.plan()
        drawn.append(module.random())
    assert drawn == expected
