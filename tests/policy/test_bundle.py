"""The bundle for the robot's runtime, from the command line and from outside."""

import dataclasses
import hashlib
import json

import mujoco
import numpy as np
import onnx
import pytest
from ruamel.yaml import YAML

from tests.policy.networks import for_env, interface, network
from wildrobot.env import make_env
from wildrobot.errors import UsageError
from wildrobot.experiment import load_experiment
from wildrobot.policy import Layer, Policy, bundle, contract, onnx_file
from wildrobot.policy.__main__ import main
from wildrobot.robot import load_robot

FILES = {"policy.onnx", "policy_spec.json", "config.yaml", "wildrobot.xml", "checksums.json"}
NATIVE = ["env.physics.engine=native", "env.physics.threads=1"]


@pytest.fixture(scope="module")
def policy() -> Policy:
    return for_env(make_env(load_experiment("smoke", NATIVE).env))


@pytest.fixture
def folder(policy, tmp_path):
    bundle.export(policy, tmp_path / "bundle")
    return tmp_path / "bundle"


def test_what_is_in_it(policy, folder):
    assert {path.name for path in folder.iterdir()} == FILES
    sums = json.loads((folder / "checksums.json").read_text())
    assert sums == {
        name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in FILES - {"checksums.json"}
    }
    tree = YAML(typ="safe").load((folder / "config.yaml").read_text())
    assert tree == policy.info.env_config
    assert [path.name for path in folder.parent.iterdir()] == ["bundle"]  # no temporary folder stays


def test_the_specification_agrees_with_the_robot(policy, folder):
    spec, robot = json.loads((folder / "policy_spec.json").read_text()), load_robot()
    assert (spec["contract"], spec["contract_version"]) == ("wildrobot-policy-bundle", 2)
    assert spec["robot"]["actuator_names"] == list(robot.joint_names)
    np.testing.assert_allclose(np.array([spec["robot"]["min_rad"], spec["robot"]["max_rad"]]).T, robot.joint_range_rad)
    np.testing.assert_allclose(spec["robot"]["home_targets_rad"], robot.home_targets_rad)
    assert spec["robot"]["max_velocity_rad_per_s"] == [5.8] * len(robot.joint_names)
    layout = [(entry["name"], entry["size"]) for entry in spec["observation"]]
    assert layout == list(policy.interface.observation_layout)
    assert all(entry["frame"] and entry["units"] and entry["formed"] for entry in spec["observation"])
    assert spec["provenance"]["policy_sha256"] == policy.sha256
    model = mujoco.MjModel.from_xml_path(str(folder / spec["robot"]["mjcf"]))
    assert model.site(spec["robot"]["imu_site"]).name == "chest_imu"


def test_the_specification_says_what_past_is_seen_and_how_old_readings_were(tmp_path):
    settings = [
        "env.task.observation.history={steps: 3, entries: [gyro, last_action]}",
        "env.task.action.latency_steps=[1, 2]",
        "env.task.sensing.joint_period_steps={legs: [4, 7]}",
    ]
    seeing = for_env(make_env(load_experiment("smoke", [*NATIVE, *settings]).env))
    bundle.export(seeing, tmp_path / "bundle")
    spec, joints = json.loads((tmp_path / "bundle" / "policy_spec.json").read_text()), load_robot().joint_names
    assert spec["model"]["input"]["shape"] == [1, sum(entry["size"] for entry in spec["observation"])]
    assert (spec["observation"][-1]["name"], spec["observation"][-1]["size"]) == ("history", 3 * (3 + len(joints)))
    assert (spec["history"]["steps"], spec["history"]["entries"]) == (3, ["gyro", "last_action"])
    assert spec["latency"]["latency_steps"] == [1, 2]
    periods = dict(zip(spec["robot"]["actuator_names"], spec["latency"]["joint_period_steps"], strict=True))
    assert (periods["left_knee_pitch"], periods["waist_yaw"]) == ([4, 7], [1, 1])


def test_how_it_was_trained_does_not_matter(policy, folder, tmp_path):
    """Nothing but `config.yaml` and the checksums comes from the configuration of the training."""
    stranger = policy.info.model_copy(update={"env_config": {"of": {"another": ["world", 1]}}})
    bundle.export(dataclasses.replace(policy, info=stranger), tmp_path / "stranger")
    assert YAML(typ="safe").load((tmp_path / "stranger" / "config.yaml").read_text()) == stranger.env_config
    ours, theirs = (json.loads((each / "policy_spec.json").read_text()) for each in (folder, tmp_path / "stranger"))
    for spec in (ours, theirs):
        del spec["provenance"]["policy_sha256"]
    assert ours == theirs


