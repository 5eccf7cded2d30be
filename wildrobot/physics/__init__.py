"""Physics engines behind one protocol, and the bank of robots."""

from __future__ import annotations

import jax

from wildrobot.jax_ready import require_jax
from wildrobot.physics.base import Physics, PhysicsState
from wildrobot.physics.config import PhysicsConfig, VariantsConfig
from wildrobot.physics.native import NativePhysics
from wildrobot.physics.servo import TorqueSpeedLine
from wildrobot.physics.variants import VariantBank, make_variants
from wildrobot.robot import Robot, load_robot

__all__ = ["Physics", "PhysicsState", "VariantBank", "make_engine", "make_physics"]


def make_physics(robot_name: str, config: PhysicsConfig, variants: VariantsConfig) -> Physics:
    """Compiles the robot (`load_robot`) and its variants, and starts the configured engine.

    Raises:
      UsageError: for a robot or an engine that cannot be used, and in a process where JAX cannot run.
    """
    require_jax()
    robot = load_robot(robot_name, collision=config.collision, timestep_s=config.timestep_s, textures=False)
    return make_engine(config, robot, make_variants(robot, variants))


def make_engine(config: PhysicsConfig, robot: Robot, variants: VariantBank) -> Physics:
    """Starts the configured engine for these robots.

    `auto` means `native` where JAX sees no accelerator, and `mjx` (`jax`) where it sees one.
    """
    line = None
    if config.torque_speed_line:
        line = TorqueSpeedLine(robot.stall_torque_Nm, robot.no_load_speed_rad_per_s)
    engine = config.engine
    if engine == "auto":
        engine = "native" if jax.default_backend() == "cpu" else "mjx"
    if engine == "native":
        return NativePhysics(robot, variants, substeps=config.substeps, threads=config.threads, line=line)
    from wildrobot.physics.mjx import MjxPhysics  # takes a second, which native physics spares

    return MjxPhysics(robot, variants, substeps=config.substeps, implementation=config.implementation, line=line)
