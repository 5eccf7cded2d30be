"""Small suites, results in them that can be worked out by hand, and what a run folder holds."""

import json
from typing import Any

import numpy as np

from wildrobot.evaluation.judge.cases import CaseResult, estimates
from wildrobot.evaluation.measure.metrics.figures import FIGURE_NAMES
from wildrobot.evaluation.play.case import Case
from wildrobot.evaluation.play.suite import Suite, load_suite

REST = {"joint_angle_rad": 0.05, "tilt_rad": 0.035}
TREE = {
    "question": "Does it do as the tests say?",
    "seconds": 0.5,
    "episodes": 3,
    "quick": {"episodes": 2, "seconds": 0.3},
    "figures": ["survival", "vx_error_m_per_s", "torque_saturation"],
    "headline": {"survival": 0.02, "vx_error_m_per_s": 0.01},
    "starts": {"rest": REST},
    "cases": [{"start": "rest", "vx_m_per_s": [0.0, 0.2]}],
}


def written(folder, name="tiny", **changes):
    """The path of a suite's file; JSON is YAML."""
    path = folder / f"{name}.yaml"
    path.write_text(json.dumps(TREE | changes))
    return path


def loaded(folder, options=None, **changes) -> Suite:
    """A suite; `options` are those of `load_suite`."""
    found = load_suite(str(written(folder, **changes)), **(options or {}))
    assert found is not None
    return found


def result(case: Case, *, episodes: int = 4, **figures: Any) -> CaseResult:
    """What an actor reached: everybody survives, and has no other figure but those given, one number or one each."""
    values = {name: np.full(episodes, np.nan) for name in FIGURE_NAMES} | {"survival": np.ones(episodes)}
    for name, given in figures.items():
        assert name in values, name
        values[name] = np.broadcast_to(np.asarray(given, np.float64), (episodes,)).copy()
    return CaseResult(case, values, estimates([values]), {})


def results(suite: Suite, **figures: Any) -> dict[str, CaseResult]:
    """The same in every case."""
    return {case.id: result(case, **figures) for case in suite.cases}


def run_folder(folder, policy):
    """A folder as a training leaves it, with a log of one line."""
    folder.mkdir(parents=True)
    policy.save(folder / "policy.safetensors")
    (folder / "metrics.jsonl").write_text('{"steps": 5, "wall_s": 1.5, "episode/sum_reward": 2.0}\n')
    return folder
