"""A human who walks by formula: what a recording of a plain walk looks like."""

import json

import numpy as np

from wildrobot.motion.authoring.human import Human

PERIOD_S, CYCLE_S, SPEED_M_PER_S = 1 / 30, 1.2, 1.0
FRAMES = 37  # 1.2 s, and the first frame once more


def swing(share: np.ndarray) -> np.ndarray:
    """How far a foot has come, 0 to 1, that stands in the first half of the cycle and swings in the second."""
    moving = np.clip(2.0 * (share % 1.0) - 1.0, 0.0, 1.0)
    return np.floor(share) + 0.5 * (1.0 - np.cos(np.pi * moving))


def walking() -> Human:
    """1 m/s forward in cycles of 1.2 s; right swings in the first half, left in the second; legs of 0.8 m."""
    share = PERIOD_S * np.arange(FRAMES) / CYCLE_S
    stride = SPEED_M_PER_S * CYCLE_S
    places = {"pelvis": np.stack([share * stride, 0 * share, 0 * share + 0.85], axis=1)}
    places["chest"] = places["pelvis"] + [0.0, 0.0, 0.25]
    for side, y, shift in (("left", 0.08, 0.0), ("right", -0.08, 0.5)):
        gone = swing(share + shift) - shift
        lifted = np.clip(2.0 * ((share + shift) % 1.0) - 1.0, 0.0, 1.0)
        ankle = np.stack([gone * stride + 0.3, 0 * share + y, 0.07 + 0.1 * np.sin(np.pi * lifted) ** 2], axis=1)
        places[f"{side}_hip"] = places["pelvis"] + [0.0, y, 0.0]
        places[f"{side}_ankle"] = ankle
        places[f"{side}_knee"] = places[f"{side}_hip"] - [0.0, 0.0, 0.4]
        shoulder = places["chest"] + [0.0, 2.2 * y, 0.2]
        angle = (0.3 if side == "left" else -0.3) * np.cos(2 * np.pi * share)
        elbow = shoulder + 0.28 * np.stack([np.sin(angle), 0 * share, -np.cos(angle)], axis=1)
        places[f"{side}_shoulder"], places[f"{side}_elbow"] = shoulder, elbow
        places[f"{side}_wrist"] = elbow + 0.25 * np.stack(
            [np.sin(angle + 0.4), 0 * share, -np.cos(angle + 0.4)], axis=1
        )
    upright = np.tile(np.eye(3), (FRAMES, 1, 1))
    return Human("formula", "a formula", "none", PERIOD_S, places, {"pelvis": upright, "chest": upright}, loop=True)


def deepmimic_text(frames: np.ndarray, loop: str = "wrap") -> str:
    return json.dumps({"Loop": loop, "Frames": frames.tolist()})


BVH = """HIERARCHY
ROOT Hips
{ OFFSET 0 0 0 CHANNELS 6 Xposition Yposition Zposition Zrotation Xrotation Yrotation
  JOINT Chest { OFFSET 0 20 0 CHANNELS 3 Zrotation Xrotation Yrotation
    JOINT LeftArm { OFFSET 15 20 0 CHANNELS 3 Zrotation Xrotation Yrotation
      JOINT LeftForeArm { OFFSET 0 -28 0 CHANNELS 3 Zrotation Xrotation Yrotation
        JOINT LeftHand { OFFSET 0 -25 0 CHANNELS 3 Zrotation Xrotation Yrotation End Site { OFFSET 0 -5 0 } } } }
    JOINT RightArm { OFFSET -15 20 0 CHANNELS 3 Zrotation Xrotation Yrotation
      JOINT RightForeArm { OFFSET 0 -28 0 CHANNELS 3 Zrotation Xrotation Yrotation
        JOINT RightHand { OFFSET 0 -25 0 CHANNELS 3 Zrotation Xrotation Yrotation End Site { OFFSET 0 -5 0 } } } } }
  JOINT LeftUpLeg { OFFSET 9 0 0 CHANNELS 3 Zrotation Xrotation Yrotation
    JOINT LeftLeg { OFFSET 0 -40 0 CHANNELS 3 Zrotation Xrotation Yrotation
      JOINT LeftFoot { OFFSET 0 -42 0 CHANNELS 3 Zrotation Xrotation Yrotation End Site { OFFSET 0 -5 10 } } } }
  JOINT RightUpLeg { OFFSET -9 0 0 CHANNELS 3 Zrotation Xrotation Yrotation
    JOINT RightLeg { OFFSET 0 -40 0 CHANNELS 3 Zrotation Xrotation Yrotation
      JOINT RightFoot { OFFSET 0 -42 0 CHANNELS 3 Zrotation Xrotation Yrotation End Site { OFFSET 0 -5 10 } } } } }
MOTION
Frames: 3
Frame Time: 0.01
"""
"""A skeleton in centimetres that faces z: 14 joints, 45 channels."""
CHANNELS = 45
