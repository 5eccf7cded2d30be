"""The mirror image of a robot's state, for the tests of what should be symmetric."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from wildrobot.robot import Robot
from wildrobot.robot.mirror import AXIAL, POLAR, joint_mirror


def mirrored_state(
    robot: Robot, qpos: Float[Array, "*batch nq"], qvel: Float[Array, "*batch nv"]
) -> tuple[Float[Array, "*batch nq"], Float[Array, "*batch nv"]]:
    """The state of the robot's mirror image in the world's x-z plane.

    A quaternion (w, v) is a rotation about v: its mirror image is (w, axial v).
    """
    joints = joint_mirror(robot)
    position, quat = POLAR(qpos[..., :3]), jnp.concatenate([qpos[..., 3:4], AXIAL(qpos[..., 4:7])], axis=-1)
    rates = [POLAR(qvel[..., :3]), AXIAL(qvel[..., 3:6])]
    mirrored_qpos = jnp.concatenate([position, quat, qpos[..., 7:]], axis=-1)
    mirrored_qvel = jnp.concatenate([*rates, qvel[..., 6:]], axis=-1)
    return (
        mirrored_qpos.at[..., robot.qpos_index].set(joints(qpos[..., robot.qpos_index])),
        mirrored_qvel.at[..., robot.dof_index].set(joints(qvel[..., robot.dof_index])),
    )
