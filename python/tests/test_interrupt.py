"""Ctrl-C ends long calls with KeyboardInterrupt, and soon."""

import subprocess
import sys

import pytest

# A handler set off by a timer: what Ctrl-C does, without a terminal.
SCRIPT = """
import signal, time
import gymnasium
import particle_pilot

signal.signal(signal.SIGALRM, signal.default_int_handler)
env = gymnasium.make("CartPole-v1", max_episode_steps=100_000_000)
began = time.monotonic()
try:
    signal.setitimer(signal.ITIMER_REAL, 0.3)
    {call}
except KeyboardInterrupt:
    print("interrupted after", time.monotonic() - began)
"""


@pytest.mark.parametrize(
    "call",
    [
        "particle_pilot.solve(steps=100_000_000, seed=1)",
        "particle_pilot.evaluate(episodes=10_000_000)",
        "particle_pilot.drive(env, episodes=1000, seed=1)",
        "particle_pilot.Pilot('fmc', particles=500_000, horizon=50_000).act([0, 0, 0, 0])",
        "particle_pilot.Pilot('cem', particles=1_000_000, horizon=100_000, iterations=20).plan([0, 0, 0, 0])",
        "particle_pilot.Pilot('random-shooting', particles=1_000_000, horizon=10_000).act_batch([[0, 0, 0, 0]] * 20)",
        "particle_pilot.drive(env, planner='smc', particles=500_000, horizon=50_000)",
    ],
)
def test_long_calls_can_be_interrupted(call):
    script = SCRIPT.format(call=call)
    answer = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=300, check=True
    )
    assert answer.stdout.startswith("interrupted after"), answer
    # These calls would take hours; a busy machine may need some seconds.
    assert float(answer.stdout.split()[-1]) < 60


# Afterwards everything is as before, for pilots and for the rows of a batch, or as after the whole call: Ctrl-C may come
# just after it, and does where calls are as long as the timer.
AS_BEFORE = """
import copy, signal
import numpy as np
from particle_pilot import Pilot

signal.signal(signal.SIGALRM, signal.default_int_handler)
obs = np.random.default_rng(0).uniform(-0.05, 0.05, (20, 4))
restart = np.arange(20) % 3 == 0

def state(pilot):
    saved = pilot.__reduce__()[2]
    rows = saved.pop("rows", {})
    return {name: np.array(value).tolist() for name, value in {**saved, **rows}.items()}

for planner, horizon in {"cem": 10_000, "mppi": 500, "fmc": 1_000}.items():
    pilot = Pilot(planner, particles=200_000, horizon=horizon)
    for call in (
        lambda pilot: pilot.act(obs[0]),
        lambda pilot: pilot.plan(obs[1]),
        lambda pilot: pilot.act_batch(obs),
        lambda pilot: pilot.act_batch(obs, restart=restart),
    ):
        before = copy.copy(pilot)
        signal.setitimer(signal.ITIMER_REAL, 0.2)
        try:
            while True:
                before = copy.copy(pilot)
                call(pilot)
        except KeyboardInterrupt:
            pass
        if state(pilot) != state(before):
            call(before)
            assert state(pilot) == state(before), planner
    small = Pilot(planner, particles=64)
    assert small.act(obs[0]) in (0, 1)
print("as before")
"""


def test_what_was_interrupted_is_as_before():
    answer = subprocess.run([sys.executable, "-c", AS_BEFORE], capture_output=True, text=True, timeout=300)
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout == "as before\n", answer


WAITING = """
import signal, threading, time
from particle_pilot import Pilot

signal.signal(signal.SIGALRM, signal.default_int_handler)
pilot = Pilot("fmc", particles=500_000, horizon=50_000)
other = threading.Thread(target=lambda: pilot.act([0, 0, 0, 0]), daemon=True)
other.start()
time.sleep(0.2)
signal.setitimer(signal.ITIMER_REAL, 0.5)
try:
    pilot.act([0, 0, 0, 0])
except KeyboardInterrupt:
    print("interrupted, the other", "goes on" if other.is_alive() else "is over", flush=True)
import os
os._exit(0)
"""


def test_who_waits_for_a_pilot_can_be_interrupted_alone():
    answer = subprocess.run(
        [sys.executable, "-c", WAITING], capture_output=True, text=True, timeout=300, check=True
    )
    assert answer.stdout == "interrupted, the other goes on\n", answer
