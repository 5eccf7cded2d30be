"""Examinations of the robot: whether it senses, carries and moves itself as it should."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from wildrobot.evaluation.diagnose.evidence.plan import PULSE, PULSE_AT_S, PULSE_S, SECONDS
from wildrobot.evaluation.diagnose.evidence.statics import Statics
from wildrobot.evaluation.diagnose.evidence.trials import Trials
from wildrobot.evaluation.diagnose.registry import Measured, examination
from wildrobot.robot.mirror import joint_mirror

_SINGLE = (
    "rounding of float32, in which the environment computes, is 1e-6; a wrong axis, order or sign gives 0.1 or more"
)


@examination(
    "robot", "exact", unit="rad", why=_SINGLE,
    source="docs/architecture.md: gravity upright is (0, 0, -1), quaternions are wxyz",
    try_next="Compare the order (wxyz) and the frame of the IMU's orientation with the sensor's data sheet.",
)  # fmt: skip
def gravity_reading(s: Statics) -> Iterator[Measured]:
    """Does the task read gravity where the model's kinematics say that it is?"""
    angle = np.arccos(np.clip(np.sum(s.gravity * s.read.gravity, axis=1), -1.0, 1.0))
    yield Measured("angle between read and true direction", angle.max(), at_most=0.01)


@examination(
    "robot", "exact", unit="rad/s", why=_SINGLE, source="finite difference of the orientation, docs/architecture.md",
    try_next="Check the axes and signs of the gyro and the site that it is mounted on.",
)  # fmt: skip
def gyro_reading(s: Statics) -> Iterator[Measured]:
    """Does the gyro agree with how the orientation changes?"""
    error = np.abs(s.read.gyro_rad_per_s - s.gyro_rad_per_s).max(axis=0)
    for axis, worst in zip("xyz", error, strict=True):
        yield Measured(f"error about {axis}", worst, at_most=0.01)


@examination(
    "robot", "exact", unit="m/s or rad", why=_SINGLE, source="finite difference of the position, docs/architecture.md",
    try_next="Check the frame of the base's velocity: the heading frame is the world's, turned about z alone.",
)  # fmt: skip
def motion_reading(s: Statics) -> Iterator[Measured]:
    """Do heading and velocity agree with how the robot moves?"""
    velocity = np.abs(s.read.base_velocity_heading_m_per_s[:, :2] - s.velocity_m_per_s)
    heading = np.abs(np.angle(np.exp(1j * (s.read.heading_rad - s.heading_rad))))
    yield Measured("error of the velocity forward", velocity[:, 0].max(), at_most=0.01)
    yield Measured("error of the velocity to the left", velocity[:, 1].max(), at_most=0.01)
    yield Measured("error of the heading", heading.max(), at_most=0.01)


@examination(
    "robot", "measured", unit="of the weight",
    why="a robot that stands still carries its weight on its feet; within 5 % in the last second of a stand",
    source="Newton's first law",
    try_next="Check that the load of a foot sums all contacts of its sole, and that the sensor's zone covers the sole.",
)  # fmt: skip
def foot_loads(t: Trials) -> Iterator[Measured]:
    """Do the loads of both feet add up to the robot's weight while it stands?"""
    stand, last = t.of("stand"), round(1.0 / t.env.control_period_s)
    up = t.upright[-1, stand]
    model = t.env.physics.variants.models[0]
    weight_N = model.body_mass.sum() * np.linalg.norm(model.opt.gravity)
    load_N = t.load_N[-last:, stand][:, up].mean(axis=(0, 1)) if up.any() else np.full(2, np.nan)
    if up.any():
        yield Measured("sum of both feet", load_N.sum() / weight_N, 0.95, 1.05)
        # Robots of mirrored legs share it; a foot that carries nothing stands in the air.
        yield Measured("left foot", load_N[0] / weight_N, 0.25, 0.75)
        yield Measured("right foot", load_N[1] / weight_N, 0.25, 0.75)


@examination(
    "robot", "measured",
    why="a joint that gets a target goes there: within 0.2 s and a step of latency at least a tenth of the way, in the "
    "same direction, and no other joint further. Servos that carry the robot lag, and a closed chain of two legs "
    "carries others along, by less",
    source="docs/lab/physics.md: rise time of the servo",
    try_next="Move this joint alone on the robot; check the order of the actuators, the sign of its axis and its "
    "gains.",
)  # fmt: skip
def joint_response(t: Trials) -> Iterator[Measured]:
    """Does each joint, asked alone, move by itself, in the right direction, and most of all?"""
    for joint, (moved, others, asked) in enumerate(_pulse_responses(t)):
        name = t.env.robot.joint_names[joint]
        if asked > 1e-3:
            yield Measured(f"{name}: moved / asked", moved / asked, 0.1, 2.0)
            yield Measured(f"{name}: largest of the others / own", others / max(abs(moved), 1e-9), at_most=1.0)


