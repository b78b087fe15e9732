"""Gymnasium's own vectorised CartPole: arrays of NumPy, one thread."""

from protocol import serve, stepping


def load():
    import gymnasium
    import numpy as np

    def make(count):
        env = gymnasium.make_vec("CartPole-v1", num_envs=count, vectorization_mode="vector_entry_point")
        env.reset(seed=0)
        return env

    class Peer:
        version, device, threads = gymnasium.__version__, "cpu", 1
        works = ["steps"]
        does = "steps of all environments with given actions, autoreset, observations in f32"

        def check(self, states, actions):
            env = make(len(states)).unwrapped
            env.state = np.array(states, dtype=env.state.dtype).T.copy()
            env.step(np.array(actions))
            return {"next": np.array(env.state, float).T.tolist()}

        def prepare(self, work):
            count, steps = work["environments"], work["steps"]
            random = np.random.default_rng(work["seed"])
            return stepping(make(count), random.integers(0, 2, (steps, count)))

    return Peer()


if __name__ == "__main__":
    serve("gymnasium", load)
