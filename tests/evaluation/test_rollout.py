"""What the judge plays and records."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from wildrobot.env import make_env
from wildrobot.errors import UsageError
from wildrobot.evaluation.rollout import hold_home, play
from wildrobot.evaluation.score import score
from wildrobot.evaluation.suite import FALLEN_BELOW_M, Suite, judged


@pytest.fixture(scope="module")
def played(env, policy, suite):
    return play(env, policy.apply_jax, suite)


def fields(episodes):
    return {
        field.name: getattr(episodes, field.name)
        for field in dataclasses.fields(episodes)
        if field.name != "control_period_s"
    }


def test_shapes(played, suite):
    samples = round(suite.seconds / 0.02) + 1
    assert len(played) == 2
    for episodes, vx in zip(played, suite.commands_m_per_s, strict=True):
        np.testing.assert_allclose(episodes.command, [vx, 0, 0])
        shapes = {name: value.shape for name, value in fields(episodes).items()}
        assert shapes == {
            "command": (3,),
            "alive": (samples, 3),
            "position_m": (samples, 3, 2),
            "velocity_m_per_s": (samples, 3, 2),
            "heading_rad": (samples, 3),
            "foot_position_m": (samples, 3, 2, 2),
            "foot_clearance_m": (samples, 3, 2),
            "foot_load_N": (samples, 3, 2),
            "torque_Nm": (samples, 3, 17),
            "film_qpos": (samples, 24),
        }


def test_the_same_seed_gives_the_same_episodes_to_the_bit(env, policy, suite, played):
    for first, second in zip(played, play(env, policy.apply_jax, suite), strict=True):
        for name, value in fields(first).items():
            np.testing.assert_array_equal(value, getattr(second, name), err_msg=name)
        limit = env.robot.torque_limit_Nm
        assert score(first, limit) == score(second, limit)


def test_the_first_episode_starts_at_home_and_the_others_elsewhere(env, played):
    np.testing.assert_allclose(played[0].film_qpos[0], env.robot.home_qpos, atol=1e-6)
    clearance = played[0].foot_clearance_m[0]
    assert not np.array_equal(clearance[0], clearance[1])
    assert not np.array_equal(clearance[1], clearance[2])


def test_all_commands_have_the_same_starts(played):
    np.testing.assert_array_equal(played[0].position_m[0], played[1].position_m[0])
    np.testing.assert_array_equal(played[0].torque_Nm[0], played[1].torque_Nm[0])


def test_all_starts_are_at_rest(played):
    for episodes in played:
        np.testing.assert_array_equal(episodes.velocity_m_per_s[0], 0.0)


def test_the_recording_is_what_the_core_plays(env, policy, suite, played):
    """Episode 2 of the second command, played alone and step by step."""
    key = jax.random.split(jax.random.key(suite.seed), suite.episodes)[2]
    state = env.reset(key, command=jnp.array([0.2, 0.0, 0.0]), start=jnp.array(2), variant=jnp.array(0))
    step = jax.jit(env.step)
    for sample in range(1, 6):
        state = step(state, policy.apply_jax(state.obs["state"]))
        np.testing.assert_allclose(state.physics.qpos[:2], played[1].position_m[sample, 2], atol=1e-5)
        np.testing.assert_allclose(env.readings(state).torque_Nm, played[1].torque_Nm[sample, 2], atol=1e-2)


def test_a_robot_that_falls_is_frozen_there(env, suite):
    """Hips and knees commanded to their ends: the robot falls within a second and a half."""
    longer = dataclasses.replace(suite, seconds=1.5, commands_m_per_s=(0.0,))
    falling = make_env(judged(env.config.model_dump(mode="json"), longer, threads=1))
    knees = np.array(["knee" in name or "hip_pitch" in name for name in env.robot.joint_names], np.float32)
    (played,) = play(falling, lambda observation: jnp.tile(jnp.asarray(knees), (len(observation), 1)), longer)
    assert not played.alive[-1].any()
    assert not (np.diff(played.alive.astype(int), axis=0) > 0).any(), "nobody rises again"
    fall = int(played.alive[:, 0].sum())
    assert 0 < fall < len(played.alive) - 1
    np.testing.assert_array_equal(played.film_qpos[fall:], np.broadcast_to(played.film_qpos[fall], (76 - fall, 24)))
    entry = score(played, env.robot.torque_limit_Nm)
    assert (entry.survived, entry.survival) == (0, 0.0)
    assert entry.speed_m_per_s is None


def test_progress_is_reported_up_to_the_end(env, suite):
    seen = []
    play(env, hold_home(env), suite, lambda done, total: seen.append((done, total)))
    assert seen == [(20, 20)]


def test_what_is_the_policys_own_and_what_is_the_judges(env):
    trained_in = env.config.model_dump(mode="json")
    trained_in["physics"] |= {"engine": "mjx", "collision": "feet", "timestep_s": 0.002, "substeps": 10}
    trained_in["task"]["action"]["delay_steps"] = 3
    trained_in["task"]["gait"]["frequency_hz"] = 1.23
    trained_in["task"]["push"]["velocity_m_per_s"] = 1.0
    trained_in["task"]["observation"]["gyro_noise_rad_per_s"] = 1.0
    trained_in["task"]["termination"]["min_base_height_m"] = 0.01
    trained_in["task"]["reward"] = "of another version"
    config = judged(trained_in, Suite(episodes=5, seconds=2.0, seed=4))
    assert (config.physics.timestep_s, config.physics.substeps) == (0.002, 10)
    assert (config.task.action.delay_steps, config.task.gait.frequency_hz) == (3, 1.23)
    assert (config.physics.engine, config.physics.collision, config.variants.count) == ("native", "full", 1)
    assert (config.starts.count, config.starts.seed, config.starts.base_velocity_m_per_s) == (5, 4, 0.0)
    assert config.task.push.velocity_m_per_s == 0.0
    assert set(config.task.observation.model_dump().values()) == {0.0}
    assert config.task.termination.min_base_height_m == FALLEN_BELOW_M
    assert config.episode_steps == 100


def test_a_policy_that_does_not_say_its_settings(env):
    trained_in = env.config.model_dump(mode="json")
    del trained_in["task"]["gait"]
    with pytest.raises(UsageError, match=r"does not say its task\.gait"):
        judged(trained_in, Suite())


def test_settings_that_this_version_does_not_know(env):
    trained_in = env.config.model_dump(mode="json")
    trained_in["task"]["gait"]["bounce"] = 1.0
    with pytest.raises(UsageError, match=r"environment of the policy: unknown field task.gait.bounce"):
        judged(trained_in, Suite())
