"""Names of joints, as common programs give them."""

import dataclasses

import numpy as np
import pytest

from wildrobot.motion.authoring.bvh_file import Joint
from wildrobot.motion.authoring.human import PARTS
from wildrobot.motion.authoring.joint_names import parts

NAMES = {
    "Mixamo": "LeftUpLeg LeftLeg LeftFoot LeftShoulder LeftArm LeftForeArm LeftHand",
    "MotionBuilder": "Character1_LeftUpLeg Character1_LeftLeg Character1_LeftFoot Character1_LeftShoulder "
    "Character1_LeftArm Character1_LeftForeArm Character1_LeftHand",
    "Biovision": "LeftHip LeftKnee LeftAnkle LeftCollar LeftShoulder LeftElbow LeftWrist",
    "Rokoko": "LeftThigh LeftShin LeftFoot LeftShoulder LeftArm LeftForeArm LeftHand",
    "Xsens": "LeftUpperLeg LeftLowerLeg LeftFoot LeftShoulder LeftUpperArm LeftForeArm LeftHand",
    "Blender": "thigh.L shin.L foot.L shoulder.L upper_arm.L forearm.L hand.L",
    "Bandai Namco": "UpperLeg_L LowerLeg_L Foot_L Shoulder_L UpperArm_L LowerArm_L Hand_L",
    "Unreal": "thigh_l calf_l foot_l clavicle_l upperarm_l lowerarm_l hand_l",
    "Biped": "Bip01_L_Thigh Bip01_L_Calf Bip01_L_Foot Bip01_L_Clavicle Bip01_L_UpperArm Bip01_L_Forearm Bip01_L_Hand",
    "SMPL": "L_Hip L_Knee L_Ankle L_Collar L_Shoulder L_Elbow L_Wrist",
    "AMASS": "left_hip left_knee left_ankle left_collar left_shoulder left_elbow left_wrist",
    "CMU's ASF": "lfemur ltibia lfoot lclavicle lhumerus lradius lwrist",
    "Motive": "LThigh LShin LFoot LShoulder LUArm LFArm LHand",
    "DAZ": "lThighBend lShin lFoot lCollar lShldrBend lForearmBend lHand",
    "Kinect": "HipLeft KneeLeft AnkleLeft ClavicleLeft ShoulderLeft ElbowLeft WristLeft",
    "iClone": "CC_Base_L_Thigh CC_Base_L_Calf CC_Base_L_Foot CC_Base_L_Clavicle CC_Base_L_Upperarm CC_Base_L_Forearm "
    "CC_Base_L_Hand",
    "VRM": "J_Bip_L_UpperLeg J_Bip_L_LowerLeg J_Bip_L_Foot J_Bip_L_Shoulder J_Bip_L_UpperArm J_Bip_L_LowerArm "
    "J_Bip_L_Hand",
    "Source": "leg_upper_L leg_lower_L foot_L collar_L arm_upper_L arm_lower_L hand_L",
    "MikuMikuDance": "leg_L knee_L ankle_L shoulder_L arm_L elbow_L wrist_L",
    "no blanks left": "bip01lthigh bip01lcalf bip01lfoot bip01lclavicle bip01lupperarm bip01lforearm bip01lhand",
}  # fmt: skip
"""Thigh, shin, foot, collar bone, upper arm, forearm and hand, as programs call them."""


def skeleton(left: list[str]) -> list[Joint]:
    """A pelvis with legs, and a spine that carries collar bones with arms."""
    joints = [Joint("Root", -1, np.zeros(3), (), False), Joint("Spine", 0, np.ones(3), (), False)]
    swaps = (("Left", "Right"), ("left", "right"), ("_L", "_R"), (".L", ".R"), ("_l", "_r"), ("L_", "R_"))
    for names in (left, [_right(name, swaps) for name in left]):
        for limb, above in ((names[:3], 0), (names[3:], 1)):
            for name in limb:
                joints.append(Joint(name, above, np.ones(3), (), False))
                above = len(joints) - 1
    return joints


def _right(name: str, swaps: tuple[tuple[str, str], ...]) -> str:
    for mark, other in swaps:
        if mark in name:
            return name.replace(mark, other, 1)
    return name.replace("01l", "01r") if "01l" in name else name.replace(name[0], {"l": "r", "L": "R"}[name[0]], 1)


@pytest.mark.parametrize("program", list(NAMES))
def test_names_of_common_programs(program):
    joints = skeleton(NAMES[program].split())
    found = {part: joints[index].name for part, index in parts("m.bvh", joints, {}).items()}
    hip, knee, ankle, _, *arm = NAMES[program].split()
    assert [found[f"left_{part}"] for part in ("hip", "knee", "ankle")] == [hip, knee, ankle]
    assert [found[f"left_{part}"] for part in ("shoulder", "elbow", "wrist")] == arm
    assert set(found) == set(PARTS)
    assert (found["pelvis"], found["chest"]) == ("Root", "Spine")
    assert found["right_knee"] != knee


def test_helpers_and_twists_are_no_limbs():
    left = NAMES["Mixamo"].split()
    joints = skeleton(left)
    for name, carrier in (("LeftUpLegTwist", "LeftUpLeg"), ("ik_foot_l", "Root"), ("LeftHandThumb1", "LeftHand")):
        joints.insert(0, Joint(name, -1, np.ones(3), (), False))
        joints = [dataclasses.replace(j, parent=j.parent + 1 if j.parent >= 0 else -1) for j in joints]
        joints[0] = dataclasses.replace(joints[0], parent=[j.name for j in joints].index(carrier))
    found = parts("m.bvh", joints, {})
    assert [joints[found[part]].name for part in ("left_hip", "left_ankle", "left_wrist")] == [
        left[0],
        left[2],
        left[6],
    ]
