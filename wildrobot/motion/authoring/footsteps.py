"""Where and when the feet step, and where the zero moment point should be meanwhile."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from wildrobot.motion.derivatives import PERIOD_S
from wildrobot.motion.planar import Pose

_ROCKING = 2
"""Steps' times of rocking on both feet before the first step and after the last one: a robot that stood still could not
lift a foot, because its hip's servo cannot hold the other half of the body without its swing (see `leant`)."""

Command = tuple[float, float, float]


@dataclass(frozen=True)
class Rhythm:
    """How the robot steps, whatever the speed.

    Attributes:
      step_frames: control steps from one landing to the next.
      double_frames: of these, how many with both feet on the floor.
      width_m: between the centres of the soles, sideways.
      lift_m: of the sole at mid-swing.
      inset_m: how far the zero moment point stays inside of the sole's centre, towards the other foot.
      ahead_m: how far the soles' centres are ahead of the base, so that the robot turns on the spot about its base.
      lean_skew: how much more the body falls back from its lean late in a step than early; see `leant`.
      roll_share: how much of the way of the body over a foot the zero moment point goes too, from heel to toe.
    """

    step_frames: int = 28
    double_frames: int = 4
    width_m: float = 0.144
    lift_m: float = 0.025
    inset_m: float = 0.0
    ahead_m: float = 0.03
    lean_skew: float = 0.0
    roll_share: float = 0.0


@dataclass(frozen=True)
class Plan:
    """What the feet and the zero moment point do, frame by frame; feet are left, right.

    Attributes:
      feet: x [m], y [m], heading [rad] of the sole centres, shape (T, 2, 3).
      foot_height_m: shape (T, 2).
      contacts: which feet stand, shape (T, 2).
      zmp_m: wanted zero moment point, shape (T, 2).
      lean: how far the body leans over the standing foot, left positive, 1 at its most, shape (T,).
      rise: how far the body has risen, 0 between two steps, 1 in the middle of one, shape (T,).
      body: x, y, heading of the point between the feet that goes at the command, shape (T, 3).
      loop: whether the last frame is the first one again, one displacement further.
      steady: first and last frame of going at the command.
    """

    feet: Float[np.ndarray, "T 2 3"]
    foot_height_m: Float[np.ndarray, "T 2"]
    contacts: Bool[np.ndarray, "T 2"]
    zmp_m: Float[np.ndarray, "T 2"]
    lean: Float[np.ndarray, " T"]
    rise: Float[np.ndarray, " T"]
    body: Float[np.ndarray, "T 3"]
    loop: bool
    steady: tuple[int, int]


def travelled(command: Command, time_s: float) -> Pose:
    """Where one is after going at a constant command (vx, vy [m/s], yaw rate [rad/s]) from the origin: on an arc."""
    vx, vy, turn = command[0] * time_s, command[1] * time_s, command[2] * time_s
    # The straight parts, turned by half the angle on average: sin(a)/a and (1 - cos(a))/a.
    along, across = np.sinc(turn / np.pi), np.sinc(turn / (2 * np.pi)) * np.sin(turn / 2)
    return Pose(float(along * vx - across * vy), float(across * vx + along * vy), turn)


def cycle(command: Command, rhythm: Rhythm) -> Plan:
    """Two steps, left foot first, that can be repeated."""
    count, first = 6, 2
    walk = _Walk(command, rhythm, count, ramp=False).plan()
    start, end = first * rhythm.step_frames, (first + 2) * rhythm.step_frames
    chosen = slice(start, end + 1)
    return Plan(
        walk.feet[chosen], walk.foot_height_m[chosen], walk.contacts[chosen], walk.zmp_m[chosen], walk.lean[chosen],
        walk.rise[chosen], walk.body[chosen], loop=True, steady=(0, end - start),
    )  # fmt: skip


def start_and_stop(command: Command, rhythm: Rhythm, steps: int = 10) -> Plan:
    """From standing into walking at the command, and to standing again; `steps` steps besides the one that closes."""
    return _Walk(command, rhythm, steps, ramp=True).plan()


