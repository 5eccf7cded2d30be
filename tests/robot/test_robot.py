"""The compiled robot against the numbers of the real one, which facts.json holds."""

import json
from collections.abc import Callable
from inspect import unwrap
from pathlib import Path

import mujoco
import numpy as np
import pytest

from wildrobot.robot import Robot, load_robot, robot_spec

FACTS = json.loads(Path(__file__).with_name("facts.json").read_text(encoding="utf-8"))
LINKS = {link["name"]: link for link in FACTS["links"]}
JOINTED = [link for link in FACTS["links"] if "joint" in link]
AtHome = Callable[[Robot], mujoco.MjData]
RandomPose = Callable[[Robot, int], mujoco.MjData]
ROUNDING = 1e-9  # the facts are decimal numbers; nothing but floating point lies between them and the compiled model


def inertia_tensor(link: dict) -> np.ndarray:
    i = link["inertia_about_com_kgm2"]
    return np.array([[i["xx"], i["xy"], i["xz"]], [i["xy"], i["yy"], i["yz"]], [i["xz"], i["yz"], i["zz"]]])


def unit_axis(link: dict) -> np.ndarray:
    axis = np.array(link["joint"]["axis"])
    return axis / np.linalg.norm(axis)


def sole_bounds(side: str) -> tuple[np.ndarray, np.ndarray]:
    """Lowest and highest corner of the heel and toe boxes together, in the foot's frame."""
    boxes = LINKS[f"{side}_foot"]["colliders"]
    center = np.array([box["center_m"] for box in boxes])
    half = np.array([box["half_extents_m"] for box in boxes])
    return (center - half).min(axis=0), (center + half).max(axis=0)


def rotation_about(axis: np.ndarray, angle: float) -> np.ndarray:
    """Rodrigues' formula."""
    cross = np.cross(np.eye(3), axis)
    return np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross


class Kinematics:
    """Frames, centre of mass and mass matrix, from facts.json and textbook formulas alone.

    Velocity coordinates are MuJoCo's: base linear (world), base angular (base frame), then the hinges.
    """

    def __init__(self, robot: Robot, qpos: np.ndarray):
        base_rotation = np.empty(9)
        mujoco.mju_quat2Mat(base_rotation, qpos[3:7])
        angle = dict(zip(robot.joint_names, qpos[robot.qpos_index], strict=True))
        column = dict(zip(robot.joint_names, robot.dof_index, strict=True))
        self.mass = 0.0
        self.mass_matrix = np.zeros((robot.model.nv, robot.model.nv))
        moment = np.zeros(3)
        frames, turning = {}, {}
        for link in FACTS["links"]:  # parents come first
            if link["parent"] is None:
                rotation, origin = base_rotation.reshape(3, 3), qpos[:3]
                axes = [(3 + i, rotation[:, i], origin) for i in range(3)]
            else:
                parent_rotation, parent_origin = frames[link["parent"]]
                axis, name = unit_axis(link), link["joint"]["name"]
                origin = parent_origin + parent_rotation @ np.array(link["offset_from_parent_m"])
                rotation = parent_rotation @ rotation_about(axis, angle[name])
                axes = [*turning[link["parent"]], (column[name], rotation @ axis, origin)]
                self.mass_matrix[column[name], column[name]] += FACTS["servo"]["armature_kgm2"]
            frames[link["name"]], turning[link["name"]] = (rotation, origin), axes
            com = origin + rotation @ np.array(link["com_m"])
            self.mass += link["mass_kg"]
            moment += link["mass_kg"] * com
            linear, angular = np.zeros((3, robot.model.nv)), np.zeros((3, robot.model.nv))
            linear[:, :3] = np.eye(3)
            for dof, world_axis, anchor in axes:
                linear[:, dof] = np.cross(world_axis, com - anchor)
                angular[:, dof] = world_axis
            inertia = rotation @ inertia_tensor(link) @ rotation.T
            self.mass_matrix += link["mass_kg"] * linear.T @ linear + angular.T @ inertia @ angular
        self.com = moment / self.mass


def test_is_a_free_base_with_seventeen_hinges(robot: Robot):
    model = robot.model
    assert (model.nq, model.nv, model.nu) == (24, 23, 17)
    assert model.joint("base").type[0] == mujoco.mjtJoint.mjJNT_FREE
    assert {model.body(i).name for i in range(1, model.nbody)} == set(LINKS)
    assert model.body("pelvis").pos[2] == pytest.approx(FACTS["base_height_zero_pose_feet_flat_m"], abs=ROUNDING)


