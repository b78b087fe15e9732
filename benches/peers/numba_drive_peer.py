"""Numba: one decision of MPPI for a robot with two driven wheels on a map, on all threads. float32.

Loops go over particles, so that LLVM turns them into vector instructions, gathers for the map among them; it is told to use
registers as wide as there are. As in this project, particles come in mirrored pairs that share their noise; it is kept, not
drawn again, for moving the plan. Normal numbers by Box and Muller's method, two at a time, one for each control; logarithm, sine
and cosine are polynomials. `fastmath` allows all that does not assume numbers to be finite.
"""

import os
from math import pi

from diff_drive import (
    CELLS_PER_METRE, FIRST_CELL, GOAL, GOAL_WEIGHT, HALF, MIDDLE, OBSTACLE_WEIGHT, STEP, TEMPERATURE,
)  # fmt: skip
from protocol import serve, threads

os.environ["NUMBA_NUM_THREADS"] = str(threads())
LANES = 64  # pairs advanced side by side


def load():
    from llvmlite import binding

    features = binding.get_host_cpu_features()
    if features.get("avx512f"):
        # Before Numba asks for it: half of each register would be left unused.
        os.environ["NUMBA_CPU_NAME"] = binding.get_host_cpu_name()
        os.environ["NUMBA_CPU_FEATURES"] = features.flatten() + ",-prefer-256-bit"

    import numba
    import numpy as np
    from numba import njit, prange

    f, u32, i32 = np.float32, np.uint32, np.int32
    fast = {"nsz", "arcp", "contract", "afn", "reassoc"}

    def fitted(function, low, high, terms):
        """Coefficients of a polynomial, the highest first, that is nearly `function` from `low` to `high`."""
        nodes = low + (high - low) / 2 * (1 + np.cos(np.pi * (np.arange(4 * terms) + 0.5) / (4 * terms)))
        polynomial = np.polynomial.Chebyshev.fit(nodes, function(nodes), terms - 1, [low, high])
        return tuple(f(c) for c in polynomial.convert(kind=np.polynomial.Polynomial).coef[::-1])

    # In x^2, for a quarter turn to either side and more.
    square = (1e-9, (0.5 * pi + 0.01) ** 2)
    s4, s3, s2, s1, s0 = fitted(lambda t: np.sin(np.sqrt(t)) / np.sqrt(t), *square, 5)
    c5, c4, c3, c2, c1, c0 = fitted(lambda t: np.cos(np.sqrt(t)), *square, 6)
    # Of the logarithm of 1 + t by t.
    l7, l6, l5, l4, l3, l2, l1, l0 = fitted(lambda t: np.log1p(t) / t, np.sqrt(0.5) - 1 + 1e-9, np.sqrt(2) - 1, 8)
    half_turn, per_half_turn, ln_2 = f(pi), f(1 / pi), f(np.log(2))
    zero, one, half, two, tiny = f(0), f(1), f(0.5), f(2), f(2.0**-33)
    step, first_cell, cells_per_metre = f(STEP), f(FIRST_CELL), f(CELLS_PER_METRE)
    speed_0, speed_1, turn_0, turn_1 = f(MIDDLE[0]), f(HALF[0]), f(MIDDLE[1]), f(HALF[1])
    goal_x, goal_y, goal_heading = (f(number) for number in GOAL)
    goal_weight, obstacle_weight = f(GOAL_WEIGHT), f(OBSTACLE_WEIGHT)
    whole_turn, per_turn = f(2 * pi), f(1 / (2 * pi))
    beyond, lowest = u32(0x3F800000 - 0x3F3504F3), u32(0x3F3504F3)

    @njit(inline="always")
    def sine_cosine(angle):
        """By half turns: what is left is at most a quarter turn."""
        turns = np.floor(angle * per_half_turn + half)
        x = angle - turns * half_turn
        sign = one - two * (turns - two * np.floor(turns * half))
        t = x * x
        sine = ((((s4 * t + s3) * t + s2) * t + s1) * t + s0) * x
        cosine = ((((c5 * t + c4) * t + c3) * t + c2) * t + c1) * t + c0
        return sign * sine, sign * cosine

    @njit(inline="always")
    def mixed(z):
        """A hash of 32 bits (C. Wellons, "lowbias32"). Left to itself, Numba computes in 64."""
        z = u32(u32(z ^ u32(z >> u32(16))) * u32(0x7FEB352D))
        z = u32(u32(z ^ u32(z >> u32(15))) * u32(0x846CA68B))
        return u32(z ^ u32(z >> u32(16)))

    @njit(inline="always")
    def kept(value, least, most):
        return min(max(value, least), most)

    @njit(inline="always")
    def advanced(x, y, heading, speed, turn):
        speed, turn = speed * speed_1 + speed_0, turn * turn_1 + turn_0
        sine, cosine = sine_cosine(heading)
        way = step * speed
        return x + way * cosine, y + way * sine, heading + step * turn

    @njit(inline="always")
    def around(place, last):
        """The cell before a place of the map, how far it is from there, and how many cells the next one is away: 1, or 0 at the end."""
        place = kept((place - first_cell) * cells_per_metre, zero, last)
        before = np.floor(place)
        return before, place - before, min(last - before, one)

    @njit(inline="always")
    def between(a, b, share):
        return a + share * (b - a)

    @njit(inline="always")
    def cost(x, y, heading, found):
        off = heading - goal_heading
        off = abs(off - whole_turn * np.floor(off * per_turn + half))
        away_x, away_y = x - goal_x, y - goal_y
        return goal_weight * (np.sqrt(away_x * away_x + away_y * away_y) + off) + obstacle_weight * found

    @njit(inline="always")
    def draw(rows, words, seed, first, h, deviation):
        """Noise of a group of pairs at step `h`, to the rows 8 and 9; row 10 and `words` are the same memory."""
        key = mixed(u32(u32(h) * u32(0x9E3779B9) + seed))
        for i in range(LANES):
            z = mixed(u32(u32(first + u32(i)) ^ key))
            # From just above 0 to 1, of which the logarithm is taken; and an angle.
            rows[10, i] = f(i32(z >> u32(1))) * f(2.0**-31) + tiny
            rows[9, i] = f(i32(mixed(u32(z + u32(0x68E31DA4))))) * f(2.0**-31) * half_turn
        for i in range(LANES):
            shifted = u32(words[i] + beyond)
            rows[8, i] = f(i32(i32(shifted >> u32(23)) - i32(127)))
            words[i] = u32(u32(shifted & u32(0x7FFFFF)) + lowest)
        for i in range(LANES):
            t = rows[10, i] - one
            log = (((((((l7 * t + l6) * t + l5) * t + l4) * t + l3) * t + l2) * t + l1) * t + l0) * t
            radius = deviation * np.sqrt(max(-two * (log + rows[8, i] * ln_2), zero))
            sine, cosine = sine_cosine(rows[9, i])
            rows[8, i], rows[9, i] = radius * cosine, radius * sine

    @njit(inline="always")
    def look_up(rows, places, side, cells, width, right, bottom):
        """What the map has where the pairs of one side are, to row 15. The cells' numbers are whole below 2^24."""
        for i in range(LANES):
            left, across, beside = around(rows[side, i], right)
            upper, down, below = around(rows[side + 1, i], bottom)
            first = upper * width + left
            places[0, i], places[1, i] = i32(first), i32(first + beside)
            places[2, i], places[3, i] = i32(first + below * width), i32(first + below * width + beside)
            rows[15, i], rows[16, i] = across, down
        for k in range(4):
            for i in range(LANES):
                rows[11 + k, i] = cells[u32(places[k, i])]
        for i in range(LANES):
            above = between(rows[11, i], rows[12, i], rows[15, i])
            under = between(rows[13, i], rows[14, i], rows[15, i])
            rows[15, i] = between(above, under, rows[16, i])

    @njit(inline="always")
    def go(rows, places, side, sign, speed, turn, cells, width, right, bottom):
        """One side of the pairs takes a step. Nearly all is in one array: that others are not written to, LLVM has to find out."""
        for i in range(LANES):
            x, y, heading = advanced(
                rows[side, i], rows[side + 1, i], rows[side + 2, i],
                kept(speed + sign * rows[8, i], -one, one), kept(turn + sign * rows[9, i], -one, one),
            )  # fmt: skip
            rows[side, i], rows[side + 1, i], rows[side + 2, i] = x, y, heading
        look_up(rows, places, side, cells, width, right, bottom)
        for i in range(LANES):
            rows[side + 3, i] += cost(rows[side, i], rows[side + 1, i], rows[side + 2, i], rows[15, i])

    options = {"fastmath": fast, "error_model": "numpy", "boundscheck": False}

    @njit(parallel=True, **options)
    def rollouts(start, plan, cells, width, height, deviation, seed, noise, costs):
        """Costs of all futures, `[groups][2][LANES]`; their noise to `noise`, `[groups][H][2][LANES]`."""
        horizon = len(plan)
        for group in prange(len(costs)):
            # x, y, heading and cost of one side, then of the other; noise; what it is made of; the map's cells.
            rows, places = np.empty((17, LANES), f), np.empty((4, LANES), i32)
            words = rows[10].view(u32)
            right, bottom = width - one, height - one
            for i in range(LANES):
                for k in range(3):
                    rows[k, i] = rows[4 + k, i] = start[k]
                rows[3, i] = rows[7, i] = zero
            for h in range(horizon):
                draw(rows, words, seed, u32(group * LANES), h, deviation)
                go(rows, places, 0, one, plan[h, 0], plan[h, 1], cells, width, right, bottom)
                go(rows, places, 4, -one, plan[h, 0], plan[h, 1], cells, width, right, bottom)
                noise[group, h] = rows[8:10]
            costs[group, 0], costs[group, 1] = rows[3], rows[7]

    @njit(parallel=True, **options)
    def moments(weights, noise, sums):
        """To `sums`, `[groups][H][2]`: the noise of each group, weighed."""
        for group in prange(len(weights)):
            differences = weights[group, 0] - weights[group, 1]
            for h in range(noise.shape[1]):
                for k in range(2):
                    total = zero
                    for i in range(LANES):
                        total += differences[i] * noise[group, h, k, i]
                    sums[group, h, k] = total

    @njit(**options)
    def steps(states, shares, cells, width, height, costs):
        rows, places = np.empty((17, LANES), f), np.empty((4, LANES), i32)
        for start in range(0, len(states), LANES):
            count = min(LANES, len(states) - start)
            for i in range(count):
                x, y, heading = states[start + i, 0], states[start + i, 1], states[start + i, 2]
                rows[0, i], rows[1, i], rows[2, i] = advanced(x, y, heading, shares[start + i, 0], shares[start + i, 1])
            for i in range(count, LANES):
                rows[0, i] = rows[1, i] = zero
            look_up(rows, places, 0, cells, width, width - one, height - one)
            for i in range(count):
                x, y, heading = rows[0, i], rows[1, i], rows[2, i]
                states[start + i, 0], states[start + i, 1], states[start + i, 2] = x, y, heading
                costs[start + i] = cost(x, y, heading, rows[15, i])

    def sizes(map):
        return np.array(map["cells"], f), f(map["width"]), f(map["height"])

    class Peer:
        version, device = numba.__version__, "cpu"
        works = ["drive"]
        does = "one decision of MPPI for a robot on a map in compiled loops with vector instructions; mirrored white noise"

        def __init__(self):
            self.threads = numba.get_num_threads()

        def check_drive(self, states, shares, map):
            states, costs = np.array(states, f), np.empty(len(states), f)
            steps(states, np.array(shares, f), *sizes(map), costs)
            return {"next": states.astype(float).tolist(), "costs": costs.astype(float).tolist()}

        def prepare(self, work):
            particles, horizon, seed = work["particles"], work["horizon"], work["seed"]
            groups = -(-particles // (2 * LANES))
            start, (cells, width, height) = np.array(work["state"], f), sizes(work["map"])
            plan = np.zeros((horizon, 2), f)
            noise = np.empty((groups, horizon, 2, LANES), f)
            costs, sums = np.empty((groups, 2, LANES), f), np.empty((groups, horizon, 2), f)
            deviation, futures, first = f(work["deviation"]), costs.reshape(-1), None

            def once():
                nonlocal seed, first
                seed += 1
                rollouts(start, plan, cells, width, height, deviation, u32(seed), noise, costs)
                first = first or float(futures[:particles].mean())
                futures[particles:] = np.inf  # there are none: they weigh nothing
                weights = np.exp((costs.min() - costs) * f(1 / TEMPERATURE))
                moments(weights, noise, sums)
                plan[:] = np.clip(plan + sums.sum(axis=0) / weights.sum(), -1, 1)
                control = plan[0].tolist()
                plan[:-1] = plan[1:]
                return {"control": control, "first_mean_cost": first}

            return once

    return Peer()


if __name__ == "__main__":
    serve("numba", load)
