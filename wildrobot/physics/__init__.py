"""Physics engines behind one protocol, and the banks of robots and start states."""

from __future__ import annotations

import jax

from wildrobot.config import EnvConfig
from wildrobot.physics.base import Physics, PhysicsState, start_state
from wildrobot.physics.mjx import MjxPhysics
from wildrobot.physics.native import NativePhysics
from wildrobot.physics.reference_starts import make_reference_starts
from wildrobot.physics.starts import StartBank, joined, make_starts
from wildrobot.physics.variants import VariantBank, make_variants
from wildrobot.robot import load_robot

__all__ = ["Physics", "PhysicsState", "StartBank", "VariantBank", "make_physics", "start_state"]


def make_physics(config: EnvConfig) -> Physics:
    """Compiles the robot and its banks, and starts the configured engine.

    `auto` means `native` where JAX sees no accelerator, and `mjx` (`jax`) where it sees one.
    """
    physics = config.physics
    robot = load_robot(physics.collision, timestep_s=physics.timestep_s)
    variants = make_variants(robot, config.variants)
    starts = make_starts(robot, config.starts)
    if config.reference_starts.share:
        starts = joined([starts, make_reference_starts(robot, config.reference_starts, starts.count)])
    engine = physics.engine
    if engine == "auto":
        engine = "native" if jax.default_backend() == "cpu" else "mjx"
    if engine == "native":
        return NativePhysics(robot, variants, starts, substeps=physics.substeps, threads=physics.threads)
    return MjxPhysics(robot, variants, starts, substeps=physics.substeps, implementation=physics.implementation)