class _Walk:
    """Lays out a walk of some steps; time 0 is when the first one begins."""

    def __init__(self, command: Command, rhythm: Rhythm, count: int, *, ramp: bool):
        self.command, self.rhythm, self.ramp = command, rhythm, ramp
        self.rock = _ROCKING if ramp else 0
        self.count = count + 1 + 2 * self.rock if ramp else count
        self.rest = round(0.9 / PERIOD_S) if ramp else 0
        self.shift = round(0.3 / PERIOD_S) if ramp else 0
        self.step_s = rhythm.step_frames * PERIOD_S

    def body(self, time_s: float) -> Pose:
        """Where the body is: at the command, but for ramps over the first step and the last but one."""
        if not self.ramp:
            return travelled(self.command, time_s)
        moving = (self.count - 2 * self.rock - 1) * self.step_s
        rise, time_s = 2.0 * self.step_s, float(np.clip(time_s - self.rock * self.step_s, 0.0, moving))
        left = moving - time_s
        worth = _eased(time_s, rise) if time_s < moving / 2 else moving - rise - _eased(left, rise)
        return travelled(self.command, worth)

    def foothold(self, landing: int, side: int) -> Pose:
        """The foot that lands at the start of step `landing` stands where the body passes it in the middle of that."""
        rhythm = self.rhythm
        middle_s = landing * self.step_s + (rhythm.step_frames + rhythm.double_frames) / 2 * PERIOD_S
        outward = (0.5 if side == 0 else -0.5) * rhythm.width_m
        return self.body(middle_s).then(Pose(rhythm.ahead_m, outward, 0.0))

    def plan(self) -> Plan:
        rhythm = self.rhythm
        n, double = rhythm.step_frames, rhythm.double_frames
        frames = self.rest + self.shift + self.count * n + self.rest + 1 if self.ramp else self.count * n + 1
        feet, height = np.zeros((frames, 2, 3)), np.zeros((frames, 2))
        contacts, zmp = np.ones((frames, 2), bool), np.zeros((frames, 2))
        lean, rise = np.zeros(frames), np.zeros(frames)
        # A foot's first hold: as if it had landed before, both side by side when starting from rest.
        holds = [self.foothold(-1 if self.ramp else side - 1, side) for side in (0, 1)]
        standing = self._middle(holds)
        begin = self.rest + self.shift
        feet[: begin + 1], zmp[: self.rest + 1] = np.array(holds), standing
        was = standing
        for step in range(self.count):
            swing, stance = step % 2, 1 - step % 2
            target = self.foothold(step + 1, swing)
            start = begin + step * n
            path = self._under(holds[stance], stance, step)
            lifted = 1.0
            if self.ramp:
                # Rocking on both feet, more and more before the first step, and less and less after the last.
                lifted = min(1.0, min(step + 1, self.count - step) / (self.rock + 1))
                path = self._middle(holds) + lifted * (path - self._middle(holds))
            lead = self.shift + double if step == 0 and self.ramp else double
            first = start + double - lead
            for k in range(first, start + n + 1):
                feet[k] = np.array(holds)
                self._carriage(k - start, step, lean[k:], rise[k:])
                if k <= start + double:
                    zmp[k] = was + (path[0] - was) * _smooth((k - first) / lead)
                    continue
                done = (k - start - double) / (n - double)
                feet[k, swing] = np.array(holds[swing]) + (np.array(target) - np.array(holds[swing])) * _swung(done)
                if lifted == 1.0:
                    height[k, swing] = rhythm.lift_m * np.sin(np.pi * done) ** 2
                    contacts[k, swing] = k == start + n
                zmp[k] = path[0] + (path[1] - path[0]) * done
            holds[swing] = target
            was = path[1]
        end = begin + self.count * n
        feet[end:] = np.array(holds)
        if self.ramp:
            closing = self.shift + double
            for k in range(end, frames):
                zmp[k] = was + (self._middle(holds) - was) * _smooth(min(1.0, (k - end) / closing))
        body = np.array([self.body((k - begin) * PERIOD_S) for k in range(frames)])
        # The legs cannot turn against the hips: feet always face where the body does, and those on the floor pivot.
        feet[:, :, 2] = body[:, 2:]
        aside = self.rock + 3
        steady = (begin + aside * n, begin + (self.count - aside - 1) * n) if self.ramp else (0, frames - 1)
        return Plan(feet, height, contacts, zmp, lean, rise, body, loop=False, steady=steady)

    def _carriage(self, frame: int, step: int, lean: Float[np.ndarray, " n"], rise: Float[np.ndarray, " n"]) -> None:
        """Writes lean and rise of one frame, counted from the landing before a step."""
        rhythm = self.rhythm
        double = rhythm.double_frames / rhythm.step_frames
        share = frame / rhythm.step_frames - double / 2
        # Up to the middle of the first double support, the step before is still the one.
        side, share = (1 - step % 2, share) if share >= 0 else (step % 2, share + 1)
        known = 1.0
        if self.ramp:
            since = step + frame / rhythm.step_frames - double / 2
            known = _smooth(float(np.clip(min(since, self.count - since) / self.rock, 0.0, 1.0)))
        lean[0] = known * (1.0 if side == 0 else -1.0) * leant(share, double, rhythm.lean_skew)
        rise[0] = known * risen(share, double)

    def _under(self, hold: Pose, side: int, step: int) -> Float[np.ndarray, "2 2"]:
        """Where the zero moment point is under a standing foot when the other one lifts off, and when it lands."""
        rhythm = self.rhythm
        inward = (-1 if side == 0 else 1) * rhythm.inset_m
        middle_s = step * self.step_s + (rhythm.step_frames + rhythm.double_frames) / 2 * PERIOD_S
        swing_s = (rhythm.step_frames - rhythm.double_frames) * PERIOD_S
        centre = hold.transform(np.array([0.0, inward]))
        here, before, after = (self.body(middle_s + share * swing_s) for share in (0.0, -0.5, 0.5))
        way = np.array([[before.x - here.x, before.y - here.y], [after.x - here.x, after.y - here.y]])
        return centre + rhythm.roll_share * way

    @staticmethod
    def _middle(holds: list[Pose]) -> Float[np.ndarray, " 2"]:
        return np.array([(holds[0].x + holds[1].x) / 2, (holds[0].y + holds[1].y) / 2])


