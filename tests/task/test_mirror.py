"""What the robot's mirror image observes is the mirror image of what the robot observes."""

from types import SimpleNamespace
from typing import Any

import jax.numpy as jnp
import mujoco
import numpy as np
import pytest

from tests.mirrored_state import mirrored_state
from wildrobot.env import WildRobotEnv, make_env
from wildrobot.experiment import load_experiment
from wildrobot.physics.variants import PARAMETERS
from wildrobot.robot.mirror import AXIAL, joint_mirror
from wildrobot.task.entries import Moment
from wildrobot.task.sensing import Sensed, imu_sample
from wildrobot.task.view import read


@pytest.fixture(scope="module")
def env() -> WildRobotEnv:
    return make_env(load_experiment("smoke", ["env.task.observation.history.steps=2", "env.physics.engine=native"]).env)


def moment(env: WildRobotEnv, qpos: Any, qvel: Any, ctrl: Any, task: dict[str, Any]) -> Moment:
    """One control step in the air: sensors as MuJoCo computes them, joints read exactly."""
    data = mujoco.MjData(env.robot.model)
    data.qpos[:], data.qvel[:], data.ctrl[:] = qpos, qvel, ctrl
    mujoco.mj_forward(env.robot.model, data)
    view: Any = SimpleNamespace(
        **{name: jnp.asarray(getattr(data, name), jnp.float32) for name in ("qpos", "qvel", "ctrl", "sensordata")}
    )
    true, errors = read(env.robot, view), task["errors"]
    sensed = Sensed(true.joint_angle_rad, true.joint_velocity_rad_per_s, imu_sample(errors, true))
    home, latency = jnp.asarray(env.action_map.home_rad), jnp.float32(1.0)
    return Moment(sensed=sensed, home_rad=home, true=true, latency_steps=latency, **task)


def test_the_mirror_image_observes_the_mirror_image(env):
    robot, joints, rng = env.robot, joint_mirror(env.robot), np.random.default_rng(0)
    count = len(robot.joint_names)
    qpos, qvel = robot.home_qpos.copy(), rng.normal(0.0, 0.3, robot.model.nv)
    qpos[2] += 1.0
    qpos[robot.qpos_index] += rng.uniform(-0.2, 0.2, count)
    qpos[3:7] = [0.99, 0.08, -0.06, 0.0]
    qpos[3:7] /= np.linalg.norm(qpos[3:7])
    ctrl = jnp.asarray(qpos[robot.qpos_index] + rng.uniform(-0.1, 0.1, count))
    drawn = env.sensing.errors(
        jnp.asarray(rng.uniform(size=env.sensing.error_draws), jnp.float32),
        jnp.zeros(env.sensing.bus_draws),
        jnp.ones(()),
    )
    zeros, play = rng.uniform(-0.03, 0.03, count), rng.uniform(0.02, 0.1, count)
    tilt = jnp.array([1.0, 0.02, -0.01, 0.0])
    signs = np.array([parameter.mirror_sign for parameter in PARAMETERS])
    action, command, velocity = rng.uniform(-1, 1, count), np.array([0.2, 0.05, -0.1]), np.array([0.1, -0.2, 0.3])
    clock, variant = np.array([0.6, 0.8]), rng.uniform(-1, 1, len(signs))
    planar = np.array([1.0, -1.0, -1.0])

    def task(sides: int) -> dict[str, Any]:
        """What else the observation is made of: of the robot (1), of its mirror image (-1)."""
        swap = joints if sides < 0 else (lambda x: x)
        errors = drawn._replace(
            joint_zero_rad=swap(jnp.asarray(zeros, jnp.float32)),
            play_rad=jnp.asarray(play[joints.source] if sides < 0 else play, jnp.float32),
            tilt_quat=tilt if sides > 0 else jnp.concatenate([tilt[:1], AXIAL(tilt[1:])]),
        )
        return {
            "last_action": swap(jnp.asarray(action, jnp.float32)),
            "command": jnp.asarray(command * (planar if sides < 0 else 1), jnp.float32),
            "velocity": jnp.asarray(velocity * (planar if sides < 0 else 1), jnp.float32),
            "clock": jnp.asarray(clock * sides, jnp.float32),
            "variant": jnp.asarray(variant * (signs if sides < 0 else 1), jnp.float32),
            "errors": errors,
        }

    no_noise = jnp.full(env.observation.noise_draws, 0.5)
    ours, _ = env.observation.reset(no_noise, moment(env, qpos, qvel, ctrl, task(1)))
    mirrored = mirrored_state(robot, jnp.asarray(qpos), jnp.asarray(qvel))
    theirs, _ = env.observation.reset(no_noise, moment(env, *mirrored, joints(ctrl), task(-1)))
    for name in ("state", "privileged_state"):
        # The robot itself is not symmetric: its home pose by 0.023 rad, its links by fractions of a millimetre.
        np.testing.assert_allclose(theirs[name], env.mirrors[name](ours[name]), atol=0.05, err_msg=name)
        assert np.abs(theirs[name] - ours[name]).max() > 0.3
        np.testing.assert_array_equal(env.mirrors[name](env.mirrors[name](ours[name])), ours[name])


def test_an_imu_that_is_mounted_with_a_roll_sees_gravity_on_the_other_side(env):
    """Rolled by +a about x, it sees gravity (0, 0, -1) turned by -a: (0, -sin a, -cos a)."""
    angle = 0.1
    quat = jnp.array([np.cos(angle / 2), np.sin(angle / 2), 0.0, 0.0])
    errors = env.sensing.errors(jnp.zeros(env.sensing.error_draws), jnp.zeros(env.sensing.bus_draws), jnp.ones(()))
    still = moment(env, env.robot.home_qpos, np.zeros(env.robot.model.nv), env.robot.home_targets_rad, {
        "last_action": jnp.zeros(env.action_size), "command": jnp.zeros(3), "velocity": jnp.zeros(3),
        "clock": jnp.zeros(2), "variant": jnp.zeros(len(PARAMETERS)), "errors": errors,
    }).true  # fmt: skip
    upright = still._replace(gravity=jnp.array([0.0, 0.0, -1.0]), gyro_rad_per_s=jnp.array([0.0, 0.0, 1.0]))
    seen = imu_sample(errors._replace(tilt_quat=quat), upright)
    np.testing.assert_allclose(seen.gravity, [0.0, -np.sin(angle), -np.cos(angle)], atol=1e-6)
    np.testing.assert_allclose(seen.gyro_rad_per_s, [0.0, np.sin(angle), np.cos(angle)], atol=1e-6)
