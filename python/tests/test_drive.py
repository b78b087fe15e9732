"""drive(): the closed loop over real Gymnasium environments."""

import warnings

import gymnasium
import numpy as np
import pytest
from gymnasium.wrappers import RecordEpisodeStatistics, TimeLimit, TransformObservation

from particle_pilot import Pilot, drive


def test_cart_pole_v1_is_played_to_500_on_20_seeds(cart_pole):
    result = drive(cart_pole, episodes=20, seed=0)
    assert result.returns.tolist() == [500.0] * 20
    assert result.lengths.tolist() == [500] * 20
    assert not result.terminated.any()
    # Parts of the whole; what is between them depends on what else the machine does.
    assert result.env_s > 0 and result.plan_s > 0 and result.env_s + result.plan_s <= result.wall_s * (1 + 1e-9)
    assert result.particle_steps == 20 * 500 * 2 * 1024 * 30


def test_drive_does_what_the_loop_in_python_does(cart_pole):
    pilot = Pilot.for_env(cart_pole, particles=128, seed=4)
    driven = []
    env = TransformObservation(cart_pole, lambda obs: driven.append(obs.copy()) or obs, None)
    drive(env, pilot, seed=4)

    obs, _ = cart_pole.reset(seed=4)
    looped = [obs]
    over = False
    while not over:
        obs, _, terminated, truncated, _ = cart_pole.step(pilot.act(obs))
        looped.append(obs)
        over = terminated or truncated
    assert np.array_equal(driven, looped)


def test_seeds_make_episodes_and_none_goes_on():
    env = gymnasium.make("CartPole-v1", max_episode_steps=60)
    starts = []
    seen = TransformObservation(env, lambda obs: starts.append(obs.copy()) or obs, None)

    def first(**options):
        starts.clear()
        lengths = drive(seen, particles=64, episodes=2, **options).lengths
        return [starts[0].tolist(), starts[1 + lengths[0]].tolist()]

    assert first(seed=5) == first(seed=5)
    assert first(seed=5)[1] == first(seed=6)[0]
    assert first() != first()


def test_a_modified_cart_pole_is_planned_with_its_own_physics():
    env = gymnasium.make("CartPole-v1")
    core = env.unwrapped
    core.gravity, core.force_mag, core.length, core.masspole, core.tau = 20.0, 25.0, 0.8, 0.4, 0.01
    core.total_mass = core.masspole + core.masscart
    core.polemass_length = core.masspole * core.length
    core.theta_threshold_radians = 0.3
    core.kinematics_integrator = "semi-implicit"
    options = Pilot.for_env(env).options
    read = ["gravity", "force_mag", "length", "masspole", "tau", "theta_threshold_radians"]
    assert [options[name] for name in read] == [20.0, 25.0, 0.8, 0.4, 0.01, 0.3]
    assert options["kinematics_integrator"] == "semi-implicit-euler"
    assert drive(env, episodes=5, seed=0).returns.tolist() == [500.0] * 5
    # A pilot of other physics plans with the environment's, unless asked not to.
    assert drive(env, Pilot(), episodes=5, seed=0).returns.tolist() == [500.0] * 5


def test_a_pilots_own_physics_count_only_when_asked_for(cart_pole):
    wrong = Pilot(tau=0.5, force=0.01)  # as it sees things, nothing helps
    assert drive(cart_pole, wrong, seed=0).returns[0] == 500.0
    assert drive(cart_pole, wrong, seed=0, physics="pilot").returns[0] < 500.0
    assert wrong.options["tau"] == 0.5


def test_particles_predict_the_environment_exactly_enough():
    env = gymnasium.make("CartPole-v1")
    env.unwrapped.length = 0.7
    env.unwrapped.polemass_length = 0.07
    obs, _ = env.reset(seed=3)
    decision = Pilot.for_env(env, "random-shooting", particles=2, horizon=10).plan(obs, futures=True)
    for force, state in zip(decision.future_forces[0], decision.futures[0]):
        obs, *_ = env.step(int(force > 0))
        assert state == pytest.approx(obs, abs=1e-4)


