"""What the page's physics must know besides the MJCF: `simulation.json`, from the robot that the judge plays.

The page's MuJoCo is the newest that is published as WebAssembly, and may be older than ours: 3.14.0 cannot read an MJCF
that 3.17.0 has written. So the page compiles the robot's own MJCF, and is told what the judge changes of it.
"""

from __future__ import annotations

from typing import Any

import mujoco

from wildrobot.errors import UsageError
from wildrobot.physics.servo import TorqueSpeedLine, with_line
from wildrobot.policy.fitting import substeps_for
from wildrobot.policy.interface import Interface
from wildrobot.robot import Robot, load_robot, robot_spec

_SIZES = ("nq", "nv", "nu", "nbody", "ngeom", "nsensordata")
_SERVOS = ("gaintype", "biastype", "dyntype", "ctrlspec", "gainprm", "biasprm", "dynprm")
"""Parameters that make each actuator a motor whose torque falls with its speed (`with_line`)."""


def simulation(interface: Interface) -> dict[str, Any]:
    """The document, as a JSON tree; indices are MuJoCo's.

    It describes the nominal robot with self-collision, servos that lose torque with speed, and the least latency of the
    policy's training.

    Raises:
      UsageError: for a robot that is not here, and for one whose MJCF needs other files.
    """
    robot = load_robot(interface.robot, collision="full")
    _check_alone(robot)
    line = TorqueSpeedLine(robot.stall_torque_Nm, robot.no_load_speed_rad_per_s)
    model, period_s = with_line(robot.model, line), interface.action.control_period_s
    return {
        "robot_digest": robot.digest,
        "mujoco": mujoco.__version__,
        "timestep_s": model.opt.timestep,
        "substeps": substeps_for(period_s, model.opt.timestep),
        "latency_steps": interface.action.latency_steps[0],
        "geom_contacts": [
            [geom.contype, geom.conaffinity] for geom in robot_spec(interface.robot, collision="full").geoms
        ],
        "servos": {f"actuator_{name}": getattr(model, f"actuator_{name}").ravel().tolist() for name in _SERVOS},
        "home_qpos": robot.home_qpos.tolist(),
        "home_targets_rad": robot.home_targets_rad.tolist(),
        "qpos_index": robot.qpos_index.tolist(),
        "dof_index": robot.dof_index.tolist(),
        "imu_orientation": [robot.imu.orientation.start, robot.imu.orientation.stop],
        "gyro": [robot.imu.gyro.start, robot.imu.gyro.stop],
        "pushed_body": robot.pushed_body,
        "fall": {"below_m": robot.fall_height_m, "beyond_rad": robot.fall_tilt_rad},
        "sizes": {name: int(getattr(model, name)) for name in _SIZES},
    }


def _check_alone(robot: Robot) -> None:
    """Refuses an MJCF that is not all of the robot, as the bundle has it alone."""
    spec = mujoco.MjSpec.from_file(str(robot.mjcf))
    files = [each.file for each in (*spec.meshes, *spec.textures, *spec.hfields, *spec.skins) if each.file]
    if "<include" in robot.mjcf.read_text(encoding="utf-8"):
        files.append("what it includes")
    if files:
        raise UsageError(
            f"{robot.mjcf} needs other files ({', '.join(files[:3])}), and a page holds the MJCF alone; put what it "
            "includes into it, and shapes in place of meshes"
        )
