#!/usr/bin/env python3
"""Records what Gymnasium's CartPole-v1 does, for tests/gymnasium.rs.

To remake the two files beside this script:

    python3 -m venv venv
    venv/bin/pip install gymnasium==1.4.0 numpy==2.4.6
    venv/bin/python tests/golden/make_gymnasium.py

Nothing of the cart-pole is computed here: every state, reward and flag comes
from gymnasium.make("CartPole-v1"). Numbers are written as Python's repr, which
reads back to the same bits.

Made on Linux x86-64 with glibc 2.36. Gymnasium takes sine and cosine from the C
library, so another platform may change last digits, and a pole kept upright by
recorded actions amplifies them by e^4 a second; resets never change.

gymnasium_resets.csv
    One reset a line: `seed`, `draw` (0 for reset(seed=seed), k for the k-th
    reset() after it), bounds `low` and `high`, and the state drawn.

gymnasium_episodes.jsonl
    One episode a line, from reset(seed=seed) to some steps past its end:
    `actions`   a character per step: 0 left, 1 right; or instead
    `forces`    the force in N of each step;
    `rewards`   a character per step: 1, 0 or - (for -1);
    `ends`      a character per step: 1 terminated + 2 truncated;
    `states`    the first state, then that after every `stride` steps, then
                the last: [x, x_dot, theta, theta_dot].
"""

import csv
import json
import math
import pathlib

import gymnasium
import numpy as np

HERE = pathlib.Path(__file__).parent
PAST_END = 5

STANDARD = {
    "gravity": 9.8,
    "masscart": 1.0,
    "masspole": 0.1,
    "length": 0.5,
    "force_mag": 10.0,
    "tau": 0.02,
    "theta_threshold_radians": 12 * 2 * math.pi / 360,
    "x_threshold": 2.4,
}
OTHERS = [
    {"gravity": 1.62},
    {"masspole": 0.5, "length": 1.5, "masscart": 2.0},
    {"tau": 0.01, "force_mag": 30.0},
    {"theta_threshold_radians": 15 * 2 * math.pi / 360, "x_threshold": 1.0},
    # The pole swings all the way round, so sines of any angle are needed.
    {"theta_threshold_radians": 20.0, "x_threshold": 1.5},
    # It hangs: bounded for ever, so that only the limit ends the episode.
    {"gravity": -9.8, "theta_threshold_radians": 1.0, "x_threshold": 50.0},
]


def random(state, step, rng):
    return int(rng.integers(2))


def left(state, step, rng):
    return 0


def right(state, step, rng):
    return 1


def alternating(state, step, rng):
    return step % 2


def outward(state, step, rng):
    """Pushes against the side to which the pole leans, so that it falls."""
    return int(state[2] < 0)


def balance(state, step, rng):
    """Keeps the pole up for long by a linear rule."""
    x, x_dot, theta, theta_dot = state
    return int(0.05 * x + 0.1 * x_dot + theta + 0.3 * theta_dot > 0)


def make(physics, integrator, sutton_barto=False, limit=500):
    env = gymnasium.make(
        "CartPole-v1", sutton_barto_reward=sutton_barto, max_episode_steps=limit
    )
    inner = env.unwrapped
    for name, value in physics.items():
        assert hasattr(inner, name), name
        setattr(inner, name, value)
    inner.total_mass = inner.masspole + inner.masscart
    inner.polemass_length = inner.masspole * inner.length
    inner.kinematics_integrator = integrator
    return env


def exact(state):
    return [float(v) for v in state]


