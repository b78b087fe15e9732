"""JAX: `scan` over the steps inside one compiled function, on the CPU or a GPU. float32."""

import os

from protocol import (
    ANGLE_WEIGHT, FORCE, GRAVITY, HALF_LENGTH, MASS, MOMENT, POLE, POSITION_WEIGHT, TAU, THETA_LIMIT, X_LIMIT, on_gpu,
    serve, threads,
)  # fmt: skip

os.environ["JAX_PLATFORMS"] = "cuda" if on_gpu() else "cpu"


def load():
    import jax
    import jax.numpy as jnp
    import numpy as np

    try:
        devices = jax.devices()
    except RuntimeError as error:  # this JAX knows no GPU
        raise ImportError(str(error)) from error

    def advance(state, force):
        x, v, th, w = state
        sin, cos = jnp.sin(th), jnp.cos(th)
        temp = (force + MOMENT * w * w * sin) / MASS
        angular = (GRAVITY * sin - cos * temp) / (HALF_LENGTH * (4 / 3 - POLE * cos * cos / MASS))
        linear = temp - MOMENT * angular * cos / MASS
        return x + TAU * v, v + TAU * linear, th + TAU * w, w + TAU * angular

    def rollouts(key, start, particles, horizon):
        words = jax.random.bits(key, ((horizon + 31) // 32, particles), jnp.uint32)

        def body(carry, step):
            state, alive, cost = carry
            right = (words[step // 32] >> (step % 32).astype(jnp.uint32)) & 1
            state = advance(state, jnp.where(right == 1, FORCE, -FORCE))
            x, _, th, _ = state
            alive &= (jnp.abs(x) <= X_LIMIT) & (jnp.abs(th) <= THETA_LIMIT)
            cost += jnp.where(alive, POSITION_WEIGHT * x * x + ANGLE_WEIGHT * th * th, 1.0)
            return (state, alive, cost), None

        state = tuple(jnp.full(particles, value, jnp.float32) for value in start)
        begin = (state, jnp.ones(particles, bool), jnp.zeros(particles, jnp.float32))
        (_, alive, cost), _ = jax.lax.scan(body, begin, jnp.arange(horizon))
        right = (words[0] & 1) == 1
        return jnp.sum(jnp.where(right, 0, cost)), jnp.sum(jnp.where(right, cost, 0)), jnp.sum(alive)

    class Peer:
        version, device = jax.__version__, str(devices[0]).lower()
        works = ["rollout"]
        does = "rollouts in f32 by jit and scan; costs by first action"

        def __init__(self):
            self.threads = threads()  # XLA takes those that the process may use

        def check(self, states, actions):
            force = jnp.where(jnp.array(actions) == 1, FORCE, -FORCE).astype(jnp.float32)
            state = tuple(jnp.array(np.array(states, np.float32).T))
            return {"next": np.array(jax.jit(advance)(state, force), float).T.tolist()}

        def prepare(self, work):
            particles, horizon = work["particles"], work["horizon"]
            compiled = jax.jit(rollouts, static_argnums=(2, 3))
            start = jnp.array(work["state"], jnp.float32)
            key = jax.random.key(work["seed"])

            def once():
                nonlocal key
                key, now = jax.random.split(key)
                left, right, alive = jax.block_until_ready(compiled(now, start, particles, horizon))
                return {"dead_share": 1 - int(alive) / particles, "costs": [float(left), float(right)]}

            return once

    return Peer()


if __name__ == "__main__":
    serve("jax", load)