@examination(
    "robot", "measured", unit="rad",
    why="left and right of this robot differ by fractions of a millimetre, so that the mirrored command gives the "
    "mirrored motion: within 0.02 rad for the first 0.3 s, less than the play of a gear",
    source="wildrobot/robot/mirror.py; docs/architecture.md: left and right are one",
    try_next="Compare this joint with that of the other side: axis, range, gain, torque limit, inertia.",
)  # fmt: skip
def mirror_image(t: Trials) -> Iterator[Measured]:
    """Does the mirrored command move the robot's mirror image?"""
    robot, joints, pulse = t.env.robot, t.env.action_size, t.of("pulse")
    first, last = _pulse_steps(t)
    angle = (t.qpos[..., robot.qpos_index] - t.env.action_map.home_rad)[:, pulse]
    mirror = joint_mirror(robot)
    same_latency = t.latency_steps[pulse]
    for joint in range(joints):
        other = int(mirror.source[joint])
        if other <= joint:
            continue
        index = other if mirror.sign[joint] > 0 else joints + other
        shift = int(same_latency[index] - same_latency[joint])
        window = np.arange(first, last)
        mirrored = angle[window + max(0, shift), index][:, mirror.source] * mirror.sign
        difference = np.abs(angle[window + max(0, -shift), joint] - mirrored).max()
        yield Measured(f"{robot.joint_names[joint]} against {robot.joint_names[other]}", difference, at_most=0.02)


@examination(
    "robot", "exact", unit="of m g h",
    why="a robot on its ankles is an inverted pendulum on springs: it stands by itself only if all ankle servos "
    "together "
    "are stiffer than what gravity gains per angle of lean, m g h",
    source="linearised inverted pendulum",
    try_next="Raise the servos' proportional gain, or check its unit [N m/rad].",
)  # fmt: skip
def ankle_stiffness(s: Statics) -> Iterator[Measured]:
    """Are the ankles stiff enough to carry the body above them?"""
    if len(s.robot.ankles):
        stiffness = s.stiffness_Nm_per_rad[s.robot.ankles].sum()
        yield Measured("stiffness of the ankles", stiffness / s.toppling_Nm_per_rad, at_least=1.0)


@examination(
    "robot", "measured", unit="s",
    why="the home pose is what all actions are offsets from; a robot that falls from it by itself has to balance first",
    source=f"docs/evaluation.md: the baseline hold-home stands for {SECONDS:g} s and longer",
    try_next="Look at the home keyframe: centre of mass over the soles, soles flat, gains that carry the weight.",
)  # fmt: skip
def home_held(t: Trials) -> Iterator[Measured]:
    """How long does the robot stand with all joints commanded home?"""
    standing = t.upright[:, t.of("stand")].cumprod(axis=0).sum(axis=0).min() * t.env.control_period_s
    yield Measured("time until it falls", standing, at_least=SECONDS - 1e-6)


@examination(
    "robot", "measured", unit="of the torque limit",
    why="standing takes torque for ever, and a servo at more than 0.6 of its limit overheats; what stands at the limit "
    "cannot push any further",
    source="wildrobot/motion/authoring/acceptance.py allows 0.7 for the moments of a stride",
    try_next="Check torque limit and mass; choose a home pose with straighter legs.",
)  # fmt: skip
def standing_torque(t: Trials) -> Iterator[Measured]:
    """How much of its torque does each servo spend on standing?"""
    stand = t.of("stand")
    if t.upright[-1, stand].any():
        limit = t.env.physics.variants.models[0].actuator_forcerange[:, 1]
        share = np.abs(t.torque_Nm[-1, stand]).mean(axis=0) / limit
        worst = int(np.argmax(share))
        yield Measured(t.env.robot.joint_names[worst], share[worst], at_most=0.6)


def _pulse_steps(t: Trials) -> tuple[int, int]:
    """First and last step in which a pulse shows."""
    period = t.env.control_period_s
    return round(PULSE_AT_S / period), round((PULSE_AT_S + PULSE_S) / period) + 2


def _pulse_responses(t: Trials) -> Iterator[tuple[float, float, float]]:
    """Of each joint: how far it went towards its target, the furthest that another went, and how far was asked.

    Of the two directions the one with more room is looked at: home may lie at the end of a joint's range.
    """
    env, robot, joints = t.env, t.env.robot, t.env.action_size
    first, last = _pulse_steps(t)
    angle = t.qpos[:, t.of("pulse")][..., robot.qpos_index]
    lower, upper = robot.joint_range_rad.T
    for joint in range(joints):
        room = [upper[joint] - env.action_map.home_rad[joint], env.action_map.home_rad[joint] - lower[joint]]
        way = int(np.argmax(room))
        row = joint + way * joints
        change = angle[first:last, row] - angle[first - 1, row]
        sign = (1.0, -1.0)[way]
        furthest = change[np.argmax(np.abs(change[:, joint])), joint]
        others = np.delete(np.abs(change).max(axis=0), joint).max()
        yield float(sign * furthest), float(others), float(min(PULSE * env.action_map.scale_rad[joint], max(room)))
