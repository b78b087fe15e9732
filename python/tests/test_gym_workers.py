"""Processes that play for ``GymPlanner``: what goes wrong in them comes back, and they do not outlive it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import Any

import pytest

gymnasium = pytest.importorskip("gymnasium", minversion="1.0")

from gym_problems import Bandit  # noqa: E402
from gymnasium import spaces  # noqa: E402
from particle_pilot.gym_planner import EnvCopyError, GymPlanner, WorkerError  # noqa: E402


def broken(env: Any, action: Any) -> float:
    raise ZeroDivisionError("on purpose")


def exits(env: Any, action: Any) -> float:
    os._exit(3)


@pytest.mark.parametrize("workers", [1, 2])
def test_errors_of_copies_come_back(workers: int) -> None:
    env = Bandit(spaces.Discrete(2), broken)
    env.reset()
    kwargs: dict[str, Any] = dict(particles=4, horizon=1, workers=workers, check=False)
    with GymPlanner(env, **kwargs) as pilot:
        for _ in range(2):
            with pytest.raises(EnvCopyError, match="on purpose") as caught:
                pilot.plan()
            assert isinstance(caught.value.__cause__, ZeroDivisionError)
        env.pay = lambda env, action: 1.0
        pilot.plan()


def test_a_worker_that_dies_is_told_and_replaced() -> None:
    env = Bandit(spaces.Discrete(2), exits)
    env.reset()
    with GymPlanner(env, particles=4, horizon=1, workers=2, check=False) as pilot:
        with pytest.raises(WorkerError, match="exit code 3"):
            pilot.plan()
        env.pay = lambda env, action: 1.0
        pilot.plan()


SCRIPT = """
import signal, sys, time, gymnasium
from particle_pilot.gym_planner import GymPlanner

# Who starts tests in the background has them ignore it.
signal.signal(signal.SIGINT, signal.default_int_handler)

def slow(observation, env):
    time.sleep(0.2)
    return 0.0

if __name__ == "__main__":
    env = gymnasium.make("CartPole-v1")
    env.reset(seed=0)
    pilot = GymPlanner(env, "random-shooting", particles=8, horizon=2, workers=2, check=False)
    pilot.plan()
    pilot._source.hooks.value = slow
    pilot.close()
    while True:
        pilot._ready()
        pilot._simulator.start()
        print(*(process.pid for process in pilot._simulator.processes), flush=True)
        pilot.plan()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX's")
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL, signal.SIGTERM])
def test_workers_do_not_outlive_their_parent(how: signal.Signals, tmp_path: Any) -> None:
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    parent = subprocess.Popen(
        [sys.executable, script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        start_new_session=True,
    )
    assert parent.stdout is not None and parent.stderr is not None
    pids = [int(pid) for pid in parent.stdout.readline().split()]
    assert len(pids) == 2
    time.sleep(0.3)
    if how == signal.SIGINT:
        os.killpg(parent.pid, how)  # as a terminal does
    else:
        parent.send_signal(how)
    parent.wait(120)
    if how == signal.SIGINT:
        complaints = parent.stderr.read()
        assert complaints.count("Traceback") == 1 and "KeyboardInterrupt" in complaints
    deadline = time.monotonic() + 120
    while any(alive(pid) for pid in pids):
        assert time.monotonic() < deadline, "workers are left"
        time.sleep(0.05)
    parent.stdout.close()
    parent.stderr.close()


def alive(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False
    except OSError:
        return False
