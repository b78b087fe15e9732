"""How `bench` talks to a peer: a line of JSON in, a line of JSON out.

    {"do": "hello"}                              -> name, version, device, threads, works, does; or `missing`
    {"do": "check", "states", "actions"}         -> `next`; with `states` and `actions` of the peer's own if it
                                                    cannot be put into given ones
    {"do": "check_drive", "states", "shares",
                          "map"}                 -> `next`, and `costs` of the states that are reached (diff_drive.py)
    {"do": "prepare", "work": {"kind", ...}}     -> {} once everything is compiled and has run
    {"do": "run", "count": n}                    -> `seconds` that n runs took, and what came of the last one
    {"do": "quit"}                               -> the process ends, as it does at the end of its input

What cannot be done is answered by {"error": "..."}. States are [x m, x_dot m/s, theta rad, theta_dot rad/s],
actions 0 (left) and 1 (right).
"""

import json
import os
import sys
import time

# Gymnasium's CartPole-v1.
GRAVITY, CART, POLE, HALF_LENGTH, FORCE, TAU = 9.8, 1.0, 0.1, 0.5, 10.0, 0.02
MASS, MOMENT = CART + POLE, POLE * HALF_LENGTH
X_LIMIT, THETA_LIMIT = 2.4, 12 * 2 * 3.141592653589793 / 360
# What a rollout's steps cost: of x^2 and theta^2 while it lives; a step that it misses costs 1.
POSITION_WEIGHT, ANGLE_WEIGHT = 0.1, 1.0


def threads():
    """How many threads of the CPU a peer may use."""
    return int(os.environ.get("PEER_THREADS", "1"))


def on_gpu():
    """Whether this process is to use a GPU."""
    return os.environ.get("PEER_DEVICE") == "gpu"


def stepping(env, rows):
    """A run that takes a step of `env` with each row of actions."""

    def once():
        for row in rows:
            env.step(row)

    return once


def serve(name, load):
    """Answers until told to quit. `load` imports what the peer needs and returns it."""
    # What libraries print must not come between the lines.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    peer, once = None, None
    for line in sys.stdin:
        request = json.loads(line)
        try:
            do = request["do"]
            if do == "quit":
                return
            if do == "hello":
                peer, reply = _hello(name, load)
            elif do == "check":
                reply = peer.check(request["states"], request["actions"])
            elif do == "check_drive":
                reply = peer.check_drive(request["states"], request["shares"], request["map"])
            elif do == "prepare":
                once = peer.prepare(request["work"])
                once()  # compiles, and takes memory for the first time
                reply = {}
            else:
                reply = _run(once, request["count"])
            text = json.dumps(reply, allow_nan=False)
        except Exception as error:  # any failure is an answer too
            text = json.dumps({"error": f"{type(error).__name__}: {error}"})
        print(text, file=answers, flush=True)


def _hello(name, load):
    try:
        peer = load()
    except ImportError as error:
        return None, {"missing": str(error)}
    return peer, {
        "name": name,
        "version": peer.version,
        "device": peer.device,
        "threads": peer.threads,
        "works": peer.works,
        "does": peer.does,
    }


def _run(once, count):
    result = None
    began = time.perf_counter()
    for _ in range(count):
        result = once()
    return {"seconds": time.perf_counter() - began, "result": result}
