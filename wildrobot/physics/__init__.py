"""Physics engines behind one protocol, and the banks of robots and start states."""

from __future__ import annotations

import jax

from wildrobot.physics.base import Physics, PhysicsState, start_state
from wildrobot.physics.config import PhysicsConfig, VariantsConfig
from wildrobot.physics.mjx import MjxPhysics
from wildrobot.physics.native import NativePhysics
from wildrobot.physics.reference_starts import make_reference_starts
from wildrobot.physics.servo import TorqueSpeedLine
from wildrobot.physics.starts import StartBank, joined, make_starts
from wildrobot.physics.variants import VariantBank, make_variants
from wildrobot.resets.config import ReferenceStartsConfig, StartsConfig
from wildrobot.robot import load_robot

__all__ = ["Physics", "PhysicsState", "StartBank", "VariantBank", "make_physics", "start_state"]


def make_physics(
    physics: PhysicsConfig, variants: VariantsConfig, starts: StartsConfig, reference_starts: ReferenceStartsConfig
) -> Physics:
    """Compiles the robot and its banks, and starts the configured engine.

    `auto` means `native` where JAX sees no accelerator, and `mjx` (`jax`) where it sees one.
    """
    robot = load_robot(physics.collision, timestep_s=physics.timestep_s)
    variant_bank = make_variants(robot, variants)
    start_bank = make_starts(robot, starts)
    if reference_starts.share:
        start_bank = joined([start_bank, make_reference_starts(robot, reference_starts, start_bank.count)])
    engine = physics.engine
    if engine == "auto":
        engine = "native" if jax.default_backend() == "cpu" else "mjx"
    banks, line = (variant_bank, start_bank), None
    if physics.torque_speed_line:
        line = TorqueSpeedLine(robot.stall_torque_Nm, robot.no_load_speed_rad_per_s)
    if engine == "native":
        return NativePhysics(robot, *banks, substeps=physics.substeps, threads=physics.threads, line=line)
    return MjxPhysics(robot, *banks, substeps=physics.substeps, implementation=physics.implementation, line=line)
