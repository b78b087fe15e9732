"""Where the system refuses threads: automatic counts settle for fewer, explicit ones are refused in words."""

import os
import subprocess
import sys

import pytest

resource = pytest.importorskip("resource", reason="limits are POSIX's")

# As somebody who may have so many processes and threads, of whom root has as many as it likes. What is imported is
# imported before: the other user may not be allowed to read it.
SCRIPT = """
import os, pickle, resource, signal, sys, threading, time
import gymnasium
import numpy as np
import particle_pilot
from particle_pilot import CartPoleVectorEnv, DeviceError, Pilot, drive, evaluate, solve

particle_pilot.CartPoleVectorEnv  # imports what it needs
env = gymnasium.make("CartPole-v1", max_episode_steps=20)
resource.setrlimit(resource.RLIMIT_NPROC, ({limit}, {limit}))
if os.getuid() == 0:
    os.setgroups([])
    os.setgid({user})
    os.setuid({user})
if {limit} == 1:
    try:
        threading.Thread(target=int).start()
        print("threads are granted")
    except RuntimeError:
        pass
"""


def _run(body, limit=1, user=65533):
    script = SCRIPT.format(limit=limit, user=user) + body
    answer = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=120, check=False
    )
    assert "PanicException" not in answer.stderr and "panicked" not in answer.stderr, answer.stderr
    assert answer.returncode == 0, answer.stderr
    if "threads are granted" in answer.stdout:
        pytest.skip("this system does not enforce the limit")
    return answer.stdout.split("\n")


def test_one_thread_needs_no_other():
    out = _run(
        """
obs = np.zeros((3, 4))
print(solve(threads=1, steps=20, particles=64).steps, evaluate(threads=1, episodes=3, steps=9, particles=64).survived)
pilot = Pilot(threads=1, particles=64)
print(pilot.threads, len(pilot.act_batch(obs)), pilot.plan(obs[0]).diagnostics.horizon)
print(drive(env, threads=1, particles=64).returns[0])
envs = CartPoleVectorEnv(5000, threads=1)
print(envs.reset(seed=1)[0].shape)
"""
    )
    assert out[:4] == ["20 3", "1 3 30", "20.0", "(5000, 4)"]


def test_automatic_counts_settle_for_what_there_is():
    out = _run(
        """
print(Pilot(particles=64).threads, solve(steps=20, particles=64).threads)
result = evaluate(episodes=3, steps=9, particles=64)
print(result.threads, result.survived)
print(CartPoleVectorEnv(5000).reset(seed=1)[0].shape)
"""
    )
    assert out[:3] == ["1 1", "1 3", "(5000, 4)"]


def test_a_number_of_threads_is_refused_in_words():
    out = _run(
        """
for call in (
    lambda: Pilot(threads=3),
    lambda: solve(threads=3, steps=5),
    lambda: evaluate(threads=3, episodes=3),
    lambda: drive(env, threads=3),
    lambda: CartPoleVectorEnv(5000, threads=3),
):
    try:
        call()
        print("granted")
    except DeviceError as error:
        print(error)
"""
    )
    assert len(out) == 6 and out[5] == ""
    for line in out[:5]:
        assert line.startswith("cannot start 3 threads: ") and "ask for fewer, or for 0" in line


@pytest.mark.skipif(os.name != "posix" or os.getuid() != 0, reason="counts the threads of a user of its own")
def test_some_threads_are_granted_and_used():
    # The process itself, and two more.
    out = _run(
        """
pilot = Pilot(particles=2048, seed=3)
expected = Pilot(particles=2048, seed=3, threads=1)
print([pilot.plan([0, 0, 0.1, 0]) == expected.plan([0, 0, 0.1, 0]) for _ in range(3)], pilot.threads)
""",
        limit=3,
        user=65532,
    )
    assert out[0].startswith("[True, True, True] ")


def test_ctrl_c_is_noticed_without_a_thread_to_look_for_it():
    out = _run(
        """
signal.signal(signal.SIGALRM, signal.default_int_handler)
for call in (
    lambda: solve(threads=1, steps=100_000_000, seed=1),
    lambda: evaluate(threads=1, episodes=10_000_000, particles=64),
):
    signal.setitimer(signal.ITIMER_REAL, 0.3)
    try:
        call()
    except KeyboardInterrupt:
        print("interrupted")
"""
    )
    assert out[:2] == ["interrupted", "interrupted"]


def _limit():
    resource.setrlimit(resource.RLIMIT_NPROC, (1, 1))


@pytest.mark.skipif(os.name != "posix" or os.getuid() != 0, reason="starts a program as another user")
def test_the_program_does_not_panic_either(program):
    def run(*arguments):
        command = [os.environ["PILOT_BINARY"], *arguments, "--quiet", "-n", "20"]
        return subprocess.run(
            command, preexec_fn=_limit, user=65531, group=65531, extra_groups=[], cwd="/",
            capture_output=True, text=True, timeout=60, check=False,
        )

    try:
        refused = run("--threads", "3")
    except PermissionError:
        pytest.skip("the program is where others may not look")
    if refused.returncode == 0:
        pytest.skip("this system does not enforce the limit")
    assert refused.returncode == 2
    assert refused.stderr.startswith("error: cannot start 3 threads: ") and "panicked" not in refused.stderr
    for arguments in (["--threads", "1"], [], ["evaluate", "-e", "3"]):
        assert run(*arguments).returncode == 0
