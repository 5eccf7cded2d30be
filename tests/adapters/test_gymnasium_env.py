"""The Gymnasium adapter, seen from outside: the contract, and the wrappers people use."""

import ctypes.util
import os
import subprocess
import sys
import warnings

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from gymnasium.vector import AutoresetMode
from gymnasium.wrappers import vector as wrappers

import adapters  # noqa: F401  registers WildRobot/Walk-v0
from adapters.gymnasium_env import VectorWalkEnv, WalkEnv
from tests.adapters.short_walk import LIMIT, stepped, still
from tests.adapters.vector_env_checker import check_vector_env
from wildrobot.env import make_env
from wildrobot.errors import UsageError

MODES = list(AutoresetMode)
OPENGL = ctypes.util.find_library("OSMesa") is not None


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("privileged", [False, True])
def test_it_keeps_the_contract_of_vector_environments(core, mode, privileged):
    check_vector_env(VectorWalkEnv(core, 4, autoreset_mode=mode, privileged=privileged), max_steps=3 * LIMIT)


@pytest.mark.parametrize("privileged", [False, True])
def test_one_robot_passes_gymnasiums_checker_without_a_warning(core, privileged):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_env(WalkEnv(core, privileged=privileged), skip_render_check=True)


def test_one_robot_made_by_gymnasium_passes_too():
    """With its `spec`, by which the checker makes more of them and compares."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        options = {"config": "smoke", "overrides": ["env.physics.engine=native"]}
        check_env(gymnasium.make("WildRobot/Walk-v0", **options).unwrapped, skip_render_check=True)


@pytest.mark.parametrize("mode", MODES)
def test_robots_that_are_given_the_episodes_of_others_go_on_as_these(core, mode):
    """Also beyond their ends, and twice from the same ones."""
    first, second = (VectorWalkEnv(core, 3, autoreset_mode=mode) for _ in range(2))
    actions = np.random.default_rng(0).uniform(-1, 1, (2 * LIMIT, *first.action_space.shape)).astype(np.float32)
    first.reset(seed=0)
    first.step(actions[0])
    begun = first.episodes
    runs = []
    for robots in (first, second, second):
        robots.episodes = begun
        steps = []
        for action in actions[1:]:
            if mode is AutoresetMode.DISABLED and robots.has_ended:
                break
            steps.append(robots.step(action)[:4])
        runs.append(steps)
    for other in runs[1:]:
        assert len(other) == len(runs[0]) > 1
        for ours, theirs in zip(other, runs[0], strict=True):
            for one, expected in zip(ours, theirs, strict=True):
                np.testing.assert_array_equal(one, expected)


def test_both_are_registered():
    options = {"config": "smoke", "overrides": ["env.physics.engine=native"]}
    one = gymnasium.make("WildRobot/Walk-v0", max_episode_steps=5, **options)
    many = gymnasium.make_vec(
        "WildRobot/Walk-v0", num_envs=2, vectorization_mode="vector_entry_point", max_episode_steps=5, **options
    )
    assert isinstance(one.unwrapped, WalkEnv)
    assert isinstance(many, VectorWalkEnv)
    assert one.spec is not None
    assert many.spec is not None
    assert one.spec.id == many.spec.id == "WildRobot/Walk-v0"
    one.reset(seed=0)
    many.reset(seed=0)
    for k in range(1, 6):
        assert one.step(still()[0])[3] is (k == 5)
        np.testing.assert_array_equal(many.step(still(2))[3], [k == 5] * 2)


def test_robot_i_of_seed_s_plays_what_one_robot_of_seed_s_plus_i_plays(core):
    many, one = VectorWalkEnv(core, 3), WalkEnv(core)
    observations, _ = many.reset(seed=11)
    observation, _ = one.reset(seed=13)
    np.testing.assert_array_equal(observation, observations[2])
    for _ in range(LIMIT):
        observations, rewards, *_ = many.step(still(3))
        observation, reward, *_ = one.step(still()[0])
        # Another size of the batch is another program, in which XLA may fuse sums differently.
        np.testing.assert_allclose(observation, observations[2], atol=1e-5)
        assert reward == pytest.approx(float(rewards[2]), abs=1e-5)


def test_the_figures_of_an_ended_episode(robots):
    robots.reset(seed=0)
    rewards = np.zeros(4)
    for _ in range(LIMIT - 1):
        _, reward, _, _, info = robots.step(still())
        rewards += reward
        assert info == {}
    _, reward, _, truncated, info = robots.step(still())
    assert truncated.all()
    metrics = info["episode_metrics"]
    np.testing.assert_allclose(metrics["sum_reward"], rewards + reward, rtol=1e-5)
    np.testing.assert_array_equal(metrics["length"], np.full(4, LIMIT))
    assert (np.abs(metrics["vx_m_per_s"]) < 0.5).all(), "a mean over the episode, not a sum"
    terms = sum(value for name, value in metrics.items() if name.startswith("reward/"))
    np.testing.assert_allclose(terms * LIMIT, metrics["sum_reward"], rtol=1e-4)


def test_a_masked_reset_starts_the_figures_anew(core):
    robots = VectorWalkEnv(core, 4, autoreset_mode=AutoresetMode.DISABLED)
    robots.reset(seed=0)
    stepped(robots, 3)
    robots.reset(options={"reset_mask": np.array([True, False, False, False])})
    _, _, _, truncated, info = stepped(robots, LIMIT - 3)
    np.testing.assert_array_equal(truncated, [False, True, True, True])
    np.testing.assert_array_equal(info["_episode_metrics"], truncated)
    robots.reset(options={"reset_mask": truncated})
    _, _, _, truncated, info = stepped(robots, 3)
    np.testing.assert_array_equal(truncated, [True, False, False, False])
    assert info["episode_metrics"]["length"][0] == LIMIT


def test_a_fall_is_no_timeout(core):
    """Robots that throw themselves about fall before the time limit of a long episode."""
    task = core.config.task.model_copy(update={"episode_length_s": 20.0})
    robots = VectorWalkEnv(make_env(core.config.model_copy(update={"task": task})), 8)
    robots.reset(seed=0)
    actions = np.sign(np.random.default_rng(0).normal(size=(8, 17))).astype(np.float32)
    for _ in range(100):
        observation, _, terminated, truncated, _ = robots.step(actions)
        assert not truncated.any()
        assert robots.observation_space.contains(observation)
        if terminated.any():
            return
    pytest.fail("nobody fell within two seconds")


# --- the wrappers that people use -------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", [AutoresetMode.NEXT_STEP, AutoresetMode.SAME_STEP])
def test_under_record_episode_statistics(core, mode):
    robots = wrappers.RecordEpisodeStatistics(VectorWalkEnv(core, 4, autoreset_mode=mode))
    robots.reset(seed=0)
    info = stepped(robots, LIMIT)[4]
    np.testing.assert_array_equal(info["episode"]["l"], np.full(4, LIMIT))
    metrics = info.get("final_info", info)["episode_metrics"]
    np.testing.assert_allclose(info["episode"]["r"], metrics["sum_reward"], rtol=1e-5)


def test_under_normalize_observation(core):
    robots = wrappers.NormalizeObservation(VectorWalkEnv(core, 16))
    robots.reset(seed=0)
    observation = stepped(robots, 2 * LIMIT)[0]
    assert np.abs(observation).max() < 20.0
    assert robots.obs_rms.var.max() < 10.0


@pytest.mark.parametrize("privileged", [False, True])
def test_under_numpy_to_torch(core, privileged):
    import torch

    robots = VectorWalkEnv(core, 4, autoreset_mode=AutoresetMode.SAME_STEP, privileged=privileged)
    robots = wrappers.NumpyToTorch(robots)
    robots.reset(seed=0)
    observation, _, _, truncated, info = stepped(robots, LIMIT, torch.zeros(4, 17))
    assert truncated.dtype == torch.bool
    assert truncated.all()
    final = info["final_obs"]
    if privileged:
        observation, final = observation["privileged_state"], final["privileged_state"]
    assert observation.dtype == final.dtype == torch.float32
    assert observation.shape == final.shape
    assert torch.is_tensor(info["final_info"]["episode_metrics"]["length"])


def test_under_dict_info_to_list(robots):
    robots = wrappers.DictInfoToList(robots)
    robots.reset(seed=0)
    infos = stepped(robots, LIMIT)[4]
    assert [info["episode_metrics"]["length"] for info in infos] == [LIMIT] * 4


@pytest.mark.skipif(not OPENGL, reason="no OpenGL library")
def test_pictures_show_the_robot_and_films_are_recorded(tmp_path):
    """In a process of its own, because MuJoCo chooses its OpenGL library when it is imported."""
    code = f"""
