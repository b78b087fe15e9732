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
