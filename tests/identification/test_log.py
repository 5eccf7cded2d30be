"""A bad log is refused in one sentence that says what is wrong, what would be right, and what to do."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from wildrobot.errors import UsageError
from wildrobot.identification.log import ARRAYS, read_log
from wildrobot.identification.readings import bus, is_new, new_readings

NAMES = ("left_knee_pitch", "right_knee_pitch")
DESCRIBED = {"joint_name": "left_knee_pitch", "mode": "step", "sample_rate_hz": 50.0}


def arrays() -> dict[str, np.ndarray]:
    """4 s at 50 Hz: a step of 0.2 rad at 1 s, followed after 0.1 s."""
    times = np.arange(200) * 0.02
    return {
        "command_rad": np.where(times >= 1.0, 0.2, 0.0),
        "measured_position_rad": np.where(times >= 1.1, 0.2, 0.0),
        "measured_velocity_rad_s": np.zeros(200),
        "timestamps_s": 7.0 + times,
    }


def write(folder: Path, values: dict[str, Any], described: Any = DESCRIBED) -> Path:
    np.savez(folder / "log.npz", **values)
    (folder / "log.json").write_text(described if isinstance(described, str) else json.dumps(described))
    return folder / "log.npz"


def with_value(name: str, index: int, value: float) -> dict[str, np.ndarray]:
    values = arrays()
    values[name][index] = value
    return values


def with_gap(seconds: float) -> dict[str, np.ndarray]:
    values = arrays()
    values["timestamps_s"][100:] += seconds
    return values


def without(name: str) -> dict[str, np.ndarray]:
    values = arrays()
    del values[name]
    return values


def test_a_good_log_is_read_from_time_zero(tmp_path: Path) -> None:
    log = read_log(write(tmp_path, arrays()), NAMES)
    assert (log.joint_name, log.mode) == ("left_knee_pitch", "step")
    assert log.times_s[0] == 0.0
    assert log.period_s == pytest.approx(0.02)
    assert log.position_rad[-1] == 0.2


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (lambda: with_value("measured_position_rad", 5, np.nan), ["1 of 200", "measured_position_rad", "NaN"]),
        (lambda: with_value("command_rad", 5, np.inf), ["command_rad", "infinite"]),
        (lambda: with_value("timestamps_s", 50, 7.0), ["does not increase", "49", "monotonic"]),
        (lambda: with_gap(0.5), ["a gap of 0.52 s", "after 1.98 s"]),
        (lambda: without("command_rad"), ["without command_rad", ", ".join(ARRAYS)]),
        (lambda: arrays() | {"command_rad": np.zeros(7)}, ["equally long", "command_rad (7,)"]),
        (lambda: arrays() | {"command_rad": np.array(["a"] * 200)}, ["command_rad must be numbers"]),
        (lambda: arrays() | {"command_rad": np.zeros(200)}, ["the command moves by 0 rad only"]),
        (lambda: arrays() | {"measured_position_rad": np.zeros(200)}, ["the joint by 0 rad only", "power"]),
        (lambda: {name: array[:50] for name, array in arrays().items()}, ["lasts 0.98 s", "at least 2 s"]),
        (lambda: {name: array[:1] for name, array in arrays().items()}, ["1 samples"]),
    ],
)
def test_bad_arrays(tmp_path: Path, values: Callable[[], dict[str, np.ndarray]], said: list[str]) -> None:
    with pytest.raises(UsageError) as error:
        read_log(write(tmp_path, values()), NAMES)
    assert all(text in str(error.value) for text in [str(tmp_path / "log.npz"), *said]), str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("described", "said"),
    [
        (DESCRIBED | {"joint_name": "left_knee"}, ["'left_knee'", "left_knee_pitch, right_knee_pitch"]),
        (DESCRIBED | {"mode": "jump"}, ["'jump'", "step, chirp, hold"]),
        (DESCRIBED | {"mode": "hold"}, ["the mode is hold, but the command moves by 0.2 rad"]),
        (DESCRIBED | {"sample_rate_hz": 100.0}, ["sample_rate_hz is 100", "50 Hz"]),
        (DESCRIBED | {"sample_rate_hz": "fast"}, ["sample_rate_hz must be a positive number"]),
        ({"joint_name": "left_knee_pitch"}, ["without mode, sample_rate_hz"]),
        ([], ["not a JSON object"]),
        ("{", ["not JSON"]),
    ],
)
def test_a_bad_description(tmp_path: Path, described: Any, said: list[str]) -> None:
    with pytest.raises(UsageError) as error:
        read_log(write(tmp_path, arrays(), described), NAMES)
    assert all(text in str(error.value) for text in said), str(error.value)


def test_missing_and_damaged_files(tmp_path: Path) -> None:
    path = write(tmp_path, arrays())
    path.write_bytes(b"not a zip")
    with pytest.raises(UsageError, match=r"not a readable \.npz"):
        read_log(path, NAMES)
    path.unlink()
    with pytest.raises(UsageError, match="No such file"):
        read_log(path, NAMES)
    path.with_suffix(".json").unlink()
    with pytest.raises(UsageError, match=r"log\.json.*beside it"):
        read_log(path, NAMES)


def test_held_readings_are_not_compared_twice(tmp_path: Path) -> None:
    # Read every 5 samples: 0, 1, 2, ... hundredths of a radian, each held.
    values = arrays()
    values["measured_position_rad"] = np.floor(np.arange(200) / 5) * 0.01
    log = read_log(write(tmp_path, values), NAMES)
    assert np.flatnonzero(is_new(log)).tolist() == list(range(5, 200, 5))
    times, positions = new_readings(log)
    assert times[:2] == pytest.approx([0.1, 0.2])
    assert positions[:2] == pytest.approx([0.01, 0.02])
    read = bus(log)
    assert read is not None
    assert read.period_s == pytest.approx(0.1)
    # 0, 1, 2, 3 or 4 samples old.
    assert read.mean_age_s == pytest.approx(0.04)
    assert read.largest_age_s == pytest.approx(0.08)
