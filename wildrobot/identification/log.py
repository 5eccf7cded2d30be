"""Logs of one joint: an `.npz` of what was commanded and read, and a `.json` beside it that names the joint.

x.npz   command_rad, measured_position_rad, measured_velocity_rad_s, timestamps_s: one number per sample
x.json  joint_name, mode (step, chirp or hold), sample_rate_hz
"""

from __future__ import annotations

import json
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import numpy as np
from jaxtyping import Float

from wildrobot.errors import UsageError
from wildrobot.identification.motions import Mode

ARRAYS = ("command_rad", "measured_position_rad", "measured_velocity_rad_s", "timestamps_s")
KEYS = ("joint_name", "mode", "sample_rate_hz")

SHORTEST_S = 2.0
_MOVES_RAD = 0.02
"""Least range of a motion: five units of the servo's encoder."""
_GAP = 2.5
"""In sample periods. Half a period of jitter is usual where a computer without real time writes the log."""


@dataclass(frozen=True)
class JointLog:
    """A checked log of one joint.

    Attributes:
      path: of the `.npz`.
      joint_name: a joint of the robot.
      mode: the motion that was commanded.
      times_s: of the samples, from 0; strictly increasing, without gaps.
      command_rad: what the servo was told at each time.
      position_rad, velocity_rad_per_s: what the robot's computer knew of the joint at each time, old or new.
    """

    path: Path
    joint_name: str
    mode: Mode
    times_s: Float[np.ndarray, " samples"]
    command_rad: Float[np.ndarray, " samples"]
    position_rad: Float[np.ndarray, " samples"]
    velocity_rad_per_s: Float[np.ndarray, " samples"]

    @property
    def period_s(self) -> float:
        """Time between two samples."""
        return float(np.median(np.diff(self.times_s)))


def read_log(path: Path, joint_names: Sequence[str]) -> JointLog:
    """Reads and checks a log.

    Args:
      path: of the `.npz`.
      joint_names: of the robot.

    Raises:
      UsageError: for a file that is missing or damaged, an unknown joint or mode, NaN, gaps, or no motion.
    """
    joint_name, mode, rate_hz = _description(path.with_suffix(".json"), joint_names)
    arrays = _arrays(path)
    times = arrays["timestamps_s"] - arrays["timestamps_s"][0]
    _check_times(path, times, rate_hz)
    log = JointLog(
        path=path,
        joint_name=joint_name,
        mode=mode,
        times_s=times,
        command_rad=arrays["command_rad"],
        position_rad=arrays["measured_position_rad"],
        velocity_rad_per_s=arrays["measured_velocity_rad_s"],
    )
    _check_motion(log)
    return log


def _description(path: Path, joint_names: Sequence[str]) -> tuple[str, Mode, float]:
    try:
        described: Any = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(
            f"{path}: {error.strerror or error}; a log needs this file beside it, with {', '.join(KEYS)}"
        ) from None
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path}: not JSON ({error}); it must hold {', '.join(KEYS)}") from None
    if not isinstance(described, dict):
        raise UsageError(f"{path}: not a JSON object; it must hold {', '.join(KEYS)}")
    if missing := [key for key in KEYS if key not in described]:
        raise UsageError(f"{path}: without {', '.join(missing)}; it must hold {', '.join(KEYS)}")
    joint_name, mode, rate_hz = (described[key] for key in KEYS)
    if joint_name not in joint_names:
        raise UsageError(f"{path}: the robot has no joint {joint_name!r}; it has: {', '.join(joint_names)}")
    if mode not in get_args(Mode):
        raise UsageError(f"{path}: unknown mode {mode!r}; choose one of: {', '.join(get_args(Mode))}")
    if not isinstance(rate_hz, int | float) or isinstance(rate_hz, bool) or not 0 < rate_hz < float("inf"):
        raise UsageError(f"{path}: sample_rate_hz must be a positive number, not {json.dumps(rate_hz)}")
    return joint_name, mode, float(rate_hz)


