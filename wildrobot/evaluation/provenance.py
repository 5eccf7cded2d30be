"""Where the policies and the judge come from, as the document tells it."""

from __future__ import annotations

from importlib import metadata
from pathlib import Path
from typing import Any

from wildrobot import __version__
from wildrobot.evaluation.session import Judged
from wildrobot.records import whole_lines

_CURVE_POINTS = 200
_VERSIONS_OF = ("mujoco", "mujoco-mjx", "jax", "numpy")


def of_policy(judged: Judged) -> dict[str, Any]:
    """What is known of a policy's training."""
    info, log = judged.policy.info, _log(judged.run)
    return {
        "framework": info.framework,
        "environment_steps": info.environment_steps,
        "seed": info.seed,
        "code_version": info.code_version,
        "robot_digest": judged.policy.interface.robot_digest,
        "sha256": judged.policy.sha256,
        "wall_s": log[-1]["wall_s"] if log else None,
        "config": info.env_config,
    }


def learning_curve(judged: Judged) -> dict[str, Any] | None:
    """Return and speed error over the steps and the time of training, from the run folder's log; None without one."""
    lines = [line for line in _log(judged.run) if "episode/sum_reward" in line]
    if not lines:
        return None
    lines = lines[:: max(1, len(lines) // _CURVE_POINTS)]
    return {
        "steps": [line["steps"] for line in lines],
        "wall_s": [line["wall_s"] for line in lines],
        "reward": [line["episode/sum_reward"] for line in lines],
        "vx_error_m_per_s": [line.get("episode/vx_error_m_per_s") for line in lines],
    }


def versions() -> dict[str, str]:
    """Of what the figures depend on."""
    return {"wildrobot": __version__} | {name: metadata.version(name) for name in _VERSIONS_OF}


def _log(run: Path | None) -> list[dict[str, Any]]:
    return whole_lines(run / "metrics.jsonl") if run else []
