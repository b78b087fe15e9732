"""Many cart-poles stepped at once, as Gymnasium's vector environments; needs Gymnasium 1.1 or later.

After ``import particle_pilot``, ``gymnasium.make_vec("particle_pilot/CartPole-v1", num_envs=1000)`` makes a
:class:`CartPoleVectorEnv` too.
"""

from __future__ import annotations

from .._gymnasium import require

require("vector", (1, 1))

from .env import CartPoleVectorEnv  # noqa: E402

__all__ = ["CartPoleVectorEnv"]