def _arrays(path: Path) -> dict[str, Float[np.ndarray, " samples"]]:
    try:
        with np.load(path, allow_pickle=False) as file:
            if not isinstance(file, np.lib.npyio.NpzFile):
                raise UsageError(f"{path}: a single array, not an .npz; it must hold {', '.join(ARRAYS)}")
            missing = [name for name in ARRAYS if name not in file]
            if missing:
                raise UsageError(f"{path}: without {', '.join(missing)}; a log holds {', '.join(ARRAYS)}")
            arrays = {name: np.asarray(file[name]) for name in ARRAYS}
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror or error}; give the path of a log's .npz") from None
    except (ValueError, EOFError, NotImplementedError, zipfile.BadZipFile, zlib.error) as error:
        raise UsageError(f"{path}: not a readable .npz ({error}); give the path of a log") from None
    shapes = {name: array.shape for name, array in arrays.items()}
    if len(set(shapes.values())) > 1 or len(shapes[ARRAYS[0]]) != 1:
        listed = ", ".join(f"{name} {shape}" for name, shape in shapes.items())
        raise UsageError(f"{path}: the arrays must be one number per sample and equally long, not {listed}")
    for name, array in arrays.items():
        if array.dtype.kind not in "fiu":
            raise UsageError(f"{path}: {name} must be numbers, not {array.dtype}")
        if bad := np.flatnonzero(~np.isfinite(array)).size:
            raise UsageError(
                f"{path}: {bad} of {array.size} values of {name} are NaN or infinite; cut them out or record again"
            )
    if arrays[ARRAYS[0]].size < 2:
        raise UsageError(f"{path}: {arrays[ARRAYS[0]].size} samples; a log must last at least {SHORTEST_S:g} s")
    return {name: array.astype(np.float64) for name, array in arrays.items()}


def _check_times(path: Path, times: Float[np.ndarray, " samples"], rate_hz: float) -> None:
    steps = np.diff(times)
    if (first := np.flatnonzero(steps <= 0)).size:
        at = int(first[0])
        raise UsageError(
            f"{path}: timestamps_s does not increase from sample {at} to {at + 1} "
            f"({times[at]:.4g} s, then {times[at + 1]:.4g} s); record again with one monotonic clock"
        )
    if not np.isclose(np.median(steps) * rate_hz, 1.0, rtol=0.1):
        raise UsageError(
            f"{path}: sample_rate_hz is {rate_hz:g}, but timestamps_s come at {1.0 / np.median(steps):.4g} Hz; "
            "correct whichever is wrong"
        )
    if (gaps := np.flatnonzero(steps > _GAP / rate_hz)).size:
        at = int(gaps[0])
        raise UsageError(
            f"{path}: a gap of {steps[at]:.3g} s after {times[at]:.4g} s, where samples come every {1.0 / rate_hz:.3g} "
            f"s ({gaps.size} gaps in all); cut the log there or record again"
        )
    if times[-1] < SHORTEST_S:
        raise UsageError(f"{path}: lasts {times[-1]:.3g} s; a log must last at least {SHORTEST_S:g} s")


def _check_motion(log: JointLog) -> None:
    commanded, moved = np.ptp(log.command_rad), np.ptp(log.position_rad)
    if log.mode == "hold":
        if commanded > 1e-3:
            raise UsageError(
                f"{log.path}: the mode is hold, but the command moves by {commanded:.3g} rad; "
                "say step or chirp in the .json if it is one"
            )
        return
    if commanded < _MOVES_RAD:
        raise UsageError(
            f"{log.path}: the mode is {log.mode}, but the command moves by {commanded:.3g} rad only; command at least "
            f"{_MOVES_RAD:g} rad, or say hold in the .json"
        )
    if moved < _MOVES_RAD:
        raise UsageError(
            f"{log.path}: the command moves by {commanded:.3g} rad and the joint by {moved:.3g} rad only; see that the "
            "servo has power and that its readings arrive, and record again"
        )
