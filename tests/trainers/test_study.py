"""Studies, by a fake trainer and a fake judge in processes of their own: what is done, what is kept, what is said."""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.evaluation.report import sample
from tests.trainers.fakes import PROGRAMS, ROOT, said, until
from trainers.study import sources, work
from trainers.study.cluster import RayEngine
from trainers.study.conduct import How, conduct
from trainers.study.cores import own_cores
from trainers.study.engines import LocalEngine
from trainers.study.job import Programs
from trainers.study.plan import plan
from trainers.study.settings import load_study, study_names
from trainers.study.work import Failed
from wildrobot.errors import UsageError
from wildrobot.evaluation.style.metrics import MATTERS, STYLE_METRICS

TREE = {
    "title": "Who is it?",
    "seeds": [0, 1],
    "cores_per_training": 1,
    "judge": {"suites": ["walk"], "quick": True},
    "groups": {
        "ours": {"trainer": "brax-amp", "config": "smoke"},
        "reference": {"trainer": "sb3", "config": "smoke"},
    },
    "questions": [{"asks": "Is ours better?", "groups": ["ours", "reference"]}],
}


@pytest.fixture(scope="module")
def judged(tmp_path_factory):
    """What the fake judge finds: the reference falls in three of four walks."""
    folder = tmp_path_factory.mktemp("judged")
    for trainer, survival in (("brax-amp", 1.0), ("sb3", 0.25), ("brax", 1.0)):
        document = sample.document((trainer,))
        document["suites"] = [suite | {"headline": {"survival": 0.02}} for suite in document["suites"][:1]]
        for policy in document["policies"]:
            policy["suites"] = {"walk": policy["suites"]["walk"]}
            policy["gates"] = [gate for gate in policy["gates"] if gate["suite"] == "walk"]
        for case in document["policies"][0]["suites"]["walk"]["cases"].values():
            its = case["metrics"]["survival"]
            its["value"], its["values"] = survival, [survival] * len(its["values"])
        (folder / f"{trainer}.json").write_text(json.dumps(document | {"comparisons": []}))
        (folder / f"{trainer}-style.json").write_text(json.dumps(style(0.2 if trainer == "sb3" else 0.05)))
    return folder


@pytest.fixture
def fake(judged, tmp_path, monkeypatch):
    """The folder that tells the fakes what to do."""
    folder = tmp_path / "fake"
    shutil.copytree(judged, folder)
    monkeypatch.setenv("FAKE", str(folder))
    return folder


@pytest.fixture
def how(tmp_path):
    return How(store=tmp_path / "store", report=tmp_path / "report", at_once=2)


def style(joint_distance_rad: float) -> dict[str, Any]:
    """What is saved of one policy whose strides are so far from the clip's; all else is 1."""
    values = {name: [joint_distance_rad if name == "joint_distance_rad" else 1.0] * 3 for name in STYLE_METRICS}
    measured = {"metrics": values, "clips": ["forward-0.20"] * 3, "auc_by_noise": [[1.0] * 3, [0.5] * 3]}
    return {
        "schema": "wildrobot-style",
        "schema_version": 2,
        "settings": {"seed": 0, "episodes": 3, "classifier_samples": 8, "versions": {}},
        "metrics": {name: info.model_dump() for name, info in STYLE_METRICS.items()},
        "matters": MATTERS,
        "noise_levels": [0.1, 1.0],
        "commands": {"0.2": {"command": [0.2, 0.0, 0.0], "seconds": 5.0, "clips": ["forward-0.20"]}},
        "walkers": [{"name": "run", "group": "run", "baseline": False, "policy": None, "commands": {"0.2": measured}}],
        "groups": {},
        "comparisons": [],
    }


def written(tmp_path, **changes):
    path = tmp_path / "study.yaml"
    path.write_text(json.dumps(TREE | changes))
    return str(path)


def job_of(tmp_path, trainer="brax-amp"):
    study = load_study(written(tmp_path, seeds=[0], groups={"ours": TREE["groups"]["ours"] | {"trainer": trainer}},
                               questions=[]))  # fmt: skip
    return plan(study, tmp_path / "store", PROGRAMS)[0].job


def started(job, fake) -> subprocess.Popen[bytes]:
    """A training that a study has started and then left alone; it holds after its first checkpoint."""
    (fake / "hold").touch()
    job.folder.mkdir(parents=True)
    command = [*job.programs.train, job.trainer, "--run", str(job.folder)]
    process = subprocess.Popen(command, env=os.environ | {"PYTHONPATH": str(ROOT)})
    until(lambda: list(job.folder.glob("checkpoints/*/digests.json")))
    return process


