"""The command `python -m wildrobot.evaluation`."""

import ctypes.util
import functools
import importlib.util
import json
import os
import signal
import subprocess
import sys
import time

import pytest

from tests.evaluation import suites
from tests.policy.networks import for_env
from wildrobot import extras
from wildrobot.evaluation import evaluate
from wildrobot.evaluation.__main__ import main
from wildrobot.evaluation.judge import result
from wildrobot.evaluation.play import candidates as loading
from wildrobot.evaluation.play.rollout import Rollout
from wildrobot.evaluation.play.session import Session
from wildrobot.evaluation.show import filmstrip
from wildrobot.render import gl

pytestmark = pytest.mark.usefixtures("the_environment_stays")


@pytest.fixture(scope="module")
def shared():
    """A session for every way of playing: what one test has compiled, the next one plays with."""
    return functools.cache(Session)


@pytest.fixture
def session(shared, monkeypatch):
    monkeypatch.setattr(evaluate, "Session", shared)
    monkeypatch.setattr(filmstrip, "_PIXELS_PER_M", 50.0)


def start(*arguments, **options):
    environment = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "MUJOCO_GL")}
    return subprocess.Popen(
        [sys.executable, "-m", "wildrobot.evaluation", *map(str, arguments)], text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment | {"PYTHONUNBUFFERED": "1"}, **options,
    )  # fmt: skip


def test_a_run_folder_is_judged_and_everything_put_there(policy, tiny, tmp_path, session, capsys):
    """In a process of its own, with a film where one can be made; then here, to the bit."""
    run = suites.run_folder(tmp_path / "my-run", policy)
    libraries = [ctypes.util.find_library(name) for name in gl._LIBRARIES.values()]
    filmed = not extras.why_not("a film", extras.FILM) and any(libraries)
    process = start(run, "--suites", tiny, *(["--video", run / "film.mp4"] if filmed else []))
    shown, error = process.communicate(timeout=300)
    assert process.returncode == 0, error
    assert "Traceback" not in error
    assert "Gates of my-run: pass (2 of 2 passed)" in shown
    for line in ("Numbers: {}/evaluation.json", "Picture: {}/evaluation.png", "Report:  {}/report/index.html"):
        assert line.format(run) in shown
    expected = {"evaluation.json", "evaluation.png", "metrics.jsonl", "policy.safetensors", "report"}
    assert {path.name for path in run.iterdir()} == expected | ({"film.mp4"} if filmed else set())
    assert (run / "report" / "index.html").stat().st_size > 100_000

    text = (run / "evaluation.json").read_text()
    tree = json.loads(text)
    result.from_tree(tree, "the file")
    assert [(each["name"], each["baseline"]) for each in tree["policies"]] == [("my-run", False), ("hold-home", True)]
    mine = tree["policies"][0]
    assert mine["provenance"]["wall_s"] == 1.5
    assert mine["learning_curve"]["reward"] == [2.0]
    assert mine["suites"]["tiny"]["cases"]["vx=0.2"]["metrics"]["survival"]["values"] == [1, 1, 1]
    assert (tree["settings"]["seed"], tree["settings"]["quick"], tree["settings"]["play"]) == (
        0,
        False,
        "deterministic",
    )

    again = tmp_path / "again.json"
    assert main([str(run), "--suites", str(tiny), "--no-report", "--json", str(again)]) == 0
    assert again.read_text() == text
    assert "Report" not in capsys.readouterr().out


@pytest.mark.parametrize(("options", "code"), [([], 1), (["--no-gate"], 0)])
def test_two_policies_a_comparison_and_a_gate_that_fails(env, policy, tmp_path, session, capsys, options, code):
    """A command far outside of training gets a note."""
    first, second = (
        suites.run_folder(tmp_path / "a", policy),
        suites.run_folder(tmp_path / "b", for_env(env, scale=0.6)),
    )
    gates = [{"metric": "tilt_rad", "at_most": 0.0001, "cases": {"vx_m_per_s": 5}, "reason": "to fail"}]
    cases = [{"start": "rest", "vx_m_per_s": [0.2, 5.0]}]
    suite = suites.written(tmp_path, "far", cases=cases, gates=gates, seconds=0.4, headline={"torque_mean_Nm": 0.001})
    figures = tmp_path / "figures.json"
    assert (
        main([str(first), str(second), "--suites", str(suite), "--no-report", "--json", str(figures), *options]) == code
    )
    shown = capsys.readouterr().out
    assert shown.count("Note: 5 m/s forward is outside the commands it was trained on, ") == 2
    assert shown.count("FAIL: far, 5.00 m/s: tilt 0.") == 2
    tree = json.loads(figures.read_text())
    result.from_tree(tree, "the file")
    assert [each["passed"] for each in tree["policies"]] == [False, False]
    (comparison,) = tree["comparisons"]
    assert comparison["groups"] == {"a": ["a"], "b": ["b"]}
    assert comparison["unit"] == "episode"
    assert f"far: {comparison['suites']['far']['verdict']}" in shown
    assert comparison["cost"]["a"] == {"environment_steps": 0, "wall_s": 1.5}
    # Two of a kind share what is compiled; they do not share what they do.
    torques = [comparison["suites"]["far"]["metrics"]["torque_mean_Nm"]["by_group"][name]["value"] for name in "ab"]
    assert torques[0] != torques[1]


