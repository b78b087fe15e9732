"""NumPy: arrays of float32, updated in place, in blocks that stay in a core's cache. One thread."""

from protocol import (
    ANGLE_WEIGHT, FORCE, GRAVITY, HALF_LENGTH, MASS, MOMENT, POLE, POSITION_WEIGHT, TAU, THETA_LIMIT, X_LIMIT, serve,
)  # fmt: skip

BLOCK = 8192


def load():
    import numpy as np

    f = np.float32

    def advance(x, v, th, w, force):
        """One step, in place."""
        sin, cos = np.sin(th), np.cos(th)
        temp = w * w
        temp *= sin
        temp *= f(MOMENT / MASS)
        temp += force / f(MASS)
        below = cos * cos
        below *= f(-POLE / MASS * HALF_LENGTH)
        below += f(4 / 3 * HALF_LENGTH)
        sin *= f(GRAVITY)
        sin -= cos * temp
        sin /= below  # the angle's acceleration
        cos *= sin
        cos *= f(MOMENT / MASS)
        temp -= cos  # the cart's
        x += f(TAU) * v
        th += f(TAU) * w
        temp *= f(TAU)
        v += temp
        sin *= f(TAU)
        w += sin

    def rollout(random, start, count, horizon):
        """Sums of the costs by first action, and how many futures ended."""
        x, v, th, w = (np.full(count, value, f) for value in start)
        cost, alive = np.zeros(count, f), np.ones(count, bool)
        first = None
        for step in range(horizon):
            if step % 32 == 0:
                bits = random.integers(0, 2**32, count, np.uint32)
            right = (bits >> np.uint32(step % 32)) & np.uint32(1)
            first = right if first is None else first
            advance(x, v, th, w, right * f(2 * FORCE) - f(FORCE))
            xx, tt = x * x, th * th
            alive &= (xx <= f(X_LIMIT**2)) & (tt <= f(THETA_LIMIT**2))
            xx *= f(POSITION_WEIGHT)
            tt *= f(ANGLE_WEIGHT)
            xx += tt
            cost += np.where(alive, xx, f(1))
        on_right = first.astype(bool)
        return cost[~on_right].sum(), cost[on_right].sum(), on_right.sum(), count - alive.sum()

    class Peer:
        version, device, threads = np.__version__, "cpu", 1
        works = ["rollout"]
        does = "rollouts in f32 in blocks of 8192; costs by first action"

        def check(self, states, actions):
            state = list(np.array(states, f).T.copy())
            advance(*state, np.where(np.array(actions) == 1, f(FORCE), f(-FORCE)))
            return {"next": np.array(state, float).T.tolist()}

        def prepare(self, work):
            random = np.random.Generator(np.random.SFC64(work["seed"]))
            particles, horizon, start = work["particles"], work["horizon"], work["state"]
            np.seterr(all="ignore")  # futures that ended go on unwatched

            def once():
                ended, sums = 0, [0.0, 0.0]
                for done in range(0, particles, BLOCK):
                    count = min(BLOCK, particles - done)
                    left, right, _, dead = rollout(random, start, count, horizon)
                    sums[0] += float(left)
                    sums[1] += float(right)
                    ended += int(dead)
                return {"dead_share": ended / particles, "costs": sums}

            return once

    return Peer()


if __name__ == "__main__":
    serve("numpy", load)
