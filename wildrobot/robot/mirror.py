"""Left and right exchanged: the robot's mirror image in its own x-z plane.

Vectors and joints are mirrored by a signed permutation, x -> sign * x[source]. The mirror image of a joint is the joint
of the other side; it turns the same way, or the other, depending on the two axes: a rotation about an axis a becomes
one about (-a_x, a_y, -a_z) when y is flipped.
"""

from __future__ import annotations

from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from wildrobot.robot.robot import Robot


class SignedPermutation(NamedTuple):
    """x -> sign * x[source], along the last axis."""

    source: Int[np.ndarray, " n"]
    sign: Float[np.ndarray, " n"]

    def __call__(self, x: Float[Array, "*batch n"]) -> Float[Array, "*batch n"]:
        return jnp.asarray(self.sign) * x[..., self.source]


POLAR = SignedPermutation(np.arange(3), np.array([1.0, -1.0, 1.0], np.float32))
"""Mirrors positions, velocities and forces."""
AXIAL = SignedPermutation(np.arange(3), np.array([-1.0, 1.0, -1.0], np.float32))
"""Mirrors rotations, angular velocities and torques."""


def joint_mirror(robot: Robot) -> SignedPermutation:
    """The mirror of joint angles, velocities, torques and targets, in actuator order.

    A joint without another side is its own mirror image.
    """
    source = robot.other_side
    axes = np.array([robot.model.joint(name).axis for name in robot.joint_names])
    return SignedPermutation(source, np.sign(np.sum(axes * AXIAL.sign * axes[source], axis=1)).astype(np.float32))
