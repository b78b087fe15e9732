"""What tests share."""

import os
import subprocess
import tempfile

import gymnasium
import pytest

# An open device goes by estimates here, not by what this machine's owner has measured.
os.environ.pop("PILOT_CALIBRATION", None)
os.environ["XDG_CACHE_HOME"] = tempfile.mkdtemp(prefix="pilot-tests-")


@pytest.fixture
def cart_pole():
    """The real CartPole-v1."""
    env = gymnasium.make("CartPole-v1")
    yield env
    env.close()


@pytest.fixture(scope="session")
def program():
    """Runs the program `pilot` that the environment variable PILOT_BINARY names, and returns its output."""
    path = os.environ.get("PILOT_BINARY")
    if not path:
        pytest.skip("PILOT_BINARY does not name the program `pilot`")

    def run(*arguments: str) -> str:
        command = [path, *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True, timeout=120).stdout

    return run
