"""The command line: exit codes, files, and mistakes in one sentence."""

import json
import shutil

import pytest

from tests.evaluation import suites
from tests.evaluation.diagnose.test_verdict import diagnosis, result
from wildrobot.evaluation.diagnose import __main__ as command
from wildrobot.evaluation.diagnose import diagnose as module
from wildrobot.evaluation.diagnose.__main__ import main
from wildrobot.evaluation.judge.diagnosis import load

pytestmark = pytest.mark.usefixtures("the_environment_stays")
FOUND = diagnosis(result("reads_wrong", "robot", "exact", 2.0), result("sound", "task", "exact", 0.5))
SOUND = diagnosis(result("sound", "task", "exact", 0.5))


@pytest.fixture
def finds(monkeypatch):
    """Nothing is measured: the command is told what was found, and says of what."""
    asked = []

    def finds(answer):
        monkeypatch.setattr(module, "diagnose", lambda subject, _: asked.append(subject) or answer)
        return asked

    return finds


@pytest.fixture
def trained(tmp_path, policy):
    """A run folder as a training leaves it."""
    run = suites.run_folder(tmp_path / "run", policy)
    (run / "config.yaml").write_text("version: 2\nextends: smoke\n")
    (run / "run.json").write_text('{"trainer": "brax-amp"}')
    return run


def test_an_experiment_without_a_run(finds, tmp_path, capsys):
    asked = finds(FOUND)
    page = tmp_path / "page.html"
    code = main(
        [
            "--config",
            "smoke",
            "env.task.push.velocity_m_per_s=3",
            "--json",
            str(tmp_path / "a.json"),
            "--page",
            str(page),
        ]
    )
    assert code == 1
    assert asked[0].experiment.env.task.push.velocity_m_per_s == 3.0
    assert asked[0].run is None
    shown = capsys.readouterr().out
    assert "Suspect the robot: reads wrong, it: 2 m instead of at most 1." in shown
    assert "Sound, task: sound" in shown
    assert "Not examined: the moon" in shown
    assert load(tmp_path / "a.json") == FOUND
    assert "Reads wrong" in page.read_text()


def test_a_run_has_its_own_experiment_and_gets_the_files(finds, trained):
    asked = finds(SOUND)
    assert main([str(trained)]) == 0
    assert asked[0].experiment.env.variants.count == 3
    assert asked[0].policy is not None
    assert load(trained / "diagnosis.json") == SOUND
    assert "Healthy: none of 1 examinations found anything." in (trained / "report" / "diagnosis.html").read_text()


def test_a_policy_of_its_own_needs_an_experiment(finds, alone, capsys):
    asked = finds(SOUND)
    assert main([str(alone)]) == 2
    assert "is no run folder, so its task is not known; name it: --config walk" in capsys.readouterr().err
    assert main([str(alone), "--config", "smoke"]) == 0
    assert asked[0].run is None


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["no-such-run"], "no-such-run does not exist; give a run folder"),
        (["a", "b"], "one run at a time, not a, b"),
        (["--config", "no-such"], "no-such"),
        (["env.task.push.nothing=1"], "nothing"),
        (["--json", "/no/such/folder/a.json"], "cannot write /no/such/folder/a.json"),
        (["--policy", "a.onnx"], "--policy goes with --env"),
        (["--other", "a"], "--other is compared with a run; name that run before it"),
        (["--env", "Pendulum-v1", "--other", "a"], "is examined alone; leave out --other"),
        (["--env", "Pendulum-v1", "--config", "walk"], "is examined alone"),
        (["--env", "NoSuch-v0"], "give the id of an environment that is registered"),
        (["--env", "CartPole-v1"], "only vectors of numbers"),
        (["--env", "Pendulum-v1", "--policy", "missing.onnx"], "cannot be played here"),
    ],
)
def test_mistakes(arguments, message, finds, capsys):
    finds(SOUND)
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert message in error
    assert error.count("\n") == 1


def test_a_run_whose_provenance_cannot_be_read(trained, capsys):
    (trained / "run.json").write_text("{")
    assert main([str(trained)]) == 2
    assert "is no run folder, for its run.json cannot be read" in capsys.readouterr().err


def test_the_schema(capsys):
    assert main(["--json-schema"]) == 0
    assert json.loads(capsys.readouterr().out)["title"] == "Diagnosis"


def test_help_names_the_exit_code(capsys):
    with pytest.raises(SystemExit):
        command.main(["--help"])
    assert "exit code is 0 if nothing was found and 1 if something was" in " ".join(capsys.readouterr().out.split())


def test_another_run_of_the_same_task(finds, trained, alone, capsys):
    asked = finds(SOUND)
    assert main([str(trained), "--other", str(trained)]) == 0
    name, policy = asked[0].other
    assert name == str(trained)
    assert policy.sha256 == asked[0].policy.sha256
    assert main([str(trained), "--other", str(alone)]) == 0
    other = trained.parent / "other"
    shutil.copytree(trained, other)
    (other / "config.yaml").write_text("version: 2\nextends: smoke\nenv: {task: {push: {velocity_m_per_s: 1}}}\n")
    assert main([str(trained), "--other", str(other)]) == 2
    assert "was trained on another task (env.task.push); give a run of the same" in capsys.readouterr().err
