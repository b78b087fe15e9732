"""How long do 1000 steps of Gymnasium's CartPole-v1 take, driven by 1024 futures of 50 steps before each?

    python benchmarks/drive.py
    python benchmarks/drive.py --planner cem --threads 1

Beside them, in turns: the same environment in a bare loop that does not look where it is going. Times are medians.
"""

from __future__ import annotations

import argparse
import statistics
import time

import gymnasium
import particle_pilot

STEPS = 1000


def play_blindly(env: gymnasium.Env) -> float:
    """Takes the steps, and returns how many seconds that takes."""
    env.reset(seed=0)
    began = time.perf_counter()
    for step in range(STEPS):
        _, _, terminated, truncated, _ = env.step(step & 1)
        if terminated or truncated:
            env.reset()
    return time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--planner", default="random-shooting")
    parser.add_argument("--particles", type=int, default=1024)
    parser.add_argument("--horizon", type=int, default=50)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--threads", type=int, default=0, help="0 for one on each core")
    parser.add_argument("--samples", type=int, default=15)
    options = vars(parser.parse_args())
    samples = options.pop("samples")
    env = gymnasium.make("CartPole-v1", max_episode_steps=STEPS)
    driven, blind = [], []
    for seed in range(samples):
        blind.append(play_blindly(env))
        result = particle_pilot.drive(env, episodes=1, seed=seed, **options)
        assert result.lengths.tolist() == [STEPS], "the pole fell"
        driven.append(result)
    walls = sorted(1e3 * result.wall_s for result in driven)
    gym = 1e3 * statistics.median(blind)
    print(f"driven           {statistics.median(walls):.1f} ms ({walls[0]:.1f} to {walls[-1]:.1f})")
    print(f"Gymnasium alone  {gym:.1f} ms")
    print(f"hits             {statistics.median(result.speculation_hits for result in driven):.0f} of {STEPS} decisions")


if __name__ == "__main__":
    main()