def test_all_is_done_once_and_the_questions_are_answered(tmp_path, fake, how, capsys):
    name = written(tmp_path, seeds=[0, 1, 2, 3, 4], style={"references": ["forward-0.20"]})
    assert conduct(name, how, PROGRAMS) == 0
    runs = [f"{trainer}-{seed}" for trainer in ("brax-amp", "sb3") for seed in range(5)]
    assert said(fake) == sorted(f"{what} {run}" for what in ("train", "judge", "style") for run in runs)
    printed = capsys.readouterr().out
    assert "Every group has learned to walk" in printed
    assert "5 of 5 of ours, 5 of 5 of reference" in printed
    assert "Is ours better?\n  Walk: ours is better: survival 100.0 % against 25.0 %." in printed
    assert "Style: Joint distance 0.050 rad (ours) against 0.200 rad (reference)" in printed
    text = (how.report / "study.md").read_text()
    assert text.startswith("## Who is it?\n")
    assert "| ours | 5 of 5 | " in text
    assert "| 0.20 m/s | reference | 25.0 (25.0–25.0) |" in text
    page = (how.report / "index.html").read_text()
    assert "<h1>Who is it?</h1>" in page
    assert 'data-drawing="learning/vx-error/wall"' in page

    assert conduct(name, how, PROGRAMS) == 0
    assert said(fake) == [], "nothing is left to do"


def test_only_what_changes_is_done_again(tmp_path, fake, how):
    conduct(written(tmp_path), how, PROGRAMS)
    said(fake)
    conduct(written(tmp_path, seeds=[1, 2]), how, PROGRAMS)
    assert said(fake) == ["judge brax-amp-2", "judge sb3-2", "train brax-amp-2", "train sb3-2"]
    ours = TREE["groups"]["ours"] | {"settings": ["amp.style_weight=2"]}
    conduct(written(tmp_path, groups=TREE["groups"] | {"ours": ours}), how, PROGRAMS)
    assert said(fake) == ["judge brax-amp-0", "judge brax-amp-1", "train brax-amp-0", "train brax-amp-1"]
    unused = TREE["groups"]["reference"] | {"settings": ["amp.style_weight=2"]}
    conduct(written(tmp_path, groups=TREE["groups"] | {"reference": unused}), how, PROGRAMS)
    assert said(fake) == [], "SB3's PPO without style does not read it"
    conduct(written(tmp_path, judge={"suites": ["walk"]}), how, PROGRAMS)
    assert said(fake) == ["judge brax-amp-0", "judge brax-amp-1", "judge sb3-0", "judge sb3-1"]


def test_too_few_runs_are_said_to_be_unsure(tmp_path, fake, how, capsys):
    assert conduct(written(tmp_path), how, PROGRAMS) == 0
    printed = capsys.readouterr().out
    assert "This is not sure: ours and reference have fewer than 5 runs." in printed
    assert "Too few trainings to be sure: 5 of each are needed." in printed


def test_a_run_that_fails_stops_no_other_and_is_named(tmp_path, fake, how, capsys):
    (fake / "fail").write_text("sb3")
    assert conduct(written(tmp_path), how, PROGRAMS) == 1
    assert "judge brax-amp-1" in said(fake)
    out, _ = capsys.readouterr()
    assert "reference, seed 0: the batch does not fit the devices (exit code 1; " in out
    assert "the batch does not fit the devices" in (how.report / "study.md").read_text()
    (fake / "fail").unlink()
    assert conduct(written(tmp_path), how, PROGRAMS) == 0
    assert said(fake) == ["judge sb3-0", "judge sb3-1", "train sb3-0", "train sb3-1"]


def test_list_and_report_alone_train_nothing(tmp_path, fake, how, capsys):
    name = written(tmp_path)
    assert conduct(name, How(how.store, how.report, train=False), PROGRAMS) == 1
    assert conduct(name, How(how.store, how.report, list_only=True), PROGRAMS) == 0
    assert [line.split()[:2] for line in capsys.readouterr().out.splitlines()] == [["not", "begun"]] * 4
    assert said(fake) == []