def test_options_win_over_what_is_read(cart_pole):
    options = Pilot.for_env(cart_pole, force=3.0, x_limit=1.0, gravity=5).options
    assert (options["force_mag"], options["x_threshold"], options["gravity"]) == (3.0, 1.0, 5.0)


def test_stale_products_are_warned_about():
    env = gymnasium.make("CartPole-v1")
    env.unwrapped.length = 1.0
    with pytest.warns(UserWarning, match=r"polemass_length is 0.05, but masspole \* length is 0.1"):
        Pilot.for_env(env)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Pilot.for_env(gymnasium.make("CartPole-v1"))


def test_wrappers_are_welcome(tmp_path):
    env = gymnasium.make("CartPole-v1", render_mode="rgb_array", max_episode_steps=None)
    env = RecordEpisodeStatistics(TimeLimit(env.unwrapped, 40))
    frames = pytest.importorskip("pygame", reason="renders with pygame") and 0

    class Render(gymnasium.Wrapper):
        def step(self, action):
            nonlocal frames
            frames += self.env.render() is not None
            return self.env.step(action)

    result = drive(Render(env), episodes=3, seed=0, particles=64)
    assert result.returns.tolist() == [40.0] * 3
    assert list(env.return_queue) == [40.0] * 3
    assert frames == 120


def test_videos_are_recorded(tmp_path):
    pytest.importorskip("moviepy", reason="videos are written with moviepy")
    from gymnasium.wrappers import RecordVideo

    env = gymnasium.make("CartPole-v1", render_mode="rgb_array", max_episode_steps=10)
    env = RecordVideo(env, str(tmp_path / "videos"), disable_logger=True)
    drive(env, particles=64, seed=0)
    env.close()
    assert list(tmp_path.glob("videos/*.mp4"))


class _Broken(gymnasium.Wrapper):
    def step(self, action):
        raise ArithmeticError("the motor is on fire")


def test_what_an_environment_raises_is_passed_on(cart_pole):
    with pytest.raises(ArithmeticError, match="on fire"):
        drive(_Broken(cart_pole))


def test_observations_of_other_shapes_are_refused(cart_pole):
    env = TransformObservation(cart_pole, lambda obs: obs[:2], None)
    with pytest.raises(ValueError, match=r"shape \(2,\)"):
        drive(env)


@pytest.mark.parametrize("name", ["MountainCar-v0", "Acrobot-v1", "Pendulum-v1"])
def test_other_environments_are_told_of_the_gym_planner(name):
    env = gymnasium.make(name)
    for call in (drive, Pilot.for_env):
        with pytest.raises(TypeError, match="no cart-pole .*GymPlanner"):
            call(env)


def test_what_is_no_environment_is_refused():
    for wrong in (None, 3, "CartPole-v1"):
        with pytest.raises(TypeError, match="no cart-pole"):
            drive(wrong)
    with pytest.raises(TypeError, match="act_batch"):
        drive(gymnasium.make_vec("CartPole-v1", num_envs=2))


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"episodes": 0}, ValueError, "episodes is 0"),
        ({"episodes": 1.0}, TypeError, "episodes must be an integer"),
        ({"seed": "x"}, TypeError, "seed must be an integer"),
        ({"physics": "mine"}, ValueError, "physics is `mine`"),
        ({"action": "continuous"}, ValueError, "actions are 0 and 1"),
        ({"pilot": Pilot(), "particles": 3}, TypeError, "`particles` is given along with a pilot"),
        ({"pilot": 3}, TypeError, "pilot must be a Pilot, not int"),
        ({"nothing": 3}, TypeError, "there is no option `nothing`"),
    ],
)
def test_wrong_options_are_refused(cart_pole, options, error, words):
    with pytest.raises(error, match=words):
        drive(cart_pole, **options)