def test_the_same_policy_gives_the_same_files(policy, folder, tmp_path):
    bundle.export(policy, tmp_path / "again")
    for name in FILES:
        assert (tmp_path / "again" / name).read_bytes() == (folder / name).read_bytes()


def test_nothing_is_overwritten(policy, tmp_path):
    (tmp_path / "empty").mkdir()
    bundle.export(policy, tmp_path / "empty")
    with pytest.raises(UsageError, match="empty already holds files, and nothing is overwritten"):
        bundle.export(policy, tmp_path / "empty")
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="already holds files"):
        bundle.export(policy, tmp_path / "file")
    with pytest.raises(UsageError, match=r"cannot make the folder .*: (Not a directory|File exists)"):
        bundle.export(policy, tmp_path / "file" / "within")


def test_a_model_that_computes_something_else_is_not_written(policy, tmp_path, monkeypatch):
    build = onnx_file.build
    last = policy.layers[-1]
    other = dataclasses.replace(policy, layers=(*policy.layers[:-1], Layer(last.kernel, last.bias + np.float32(1e-4))))
    monkeypatch.setattr(onnx_file, "build", lambda _: build(other))
    with pytest.raises(UsageError, match=r"differ from the policy's by up to 0.0001"):
        bundle.export(policy, tmp_path / "bundle")
    assert not any(tmp_path.iterdir())


def test_a_policy_of_another_robot_is_not_exported(policy, tmp_path):
    other = dataclasses.replace(policy, interface=policy.interface.model_copy(update={"robot_digest": "b" * 64}))
    with pytest.raises(UsageError, match="trained for another robot"):
        bundle.export(other, tmp_path / "bundle")


def test_an_observation_that_nobody_knows_is_not_exported():
    strange = interface(observation_layout=(("gyro", 3), ("odour", 2)))
    policy = dataclasses.replace(network(), interface=strange)
    with pytest.raises(UsageError, match="no robot can form the observation 'odour', only gyro, gravity"):
        contract.specification(policy, load_robot(), model_file="", mjcf_file="")


def test_verify_accepts_what_is_whole(policy, folder):
    read, difference = bundle.verify(folder)
    assert read.sha256 == policy.sha256
    assert difference <= 1e-5


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda folder: (folder / "config.yaml").write_text("{}"), "altered since the export: config.yaml"),
        (lambda folder: (folder / "wildrobot.xml").unlink(), "missing or unknown files: wildrobot.xml"),
        (lambda folder: (folder / "more").touch(), "missing or unknown files: more"),
        (lambda folder: (folder / "checksums.json").unlink(), "is no exported policy .*No such file"),
        (lambda folder: (folder / "checksums.json").write_text("[]"), "checksums.json is no list of files"),
        (lambda folder: (folder / "checksums.json").write_text("{}"), "missing or unknown files: config.yaml, policy"),
    ],
)
def test_verify_refuses_what_is_not(folder, damage, message):
    damage(folder)
    with pytest.raises(UsageError, match=message):
        bundle.verify(folder)


def test_verify_looks_into_the_model_too(folder):
    """Whoever alters the model and its checksum."""
    model = onnx.load(folder / "policy.onnx")
    model.graph.node[-1].op_type = "Sigmoid"
    onnx.save(model, folder / "policy.onnx")
    sums = json.loads((folder / "checksums.json").read_text())
    sums["policy.onnx"] = hashlib.sha256((folder / "policy.onnx").read_bytes()).hexdigest()
    (folder / "checksums.json").write_text(json.dumps(sums))
    with pytest.raises(UsageError, match="does not compute what its own header says"):
        bundle.verify(folder)


def test_the_commands(policy, tmp_path, capsys):
    run = tmp_path / "run"
    run.mkdir()
    policy.save(run / "policy.safetensors")
    assert main(["export", str(run), "--onnx", str(tmp_path / "deployed" / "walk")]) == 0
    assert "written; ONNX Runtime computes the policy's actions to" in capsys.readouterr().out
    assert main(["verify", str(tmp_path / "deployed" / "walk")]) == 0
    assert "as exported" in capsys.readouterr().out
    shown = []
    for path in (run, tmp_path / "deployed" / "walk" / "policy.onnx"):
        assert main(["show", str(path)]) == 0
        shown.append(capsys.readouterr().out)
    assert shown[0] == shown[1]
    assert policy.sha256 in shown[0]
    inputs, outputs = policy.interface.observation_size, policy.interface.action_size
    assert f"{inputs} -> 16 -> {outputs}, swish, tanh" in shown[0]


def test_a_mistake_is_one_line_and_code_2(tmp_path, capsys):
    assert main(["show", str(tmp_path / "nothing")]) == 2
    assert capsys.readouterr().err.startswith(f"error: {tmp_path / 'nothing'} does not exist; give")