def test_what_is_at_work_saves_when_the_study_ends_and_goes_on_later(tmp_path, fake):
    job = job_of(tmp_path)
    (fake / "hold").touch()
    engine = LocalEngine(at_once=1, cores=1)
    engine.start([job])
    until(lambda: list(job.folder.glob("checkpoints/*/digests.json")))
    engine.stop()
    assert said(fake) == ["saved", "train brax-amp-0"]
    assert not job.is_done
    (fake / "hold").unlink()
    work.work(job, 1, lambda: False)
    assert said(fake) == ["judge brax-amp-0", "resume brax-amp-0"]
    assert job.is_done


@pytest.mark.parametrize(("trainer", "then"), [("sb3-amp", "resume"), ("rsl_rl", "resume"), ("brax", "train")])
def test_after_a_kill_a_run_goes_on_or_begins_anew_where_its_trainer_cannot(trainer, then, tmp_path, fake):
    job = job_of(tmp_path, trainer)
    process = started(job, fake)
    process.kill()
    process.wait()
    (job.folder / ".run.0a1b.part.json").write_text("{")
    (fake / "hold").unlink()
    said(fake)
    (fake / "sb3-amp.json").write_bytes((fake / "sb3.json").read_bytes())
    for name in ("sb3", "rsl_rl"):
        (fake / f"{name}.json").write_bytes((fake / "brax.json").read_bytes())
    work.work(job, 1, lambda: False)
    assert f"{then} {trainer}-0" in said(fake)
    assert job.is_done


def test_what_was_killed_before_its_first_checkpoint_begins_anew(tmp_path, fake):
    job = job_of(tmp_path)
    job.folder.mkdir(parents=True)
    (job.folder / "run.json").write_text('{"trainer": "brax-amp"}')
    work.work(job, 1, lambda: False)
    assert said(fake) == ["judge brax-amp-0", "train brax-amp-0"]


def test_a_training_that_has_outlived_its_study_is_waited_for(tmp_path, fake):
    job = job_of(tmp_path)
    process = started(job, fake)
    thread = threading.Thread(target=work.work, args=(job, 1, lambda: False))
    thread.start()
    until(lambda: job.log.is_file() and "is in use by process" in job.log.read_text())
    (fake / "hold").unlink()
    thread.join(60)
    assert process.wait(10) == 0
    assert said(fake) == ["judge brax-amp-0", "train brax-amp-0"]
    assert job.is_done


def test_a_training_is_not_started_with_other_code_than_the_study_was_planned_with(tmp_path, fake, monkeypatch):
    job = job_of(tmp_path)
    monkeypatch.setattr(sources, "of_training", lambda trainer: "other")
    with pytest.raises(Failed, match="ours, seed 0: the code has changed since the study began; start it again"):
        work.work(job, 1, lambda: False)


def test_the_code_version_is_that_of_the_files_that_a_training_runs(tmp_path, monkeypatch):
    for name in ("trainers/sb3/training.py", "trainers/brax/ppo.py", "trainers/run.py", "trainers/study/plan.py",
                 "wildrobot/task/reward.py", "wildrobot/evaluation/compare.py"):  # fmt: skip
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("1")
    monkeypatch.setattr(sources, "_TRAINERS", tmp_path / "trainers")
    monkeypatch.setattr(sources, "_ADAPTERS", tmp_path / "adapters")
    monkeypatch.setattr(sources, "_WILDROBOT", tmp_path / "wildrobot")

    def changed(name: str) -> list[bool]:
        before = [sources.of_training("sb3-amp"), sources.of_training("brax"), sources.of_judging()]
        (tmp_path / name).write_text(f"{name} is another")
        now = [sources.of_training("sb3-amp"), sources.of_training("brax"), sources.of_judging()]
        return [a != b for a, b in zip(before, now, strict=True)]

    assert changed("trainers/run.py") == [True, True, False]
    assert changed("trainers/sb3/training.py") == [True, False, False]
    assert changed("trainers/brax/ppo.py") == [False, True, False]
    assert changed("trainers/study/plan.py") == [False, False, False]
    assert changed("wildrobot/task/reward.py") == [True, True, True]
    assert changed("wildrobot/evaluation/compare.py") == [False, False, True]


