"""What the package says about itself."""

import inspect
import pathlib
import re
import shutil
import subprocess
import sys

import particle_pilot
from particle_pilot import Pilot, evaluate

PLANNERS = ["random-shooting", "cem", "mppi", "smc", "fmc", "predictive-sampling", "icem"]


def test_every_option_is_explained():
    text = particle_pilot.options.__doc__
    explained = set(re.findall(r"``(\w+)``", text))
    asked_for = {"theta_limit_deg", "x_limit", "force", "integrator", "steps", "push", "episodes", "config"}
    for planner in PLANNERS:
        asked_for |= set(Pilot(planner, particles=16).options)
    assert asked_for <= explained, asked_for - explained
    # And what is explained there is.
    heads = [re.sub(r"\([^)]*\)", "", line) for line in text.splitlines() if line.startswith("``")]
    names = {name for head in heads for name in re.findall(r"``(\w+)``", head)}
    stub = pathlib.Path(particle_pilot.__file__).with_name("_core.pyi").read_text()
    assert names - {"planner"} <= set(re.findall(r"^    (\w+): ", stub, re.M))
    for planner in PLANNERS:
        assert f'``"{planner}"``' in text


def test_the_package_points_to_it():
    assert "particle_pilot.options" in particle_pilot.__doc__
    assert particle_pilot.options.__name__ == "particle_pilot.options"
    assert "cost_end" in inspect.getdoc(particle_pilot.options)


def test_examples_in_the_docstring_of_options_work():
    assert evaluate(episodes=1, steps=60, push=(5, 5, 50), particles=64).digest == evaluate(
        episodes=1, steps=60, push="5:5:50", particles=64
    ).digest


def test_the_source_folder_says_what_it_is(tmp_path):
    package = pathlib.Path(particle_pilot.__file__).parent
    shutil.copytree(package, tmp_path / "particle_pilot", ignore=shutil.ignore_patterns("*.so", "__pycache__"))
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import particle_pilot"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert "without its compiled part" in done.stderr and "pip install ./python" in done.stderr
