"""Small suites, results in them that can be worked out by hand, and what a run folder holds."""

import json
from typing import Any

import numpy as np

from tests.evaluation.recordings import recording
from wildrobot.evaluation.judge.estimates import case_result, suite_result
from wildrobot.evaluation.judge.result import CaseResult, SuiteResult
from wildrobot.evaluation.measure.metrics import METRICS
from wildrobot.evaluation.measure.series import series
from wildrobot.evaluation.play.suite import Suite, load_suite

REST = {"joint_angle_rad": 0.05, "tilt_rad": 0.035}
TREE = {
    "schema_version": 2,
    "question": "Does it do as the tests say?",
    "seconds": 0.5,
    "episodes": 3,
    "quick": {"episodes": 2, "seconds": 0.3},
    "metrics": ["survival", "vx_error_m_per_s", "torque_saturation"],
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


def values(*, episodes: int = 4, **metrics: Any) -> dict[str, np.ndarray]:
    """Everybody survives, and has no other metric but those given, one number or one for each episode."""
    found = {name: np.full(episodes, np.nan) for name in METRICS} | {"survival": np.ones(episodes)}
    for name, given in metrics.items():
        assert name in found, name
        found[name] = np.broadcast_to(np.asarray(given, np.float64), (episodes,)).copy()
    return found


def result(**metrics: Any) -> CaseResult:
    """What a policy reached in a case, see `values`; it stands still."""
    return case_result(values(**metrics), series(recording(3)))


def results(suite: Suite, **metrics: Any) -> SuiteResult:
    """The same in every case."""
    return suite_result({case.id: result(**metrics) for case in suite.cases})


def run_folder(folder, policy):
    """A folder as a training leaves it, with a log of one line."""
    folder.mkdir(parents=True)
    policy.save(folder / "policy.safetensors")
    (folder / "metrics.jsonl").write_text('{"steps": 5, "wall_s": 1.5, "episode/sum_reward": 2.0}\n')
    return folder
