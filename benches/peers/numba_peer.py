"""Numba: one function that LLVM turns into vector instructions, on all threads. float32.

The step is arranged as in this project's own kernels (DESIGN.md, "The cart-pole in 17 instructions"): scaled units,
and quadratics in theta^2 that are fitted beforehand. `fastmath` only allows contraction to fused multiply-adds:
infinities of ended futures stay defined. All of its freedoms together were 0 to 8% faster.
"""

import os

from protocol import (
    ANGLE_WEIGHT, FORCE, GRAVITY, HALF_LENGTH, MASS, MOMENT, POLE, POSITION_WEIGHT, TAU, THETA_LIMIT, X_LIMIT, serve,
    threads,
)  # fmt: skip

os.environ["NUMBA_NUM_THREADS"] = str(threads())
LANES = 128  # particles advanced side by side: eight registers of 16
WIDTH = GRAVITY * TAU * TAU  # the unit of length, m


def load():
    import numba
    import numpy as np
    from numba import njit, prange

    f, u32 = np.float32, np.uint32

    def quadratic(function):
        """Coefficients of `function(theta)` as a quadratic in theta^2, at Chebyshev's nodes."""
        limit = (THETA_LIMIT + 0.02) ** 2
        nodes = limit / 2 * (1 + np.cos(np.pi * (np.arange(3) + 0.5) / 3))
        return tuple(f(c) for c in np.polynomial.polynomial.polyfit(nodes, function(np.sqrt(nodes)), 2))

    ratio = MOMENT / MASS / WIDTH
    s0, s1, s2 = quadratic(lambda th: ratio * np.sin(th) / th)
    c0, c1, c2 = quadratic(lambda th: ratio * np.cos(th))
    r0, r1, r2 = quadratic(
        lambda th: WIDTH / ratio / (HALF_LENGTH * (4 / 3 - POLE * np.cos(th) ** 2 / MASS))
    )
    push = f(FORCE / (MASS * GRAVITY))
    xx_limit, tt_limit = f((X_LIMIT / WIDTH) ** 2), f(THETA_LIMIT**2)
    position, angle = f(POSITION_WEIGHT * WIDTH**2), f(ANGLE_WEIGHT)
    one, zero = f(1), f(0)

    @njit(inline="always")
    def advance(x, u, th, w, force):
        t = th * th
        s = ((s2 * t + s1) * t + s0) * th
        c = (c2 * t + c1) * t + c0
        r = (r2 * t + r1) * t + r0
        a = w * w * s + force
        b = (s - c * a) * r
        return x + u, u + (a - c * b), th + w, w + b

    @njit(inline="always")
    def one_step(x, u, th, w, alive, xs, ts, life, bits):
        force = push if bits & u32(1) else -push
        x, u, th, w = advance(x, u, th, w, force)
        xx, tt = x * x, th * th
        alive = alive if (xx <= xx_limit) & (tt <= tt_limit) else zero
        # Ended futures grow beyond all numbers: 0 times that would be none.
        live = alive > zero
        xs, ts = (xs + xx, ts + tt) if live else (xs, ts)
        return x, u, th, w, alive, xs, ts, life + alive, bits >> u32(1)

    @njit(inline="always")
    def load_lane(state, bits, i):
        return (
            state[0, i], state[1, i], state[2, i], state[3, i], state[4, i], state[5, i], state[6, i], state[7, i],
            bits[i],
        )  # fmt: skip

    @njit(inline="always")
    def store_lane(state, bits, i, x, u, th, w, alive, xs, ts, life, b):
        state[0, i], state[1, i], state[2, i], state[3, i] = x, u, th, w
        state[4, i], state[5, i], state[6, i], state[7, i] = alive, xs, ts, life
        bits[i] = b

    @njit(inline="always")
    def a_step(state, bits):
        for i in range(LANES):
            x, u, th, w, alive, xs, ts, life, b = load_lane(state, bits, i)
            x, u, th, w, alive, xs, ts, life, b = one_step(x, u, th, w, alive, xs, ts, life, b)
            store_lane(state, bits, i, x, u, th, w, alive, xs, ts, life, b)

    @njit(inline="always")
    def two_steps(state, bits):
        """Two for each time that the state is read and written."""
        for i in range(LANES):
            x, u, th, w, alive, xs, ts, life, b = load_lane(state, bits, i)
            x, u, th, w, alive, xs, ts, life, b = one_step(x, u, th, w, alive, xs, ts, life, b)
            x, u, th, w, alive, xs, ts, life, b = one_step(x, u, th, w, alive, xs, ts, life, b)
            store_lane(state, bits, i, x, u, th, w, alive, xs, ts, life, b)

    @njit(inline="always")
    def mixed(z):
        """A hash of 32 bits (C. Wellons, "lowbias32")."""
        z = (z ^ (z >> u32(16))) * u32(0x7FEB352D)
        z = (z ^ (z >> u32(15))) * u32(0x846CA68B)
        return z ^ (z >> u32(16))

    @njit(parallel=True, fastmath={"contract"}, error_model="numpy", boundscheck=False)
    def rollouts(start, count, horizon, seed, out):
        """Sums of costs by first action and of futures that ended, for each group of lanes, into `out`."""
        groups = (count + LANES - 1) // LANES
        for group in prange(groups):
            state = np.empty((8, LANES), f)
            bits, first = np.empty(LANES, u32), np.empty(LANES, u32)
            for i in range(LANES):
                for k in range(4):
                    state[k, i] = start[k]
                state[4, i] = one
                state[5, i] = state[6, i] = state[7, i] = zero
            for step in range(0, horizon, 2):
                if step % 32 == 0:
                    for i in range(LANES):
                        bits[i] = mixed(u32(group * LANES + i) ^ mixed(u32(step) + u32(seed)))
                    if step == 0:
                        first[:] = bits
                if step + 2 <= horizon:
                    two_steps(state, bits)
                else:
                    for _ in range(horizon - step):
                        a_step(state, bits)
            left = right = dead = zero
            for i in range(min(LANES, count - group * LANES)):
                cost = position * state[5, i] + angle * state[6, i] + (f(horizon) - state[7, i])
                if first[i] & u32(1):
                    right += cost
                else:
                    left += cost
                dead += one - state[4, i]
            out[group, 0], out[group, 1], out[group, 2] = left, right, dead

    @njit
    def step_all(states, forces):
        for i in range(len(states)):
            x, u, th, w = states[i, 0], states[i, 1], states[i, 2], states[i, 3]
            states[i, 0], states[i, 1], states[i, 2], states[i, 3] = advance(x, u, th, w, forces[i])

    own = np.array([1 / WIDTH, TAU / WIDTH, 1, TAU])  # from the caller's units

    class Peer:
        version, device = numba.__version__, "cpu"
        works = ["rollout"]
        does = "rollouts in f32 by one compiled loop with vector instructions; costs by first action"

        def __init__(self):
            self.threads = numba.get_num_threads()

        def check(self, states, actions):
            states = (np.array(states) * own).astype(f)
            step_all(states, np.where(np.array(actions) == 1, push, -push).astype(f))
            return {"next": (states.astype(float) / own).tolist()}

        def prepare(self, work):
            particles, horizon = work["particles"], work["horizon"]
            start = (np.array(work["state"]) * own).astype(f)
            out = np.empty(((particles + LANES - 1) // LANES, 3), f)
            seed = work["seed"]

            def once():
                nonlocal seed
                seed += 1
                rollouts(start, particles, horizon, seed, out)
                left, right, dead = out.sum(axis=0, dtype=np.float64)
                return {"dead_share": dead / particles, "costs": [left, right]}

            return once

    return Peer()


if __name__ == "__main__":
    serve("numba", load)
