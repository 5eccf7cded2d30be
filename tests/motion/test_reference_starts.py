"""Start states on frames of clips, and the same features there as the clip's own."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from wildrobot.config import load_experiment
from wildrobot.env import make_env
from wildrobot.errors import UsageError
from wildrobot.motion import derivatives
from wildrobot.motion.clip import load, of_motion
from wildrobot.motion.features import clip_features, features
from wildrobot.motion.library import find
from wildrobot.physics import start_state

SETTINGS = [
    "env.physics.engine=native", "env.physics.threads=1", "env.variants.count=1", "env.starts.count=6",
    "env.reference_starts.share=0.4", "env.reference_starts.clips=[forward-0.20]",
]  # fmt: skip


@pytest.fixture(scope="module")
def seen(env):
    """The features of a robot, compiled."""
    return jax.jit(lambda state: features(env.robot, state))


@pytest.fixture(scope="module")
def env():
    return make_env(load_experiment("smoke", SETTINGS).env)


def test_the_share_is_kept_and_the_home_states_stay(env, robot):
    starts = env.physics.starts
    assert starts.count == 10  # 6 at home and 4 of a clip
    np.testing.assert_allclose(starts.qpos[0], robot.home_qpos, atol=1e-6)
    clip = load(find("forward-0.20"), robot)
    for qpos, qvel in zip(np.asarray(starts.qpos[6:]), np.asarray(starts.qvel[6:]), strict=True):
        frame = int(np.abs(clip.qpos - qpos).max(axis=1).argmin())
        np.testing.assert_allclose(clip.qpos[frame], qpos, atol=1e-6)
        np.testing.assert_allclose(clip.qvel[frame], qvel, atol=1e-5)


def test_a_robot_placed_on_the_clip_has_the_clips_features(env, robot, seen):
    clip = load(find("forward-0.20"), robot)
    references = np.asarray(clip_features(robot, clip))
    for start in range(6, 10):
        state = start_state(env.physics, jnp.int32(start), jnp.int32(0))
        frame = int(np.abs(clip.qpos - np.asarray(state.qpos)).max(axis=1).argmin())
        np.testing.assert_allclose(seen(state), references[frame], atol=1e-5)


def test_an_episode_on_a_clip_starts_with_its_joint_angles_as_targets(env):
    reset = jax.jit(env.reset)
    state = reset(jax.random.key(0), start=jnp.int32(7))
    np.testing.assert_allclose(state.physics.ctrl, state.physics.qpos[env.robot.qpos_index], atol=1e-6)
    np.testing.assert_array_equal(state.task.queue[0], state.physics.ctrl)
    asked = env.action_map.targets_rad(state.task.last_action)
    np.testing.assert_allclose(asked[4:9], state.physics.ctrl[4:9], atol=1e-5)
    at_home = reset(jax.random.key(0), start=jnp.int32(0))
    assert float(jnp.abs(at_home.task.last_action).max()) == 0.0


def test_what_a_policy_does_has_the_features_of_its_clip(env, robot, seen):
    # Recorded as a clip, a simulated motion must look to the discriminator as it did while it was simulated: the
    # sensors lag by one physics step in both. Read at the frames themselves, swinging feet would be millimetres off.
    walk = load(find("forward-0.20"), robot)
    state = start_state(env.physics, jnp.int32(8), jnp.int32(0))
    frame = int(np.abs(walk.qpos - np.asarray(state.qpos)).max(axis=1).argmin())
    targets = jnp.asarray(walk.qpos[:, robot.qpos_index], jnp.float32)
    live, qpos, qvel = [], [], []
    step = jax.jit(env.physics.step)
    for ahead in range(1, 31):
        state = step(state, targets[(frame + ahead) % (len(targets) - 1)])
        live.append(np.asarray(seen(state)))
        qpos.append(np.asarray(state.qpos, np.float64))
        qvel.append(np.asarray(state.qvel, np.float64))
    clip = of_motion("seen", robot, np.array(qpos), np.ones((30, 2), bool), False, (0.0, 0.0, 0.0), (0, 29), {})
    found = np.asarray(clip_features(robot, dataclasses.replace(clip, qvel=np.array(qvel))))
    np.testing.assert_allclose(found, np.array(live), atol=1e-5)
    assert env.control_period_s == derivatives.PERIOD_S


def test_an_unknown_clip_is_named():
    with pytest.raises(UsageError, match="no clip 'nobody'"):
        make_env(load_experiment("smoke", [*SETTINGS[:5], "env.reference_starts.clips=[nobody]"]).env)