def test_quick_and_stochastic_are_what_was_played(alone, tiny, tmp_path, session, capsys):
    figures = tmp_path / "figures.json"
    options = ["--quick", "--stochastic", "--baselines", "--no-report", "--suites", str(tiny), "--json", str(figures)]
    assert main([str(alone), *options]) == 0
    assert "Play: stochastic, seed 0" in capsys.readouterr().out
    tree = json.loads(figures.read_text())
    assert (tree["settings"]["quick"], tree["settings"]["play"]) == (True, "stochastic")
    assert [(suite["episodes"], suite["cases"][0]["seconds"]) for suite in tree["suites"]] == [(2, 0.3)]
    assert [each["name"] for each in tree["policies"]] == ["alone"]
    assert {path.name for path in tmp_path.iterdir()} == {"alone.safetensors", "figures.json"}


def test_where_things_go(run, alone, tmp_path, asked):
    """Of a run, into it; of a policy alone, the report into the working directory; else where --report says."""
    assert main([str(run), str(alone)]) == 0
    assert main([str(alone), "--picture", str(tmp_path / "e.png"), "--report", str(tmp_path / "page")]) == 0
    assert main([str(alone)]) == 0
    outputs = [call[2] for call in asked]
    assert (outputs[0].json, outputs[0].picture) == (run / "evaluation.json", run / "evaluation.png")
    assert (outputs[0].report, outputs[0].video) == (run / "report", None)
    assert (outputs[1].json, outputs[1].picture) == (tmp_path / "page" / "evaluation.json", tmp_path / "e.png")
    assert outputs[1].report == tmp_path / "page"
    assert (outputs[2].json, outputs[2].picture, outputs[2].report.name) == (None, None, "report")


@pytest.mark.parametrize(("package", "gone"), [("plotly", "report"), ("jinja2", "report"), ("matplotlib", "picture")])
def test_without_an_extra_it_judges_and_says_what_is_not_written(run, asked, monkeypatch, capsys, package, gone):
    """What was asked for is refused instead; see `test_main_mistakes`."""
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == package else find_spec(name))
    assert main([str(run)]) == 0
    outputs = asked[0][2]
    assert outputs.json == run / "evaluation.json"
    assert (outputs.report is None, outputs.picture is None) == (gone == "report", gone == "picture")
    assert f'the {gone} needs {package}; run `pip install "wildrobot[report]"`' in capsys.readouterr().out


def test_what_is_played_if_nothing_is_said(alone, monkeypatch, asked):
    """The policies that come with the sources, in all suites but `transfer`."""
    monkeypatch.setattr(loading, "SHIPPED", alone.parent)
    assert main([]) == 0
    ((candidates, played, _, named),) = asked
    assert [each.name for each in candidates] == ["alone"]
    assert [suite.name for suite in played] == ["hardware", "walk", "stand", "turn_and_side", "push", "robust"]
    assert named == {"quick": False, "stochastic": False, "threads": 0}


def test_options_reach_the_suites(alone, asked):
    options = ["--quick", "--episodes", "5", "--seconds", "9", "--seed", "3", "--baselines", "hold-home", "random"]
    assert main([str(alone), *options]) == 0
    played = asked[0][1]
    # robust has no quick version
    assert [suite.name for suite in played] == ["hardware", "walk", "stand", "turn_and_side", "push"]
    assert {(suite.episodes, suite.seed, suite.baselines) for suite in played} == {(5, 3, ("hold-home", "random"))}
    assert {case.seconds for suite in played for case in suite.cases} == {9.0}


def test_policies_are_called_like_their_runs(policy, run, alone, tmp_path, asked):
    """Of the same name, with the folder above."""
    other = suites.run_folder(tmp_path / "others" / "my-run", policy)
    assert main([str(run), str(alone)]) == 0
    assert main([str(run / "policy.safetensors"), str(other)]) == 0
    assert [[each.name for each in call[0]] for call in asked] == [
        ["my-run", "alone"], [f"{tmp_path.name}/my-run", "others/my-run"],
    ]  # fmt: skip
    assert [each.run for each in asked[0][0]] == [run, None]


def test_the_schema(capsys):
    assert main(["--json-schema"]) == 0
    schema = json.loads(capsys.readouterr().out)
    assert schema == result.json_schema()
    assert {"settings", "metrics", "suites", "policies", "comparisons"} <= set(schema["properties"])


def test_ctrl_c_leaves_no_files(run, tiny, monkeypatch, capsys):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(Rollout, "play", interrupt)
    assert main([str(run), "--suites", str(tiny)]) == 130
    assert "interrupted" in capsys.readouterr().err
    assert {path.name for path in run.iterdir()} == {"metrics.jsonl", "policy.safetensors"}


def test_ctrl_c_keeps_the_suites_that_were_finished(alone, tiny, tmp_path, monkeypatch):
    """It comes when the second suite is played."""
    play = Session.play_policy

    def until_the_second(session, candidate, suite, on_progress):
        if suite.name == "second":
            raise KeyboardInterrupt
        return play(session, candidate, suite, on_progress)

    monkeypatch.setattr(Session, "play_policy", until_the_second)
    second, written = suites.written(tmp_path, "second", seconds=0.4), tmp_path / "e.json"
    assert main([str(alone), "--suites", str(tiny), str(second), "--json", str(written), "--no-report"]) == 130
    tree = json.loads(written.read_text())
    assert [suite["name"] for suite in tree["suites"]] == ["tiny"]


@pytest.mark.slow
@pytest.mark.parametrize("after_s", [1.0, 5.0, 9.0])
def test_ctrl_c_while_it_compiles_or_plays(run, after_s):
    """It ends at once and in one piece, although JAX's threads are at work."""
    process = start(run, "--suites", "walk", "--seconds", "60", stdin=subprocess.DEVNULL)
    try:
        assert process.stdout
        assert process.stdout.readline().startswith("Play: ")
        time.sleep(after_s)
        process.send_signal(signal.SIGINT)
        error = process.communicate(timeout=30)[1]
    finally:
        process.kill()
    assert process.returncode == 130
    assert error == "interrupted; what is printed above is complete\n"
