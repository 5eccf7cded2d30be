"""Where policies and judge come from."""

import json
import subprocess

import pytest

from wildrobot import __version__, records
from wildrobot.evaluation.judge.provenance import learning_curve, provenance, versions
from wildrobot.evaluation.play.candidates import Candidate


@pytest.fixture
def run(tmp_path):
    """A run folder's log: a line without a figure, then 1000 lines, then one that a crash has left unfinished."""
    lines = [{"steps": 0, "wall_s": 1.0}]
    lines += [
        {"steps": 100 * i, "wall_s": 2.0 * i, "episode/sum_reward": i / 10, "episode/vx_error_m_per_s": 1 / i}
        for i in range(1, 1001)
    ]
    (tmp_path / "metrics.jsonl").write_text("\n".join(map(json.dumps, lines)) + '\n{"steps": 1001')
    return tmp_path


def test_what_is_known_of_a_training(policy, run):
    known = provenance(Candidate("mine", policy, run))
    assert (known.framework, known.environment_steps, known.seed) == ("test", 0, 0)
    assert (known.code_version, known.sha256) == (policy.info.code_version, policy.sha256)
    assert known.config == policy.info.env_config
    assert known.wall_s == 2000.0


def test_a_policy_that_lies_in_no_run_folder(policy):
    alone = Candidate("mine", policy, None)
    assert provenance(alone).wall_s is None
    assert learning_curve(alone) is None


def test_a_learning_curve_is_thinned_out(policy, run):
    curve = learning_curve(Candidate("mine", policy, run))
    assert curve is not None
    assert len({len(values) for values in dict(curve).values()}) == 1
    assert len(curve.steps) == 200
    assert (curve.steps[0], curve.wall_s[0], curve.reward[0], curve.vx_error_m_per_s[0]) == (100, 2, 0.1, 1)
    assert curve.reward == pytest.approx([steps / 1000 for steps in curve.steps])


def test_a_log_of_another_trainer_may_lack_the_error(policy, tmp_path):
    (tmp_path / "metrics.jsonl").write_text('{"steps": 5, "wall_s": 1.0, "episode/sum_reward": 2.0}\n')
    curve = learning_curve(Candidate("mine", policy, tmp_path))
    assert curve is not None
    assert curve.model_dump() == {"steps": (5,), "wall_s": (1.0,), "reward": (2.0,), "vx_error_m_per_s": (None,)}


def test_versions():
    found = versions()
    assert found["wildrobot"] == __version__
    assert {"mujoco", "jax", "numpy"} <= set(found)


@pytest.mark.parametrize("reason", [FileNotFoundError("git"), subprocess.CalledProcessError(128, "git")])
def test_code_that_is_no_checkout_has_no_commit(monkeypatch, reason):
    def fail(*_, **__):
        raise reason

    monkeypatch.setattr(subprocess, "run", fail)
    assert records.commit() is None
