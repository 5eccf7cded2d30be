"""The robot's mirror image."""

import jax.numpy as jnp
import mujoco
import numpy as np
import pytest

from tests.mirrored_state import mirrored_state
from wildrobot.robot import load_robot
from wildrobot.robot.mirror import joint_mirror

ROBOT = load_robot()
JOINTS = joint_mirror(ROBOT)


def mirrored_model(model: mujoco.MjModel) -> mujoco.MjModel:
    """A copy that is symmetric to the bit: what lies on the right is made the mirror image of what lies on the left."""
    copy = model.__copy__()
    flip = np.array([1.0, -1.0, 1.0])
    for right in range(1, model.nbody):
        name = model.body(right).name
        if name.startswith("left_"):
            continue
        if not name.startswith("right_"):
            # A middle body is its own mirror image.
            copy.body_pos[right, 1] = copy.body_ipos[right, 1] = 0.0
            copy.body_iquat[right] = [1, 0, 0, 0]
            continue
        left = model.body("left_" + name.removeprefix("right_")).id
        copy.body_pos[right], copy.body_ipos[right] = flip * copy.body_pos[left], flip * copy.body_ipos[left]
        copy.body_mass[right], copy.body_inertia[right] = copy.body_mass[left], copy.body_inertia[left]
        copy.body_iquat[right] = copy.body_iquat[left] * [1, -1, 1, -1]
    for joint, (source, sign) in enumerate(zip(JOINTS.source, JOINTS.sign, strict=True)):
        name, other = ROBOT.joint_names[joint], ROBOT.joint_names[source]
        axis = copy.joint(other).axis * [-1, 1, -1] * sign
        if name == other:
            axis = np.array([0.0, 0.0, np.sign(axis[2])])
        if name == other or name.startswith("right_"):
            copy.jnt_axis[copy.joint(name).id] = axis
    for geom in range(model.ngeom):
        name = model.geom(geom).name
        if name.startswith("right_"):
            left = model.geom("left_" + name.removeprefix("right_")).id
            copy.geom_pos[geom], copy.geom_size[geom] = flip * copy.geom_pos[left], copy.geom_size[left]
            copy.geom_quat[geom] = copy.geom_quat[left] * [1, -1, 1, -1]
    mujoco.mj_setConst(copy, mujoco.MjData(copy))
    return copy


def gap(model: mujoco.MjModel, seeds: int, contact: bool) -> float:
    """How far [rad, m] the mirrored robot's next state is from the mirrored next state, at most."""
    worst = 0.0
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        qpos = ROBOT.home_qpos.copy()
        qpos[2] += 0.0 if contact else 1.0
        qpos[ROBOT.qpos_index] += rng.uniform(-0.1, 0.1, len(ROBOT.joint_names))
        qpos[3:7] += rng.normal(0.0, 0.03, 4)
        qpos[3:7] /= np.linalg.norm(qpos[3:7])
        qvel = rng.normal(0.0, 0.2, model.nv)
        ctrl = qpos[ROBOT.qpos_index] + rng.uniform(-0.1, 0.1, len(ROBOT.joint_names))
        ours, theirs = mujoco.MjData(model), mujoco.MjData(model)
        ours.qpos[:], ours.qvel[:], ours.ctrl[:] = qpos, qvel, ctrl
        theirs.qpos[:], theirs.qvel[:] = mirrored_state(ROBOT, jnp.asarray(qpos), jnp.asarray(qvel))
        theirs.ctrl[:] = JOINTS(jnp.asarray(ctrl))
        mujoco.mj_step(model, ours, nstep=4)
        mujoco.mj_step(model, theirs, nstep=4)
        expected, _ = mirrored_state(ROBOT, jnp.asarray(ours.qpos), jnp.asarray(ours.qvel))
        worst = max(worst, float(np.abs(np.asarray(expected) - theirs.qpos).max()))
    return worst


def test_signs_follow_from_the_axes():
    """The hips' pitch axes are opposite, those of the knees and ankles alike."""
    sign = dict(zip(ROBOT.joint_names, JOINTS.sign, strict=True))
    assert [sign[f"left_{part}"] for part in ("hip_pitch", "hip_roll", "knee_pitch", "ankle_pitch", "ankle_roll")] == [
        -1, -1, 1, 1, -1,
    ]  # fmt: skip
    assert sign["waist_yaw"] == -1


def test_the_home_pose_is_nearly_its_own_mirror_image():
    assert np.abs(JOINTS(jnp.asarray(ROBOT.home_targets_rad)) - ROBOT.home_targets_rad).max() < 0.025


def test_twice_is_once():
    rng = np.random.default_rng(0)
    qpos, qvel = jnp.asarray(rng.normal(size=ROBOT.model.nq)), jnp.asarray(rng.normal(size=ROBOT.model.nv))
    twice = mirrored_state(ROBOT, *mirrored_state(ROBOT, qpos, qvel))
    np.testing.assert_array_equal(twice[0], qpos)
    np.testing.assert_array_equal(twice[1], qvel)


def test_a_mirrored_state_and_action_give_the_mirrored_next_state():
    assert gap(mirrored_model(ROBOT.model), seeds=10, contact=False) < 1e-5


@pytest.mark.parametrize(("contact", "tolerance"), [(False, 1e-3), (True, 5e-3)])
def test_the_real_robot_is_nearly_symmetric(contact, tolerance):
    """Its two sides differ by tenths of a millimetre and some 0.01 rad of the arms' axes."""
    assert gap(ROBOT.model, seeds=10, contact=contact) < tolerance