def leant(share: float, double: float, skew: float) -> float:
    """How far the body leans over the standing foot, 1 in the middle of a step.

    Over one foot it falls back all the time, which is what unloads the hip, whose servo alone could not hold the other
    half of the robot: the body rocks from foot to foot. With both feet down, the lean goes on to the other side.

    Args:
      share: of the step, 0 and 1 being the middles of the double supports around it.
      double: share of the step with both feet on the floor.
      skew: how much more it falls back late than early, when the leg points backward; at 1, not at all at first.
    """
    single = 1.0 - double
    edge = (
        2.0 * double / single
    )  # the parabola over one foot rises by 1, and its slope goes on through the double support
    u = (share - 0.5) / (single / 2)
    if abs(u) <= 1.0:
        return (edge + 1.0 - u**2 + skew * (u - u**3)) / (edge + 1.0)
    # With both feet down, a parabola from slope to slope: t goes from -1 to 1, and passes 0 at a landing.
    t = (share if u < 0 else share - 1.0) / (double / 2)
    crossing = edge * (t + skew / 2.0 * (1.0 - t**2))
    return (crossing if u < 0 else -crossing) / (edge + 1.0)


def risen(share: float, double: float) -> float:
    """How far the body is above its lowest, at the middle of a double support; 1 in the middle of a step.

    Over one foot it falls freely to a part, so that the leg carries less than the weight; with both it is caught.
    """
    single = 1.0 - double
    high, low = single**2 / 4, single * double / 4
    near = min(share, 1.0 - share)
    if near < double / 2:
        return low * (near / (double / 2)) ** 2 / (high + low)
    return (low + high - (0.5 - near) ** 2) / (high + low)


def _eased(time_s: float, rise_s: float) -> float:
    """Seconds at full speed that a smooth rise from rest over `rise_s` is worth: the integral of 3s^2 - 2s^3."""
    share = min(time_s / rise_s, 1.0)
    return rise_s * (share**3 - 0.5 * share**4) + max(0.0, time_s - rise_s)


def _smooth(share: float) -> float:
    """From 0 to 1 with no velocity and no acceleration at the ends: 10 s^3 - 15 s^4 + 6 s^5."""
    return share**3 * (10.0 - 15.0 * share + 6.0 * share**2)


def _swung(share: float) -> float:
    """From 0 to 1 with no velocity at the ends, and little acceleration in between: the servos' inertia is large."""
    return 0.5 * (1.0 - float(np.cos(np.pi * share)))
