#!/usr/bin/env python3
"""Records what Gymnasium's vectorised CartPole-v1 does, for tests/vector.rs.

To remake the file beside this script:

    python3 -m venv venv
    venv/bin/pip install gymnasium==1.4.0 numpy==2.4.6
    venv/bin/python tests/golden/make_vector.py

Nothing of the cart-pole is computed here: every number comes from
gymnasium.make_vec("CartPole-v1", vectorization_mode="sync"). Observations are
float32, written as the shortest numbers that round to the same bits.

gymnasium_vector.jsonl
    One run a line: 5 environments from reset(seed=...), stepped `len(actions)`
    times, with
    `autoreset`     NextStep, SameStep or Disabled;
    `seeds`         the argument `seed`: a number, or one or null for each;
    `first`         [5][4] observations of the reset;
    `resets`        resets between steps: [number of the next step, seeds,
                    mask or null, bounds or null, [5][4] observations];
    `actions`       a string of 5 characters per step;
    `rewards`       a string of 5 characters per step: 1, 0 or - (for -1);
    `ends`          a string of 5 characters per step: 1 terminated + 2 truncated;
    `observations`  [5][4] after every `stride` steps;
    `final`         [step, environment, observation] for each final_obs.
"""

import json
import pathlib

import gymnasium
import numpy as np

HERE = pathlib.Path(__file__).parent
N = 5
MODES = gymnasium.vector.AutoresetMode


def exact(observations):
    """The shortest numbers that float32 rounds to the same bits."""
    return [[float(str(v)) for v in row] for row in observations]


def run(mode, seeds, steps, limit=500, sutton_barto=False, stride=7, again=()):
    envs = gymnasium.make_vec(
        "CartPole-v1",
        N,
        vectorization_mode="sync",
        vector_kwargs={"autoreset_mode": mode},
        max_episode_steps=limit,
        sutton_barto_reward=sutton_barto,
    )
    rng = np.random.default_rng(steps)
    observations, _ = envs.reset(seed=seeds)
    record = {
        "autoreset": mode.value,
        "seeds": seeds,
        "max_episode_steps": limit,
        "sutton_barto_reward": sutton_barto,
        "stride": stride,
        "first": exact(observations),
        "resets": [],
        "actions": [],
        "rewards": [],
        "ends": [],
        "observations": [],
        "final": [],
    }

    def reset(step, seeds, mask, bounds):
        options = {}
        if mask is not None:
            options["reset_mask"] = mask
        if bounds is not None:
            options["low"], options["high"] = bounds
        now, _ = envs.reset(seed=seeds, options=options or None)
        mask = None if mask is None else [bool(m) for m in mask]
        record["resets"].append([step, seeds, mask, bounds, exact(now)])
        return now

    ended = np.zeros(N, dtype=bool)
    for step in range(steps):
        for at, seeds, bounds in again:
            if at == step:
                observations = reset(step, seeds, None, bounds)
                ended[:] = False
        if mode == MODES.DISABLED and ended.any():
            observations = reset(step, None, ended.copy(), [-0.1, 0.05] if step % 2 else None)
        # Environments 0 to 2 by a rule that balances for long, the others by chance.
        x, x_dot, theta, theta_dot = observations.T
        rule = 0.05 * x + 0.1 * x_dot + theta + 0.3 * theta_dot > 0
        actions = np.where(np.arange(N) < 3, rule, rng.integers(2, size=N)).astype(np.int64)
        observations, rewards, terminated, truncated, info = envs.step(actions)
        assert rewards.dtype == np.float64 and observations.dtype == np.float32
        ended = terminated | truncated
        record["actions"].append("".join(map(str, actions)))
        record["rewards"].append("".join({1.0: "1", 0.0: "0", -1.0: "-"}[r] for r in rewards))
        record["ends"].append("".join(str(int(a) + 2 * int(b)) for a, b in zip(terminated, truncated)))
        if (step + 1) % stride == 0:
            record["observations"].append(exact(observations))
        if mode == MODES.SAME_STEP and ended.any():
            assert (info["_final_obs"] == ended).all()
            for i in np.flatnonzero(ended):
                record["final"].append([step, int(i), exact([info["final_obs"][i]])[0]])
    return record


def runs():
    for mode in MODES:
        yield run(mode, 42, 150, stride=10)
        yield run(mode, [7, 2**40 + 1, 0, 7, 2**64 - 1], 130, limit=30)
        yield run(mode, 3, 100, limit=25, sutton_barto=True)
    for mode in [MODES.NEXT_STEP, MODES.SAME_STEP]:
        again = [(20, None, None), (50, [None, 5, None, 6, None], [-0.1, 0.2]), (61, 9, None)]
        yield run(mode, 1, 90, limit=40, again=again)


def main():
    with open(HERE / "gymnasium_vector.jsonl", "w") as file:
        for one in runs():
            file.write(json.dumps(one, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