@pytest.mark.parametrize("link", FACTS["links"], ids=lambda link: link["name"])
def test_body_is_the_measured_link(robot: Robot, link: dict):
    body = robot.model.body(link["name"])
    assert body.mass[0] == pytest.approx(link["mass_kg"], abs=ROUNDING)
    np.testing.assert_allclose(body.ipos, link["com_m"], atol=ROUNDING)
    principal_axes = np.empty(9)
    mujoco.mju_quat2Mat(principal_axes, body.iquat)
    principal_axes = principal_axes.reshape(3, 3)
    tensor = principal_axes @ np.diag(body.inertia) @ principal_axes.T
    np.testing.assert_allclose(tensor, inertia_tensor(link), atol=1e-12)
    if link["parent"] is not None:
        assert robot.model.body(body.parentid[0]).name == link["parent"]
        np.testing.assert_allclose(body.pos, link["offset_from_parent_m"], atol=ROUNDING)
        np.testing.assert_allclose(body.quat, [1, 0, 0, 0], atol=ROUNDING)
    for site in link.get("sites", []):
        compiled = robot.model.site(site["name"])
        assert robot.model.body(compiled.bodyid[0]).name == link["name"]
        np.testing.assert_allclose(compiled.pos, site["position_m"], atol=ROUNDING)


def test_total_mass(robot: Robot):
    assert robot.total_mass_kg == pytest.approx(FACTS["total_mass_kg"], abs=1e-6)


@pytest.mark.parametrize("link", JOINTED, ids=lambda link: link["joint"]["name"])
def test_joint_is_the_measured_servo(robot: Robot, link: dict):
    model, servo, name = robot.model, FACTS["servo"], link["joint"]["name"]
    joint = model.joint(name)
    assert model.body(joint.bodyid[0]).name == link["name"]
    np.testing.assert_allclose(joint.pos, 0.0, atol=ROUNDING)
    np.testing.assert_allclose(joint.axis, unit_axis(link), atol=ROUNDING)
    np.testing.assert_allclose(joint.range, np.deg2rad(link["joint"]["range_deg"]), atol=ROUNDING)
    assert joint.limited[0]
    assert joint.stiffness[0] == 0.0
    assert joint.damping[0] == pytest.approx(servo["joint_damping_Nms_per_rad"], abs=ROUNDING)
    assert joint.armature[0] == pytest.approx(servo["armature_kgm2"], abs=ROUNDING)
    assert joint.frictionloss[0] == pytest.approx(servo["frictionloss_Nm"], abs=ROUNDING)

    actuator, limit = model.actuator(name), servo["torque_limit_Nm"]
    kp, kv = servo["kp_Nm_per_rad"], servo["kv_Nms_per_rad"]
    assert model.joint(actuator.trnid[0]).name == name
    assert actuator.gear[0] == 1.0
    np.testing.assert_allclose(actuator.gainprm[:3], [kp, 0, 0], atol=ROUNDING)
    np.testing.assert_allclose(actuator.biasprm[:3], [0, -kp, -kv], atol=ROUNDING)
    np.testing.assert_allclose(actuator.forcerange, [-limit, limit], atol=ROUNDING)
    np.testing.assert_allclose(actuator.ctrlrange, joint.range, atol=ROUNDING)


def test_indices_follow_the_order_of_the_hardware(robot: Robot):
    model = robot.model
    assert list(robot.joint_names) == FACTS["actuator_order"]
    assert [model.actuator(i).name for i in range(model.nu)] == FACTS["actuator_order"]
    assert robot.qpos_index.tolist() == [model.joint(name).qposadr[0] for name in robot.joint_names]
    assert robot.dof_index.tolist() == [model.joint(name).dofadr[0] for name in robot.joint_names]
    np.testing.assert_allclose(robot.joint_range_rad, model.actuator_ctrlrange, atol=ROUNDING)
    np.testing.assert_array_equal(robot.torque_limit_Nm, np.full(17, FACTS["servo"]["torque_limit_Nm"]))


def test_home_is_the_measured_pose(robot: Robot, at_home: AtHome):
    pose = [FACTS["home_pose_rad"][name] for name in robot.joint_names]
    np.testing.assert_allclose(robot.home_targets_rad, pose, atol=ROUNDING)
    np.testing.assert_allclose(robot.home_qpos[robot.qpos_index], pose, atol=ROUNDING)
    np.testing.assert_allclose(robot.home_qpos[:7], [0, 0, FACTS["home_base"]["height_m"], 1, 0, 0, 0], atol=ROUNDING)
    data = at_home(robot)
    mujoco.mj_forward(robot.model, data)
    expected = FACTS["checks_at_home_pose"]
    assert data.subtree_com[0][2] == pytest.approx(expected["com_height_m"], abs=5e-4)
    assert data.body("pelvis").xpos[2] == pytest.approx(expected["pelvis_height_m"], abs=1e-4)


