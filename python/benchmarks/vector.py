"""How fast are vectorised cart-poles? This package's, Gymnasium's own and, where it is installed, EnvPool's.

    python benchmarks/vector.py
    python benchmarks/vector.py --num-envs 1024 65536 --device cpu --threads 1

All take the same actions by chance, in turns, so that whatever else the machine does hits all alike. Times are
medians; `ratio` is the median over the samples of Gymnasium's time by that of the row, taken one after the other.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import time
import warnings
from collections.abc import Callable
from typing import Any

import gymnasium
import numpy as np
from particle_pilot import CartPoleVectorEnv

Step = Callable[[np.ndarray], Any]

#: Samples are at least so long, or few environments would be lost in the clock.
LEAST_S = 2e-3


def contestants(count: int, device: str, threads: int) -> dict[str, Step]:
    """What is compared: the first is what the others are measured by."""
    steps: dict[str, Step] = {}
    gyms = gymnasium.make_vec("CartPole-v1", count)
    gyms.reset(seed=0)
    steps["gymnasium CartPoleVectorEnv"] = gyms.step
    for label, kwargs in (
        ("", {}),
        (", copy=False", {"copy": False}),
        (", same-step", {"autoreset_mode": "SameStep"}),
    ):
        envs = CartPoleVectorEnv(count, device=device, threads=threads, **kwargs)
        envs.reset(seed=0)
        steps[f"particle_pilot{label} ({envs.device})"] = envs.step
    try:
        import envpool
    except ImportError:
        print("EnvPool is not installed: pip install envpool")
    else:
        pool = envpool.make_gymnasium("CartPole-v1", num_envs=count, num_threads=threads)
        pool.reset()
        steps["envpool"] = lambda actions: pool.step(actions.astype(np.int32))
    return steps


def measure(steps: dict[str, Step], count: int, samples: int) -> dict[str, list[float]]:
    """Seconds of a step of all environments: as many samples of each."""
    rng = np.random.default_rng(0)
    actions = [rng.integers(0, 2, count) for _ in range(16)]
    repeats = {}
    for name, step in steps.items():
        step(actions[0])
        begun = time.perf_counter()
        step(actions[1])
        repeats[name] = max(1, round(LEAST_S / (time.perf_counter() - begun)))
    times: dict[str, list[float]] = {name: [] for name in steps}
    for _ in range(samples):
        for name, step in steps.items():
            begun = time.perf_counter()
            for repeat in range(repeats[name]):
                step(actions[repeat % len(actions)])
            times[name].append((time.perf_counter() - begun) / repeats[name])
    return times


def report(times: dict[str, list[float]], count: int) -> None:
    """A table."""
    base = next(iter(times.values()))
    print(f"| {count} environments | ms a step | steps/s | ratio |")
    print("|---|---|---|---|")
    for name, seconds in times.items():
        median = statistics.median(seconds)
        ratio = statistics.median(one / other for one, other in zip(base, seconds, strict=True))
        print(f"| {name} | {median * 1e3:.3f} | {count / median:.3g} | {ratio:.2f} |")
    print()


def main() -> None:
    """Measures what the command line says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--num-envs", type=int, nargs="+", default=[64, 1024, 65536])
    parser.add_argument("--samples", type=int, default=21, help="of each, at least 15 to be told (default 21)")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--threads", type=int, default=0, help="0, the default, for all")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    threads = options.threads or os.cpu_count() or 1
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    print(f"{platform.machine()}, {threads} of {os.cpu_count()} CPUs, load {load:.1f} before, "
          f"Python {platform.python_version()}, NumPy {np.__version__}, Gymnasium {gymnasium.__version__}\n")
    for count in options.num_envs:
        report(measure(contestants(count, options.device, threads), count, options.samples), count)


if __name__ == "__main__":
    main()
