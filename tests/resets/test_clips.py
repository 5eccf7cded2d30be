"""Start states on frames of clips, and the same features there as the clip's own."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from wildrobot.env import make_env
from wildrobot.errors import UsageError
from wildrobot.experiment import load_experiment
from wildrobot.motion import derivatives, gait_phase
from wildrobot.motion.clip import of_motion
from wildrobot.motion.clip_file import load
from wildrobot.motion.features import clip_features, features
from wildrobot.motion.library import find
from wildrobot.resets.clips import make_clip_starts
from wildrobot.robot import load_robot

SETTINGS = [
    "env.physics.engine=native", "env.physics.threads=1", "env.variants.count=1", "env.starts.count=6",
    "env.reference_starts.share=0.4", "env.reference_starts.clips=[forward-0.20]",
]  # fmt: skip


@pytest.fixture(scope="module")
def seen(env):
    """The features of a robot, compiled."""
    return jax.jit(lambda state: features(env.robot, state))


@pytest.fixture(scope="module")
def robot():
    return load_robot()


@pytest.fixture(scope="module")
def env():
    return make_env(load_experiment("smoke", SETTINGS).env)


def test_the_share_is_kept_and_the_home_states_stay(env, robot):
    starts = env.starts
    assert starts.count == 10  # 6 at home and 4 of a clip
    np.testing.assert_allclose(starts.qpos[0], robot.home_qpos, atol=1e-6)
    clip = load(find("forward-0.20"), robot)
    for qpos, qvel in zip(np.asarray(starts.qpos[6:]), np.asarray(starts.qvel[6:]), strict=True):
        frame = int(np.abs(clip.qpos - qpos).max(axis=1).argmin())
        np.testing.assert_allclose(clip.qpos[frame], qpos, atol=1e-6)
        np.testing.assert_allclose(clip.qvel[frame], qvel, atol=1e-5)


def test_a_robot_placed_on_the_clip_has_the_clips_features(env, robot, seen):
    clip = load(find("forward-0.20"), robot)
    references = clip_features(robot, [clip])[0]
    for start in range(6, 10):
        state = env.starts.state(jnp.int32(start), jnp.int32(0))
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
    state = env.starts.state(jnp.int32(8), jnp.int32(0))
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
    found = clip_features(robot, [dataclasses.replace(clip, qvel=np.array(qvel))])[0]
    np.testing.assert_allclose(found, np.array(live), atol=1e-5)
    assert env.control_period_s == derivatives.PERIOD_S


def test_an_unknown_clip_is_named():
    with pytest.raises(UsageError, match="no clip 'nobody'"):
        make_env(load_experiment("smoke", [*SETTINGS[:5], "env.reference_starts.clips=[nobody]"]).env)


def test_an_episode_on_a_clip_goes_on_as_the_clip_does(env, robot):
    """Under the clip's command; a first step is held to the phase of the next frame, 0 where the left foot lifts."""
    clip = load(find("forward-0.20"), robot)
    lift = int(np.flatnonzero(~clip.contacts[1:, 0] & clip.contacts[:-1, 0])[0]) + 1
    reset = jax.jit(env.reset)
    for start in range(6, 10):
        task, physics = reset(jax.random.key(start), start=jnp.int32(start)).task, env.starts
        frame = int(np.abs(clip.qpos - np.asarray(physics.qpos[start])).max(axis=1).argmin())
        np.testing.assert_allclose(task.command, [0.2, 0.0, 0.0], atol=1e-6)
        np.testing.assert_allclose(task.phase, ((frame + 1 - lift) / 56) % 1.0, atol=1e-6)
    pinned = jax.jit(lambda key, command: env.reset(key, start=jnp.int32(7), command=command))
    task = pinned(jax.random.key(0), jnp.array([0.0, 0.05, 0.0])).task
    np.testing.assert_allclose(task.command, [0.0, 0.05, 0.0])
    assert float(task.phase) in (0.0, 0.5)


def test_an_episode_at_home_draws_its_command(env):
    reset = jax.jit(jax.vmap(lambda key: env.reset(key, start=jnp.int32(0))))
    commands = np.asarray(reset(jax.random.split(jax.random.key(0), 50)).task.command)
    assert len(np.unique(commands, axis=0)) > 30


def test_a_clip_that_steps_on_the_spot_is_no_order_to_walk(robot):
    """Its command is the one to stand still, so such an episode draws a command, as any other."""
    config = load_experiment("smoke", [*SETTINGS, "env.reference_starts.clips=[step-in-place]"]).env.reference_starts
    bank = make_clip_starts(robot, config, besides=6)
    assert not bank.moving.any()
    assert not bank.phase.any()


def test_a_clip_that_is_no_single_stride_has_no_phase(robot):
    assert gait_phase.stride_of_clip(load(find("stand"), robot)) is None
    assert gait_phase.stride_of_clip(load(find("start-stop-0.10"), robot)) is None
