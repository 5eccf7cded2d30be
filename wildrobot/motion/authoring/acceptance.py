"""Whether the robot can do what a clip shows: measured, against limits that hold for every clip."""

from __future__ import annotations

from dataclasses import dataclass

import mujoco
import numpy as np
from jaxtyping import Float

from wildrobot.motion import derivatives
from wildrobot.motion.authoring.dynamics import FEET, Dynamics, dynamics, sole_corners_m
from wildrobot.motion.authoring.tracking import Tracked, mean_velocity, track
from wildrobot.motion.clip import Clip
from wildrobot.robot import Robot, load_robot

PENETRATION_M = FLOAT_M = 0.005
SLIP_M_PER_S = 0.05
JOINT_SPEED_RAD_PER_S = 5.0
TORQUE_SHARE = 0.7
ZMP_SHARE = 0.95
MISSING_SHARE = 0.05
SPEED_SHARE, SLOW_M_PER_S, SLOW_RAD_PER_S = 0.05, 0.1, 0.2
"""Below these speeds, the claim must be met as closely as at them."""


UNITS = {
    "penetration": "mm",  # how deep any part is in another, or in the floor
    "float": "mm",  # how high a corner of a standing sole is above the floor
    "slip": "m/s",  # horizontal speed of the fastest corner of a standing sole
    "range": "rad",  # how far a joint is beyond its range
    "joint speed": "rad/s",  # of the fastest joint
    "jerk": "rad/s3",  # third difference of a joint's angle
    "ZMP inside": "",  # share of frames with the zero moment point within the soles that stand
    "ground": "weight",  # force that these soles cannot give, at the friction `dynamics.FRICTION`
    "torque": "Nm",  # largest one, by inverse dynamics
    "speed": "m/s",  # error of the mean velocity
    "turn": "rad/s",  # error of the mean yaw rate
    "upright": "s",  # played open loop by the servos in simulation, until it falls: for information
}
"""What is measured of every clip."""


@dataclass(frozen=True)
class Check:
    """One measured figure of a clip.

    Attributes:
      name: as in the table.
      value: measured.
      limit: it must not exceed this, or not be below if `least`; None if it is shown for information.
      unit: of both.
      least: whether the limit is a lower one.
    """

    name: str
    value: float
    limit: float | None
    unit: str
    least: bool = False

    @property
    def passed(self) -> bool:
        if self.limit is None:
            return True
        return self.value >= self.limit if self.least else self.value <= self.limit

    @property
    def reason(self) -> str:
        """What was measured against what, for who is refused."""
        return f"{self.name} {self.value:.3g} {self.unit} ({'at least' if self.least else 'at most'} {self.limit:.3g})"


@dataclass(frozen=True)
class Report:
    """All figures of a clip, and what they were computed from."""

    clip: Clip
    checks: tuple[Check, ...]
    dynamics: Dynamics
    tracked: Tracked

    @property
    def passed(self) -> bool:
        return all(check.passed for check in self.checks)

    @property
    def failures(self) -> str:
        return "; ".join(check.reason for check in self.checks if not check.passed)


def jerk_limit_rad_per_s3(robot: Robot) -> float:
    """The jerk [rad/s^3] that takes a bare motor from rest to its share of the torque limit within one control step.

    No target at the control rate can ask for more of the motor's own inertia.
    """
    armature = float(robot.model.dof_armature[robot.dof_index].max())
    return TORQUE_SHARE * float(robot.torque_limit_Nm.max()) / armature / 0.02


