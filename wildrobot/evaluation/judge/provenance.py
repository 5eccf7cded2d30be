"""Where the policies and the judge come from."""

from __future__ import annotations

from importlib import metadata
from pathlib import Path
from typing import Any

from wildrobot import __version__
from wildrobot.evaluation.judge.result import LearningCurve, Provenance
from wildrobot.evaluation.play.candidates import Candidate
from wildrobot.records import is_number, whole_lines

_RETURN, _ERROR = "episode/sum_reward", "episode/vx_error_m_per_s"
_CURVE_POINTS = 200
_VERSIONS_OF = ("mujoco", "mujoco-mjx", "jax", "numpy")


def provenance(candidate: Candidate) -> Provenance:
    """What is known of a policy's training."""
    info, log = candidate.policy.info, _log(candidate.run)
    return Provenance(
        framework=info.framework,
        environment_steps=info.environment_steps,
        seed=info.seed,
        code_version=info.code_version,
        robot_digest=candidate.policy.interface.robot_digest,
        sha256=candidate.policy.sha256,
        wall_s=log[-1]["wall_s"] if log else None,
        config=info.env_config,
    )


def learning_curve(candidate: Candidate) -> LearningCurve | None:
    """Return and speed error over the steps and the time of training, from the run folder's log; None without one."""
    lines = [line for line in _log(candidate.run) if is_number(line.get(_RETURN))]
    if not lines:
        return None
    lines = lines[:: max(1, len(lines) // _CURVE_POINTS)]
    return LearningCurve(
        steps=tuple(line["steps"] for line in lines),
        wall_s=tuple(line["wall_s"] for line in lines),
        reward=tuple(line[_RETURN] for line in lines),
        vx_error_m_per_s=tuple(line[_ERROR] if is_number(line.get(_ERROR)) else None for line in lines),
    )


def versions() -> dict[str, str]:
    """Versions of the packages that the metrics depend on."""
    return {"wildrobot": __version__} | {name: metadata.version(name) for name in _VERSIONS_OF}


def _log(run: Path | None) -> list[dict[str, Any]]:
    return whole_lines(run / "metrics.jsonl") if run else []
