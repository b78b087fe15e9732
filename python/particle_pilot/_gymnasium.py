"""What to say where Gymnasium is missing or too old."""

from __future__ import annotations

import re


def require(what: str, least: tuple[int, int]) -> None:
    """Makes sure that there is a Gymnasium of version ``least`` or later, for the sake of ``what``.

    Raises:
        ModuleNotFoundError: there is none.
        ImportError: it is older.
    """
    needs = f"particle_pilot.{what} needs Gymnasium {least[0]}.{least[1]} or later"
    how = "pip install 'gymnasium>=1.1', or install the package as particle-pilot[gymnasium] (in a checkout './python[gymnasium]')"
    try:
        import gymnasium
    except ModuleNotFoundError as error:
        if error.name != "gymnasium":
            raise
        raise ModuleNotFoundError(f"{needs}, which is not installed: {how}", name="gymnasium") from None
    version = getattr(gymnasium, "__version__", "0.0")
    found = tuple(int(number) for number in re.findall(r"\d+", version)[:2])
    if found < least:
        raise ImportError(f"{needs}; this is {version}: {how}", name="gymnasium")