def examine(clip: Clip) -> Report:
    """Measures a clip on the model that collides everywhere."""
    robot = load_robot(collision="full")
    needed = dynamics(robot, clip.qpos, clip.contacts, loop=clip.loop)
    tracked = track(robot, clip, needed)
    angles, speeds = clip.qpos[:, robot.qpos_index], clip.qvel[:, robot.dof_index]
    lower, upper = robot.joint_range_rad.T
    excess = np.maximum(lower - angles, angles - upper).max()
    jerk = derivatives.jerk(robot.model, clip.qpos, loop=clip.loop)[:, robot.dof_index]
    soles = _soles(robot, clip)
    wrong = np.abs(mean_velocity(clip.qpos[clip.steady[0] : clip.steady[1] + 1]) - clip.command)
    largest = {
        "penetration": 1e3 * soles.deepest_m,
        "float": 1e3 * soles.highest_m,
        "slip": soles.slip_m_per_s,
        "range": max(0.0, float(excess)),
        "joint speed": float(np.abs(speeds).max()),
        "jerk": float(np.abs(jerk).max()),
        "ZMP inside": _inside(soles.polygons, needed.zmp_m),
        "ground": float(needed.missing_N.max()) / (robot.total_mass_kg * 9.81),
        "torque": float(np.abs(needed.torque_Nm).max()),
        "speed": float(np.hypot(*wrong[:2])),
        "turn": float(wrong[2]),
        "upright": tracked.upright_s,
    }
    limits = {
        "penetration": 1e3 * PENETRATION_M,
        "float": 1e3 * FLOAT_M,
        "slip": SLIP_M_PER_S,
        "range": 1e-6,
        "joint speed": JOINT_SPEED_RAD_PER_S,
        "jerk": jerk_limit_rad_per_s3(robot),
        "ZMP inside": ZMP_SHARE,
        "ground": MISSING_SHARE,
        "torque": TORQUE_SHARE * float(robot.torque_limit_Nm.max()),
        "speed": SPEED_SHARE * max(float(np.hypot(*clip.command[:2])), SLOW_M_PER_S),
        "turn": SPEED_SHARE * max(abs(float(clip.command[2])), SLOW_RAD_PER_S),
    }
    checks = tuple(
        Check(name, value, limits.get(name), UNITS[name], least=name == "ZMP inside") for name, value in largest.items()
    )
    return Report(clip, checks, needed, tracked)


@dataclass(frozen=True)
class _Soles:
    deepest_m: float
    highest_m: float
    slip_m_per_s: float
    polygons: list[Float[np.ndarray, "_ 2"]]


def _soles(robot: Robot, clip: Clip) -> _Soles:
    """Plays the clip's frames and looks at the soles and at whatever touches."""
    model, data = robot.model, mujoco.MjData(robot.model)
    jacobian = np.empty((3, model.nv))
    deepest = highest = fastest = 0.0
    polygons = []
    for qpos, qvel, contacts in zip(clip.qpos, clip.qvel, clip.contacts, strict=True):
        data.qpos[:], data.qvel[:] = qpos, qvel
        mujoco.mj_forward(model, data)
        deepest = max([deepest, *(-data.contact.dist)])
        standing = []
        for foot in np.flatnonzero(contacts):
            site = data.site(FEET[foot])
            corners = sole_corners_m(robot, site.xpos, site.xmat.reshape(3, 3))
            standing.append(corners[:, :2])
            highest = max(highest, float(corners[:, 2].max()))
            for corner in corners:
                mujoco.mj_jac(model, data, jacobian, None, corner, int(model.site_bodyid[site.id]))
                fastest = max(fastest, float(np.linalg.norm((jacobian @ qvel)[:2])))
        polygons.append(np.concatenate(standing) if standing else np.empty((0, 2)))
    return _Soles(float(deepest), highest, fastest, polygons)


def _inside(polygons: list[Float[np.ndarray, "_ 2"]], zmp_m: Float[np.ndarray, "T 2"]) -> float:
    return float(np.mean([is_inside(points, zmp) for points, zmp in zip(polygons, zmp_m, strict=True)]))


def is_inside(points: Float[np.ndarray, "n 2"], place: Float[np.ndarray, " 2"]) -> bool:
    """Whether a place is within the convex hull of points.

    It is not if some direction sees all points on one side of the place; of all directions, only those from the place
    to each of the points need be tried: the points must leave no gap of half a turn.
    """
    if len(points) < 3:
        return False
    angles = np.sort(np.arctan2(*(points - place).T[::-1]))
    gaps = np.diff(angles, append=angles[0] + 2 * np.pi)
    return bool(gaps.max() <= np.pi)
