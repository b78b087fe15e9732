"""EnvPool: environments in C++, on its own threads. They cannot be put into given states: what they do is checked."""

from protocol import serve, stepping, threads


def load():
    import envpool
    import numpy as np

    def make(count, seed):
        env = envpool.make_gymnasium("CartPole-v1", num_envs=count, num_threads=threads(), seed=seed)
        return env, env.reset()[0]

    class Peer:
        version, device = envpool.__version__, "cpu"
        works = ["steps"]
        does = "steps of all environments with given actions, autoreset, observations in f32"

        def __init__(self):
            self.threads = threads()

        def check(self, states, actions):
            # The state is the observation, rounded to f32; some steps in, all of it has moved.
            actions = np.array(actions, np.int32)
            env, before = make(len(actions), 7)
            for _ in range(5):
                before = env.step(np.roll(actions, 1))[0]
            after = env.step(actions)[0]
            return {
                "states": before.astype(float).tolist(),
                "actions": actions.tolist(),
                "next": after.astype(float).tolist(),
            }

        def prepare(self, work):
            count, steps = work["environments"], work["steps"]
            env, _ = make(count, work["seed"])
            random = np.random.default_rng(work["seed"])
            return stepping(env, random.integers(0, 2, (steps, count), dtype=np.int32))

    return Peer()


if __name__ == "__main__":
    serve("envpool", load)
