"""Rotations. Quaternions are wxyz and rotate from the body's frame into the world's."""

from __future__ import annotations

import jax.numpy as jnp
from jaxtyping import Array, Float


def rotate(quat: Float[Array, " 4"], vector: Float[Array, " 3"]) -> Float[Array, " 3"]:
    """The vector, given in the body's frame, in the world's: v + 2w(u x v) + 2u x (u x v)."""
    w, u = quat[0], quat[1:]
    t = 2.0 * jnp.cross(u, vector)
    return vector + w * t + jnp.cross(u, t)


def rotate_inverse(quat: Float[Array, " 4"], vector: Float[Array, " 3"]) -> Float[Array, " 3"]:
    """The vector, given in the world's frame, in the body's."""
    return rotate(quat * jnp.array([1.0, -1.0, -1.0, -1.0]), vector)


def heading_rad(quat: Float[Array, " 4"]) -> Float[Array, ""]:
    """Direction [rad] of the body's x axis on the ground, counter-clockwise from the world's x axis."""
    w, x, y, z = quat
    return jnp.arctan2(2.0 * (w * z + x * y), 1.0 - 2.0 * (y * y + z * z))


def in_heading_frame(vector: Float[Array, "3 *n"], heading: Float[Array, ""]) -> Float[Array, "3 *n"]:
    """Vectors of the world's frame in the heading frame: z up, x along the heading."""
    c, s = jnp.cos(heading), jnp.sin(heading)
    x, y, z = vector
    return jnp.stack([c * x + s * y, c * y - s * x, z])


def wrapped_rad(angle: Float[Array, "*any"]) -> Float[Array, "*any"]:
    """The same angle in [-pi, pi)."""
    return (angle + jnp.pi) % (2.0 * jnp.pi) - jnp.pi