@pytest.mark.parametrize("side", ["left", "right"])
def test_sole_spans_heel_and_toe(robot: Robot, side: str):
    lowest, highest = sole_bounds(side)
    geom = robot.model.geom(f"{side}_foot")
    assert geom.type[0] == mujoco.mjtGeom.mjGEOM_BOX
    np.testing.assert_allclose(geom.quat, [1, 0, 0, 0], atol=ROUNDING)
    np.testing.assert_allclose(geom.pos - geom.size, lowest, atol=ROUNDING)
    np.testing.assert_allclose(geom.pos + geom.size, highest, atol=ROUNDING)
    bottom_center = [*(lowest + highest)[:2] / 2, lowest[2]]
    np.testing.assert_allclose(robot.model.site(f"{side}_foot").pos, bottom_center, atol=ROUNDING)
    half_size = (highest - lowest) / 2
    assert robot.sole_half_length_m == pytest.approx(half_size[0], abs=2e-4)
    assert robot.sole_half_width_m == pytest.approx(half_size[1], abs=3e-4)


def test_full_has_the_measured_colliders():
    model = load_robot(collision="full").model
    for link in FACTS["links"]:
        own = [
            i
            for i in range(model.ngeom)
            if model.geom_contype[i] and model.geom_bodyid[i] == model.body(link["name"]).id
        ]
        for collider in link.get("colliders", []):
            if "name" in collider:
                continue  # heel and toe: one box spans both
            if collider["type"] == "box":
                size = collider["half_extents_m"]
            else:
                size = [collider["radius_m"], np.linalg.norm(np.subtract(collider["to_m"], collider["from_m"])) / 2]
            assert any(
                np.allclose(model.geom_pos[i], collider["center_m"], atol=2e-5)
                and np.allclose(model.geom_size[i][: len(size)], size, atol=1e-6)
                for i in own
            ), (link["name"], collider)


@pytest.mark.parametrize("seed", range(5))
def test_com_at_a_random_pose(robot: Robot, seed: int, random_pose: RandomPose):
    data = random_pose(robot, seed)
    np.testing.assert_allclose(data.subtree_com[1], Kinematics(robot, data.qpos).com, atol=1e-9)


@pytest.mark.parametrize("seed", range(5))
def test_mass_matrix_at_a_random_pose(robot: Robot, seed: int, random_pose: RandomPose):
    data = random_pose(robot, seed)
    compiled = np.zeros((robot.model.nv, robot.model.nv))
    mujoco.mj_fullM(robot.model, data, compiled)
    np.testing.assert_allclose(compiled, Kinematics(robot, data.qpos).mass_matrix, atol=1e-9)


def test_geoms_add_no_mass():
    masses = [load_robot(collision=collision).model.body_mass.sum() for collision in ("feet", "full")]
    assert masses[0] == masses[1]


@pytest.mark.parametrize("collision", ["feet", "full"])
def test_a_model_without_textures_is_small_and_the_same_robot(collision):
    """A bank holds 64 robots, and the physics engine as many again: each was 2 MB, nearly all of it sky and floor."""
    robot, plain = load_robot(collision=collision), load_robot(collision=collision, textures=False)
    assert plain.model.nbuffer < 0.1 * robot.model.nbuffer
    assert (plain.model.ntex, plain.digest) == (0, robot.digest)
    np.testing.assert_array_equal(plain.model.mat_rgba, robot.model.mat_rgba)
    np.testing.assert_array_equal(plain.model.body_inertia, robot.model.body_inertia)


def test_digest_is_of_the_robot_not_of_its_contacts():
    feet, full = load_robot(collision="feet"), load_robot(collision="full")
    assert feet.digest == full.digest
    assert len(feet.digest) == 64


def test_timestep_is_the_callers():
    assert load_robot(timestep_s=0.002).model.opt.timestep == 0.002


def test_wrong_names_are_answered_with_the_right_ones():
    with pytest.raises(ValueError, match="'feet', 'full'"):
        unwrap(robot_spec)(
            collision="hands"
        )  # the type check that wraps every function during tests would answer first
    with pytest.raises(ValueError, match="positive"):
        load_robot(timestep_s=0.0)
    with pytest.raises(KeyError, match="left_foot_load"):
        load_robot().sensors["left_foot"]


def test_arrays_are_read_only(robot: Robot):
    with pytest.raises(ValueError, match="read-only"):
        robot.home_qpos[2] = 0.0