def episode(seed, policy, integrator, changes=(), sutton_barto=False, limit=500,
            stride=1, forces=False, past_end=PAST_END):
    physics = STANDARD | dict(changes)
    env = make(physics, integrator, sutton_barto, limit)
    inner = env.unwrapped
    rng = np.random.default_rng(seed)
    env.reset(seed=seed)
    states, actions, applied, rewards, ends = [exact(inner.state)], "", [], "", ""
    past = -1  # steps past the one that ends the episode
    while past < past_end:
        action = policy(exact(inner.state), len(rewards), rng)
        if forces:  # a force of any size is an action of that size
            force = round(float(rng.normal(0.0, 8.0)), 3)
            inner.force_mag = force
            applied.append(force)
            action = 1
        observation, reward, terminated, truncated, _ = env.step(action)
        assert observation.dtype == np.float32
        assert (observation == inner.state.astype(np.float32)).all()
        actions += str(action)
        rewards += {1.0: "1", 0.0: "0", -1.0: "-"}[reward]
        ends += str(terminated + 2 * truncated)
        if len(rewards) % stride == 0:
            states.append(exact(inner.state))
        if past >= 0 or terminated or truncated:
            past += 1
    if len(rewards) % stride:
        states.append(exact(inner.state))
    return {
        "seed": seed,
        "policy": "forces" if forces else policy.__name__,
        "physics": physics | {"integrator": integrator},
        "sutton_barto_reward": sutton_barto,
        "max_episode_steps": limit,
        **({"forces": applied} if forces else {"actions": actions}),
        "rewards": rewards,
        "ends": ends,
        "stride": stride,
        "states": states,
    }


def episodes():
    integrators = ["euler", "semi-implicit euler"]
    for integrator in integrators:
        for policy in [random, left, right, alternating, outward]:
            for seed in range(6):
                yield episode(seed, policy, integrator)
        for seed in range(12):
            yield episode(seed, balance, integrator, stride=20)
        yield episode(2**40 + 3, balance, integrator, stride=20)
        for seed in [7, 8]:
            for policy in [right, random]:
                yield episode(seed, policy, integrator, sutton_barto=True)
            yield episode(seed, balance, integrator, sutton_barto=True, limit=40)
            yield episode(seed, balance, integrator, limit=200, stride=20)
            # Truncated first, terminated only while stepped past the end.
            yield episode(seed, right, integrator, limit=7)
        for changes in OTHERS:
            for seed in [20, 21]:
                for policy in [random, balance]:
                    yield episode(seed, policy, integrator, changes, limit=300, stride=20)
        # The pole swings in and out of its narrow limits: rewards come back.
        narrow = {"gravity": -9.8, "theta_threshold_radians": 0.1, "x_threshold": 50.0}
        for sutton_barto in [False, True]:
            yield episode(9, random, integrator, narrow, sutton_barto, stride=20, past_end=99)
        for seed in [30, 31, 32]:
            yield episode(seed, right, integrator, forces=True)


def resets():
    bounds = {"low": -0.05, "high": 0.05}
    large = [2**31 - 1, 2**32 - 1, 2**32, 2**32 + 1, 2**53 + 1, 2**63, 2**64 - 1]
    for seed in [*range(1000), *large]:
        draws = 4 if seed % 100 == 0 or seed in large else 1
        yield seed, draws, bounds
    yield 123, 3, {"low": -0.1, "high": 0.1}
    yield 5, 3, {"low": 0.0, "high": 1.0}
    yield 2**33, 3, {"low": -3.7, "high": 0.3}


def main():
    gymnasium.logger.min_level = gymnasium.logger.ERROR  # steps past the end are meant

    with open(HERE / "gymnasium_resets.csv", "w", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(["seed", "draw", "low", "high", "x", "x_dot", "theta", "theta_dot"])
        env = gymnasium.make("CartPole-v1")
        for seed, draws, bounds in resets():
            standard = bounds == {"low": -0.05, "high": 0.05}
            for draw in range(draws):
                env.reset(seed=None if draw else seed, options=None if standard else bounds)
                row = exact(env.unwrapped.state)
                out.writerow([seed, draw, *bounds.values(), *map(repr, row)])

    with open(HERE / "gymnasium_episodes.jsonl", "w") as file:
        for one in episodes():
            file.write(json.dumps(one, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
