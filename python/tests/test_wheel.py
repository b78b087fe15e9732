"""What is in the wheel, and what it needs."""

import os
import pathlib
import re
import subprocess
import sys

import pytest

import particle_pilot

MODULE = pathlib.Path(particle_pilot._core.__file__)


@pytest.mark.skipif("PILOT_WHEEL_ONLY" not in os.environ, reason="the package may be an editable one")
def test_it_is_the_wheel_that_is_tested():
    assert sys.prefix in particle_pilot.__file__
    assert "site-packages" in particle_pilot.__file__


def test_the_module_is_for_every_python_from_3_10_on():
    assert MODULE.name == "_core.abi3.so"


@pytest.mark.skipif(sys.platform != "linux", reason="reads ELF")
def test_neither_cuda_nor_libpython_is_linked():
    elffile = pytest.importorskip("elftools.elf.elffile")
    with MODULE.open("rb") as file:
        dynamic = elffile.ELFFile(file).get_section_by_name(".dynamic")
        needed = {tag.needed for tag in dynamic.iter_tags("DT_NEEDED")}
        paths = [tag for tag in dynamic.iter_tags() if tag.entry.d_tag in ("DT_RPATH", "DT_RUNPATH")]
    assert needed <= {"libc.so.6", "libm.so.6", "libgcc_s.so.1", "ld-linux-x86-64.so.2", "ld-linux-aarch64.so.1"}
    assert paths == []


@pytest.mark.skipif(sys.platform != "linux", reason="reads ELF")
def test_no_function_of_the_driver_is_a_symbol():
    elffile = pytest.importorskip("elftools.elf.elffile")
    with MODULE.open("rb") as file:
        symbols = elffile.ELFFile(file).get_section_by_name(".dynsym").iter_symbols()
        names = [symbol.name for symbol in symbols]
    assert "PyInit__core" in names
    assert [name for name in names if re.match("cu[A-Z]", name)] == []


def test_importing_loads_neither_a_driver_nor_gymnasium():
    script = """
import sys
import particle_pilot
maps = open("/proc/self/maps").read()
assert "libcuda" not in maps, maps
assert "gymnasium" not in sys.modules
"""
    if sys.platform == "linux":
        subprocess.run([sys.executable, "-c", script], check=True, timeout=60)
