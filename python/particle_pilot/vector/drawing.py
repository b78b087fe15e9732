"""Pictures of cart-poles."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from gymnasium.envs.classic_control.cartpole import CartPoleVectorEnv

#: What pictures show of the physics.
_SHOWN = frozenset({"length", "x_threshold"})


class Drawing:
    """Draws as Gymnasium's own vector environment does, by means of one that is never stepped.

    Args:
        count: N, how many.
        physics: Attributes of Gymnasium's environment, of which the lengths are heeded.
    """

    def __init__(self, count: int, physics: dict[str, Any]) -> None:
        self._model: Any = CartPoleVectorEnv(count, render_mode="rgb_array")
        for name in _SHOWN & physics.keys():
            setattr(self._model, name, float(physics[name]))

    def of(self, states: npt.NDArray[Any]) -> tuple[npt.NDArray[np.uint8], ...]:
        """Pictures of states ``[N, 4]``."""
        self._model.state = np.asarray(states, np.float64).T
        return tuple(self._model.render())
