"""Where metrics go: the same tags everywhere, offline, and nothing anywhere that was not asked for."""

import importlib.util
import json
import sqlite3
import struct
import subprocess
import sys
from typing import Any

import pytest
import wandb
from wandb.env import error_reporting_enabled
from wandb.proto import wandb_internal_pb2

from trainers.__main__ import main
from trainers.brax import ppo
from trainers.lock import RunLock
from trainers.run import RunFolder
from trainers.tracking import Guarded, Tracking
from wildrobot.errors import UsageError
from wildrobot.experiment import load_experiment

FIGURES = {"episode/sum_reward": 1.5, "training/sps": 1000.0}
BOTH = Tracking(("wandb", "trackio"))


@pytest.fixture
def experiment():
    return load_experiment("smoke")


@pytest.fixture
def offline(tmp_path, monkeypatch):
    """Both services write into the test's own folder, and W&B has nowhere to send anything."""
    monkeypatch.setenv("WANDB_MODE", "offline")
    monkeypatch.setenv("WANDB_BASE_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("TRACKIO_DIR", str(tmp_path / "trackio"))
    # Trackio reads the variable when it is imported, and another test may have done so.
    for module in ("trackio.sqlite_storage", "trackio.utils", "trackio.media.utils", "trackio"):
        if module in sys.modules and hasattr(sys.modules[module], "TRACKIO_DIR"):
            monkeypatch.setattr(sys.modules[module], "TRACKIO_DIR", tmp_path / "trackio")


def wandb_records(run):
    """What W&B has written into a run folder: LevelDB's log format, after a header of 7 bytes, holding protobufs."""
    for path in sorted(run.glob("wandb/offline-run-*/*.wandb")):
        data, at, whole = path.read_bytes(), 7, b""
        while at + 7 <= len(data):
            left = 32768 - at % 32768
            if left < 7:  # no room for a header: the block is filled up with zeros
                at += left
                continue
            _, length, kind = struct.unpack("<IHB", data[at : at + 7])
            whole += data[at + 7 : at + 7 + length]
            at += 7 + length
            if kind in (1, 4):  # whole, or the last part
                record: Any = wandb_internal_pb2.Record()  # pyright: ignore[reportAttributeAccessIssue]  made at import
                record.ParseFromString(whole)
                yield record
                whole = b""


def wandb_lines(run):
    for record in wandb_records(run):
        if record.WhichOneof("record_type") == "history":
            yield {item.key or "/".join(item.nested_key): json.loads(item.value_json) for item in record.history.item}


def trackio_lines(folder):
    rows = sqlite3.connect(folder / "wildrobot.db").execute("select run_name, step, metrics from metrics order by id")
    return [(name, step, json.loads(metrics)) for name, step, metrics in rows]


def test_every_tracker_gets_the_same_tags_at_the_same_steps(tmp_path, experiment, offline):
    run = RunFolder(tmp_path / "mine", experiment, trainer="test", tracking=BOTH)
    run.log(100, FIGURES)
    run.log(200, {**FIGURES, "style/reward": 0.25})
    run.close()
    lines = [json.loads(line) for line in (run.path / "metrics.jsonl").read_text().splitlines()]
    for line in lines:
        line.pop("wall_s")
    assert lines == [{"steps": 100, **FIGURES}, {"steps": 200, **FIGURES, "style/reward": 0.25}]
    at_wandb = [
        {name: value for name, value in line.items() if not name.startswith("_")} for line in wandb_lines(run.path)
    ]
    assert at_wandb == lines
    assert [{"steps": step, **metrics} for _, step, metrics in trackio_lines(tmp_path / "trackio")] == lines


def test_a_service_knows_the_run_again_when_it_goes_on(tmp_path, experiment, offline):
    run = RunFolder(tmp_path / "mine", experiment, trainer="test", tracking=BOTH)
    run.log(100, FIGURES)
    run.close()
    lock = RunLock(run.path, remedy="")
    again = RunFolder.reopened(run.path, experiment, steps=100, lock=lock, tracking=BOTH)
    again.log(200, FIGURES)
    again.close()
    begun = [record.run for record in wandb_records(run.path) if record.WhichOneof("record_type") == "run"]
    assert {each.run_id for each in begun} == {json.loads((run.path / "run.json").read_text())["id"]}
    assert {each.project for each in begun} == {"wildrobot"}
    lines = trackio_lines(tmp_path / "trackio")
    assert [step for _, step, _ in lines] == [100, 200]
    assert len({name for name, _, _ in lines}) == 1


def test_a_film_reaches_both_services(tmp_path, experiment, offline):
    film = tmp_path / "film.mp4"
    film.write_bytes(b"\0\0\0\x18ftypmp42")
    run = RunFolder(tmp_path / "mine", experiment, trainer="test", tracking=BOTH)
    run.log(300, FIGURES)
    run._filmed(200, film)  # of an older policy than the newest figures
    run.close()
    (at_wandb,) = (line for line in wandb_lines(run.path) if any("film" in name for name in line))
    assert at_wandb["steps"] == 200
    assert [path.read_bytes() for path in run.path.glob("wandb/offline-run-*/files/media/videos/*.mp4")] == [
        film.read_bytes()
    ]
    step, metrics = next(
        (step, metrics) for _, step, metrics in trackio_lines(tmp_path / "trackio") if "film" in metrics
    )
    assert step == 200
    assert metrics["film"]["_type"] == "trackio.video"


def test_without_a_login_it_is_one_sentence_and_the_folder_stays_empty(tmp_path, experiment, offline, monkeypatch):
    monkeypatch.setenv("WANDB_MODE", "online")
    monkeypatch.setenv("WANDB_CONFIG_DIR", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.delenv("WANDB_API_KEY", raising=False)
    wandb.teardown()  # it has read the mode of an earlier test
    with pytest.raises(UsageError, match=r"--track wandb: .*wandb login.*WANDB_MODE=offline"):
        RunFolder(tmp_path / "mine", experiment, trainer="test", tracking=Tracking(("wandb",)))
    assert [path.name for path in (tmp_path / "mine").iterdir()] == [".lock"]


def test_a_missing_package_is_one_sentence_before_anything_is_made(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert main(["sb3", "--config", "smoke", "--run", str(tmp_path / "run"), "--track", "trackio"]) == 2
    assert capsys.readouterr().err == ('error: --track trackio needs trackio; run `pip install "wildrobot[trackio]"`\n')
    assert not (tmp_path / "run").exists()


def test_an_unknown_service_is_named_with_the_choices(tmp_path, capsys):
    with pytest.raises(SystemExit, match="2"):
        main(["sb3", "--track", "mlflow"])
    assert "choose from 'wandb', 'trackio'" in capsys.readouterr().err


def test_a_tracker_that_fails_is_given_up_with_one_sentence(capsys):
    class Broken:
        calls = 0

        def log(self, steps, figures):
            self.calls += 1
            raise OSError("no space\nleft")

        def film(self, steps, path):
            self.calls += 1

        def close(self):
            self.calls += 1

    broken = Broken()
    guarded = Guarded("trackio", broken)
    guarded.log(1, FIGURES)
    guarded.log(2, FIGURES)
    guarded.close()
    assert broken.calls == 1
    assert capsys.readouterr().err == (
        "trackio has failed (no space left) and gets nothing more; the training goes on, and metrics.jsonl has all "
        "figures\n"
    )


def test_what_is_not_asked_for_is_not_even_imported(tmp_path):
    code = (
        "import pathlib, sys; from trainers.run import RunFolder; from wildrobot.experiment import load_experiment;"
        "run = RunFolder(pathlib.Path(sys.argv[1]), load_experiment('smoke'), trainer='test');"
        "run.log(1, {'x': 1.5}); run.close(); print(sorted({'torch', 'wandb', 'trackio'} & set(sys.modules)))"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "run")]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "[]\n"


def test_errors_of_wandb_are_not_reported_to_its_makers():
    from trainers.tracking import weights_and_biases

    assert weights_and_biases.wandb is wandb
    assert not error_reporting_enabled()


def test_the_trainers_log_what_means_the_same_under_the_same_tags(brax_run, amp_run, sb3_run, rsl_rl_run):
    tags = {}
    for run in (brax_run, amp_run, sb3_run, rsl_rl_run):
        lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
        tags[run.name] = {name for line in lines for name in line}
    shared = set.intersection(*tags.values())
    of_episodes = [{tag for tag in each if tag.startswith("episode/")} for each in tags.values()]
    assert all(each == of_episodes[0] != set() for each in of_episodes)
    assert {"steps", "wall_s", "training/sps", "training/policy_loss"} <= shared, sorted(shared)


def test_brax_figures_of_updates_are_not_of_episodes():
    given = {"episode/policy_loss": 1.0, "episode/sum_reward": 2.0, "episode/vx_per_step": 3.0, "eval/sps": 4.0}
    assert ppo._figures(given) == {
        "training/policy_loss": 1.0, "episode/sum_reward": 2.0, "episode/vx": 3.0, "eval/sps": 4.0
    }  # fmt: skip
    assert ppo._figures({"training/v_loss": float("nan"), "episode/sps": 5.0}) == {"training/sps": 5.0}
