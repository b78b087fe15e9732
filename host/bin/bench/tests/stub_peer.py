# A peer in plain Python that behaves as `BEHAVIOUR`, which stands above this, says.
import math
import random
import sys
import time

from protocol import (
    CART, FORCE, GRAVITY, HALF_LENGTH, POLE, TAU, THETA_LIMIT, X_LIMIT, serve,
)  # fmt: skip


def advance(state, action):
    x, v, th, w = state
    pole = 2 * POLE if BEHAVIOUR == "heavy" else POLE
    mass, force = CART + pole, FORCE if action == 1 else -FORCE
    sin, cos = math.sin(th), math.cos(th)
    temp = (force + pole * HALF_LENGTH * w * w * sin) / mass
    angular = (GRAVITY * sin - cos * temp) / (HALF_LENGTH * (4 / 3 - pole * cos * cos / mass))
    linear = temp - pole * HALF_LENGTH * angular * cos / mass
    return [x + TAU * v, v + TAU * linear, th + TAU * w, w + TAU * angular]


class Peer:
    version, device, threads = "1.0", "cpu", 1
    works, does = ["rollout"], "rollouts, slowly"

    def check(self, states, actions):
        if BEHAVIOUR == "short":
            states = states[1:]
        return {"next": [advance(*pair) for pair in zip(states, actions)]}

    def prepare(self, work):
        toss = random.Random(work["seed"])

        def ends():
            state = work["state"]
            for _ in range(work["horizon"]):
                state = advance(state, toss.randrange(2))
                if abs(state[0]) > X_LIMIT or abs(state[2]) > THETA_LIMIT:
                    return True
            return False

        def once():
            if BEHAVIOUR == "refuses":
                raise ValueError("not today")
            ended = sum(ends() for _ in range(work["particles"]))
            return {"dead_share": 0 if BEHAVIOUR == "immortal" else ended / work["particles"]}

        return once


def load():
    if BEHAVIOUR == "missing":
        import strength
    return Peer()


class Requests:
    """What is asked; some are beyond it."""

    def __iter__(self):
        for line in sys.__stdin__:
            if '"run"' in line and BEHAVIOUR == "dies":
                sys.exit("no strength left")
            if '"run"' in line and BEHAVIOUR == "hangs":
                time.sleep(60)
            yield line


if __name__ == "__main__":
    import protocol

    if BEHAVIOUR == "rubbish":
        print("good morning", flush=True)
    timed = protocol._run
    protocol._run = lambda once, count: {**timed(once, count), "seconds": 0.25 * count}
    if BEHAVIOUR == "timeless":
        protocol._run = lambda once, count: {"result": once()}
    sys.stdin = Requests()
    serve("stub", load)