import gymnasium, numpy as np, adapters
from gymnasium.utils.env_checker import check_env
from gymnasium.wrappers.vector import RecordVideo
options = dict(config="smoke", overrides=["env.physics.engine=native"], render_mode="rgb_array")
robots = gymnasium.make_vec("WildRobot/Walk-v0", num_envs=2, max_episode_steps=4, **options)
robots.reset(seed=0)
frames = robots.render()
assert len(frames) == 2 and all(f.shape == (360, 480, 3) and f.dtype == np.uint8 for f in frames)
assert all((f.max(axis=-1) < 60).sum() > 1000 for f in frames), "the robot's joints; nothing else is dark"
film = RecordVideo(robots, {str(tmp_path)!r}, episode_trigger=lambda n: n == 0)
film.reset(seed=0)
for _ in range(6):
    film.step(np.zeros((2, 17), np.float32))
film.close()
one = gymnasium.make("WildRobot/Walk-v0", **options)
one.reset(seed=0)
assert one.render().shape == (360, 480, 3)
check_env(one.unwrapped)
"""
    environment = {name: value for name, value in os.environ.items() if name not in ("MUJOCO_GL", "DISPLAY")}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    assert list(tmp_path.glob("*.mp4"))


def test_pictures_without_opengl_say_what_to_install(core, monkeypatch):
    import mujoco

    def fails(*args, **kwargs):
        raise RuntimeError("no context")

    monkeypatch.setattr(mujoco, "Renderer", fails)
    robots = VectorWalkEnv(core, 4, render_mode="rgb_array")  # those who never draw need nothing
    robots.reset(seed=0)
    with pytest.raises(UsageError, match=r"cannot draw here.*apt-get install libosmesa6"):
        robots.render()


def test_without_a_render_mode_there_is_no_picture(robots):
    robots.reset(seed=0)
    assert robots.render() is None
