"""The rhythm of the feet: a clock, and the height that each foot should have at each phase."""

from __future__ import annotations

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from wildrobot.task.config import GaitConfig


def advanced(
    phase: Float[Array, ""], standing: Bool[Array, ""], config: GaitConfig, control_period_s: float
) -> Float[Array, ""]:
    """The phase [cycles, 0 to 1) one control step later; while standing it waits at the start of a swing."""
    walking = (phase + config.frequency_hz * control_period_s) % 1.0
    return jnp.where(standing, jnp.where(phase < 0.5, 0.0, 0.5), walking)


def foot_phases(phase: Float[Array, ""]) -> Float[Array, " 2"]:
    """Phases [cycles] of the left and the right foot, half a cycle apart."""
    return jnp.stack([phase, (phase + 0.5) % 1.0])


def swinging(phase: Float[Array, ""], standing: Bool[Array, ""], config: GaitConfig) -> Bool[Array, " 2"]:
    """Which feet should be in the air: those in the first `swing_share` of their phase, none while standing."""
    return (foot_phases(phase) < config.swing_share) & ~standing


def reference_heights_m(phase: Float[Array, ""], standing: Bool[Array, ""], config: GaitConfig) -> Float[Array, " 2"]:
    """Height [m] that each sole should have: h sin^2(pi p / s) for a phase p within the swing share s, else 0."""
    swing = jnp.sin(jnp.pi * foot_phases(phase) / config.swing_share) ** 2
    return jnp.where(swinging(phase, standing, config), config.swing_height_m * swing, 0.0)


def clock(phase: Float[Array, ""], standing: Bool[Array, ""]) -> Float[Array, " 2"]:
    """What the policy sees of the phase: (cos, sin), and zeros while standing."""
    angle = 2.0 * jnp.pi * phase
    return jnp.where(standing, 0.0, jnp.stack([jnp.cos(angle), jnp.sin(angle)]))
