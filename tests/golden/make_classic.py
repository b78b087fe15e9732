#!/usr/bin/env python3
"""Records what Gymnasium's Pendulum-v1 and Acrobot-v1 do, for tests/classic.rs.

To remake classic.jsonl beside this script:

    python3 -m venv venv
    venv/bin/pip install "gymnasium[classic-control]==1.4.0" numpy==2.4.6
    venv/bin/python tests/golden/make_classic.py

No step is computed here: every state, reward and flag comes from
gymnasium.make. Numbers are written as Python's repr, which reads back to the
same bits.

Made on Linux x86-64 with glibc 2.36. NumPy's sines and cosines may differ in
the last bit elsewhere, so another platform may change last digits, which an
acrobot multiplies; resets never change.

Torques are given to Pendulum-v1 in double precision. Given in single precision,
as its action space has them, it would round a part of the sum to that.

classic.jsonl, one episode a line, from reset(seed=seed), or from the state
`start` where there is one; those without actions are only resets:
    `id`        of the environment, "Pendulum-v1" or "Acrobot-v1";
    `seed`, `policy`;
    `g`         gravity in m/s^2, for the pendulum;
    `actions`   the torque in N m of each step, or its index for the acrobot;
    `rewards`   the reward of each step;
    `arrived`   the steps, counted from 1, after which the environment says
                "terminated";
    `states`    [k, state after k steps] for k = 0 and 1 modulo `stride`, and
                for the last step: pairs one step apart show the error of one.
"""

import json
import pathlib

import gymnasium
import numpy as np

HERE = pathlib.Path(__file__).parent
PAST_ARRIVAL = 5


def random_torque(state, rng):
    """Any torque, a third of them more than there is."""
    return round(float(rng.uniform(-3.0, 3.0)), 3)


def pump_pendulum(state, rng):
    """Always along the motion: round and round, up to the bound of the speed."""
    return 2.0 if state[1] > 0 else -2.0


def swing_up(state, rng):
    """Pumps up to the energy of the upright; there, holds it by a linear rule."""
    theta, speed = state
    tilt = (theta + np.pi) % (2 * np.pi) - np.pi
    if abs(tilt) < 0.3 and abs(speed) < 1.5:
        return round(float(-20 * tilt - 4 * speed), 3)
    energy = speed**2 / 6 + 5 * (np.cos(theta) - 1)
    return (2.0 if speed > 0 else -2.0) * (1 if energy < 0 else -1)


def random_index(state, rng):
    return int(rng.integers(3))


def pump_acrobot(state, rng):
    """Bends with the swing of the upper link."""
    return 2 if state[2] < 0 else 0


def pump_acrobot_joint(state, rng):
    """Along the motion of the joint."""
    return 2 if state[3] > 0 else 0


def exact(state):
    return [float(v) for v in state]


def episode(id, seed, policy=None, steps=0, stride=10, past=PAST_ARRIVAL,
            start=None, **kwargs):
    env = gymnasium.make(id, disable_env_checker=True, max_episode_steps=10**6, **kwargs)
    inner = env.unwrapped
    rng = np.random.default_rng(seed)
    env.reset(seed=seed)
    if start:
        inner.state = np.array(start)
    states, actions, rewards, arrived = [[0, exact(inner.state)]], [], [], []
    for k in range(1, steps + 1):
        action = policy(exact(inner.state), rng)
        given = np.array([action]) if id == "Pendulum-v1" else action
        _, reward, terminated, truncated, _ = env.step(given)
        assert not truncated
        actions.append(action)
        rewards.append(float(reward))
        if terminated:
            arrived.append(k)
        last = k == steps or (arrived and k == arrived[0] + past)
        if k % stride < 2 or last:
            states.append([k, exact(inner.state)])
        if last:
            break
    return {
        "id": id,
        "seed": seed,
        "policy": policy.__name__ if policy else "reset",
        **({"start": start} if start else {}),
        **({"g": inner.g} if id == "Pendulum-v1" else {}),
        "actions": actions,
        "rewards": rewards if id == "Pendulum-v1" else [int(r) for r in rewards],
        "arrived": arrived,
        "stride": stride,
        "states": states,
    }


def episodes():
    pendulum, acrobot = "Pendulum-v1", "Acrobot-v1"
    for seed in range(2):
        yield episode(pendulum, seed, random_torque, 200)
        yield episode(pendulum, seed + 2, pump_pendulum, 200)
        yield episode(pendulum, seed + 4, swing_up, 200)
    yield episode(pendulum, 6, random_torque, 200, g=9.81)
    for seed in range(2):
        yield episode(acrobot, seed, random_index, 500, 20)
        yield episode(acrobot, seed + 2, pump_acrobot, 500, 20)
        yield episode(acrobot, seed + 4, pump_acrobot_joint, 500, 20)
    # On and on: the links go round, up to the bounds of their speeds.
    yield episode(acrobot, 6, pump_acrobot, 500, 20, past=500)
    rng = np.random.default_rng(7)
    for seed in range(40):  # two steps from anywhere, so that all bounds are met
        start = exact(rng.uniform(-1.0, 1.0, 2) * [50.0, 8.0])
        yield episode(pendulum, seed, random_torque, 2, start=start)
        start = exact(rng.uniform(-1.0, 1.0, 4) * np.pi * [1.0, 1.0, 4.0, 9.0])
        yield episode(acrobot, seed, random_index, 2, start=start)
    for id in [pendulum, acrobot]:
        for seed in [*range(10, 30), 2**32, 2**53 + 1, 2**64 - 1]:
            yield episode(id, seed)


def main():
    with open(HERE / "classic.jsonl", "w") as file:
        for one in episodes():
            file.write(json.dumps(one, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