def test_cores_belong_to_one_training_at_a_time(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    numbers = os.sched_getaffinity(0)
    with own_cores(len(numbers)) as all_of_them:
        assert all_of_them == numbers
        with own_cores(len(numbers)) as none_left:
            assert none_left is None
    with own_cores(len(numbers)) as again:
        assert again == numbers


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"seeds": [1, 1]}, "a seed is named twice; name each once"),
        ({"seeds": []}, "seeds: give at least 1"),
        ({"sedes": [1]}, "unknown field sedes: did you mean seeds"),
        ({"groups": {"ours": {"trainer": "sb4"}}, "questions": []}, "'brax', 'brax-amp', 'sb3', 'sb3-amp' or 'rsl_rl'"),
        ({"questions": [{"asks": "?", "groups": ["ours", "theirs"]}]}, "is about 'theirs', and the groups are ours, "),
        ({"questions": [{"asks": "?", "groups": ["ours", "ours"]}]}, "compares a group with itself; name two groups"),
        ({"judge": {"suites": ["wlak"]}}, "wlak: not a readable suite"),
        ({"groups": TREE["groups"] | {"ours": {"trainer": "brax", "config": "smoke", "settings": ["amp.stlye=1"]}}},
         "unknown field amp.stlye"),
    ],
)  # fmt: skip
def test_a_mistake_in_the_file_is_named_before_anything_is_trained(changes, message, tmp_path, how, fake):
    with pytest.raises(UsageError, match=message):
        conduct(written(tmp_path, **changes), how, PROGRAMS)
    assert said(fake) == []


def test_a_study_that_there_is_not_is_named_with_the_choices():
    with pytest.raises(UsageError, match=r"not a readable study \(No such file.*names: smoke, sweep, verdict"):
        load_study("verdcit")


@pytest.mark.parametrize("name", study_names())
def test_the_studies_that_come_with_the_package_can_be_planned(name, tmp_path):
    study = load_study(name)
    runs = plan(study, tmp_path, Programs())
    assert len({run.job.key for run in runs}) == len(study.seeds) * len(study.groups)
    assert {run.group for run in runs[: len(study.groups)]} == set(study.groups), "first one seed of each"
    budgets = {run.total_steps for run in runs}
    assert max(budgets) < 1.01 * min(budgets) or name == "smoke"


def test_a_cluster_without_ray_is_one_sentence(tmp_path, how, fake, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(UsageError, match=r"needs Ray; install it with: pip install .*\[cluster\]"):
        conduct(written(tmp_path), How(how.store, how.report, cluster="local"), PROGRAMS)


@pytest.mark.slow
def test_two_workers_of_a_cluster_do_a_study(tmp_path, fake, how):
    pytest.importorskip("ray")
    on_cluster = How(how.store, how.report, at_once=2, cluster="local")
    assert conduct(written(tmp_path), on_cluster, PROGRAMS) == 0
    runs = ("brax-amp-0", "brax-amp-1", "sb3-0", "sb3-1")
    assert said(fake) == sorted(f"{what} {run}" for what in ("train", "judge") for run in runs)


@pytest.mark.slow
def test_what_is_at_work_on_a_cluster_saves_when_the_study_ends(tmp_path, fake):
    pytest.importorskip("ray")
    job = job_of(tmp_path)
    (fake / "hold").touch()
    engine = RayEngine("local", at_once=1, cores=1)
    engine.start([job])
    until(lambda: engine.ended(0.1) or list(job.folder.glob("checkpoints/*/digests.json")))
    engine.stop()
    assert said(fake) == ["saved", "train brax-amp-0"]


@pytest.mark.slow
def test_a_killed_study_of_real_trainings_loses_nothing_that_was_finished(tmp_path):
    """The smoke study: killed with its trainings after the first is done; then Ctrl-C; then to its end."""
    command = [sys.executable, "-m", "trainers", "study", "smoke", "--store", str(tmp_path / "store"), "--at-once", "1"]
    runs = [run.job for run in plan(load_study("smoke"), tmp_path / "store", Programs())]

    def begun() -> subprocess.Popen[str]:
        return subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def until_late(ready: Callable[[], bool], process: subprocess.Popen[str]) -> None:
        give_up = time.monotonic() + 1200
        while not ready():
            assert process.poll() is None
            assert time.monotonic() < give_up
            time.sleep(0.1)

    process = begun()
    until_late(lambda: runs[0].is_done and runs[1].has_begun, process)
    process.kill()
    process.communicate()
    first = (runs[0].folder / "policy.safetensors").stat().st_mtime_ns

    process = begun()
    until_late(lambda: runs[1].is_done and runs[2].has_begun, process)
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=120)
    assert process.returncode == 130
    assert "what is finished is kept. Go on with: python -m trainers study smoke" in error

    process = begun()
    out, error = process.communicate(timeout=2400)
    assert process.returncode == 0, error
    assert "Does it matter which trainer is used?" in out
    assert all(job.is_done for job in runs)
    assert (runs[0].folder / "policy.safetensors").stat().st_mtime_ns == first
