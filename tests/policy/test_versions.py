"""Files outlive versions: every policy that ever shipped, and every version of the file, is still of use.

`fixtures/` holds files as the programs of their time wrote them. Of version 1 no policy was shipped, so its file is a
small random policy, written by the last program of that version; `bundle-1` is of the last with version 1 of the
contract. Keep them as they are, and add one when the version goes up.
"""

import json
import os
from pathlib import Path

import numpy as np
import pytest
import safetensors

from tests.policy.networks import interface, network
from wildrobot.errors import UsageError
from wildrobot.evaluation.__main__ import main as evaluate
from wildrobot.policy import Policy, bundle, file, load_policy, migrations
from wildrobot.policy.interface import History

FIXTURES = Path(__file__).parent / "fixtures"
SHIPPED = Path(__file__).parents[2] / "policies"
FILES = sorted([*SHIPPED.glob("*.safetensors"), *FIXTURES.glob("*.safetensors")])


def header_of(path: Path) -> tuple[int, dict]:
    """Version and header of a file, as they were written."""
    with safetensors.safe_open(path, framework="numpy") as opened:
        described = opened.metadata()
    return int(described["version"]), json.loads(described["header"])


def test_there_is_a_file_of_every_version():
    assert {header_of(path)[0] for path in FILES} | {migrations.VERSION} == set(range(1, migrations.VERSION + 1))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_file_is_exported_and_verified(path, tmp_path):
    policy = load_policy(path)
    bundle.export(policy, tmp_path / "bundle")
    again, _ = bundle.verify(tmp_path / "bundle")
    assert again.sha256 == policy.sha256
    policy.save(tmp_path / "policy.safetensors")
    assert header_of(tmp_path / "policy.safetensors")[0] == migrations.VERSION
    assert Policy.load(tmp_path / "policy.safetensors").sha256 == policy.sha256


def test_every_file_is_judged(tmp_path, monkeypatch):
    for name in ("JAX_PLATFORMS", "MUJOCO_GL"):  # which the command sets
        monkeypatch.setenv(name, os.environ.get(name, ""))
    judged = tmp_path / "judged.json"
    short = ["--suites", "walk", "--seconds", "1", "--episodes", "1", "--baselines", "--no-gate", "--no-report"]
    assert evaluate([str(argument) for argument in [*FILES, *short, "--json", judged]]) == 0
    text = judged.read_text()
    assert all(load_policy(path).sha256 in text for path in FILES)


@pytest.mark.parametrize("path", sorted(FIXTURES.glob("version-[12]*.safetensors")), ids=lambda path: path.stem)
def test_what_an_old_file_says_is_still_said(path):
    _, header = header_of(path)
    policy, old, task = load_policy(path), header["info"], header["info"]["env_config"]["task"]
    ours = policy.interface
    assert ours.history == History(steps=0, entries=())
    assert [list(entry) for entry in ours.observation_layout] == old["observation_layout"]
    assert ours.action.latency_steps == (old["action"]["delay_steps"],) * 2
    assert list(ours.action.scale_rad) == old["action"]["scale_rad"]
    assert list(ours.command.yaw_rate_rad_per_s) == task["command"]["yaw_rate_rad_per_s"]
    assert ours.command.heading_hold == task["command"]["heading_hold"]
    assert ours.gait_clock.frequency_hz == task["gait"]["frequency_hz"]
    assert set(ours.sensing.joint_period_steps) == {(1, 1)}
    assert policy.info.env_config == old["env_config"]
    assert (policy.info.framework, policy.info.seed) == (old["framework"], old["seed"])


def test_a_policy_of_version_1_does_what_it_did():
    """Its program gave these actions for an observation of ones. It knew no deviation of drawn actions: it is small."""
    policy = load_policy(FIXTURES / "version-1.safetensors")
    action = policy.apply(np.ones(policy.interface.observation_size, np.float32))
    np.testing.assert_allclose(action[:3], [-0.01618663, -0.00198789, -0.01797991], atol=1e-7)
    assert not policy.noise.kernel.any()
    assert np.exp(policy.noise.bias).max() < 1e-4


def test_migrations_by_hand():
    """Version 2 and version 1 of the same small policy, written out."""
    policy = network()
    header, arrays = policy.packed()
    action = header["interface"]["action"]
    task = {
        "command": {
            "vx_m_per_s": [-0.1, 0.4],
            "vy_m_per_s": [-0.08, 0.08],
            "yaw_rate_rad_per_s": [-0.3, 0.2],
            "heading_hold": True,
            "heading_gain_per_s": 1.0,
            "standing_share": 0.15,
        },
        "gait": {"frequency_hz": 0.9, "swing_share": 0.4},
    }
    mapping = {name: value for name, value in action.items() if name != "latency_steps"}
    info = {
        **header["info"],
        "env_config": {"task": task},
        "robot_digest": "a" * 64,
        "observation_layout": [["gyro", 3], ["joint_angle", 2]],
        "action": mapping | {"delay_steps": 3},
    }
    second = {name: value for name, value in header.items() if name != "interface"} | {"info": info}
    found, same = migrations.migrated(2, second, arrays)
    expected = interface(
        action=policy.interface.action.model_copy(update={"latency_steps": (3, 3)}),
        sensing={"joint_period_steps": ((1, 1), (1, 1))},
    )
    migrated = Policy.unpacked(Path("policy"), found, same)
    assert migrated.interface == expected
    assert migrated.info.env_config == {"task": task}

    first = {name: value for name, value in second.items() if name != "noise_transform"}
    silent = {name: array for name, array in arrays.items() if not name.startswith("noise")}
    found, filled = migrations.migrated(1, first, silent)
    assert Policy.unpacked(Path("policy"), found, filled).interface == expected
    assert (filled["noise.kernel"].shape, filled["noise.bias"].shape) == ((4, 2), (2,))
    assert info["action"]["delay_steps"] == 3, "what is given is not changed"


@pytest.mark.parametrize("lost", ["command", "gait"])
def test_an_old_file_that_does_not_say_enough(lost, tmp_path):
    _, header = header_of(FIXTURES / "version-1.safetensors")
    del header["info"]["env_config"]["task"][lost]
    arrays = {"layer_1.kernel": np.zeros((2, 2), np.float32)}
    described = file.metadata(header, arrays) | {"version": "1"}
    with pytest.raises(UsageError, match=f"its header is not one of version 1 .'{lost}'.; copy it again, or export"):
        file.checked(tmp_path / "policy", described, arrays)


def test_an_old_file_that_was_altered(tmp_path):
    whole = bytearray((FIXTURES / "version-1.safetensors").read_bytes())
    whole[-3] ^= 1
    (tmp_path / "policy.safetensors").write_bytes(whole)
    with pytest.raises(UsageError, match="does not match its own checksum"):
        load_policy(tmp_path / "policy.safetensors")


def test_an_old_bundle_is_verified_and_read():
    policy, difference = bundle.verify(FIXTURES / "bundle-1")
    assert difference <= bundle.TOLERANCE
    spec = json.loads((FIXTURES / "bundle-1" / "policy_spec.json").read_text())
    assert spec["contract_version"] == 1
    assert list(policy.interface.action.joint_names) == spec["robot"]["actuator_names"]
    assert policy.interface.gait_clock.frequency_hz == spec["gait_clock"]["frequency_hz"]
