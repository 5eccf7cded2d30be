"""The rhythm of the feet: a clock, and the height that each foot should have at each phase."""

from __future__ import annotations

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from wildrobot.task.config import GaitConfig


def advanced(
    phase: Float[Array, ""], standing: Bool[Array, ""], config: GaitConfig, control_period_s: float
) -> Float[Array, ""]:
    """The phase [cycles, 0 to 1) one control step later; while standing it waits at 0 or 0.5.

    A walk that begins there has `lift_phase` cycles on both feet before the first one lifts, to shift the weight.
    """
    walking = (phase + config.frequency_hz * control_period_s) % 1.0
    return jnp.where(standing, jnp.where(phase < 0.5, 0.0, 0.5), walking)


def foot_phases(phase: Float[Array, ""]) -> Float[Array, " 2"]:
    """Phases [cycles] of the left and the right foot, half a cycle apart."""
    return jnp.stack([phase, (phase + 0.5) % 1.0])


def _since_lift(phase: Float[Array, ""], config: GaitConfig) -> Float[Array, " 2"]:
    return (foot_phases(phase) - config.lift_phase) % 1.0


def swinging(phase: Float[Array, ""], standing: Bool[Array, ""], config: GaitConfig) -> Bool[Array, " 2"]:
    """Which feet should be in the air: those less than `swing_share` past `lift_phase`, none while standing."""
    return (_since_lift(phase, config) < config.swing_share) & ~standing


def reference_heights_m(phase: Float[Array, ""], standing: Bool[Array, ""], config: GaitConfig) -> Float[Array, " 2"]:
    """Height [m] that each sole should have: h sin^2(pi p / s) p cycles after the lift, within the swing share s."""
    swing = jnp.sin(jnp.pi * _since_lift(phase, config) / config.swing_share) ** 2
    return jnp.where(swinging(phase, standing, config), config.swing_height_m * swing, 0.0)


def clock(phase: Float[Array, ""], standing: Bool[Array, ""]) -> Float[Array, " 2"]:
    """What the policy sees of the phase: (cos, sin), and zeros while standing."""
    angle = 2.0 * jnp.pi * phase
    return jnp.where(standing, 0.0, jnp.stack([jnp.cos(angle), jnp.sin(angle)]))
