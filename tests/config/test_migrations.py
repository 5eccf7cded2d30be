"""Configurations of older versions load, and mean what they meant."""

from pathlib import Path

import pytest

from trainers.amp.settings import Amp
from trainers.brax.settings import BraxPpo
from trainers.sb3.settings import Sb3Ppo
from wildrobot.config import VERSION, parse_yaml
from wildrobot.config.migrations import migrate
from wildrobot.errors import UsageError
from wildrobot.experiment import load_experiment

FIRST, LAST = (Path(__file__).with_name(f"version_1_{name}.yaml") for name in ("first", "last"))
"""The walk experiment as version 1 began and ended; neither says its version."""


@pytest.fixture(params=[FIRST, LAST], ids=["first", "last"])
def old(request):
    return parse_yaml(request.param.read_text(), "old")


def test_every_version_loads():
    for path in (FIRST, LAST):
        assert load_experiment(path).version == VERSION


def test_the_tree_that_is_migrated_stays_as_it_was(old):
    before = repr(old)
    migrate(old, "old")
    assert repr(old) == before


def test_version_1_had_one_latency_and_fresh_sensors(old):
    old["env"]["task"]["action"]["delay_steps"] = 2
    task = migrate(old, "old")["env"]["task"]
    assert task["action"]["latency_steps"] == [2, 2]
    assert "delay_steps" not in task["action"]
    assert task["sensing"] == {
        "joint_period_steps": {},
        "read_failure_share": 0.0,
        "imu_stale_share": 0.0,
        "play_rad": [0.0, 0.0],
        "joint_zero_error_rad": 0.02,
        "imu_tilt_rad": 0.02,
    }
    assert task["observation"]["noise"] == {"gyro": 0.1, "gravity": 0.02, "joint_angle": 0.01, "joint_velocity": 0.5}
    assert task["observation"]["history"]["steps"] == 0
    assert task["command"]["sideways_share"] == 0.0


def test_a_term_of_version_1_becomes_a_row_of_its_own_weight_and_width():
    reward = load_experiment(LAST).env.task.reward.model_dump(exclude_none=True)
    assert reward["velocity"] == {"weight": 3.0, "width_m_per_s": 0.12}
    assert reward["feet_close"] == {"weight": -60.0, "least_gap_m": 0.1}
    assert reward["alive"] == {"weight": 0.2}
    assert reward["pose"]["joint_weights"]["waist_yaw"] == 2.0
    assert len(reward) == 20
    assert load_experiment(LAST).env.task.velocity_filter_s == 0.5


def test_a_term_that_the_first_files_did_not_have_has_no_row():
    reward = load_experiment(FIRST).env.task.reward.model_dump(exclude_none=True)
    assert not {"heading", "foot_contact", "feet_close"} & set(reward)
    assert len(reward) == 17


def test_sections_that_the_first_files_did_not_have():
    experiment = load_experiment(FIRST)
    assert experiment.env.reference_starts.share == 0.0
    assert experiment.env.starts.lean_rad == (0.0, 0.0)
    assert not experiment.env.physics.torque_speed_line
    assert experiment.section(BraxPpo).num_timesteps == 7_000_000
    assert not experiment.section(BraxPpo).symmetric
    assert experiment.section(BraxPpo).final_entropy_share == 1.0
    assert experiment.section(Sb3Ppo) == Sb3Ppo()


def test_a_style_of_before_rewards_were_standardised_stays_bounded(old):
    old["amp"] = {"clips": ["forward-0.20"]}
    assert migrate(old, "old")["amp"]["reward"] == "BOUNDED"
    assert load_experiment(LAST).section(Amp).reward == "STANDARDIZED", "which says so"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"version": VERSION + 1}, rf"mine\.yaml: is of version {VERSION + 1}, and .* up to {VERSION}; use"),
        ({"version": "two"}, rf"mine\.yaml: version must be an integer from 1 to {VERSION}, not 'two'"),
        ({"version": 0}, "version must be an integer"),
        ({"env": {}}, rf"mine\.yaml: does not say its version; write `version: {VERSION}` at its top"),
        ({"env": {"task": {"action": {"delay_steps": 1}}}}, r"is no configuration of version 1 \(KeyError\("),
    ],
)  # fmt: skip
def test_what_cannot_be_migrated(change, message):
    tree = parse_yaml(LAST.read_text(), "old") | change
    with pytest.raises(UsageError, match=message):
        migrate(tree, "mine.yaml")
