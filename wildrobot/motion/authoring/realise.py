"""From footsteps to joints: the centre of mass that the zero moment point asks for, then inverse kinematics.

After the joints are found, the zero moment point of the whole moving robot is computed; what it misses is asked for
once more (the dynamic filter of Kajita et al., ICRA 2003), a few times.
"""

from __future__ import annotations

from dataclasses import dataclass

import mujoco
import numpy as np
from jaxtyping import Float

from wildrobot.errors import UsageError
from wildrobot.motion import planar
from wildrobot.motion.authoring import lipm
from wildrobot.motion.authoring.dynamics import FEET, dynamics
from wildrobot.motion.authoring.footsteps import Plan
from wildrobot.motion.authoring.ik import Target, WholeBody
from wildrobot.motion.derivatives import PERIOD_S
from wildrobot.robot import Robot

_COPIES = 6
"""Copies of a cycle on each side of it: enough that the ends of the pendulum's motion are not felt."""
_REACHED_M = 0.003
_REST_FRAMES, _STILL_FRAMES = 200, 20
"""How long a motion that is no loop rests before and after, and how long the ends of it are left uncorrected."""


@dataclass(frozen=True)
class Carriage:
    """How the body is carried above the steps, frame by frame.

    Attributes:
      joints_rad: angles in actuator order, preferred where the feet and the centre of mass leave a choice.
      roll_rad, pitch_rad: of the base, to the right and forward.
      com_height_m: of the centre of mass.
    """

    joints_rad: Float[np.ndarray, "T joints"]
    roll_rad: Float[np.ndarray, " T"]
    pitch_rad: Float[np.ndarray, " T"]
    com_height_m: Float[np.ndarray, " T"]


def realise(robot: Robot, plan: Plan, carriage: Carriage, rounds: int) -> Float[np.ndarray, "T nq"]:
    """Configurations that step as planned, with the planned zero moment point.

    Args:
      robot: any of its models.
      plan: what the feet and the zero moment point do.
      carriage: what the body does above them.
      rounds: how often the zero moment point is corrected.

    Raises:
      UsageError: if the legs are too short for the plan.
    """
    body = WholeBody(robot)
    wanted, height_m = plan.zmp_m.copy(), float(carriage.com_height_m.mean())
    qpos = np.tile(robot.home_qpos, (len(wanted), 1))
    qpos[:, :2] = plan.body[:, :2]
    for again in range(rounds + 1):
        qpos = _joints(body, plan, carriage, _com(plan, wanted, height_m), qpos)
        _require_reached(robot, plan, qpos)
        if plan.loop:
            first, last = planar.Pose(*plan.body[0]), planar.Pose(*plan.body[-1])
            qpos[-1] = planar.placed(qpos[:1], last.then(planar.relative(first, planar.pose_of(qpos[0]))))[0]
        if again < rounds:
            missed = plan.zmp_m - dynamics(robot, qpos, plan.contacts, loop=plan.loop).zmp_m
            if not plan.loop:
                # A correction next to the ends would be taken for a stance that lasts for ever.
                missed[:_STILL_FRAMES] = missed[-_STILL_FRAMES:] = 0.0
            wanted += missed
    return qpos


def _require_reached(robot: Robot, plan: Plan, qpos: Float[np.ndarray, "T nq"]) -> None:
    data = mujoco.MjData(robot.model)
    for k, configuration in enumerate(qpos):
        data.qpos[:] = configuration
        mujoco.mj_kinematics(robot.model, data)
        for foot, name in enumerate(FEET):
            wanted = np.append(plan.feet[k, foot, :2], plan.foot_height_m[k, foot])
            missed_m = float(np.linalg.norm(data.site(name).xpos - wanted))
            if missed_m > _REACHED_M:
                raise UsageError(
                    f"the robot's legs are too short for this walk: at {k * PERIOD_S:.2f} s the {name} is "
                    f"{1e3 * missed_m:.0f} mm from where it should be; take a smaller stride, or a lower com_height_m"
                )


def _com(plan: Plan, zmp_m: Float[np.ndarray, "T 2"], height_m: float) -> Float[np.ndarray, "T 2"]:
    if not plan.loop:
        # Standing still for long before and after, so that it is at rest at both ends.
        rested = np.pad(zmp_m, ((_REST_FRAMES, _REST_FRAMES), (0, 0)), "edge")
        return lipm.centre_of_mass_m(rested, height_m, PERIOD_S)[_REST_FRAMES:-_REST_FRAMES]
    # A cycle's surroundings are the same cycle, carried on and back.
    first, last = planar.Pose(*plan.body[0]), planar.Pose(*plan.body[-1])
    way, pose = planar.relative(first, last), planar.Pose(0.0, 0.0, 0.0)
    places = [pose]
    for _ in range(2 * _COPIES):
        pose = pose.then(way)
        places.append(pose)
    seen = np.array([planar.relative(first, planar.Pose(x, y, 0.0))[:2] for x, y in zmp_m[:-1]])
    long = np.concatenate([planar.relative(places[_COPIES], place).transform(seen) for place in places])
    frames = len(seen)
    com = lipm.centre_of_mass_m(long, height_m, PERIOD_S)
    return first.transform(com[_COPIES * frames : (_COPIES + 1) * frames + 1])


def _joints(
    body: WholeBody,
    plan: Plan,
    carriage: Carriage,
    com_m: Float[np.ndarray, "T 2"],
    guesses: Float[np.ndarray, "T nq"],
) -> Float[np.ndarray, "T nq"]:
    qpos = np.empty_like(guesses)
    for k in range(len(guesses)):
        left, right = (planar.Pose(*map(float, foot)) for foot in plan.feet[k])
        target = Target(
            feet=(left, right),
            foot_height_m=plan.foot_height_m[k],
            com_m=np.append(com_m[k], carriage.com_height_m[k]),
            roll_rad=float(carriage.roll_rad[k]),
            pitch_rad=float(carriage.pitch_rad[k]),
            heading_rad=float(plan.body[k, 2]),
            joints_rad=carriage.joints_rad[k],
        )
        qpos[k] = body.solve(target, guesses[k] if k == 0 else qpos[k - 1])
    return qpos
