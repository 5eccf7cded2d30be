"""The run folder and the command line, seen from outside."""

import json
import subprocess
import sys

import pytest

from trainers.__main__ import _new_folder, main
from trainers.run import RunFolder, lock_run
from wildrobot.errors import UsageError
from wildrobot.experiment import load_experiment


@pytest.fixture
def experiment():
    return load_experiment("smoke")


def test_the_effective_configuration_loads_back_equal(tmp_path):
    experiment = load_experiment("smoke", ["brax_ppo.seed=7", "env.task.gait.frequency_hz=1.25"])
    RunFolder(tmp_path / "run", experiment, trainer="test").close()
    assert load_experiment(tmp_path / "run" / "config.yaml") == experiment


def test_metrics_are_lines_of_json(tmp_path, experiment):
    run = RunFolder(tmp_path / "run", experiment, trainer="test")
    run.log(100, {"episode/sum_reward": 1.5})
    run.log(200, {"episode/sum_reward": 2.5})
    run.close()
    lines = [json.loads(line) for line in (run.path / "metrics.jsonl").read_text().splitlines()]
    assert [(line["steps"], line["episode/sum_reward"]) for line in lines] == [(100, 1.5), (200, 2.5)]
    assert list((run.path / "tensorboard").glob("events*"))


def test_provenance_names_versions_and_trainer(tmp_path, experiment):
    run = RunFolder(tmp_path / "run", experiment, trainer="test")
    run.close()
    provenance = json.loads((run.path / "run.json").read_text())
    assert provenance["trainer"] == "test"
    assert provenance["versions"]["mujoco"] == "3.17.0"


def test_the_end_of_a_training_is_noted_until_the_run_goes_on(tmp_path, experiment):
    run = RunFolder(tmp_path / "run", experiment, trainer="test")
    assert "completed" not in json.loads((run.path / "run.json").read_text())
    run.complete(lambda text: None)
    run.close()
    assert json.loads((run.path / "run.json").read_text())["completed"]
    lock = lock_run(run.path, trainers=("test",))
    RunFolder.reopened(run.path, experiment, steps=0, lock=lock).close()
    assert "completed" not in json.loads((run.path / "run.json").read_text())


def test_a_folder_with_files_is_refused_and_left_alone(tmp_path, experiment):
    (tmp_path / "keep.txt").write_text("mine")
    with pytest.raises(UsageError, match=r"already holds files.*--run"):
        RunFolder(tmp_path, experiment, trainer="test")
    assert [path.name for path in tmp_path.iterdir()] == ["keep.txt"]


def test_a_file_in_the_way_is_refused(tmp_path, experiment):
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="cannot be a run folder"):
        RunFolder(tmp_path / "file", experiment, trainer="test")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["brax", "--config", "wlak"], "wlak: not a readable configuration file"),
        (["brax", "env.task.gait.frequncy_hz=1"], "did you mean frequency_hz?"),
        (["brax", "brax_ppo.num_envs=0"], "brax_ppo.num_envs: must be greater than or equal to 1, not 0"),
        (["brax", "--config", "smoke", "brax_ppo.num_envs=33"], "must be a multiple of num_envs = 33"),
        (
            ["brax", "--config", "smoke", "env.physics.engine=mjx", "env.physics.implementation=warp"],
            "env.physics.engine=native",
        ),
    ],
)
def test_bad_input_is_one_sentence_and_exit_code_2(arguments, message, tmp_path, capsys):
    run = tmp_path / "run"
    assert main([*arguments[:1], "--run", str(run), *arguments[1:]]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert "Traceback" not in error
    assert len(error.strip().splitlines()) == 1
    assert not run.exists(), "nothing is left behind"


def test_help_names_the_configurations():
    shown = subprocess.run(
        [sys.executable, "-m", "trainers", "brax", "--help"], capture_output=True, text=True, check=True
    ).stdout
    assert "gpu, ideal, pushed, smoke, walk" in " ".join(shown.split())
    assert "FIELD=VALUE" in shown


def test_names_by_default_differ_within_a_second():
    assert len({str(_new_folder("brax")) for _ in range(20)}) == 20
