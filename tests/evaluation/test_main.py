"""The command `python -m wildrobot.evaluation`."""

import ctypes.util
import dataclasses
import functools
import importlib.util
import json
import os
import signal
import subprocess
import sys
import time
from importlib import metadata

import numpy as np
import pytest

from tests.evaluation import suites
from tests.policy.networks import for_env
from wildrobot import gl
from wildrobot.errors import UsageError
from wildrobot.evaluation import __main__ as command
from wildrobot.evaluation import document, evaluate, films, filmstrip
from wildrobot.evaluation.__main__ import main
from wildrobot.evaluation.rollout import Player
from wildrobot.evaluation.session import Session
from wildrobot.policy import file as policy_file

GATES = [{"figure": "survival", "at_least": 0.9, "reason": "it must"}]


@pytest.fixture(autouse=True)
def _leave_the_environment(monkeypatch):
    monkeypatch.setenv("JAX_PLATFORMS", "cpu")
    monkeypatch.setenv("MUJOCO_GL", os.environ.get("MUJOCO_GL", ""))


@pytest.fixture(scope="module")
def shared():
    """A session for every way of playing: what one test has compiled, the next one plays with."""
    return functools.cache(Session)


@pytest.fixture
def session(shared, monkeypatch):
    monkeypatch.setattr(evaluate, "Session", shared)
    monkeypatch.setattr(filmstrip, "_PIXELS_PER_M", 50.0)


@pytest.fixture
def asked(monkeypatch):
    """What `evaluate` is asked for; nothing is played."""
    calls = []
    monkeypatch.setattr(evaluate, "evaluate", lambda *given, **named: calls.append((*given, named)) or True)
    return calls


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    """A suite with a gate, and holding home besides."""
    folder = tmp_path_factory.mktemp("suites")
    return suites.written(folder, baselines=["hold-home"], gates=GATES, seconds=0.4)


def run_folder(folder, policy):
    folder.mkdir(parents=True)
    policy.save(folder / "policy.safetensors")
    (folder / "metrics.jsonl").write_text('{"steps": 5, "wall_s": 1.5, "episode/sum_reward": 2.0}\n')
    return folder


@pytest.fixture
def run(policy, tmp_path):
    return run_folder(tmp_path / "my-run", policy)


@pytest.fixture
def alone(policy, tmp_path):
    """A policy file that lies in no run folder."""
    policy.save(tmp_path / "alone.safetensors")
    return tmp_path / "alone.safetensors"


def start(*arguments, **options):
    environment = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "MUJOCO_GL")}
    return subprocess.Popen(
        [sys.executable, "-m", "wildrobot.evaluation", *map(str, arguments)], text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment | {"PYTHONUNBUFFERED": "1"}, **options,
    )  # fmt: skip


def test_a_run_folder_is_judged_and_everything_put_there(policy, tiny, tmp_path, session, capsys):
    """In a process of its own, with a film where one can be made; then here, to the bit."""
    run = run_folder(tmp_path / "my-run", policy)
    libraries = [ctypes.util.find_library(name) for name in gl._LIBRARIES.values()]
    filmed = not films.missing() and any(libraries)
    process = start(run, "--suites", tiny, *(["--video", run / "film.mp4"] if filmed else []))
    shown, error = process.communicate(timeout=300)
    assert process.returncode == 0, error
    assert "Traceback" not in error
    assert "Gates of my-run: pass (2 of 2 passed)" in shown
    for line in ("Figures: {}/evaluation.json", "Picture: {}/evaluation.png", "Report:  {}/report/index.html"):
        assert line.format(run) in shown
    expected = {"evaluation.json", "evaluation.png", "metrics.jsonl", "policy.safetensors", "report"}
    assert {path.name for path in run.iterdir()} == expected | ({"film.mp4"} if filmed else set())
    assert (run / "report" / "index.html").stat().st_size > 100_000

    text = (run / "evaluation.json").read_text()
    tree = json.loads(text)
    document.validate(tree)
    assert [(each["name"], each["baseline"]) for each in tree["policies"]] == [("my-run", False), ("hold-home", True)]
    mine = tree["policies"][0]
    assert mine["provenance"]["wall_s"] == 1.5
    assert mine["learning_curve"]["reward"] == [2.0]
    assert mine["suites"]["tiny"]["cases"]["vx=0.2"]["figures"]["survival"]["values"] == [1, 1, 1]
    assert (tree["settings"]["seed"], tree["settings"]["quick"], tree["settings"]["play"]) == (0, False, "deterministic")

    again = tmp_path / "again.json"
    assert main([str(run), "--suites", str(tiny), "--no-report", "--json", str(again)]) == 0
    assert again.read_text() == text
    assert "Report" not in capsys.readouterr().out


@pytest.mark.parametrize(("options", "code"), [([], 1), (["--no-gate"], 0)])
def test_two_policies_a_comparison_and_a_gate_that_fails(env, policy, tmp_path, session, capsys, options, code):
    """A command far outside of training gets a note."""
    first, second = run_folder(tmp_path / "a", policy), run_folder(tmp_path / "b", for_env(env, scale=0.6))
    gates = [{"figure": "tilt_rad", "at_most": 0.0001, "cases": {"vx_m_per_s": 5}, "reason": "to fail"}]
    cases = [{"start": "rest", "vx_m_per_s": [0.2, 5.0]}]
    suite = suites.written(tmp_path, "far", cases=cases, gates=gates, seconds=0.4, headline={"torque_mean_Nm": 0.001})
    figures = tmp_path / "figures.json"
    assert main([str(first), str(second), "--suites", str(suite), "--no-report", "--json", str(figures), *options]) == code
    shown = capsys.readouterr().out
    assert shown.count("Note: 5 m/s forward is outside the commands it was trained on, ") == 2
    assert shown.count("FAIL: far, 5.00 m/s: tilt 0.") == 2
    tree = json.loads(figures.read_text())
    document.validate(tree)
    assert [each["passed"] for each in tree["policies"]] == [False, False]
    (comparison,) = tree["comparisons"]
    assert comparison["groups"] == {"a": ["a"], "b": ["b"]}
    assert comparison["unit"] == "episode"
    assert f"far: {comparison['suites']['far']['verdict']}" in shown
    assert comparison["cost"]["a"] == {"environment_steps": 0, "wall_s": 1.5}
    # Two of a kind share what is compiled; they do not share what they do.
    torques = [comparison["suites"]["far"]["figures"]["torque_mean_Nm"]["by_group"][name]["value"] for name in "ab"]
    assert torques[0] != torques[1]


def test_quick_and_stochastic_are_what_was_played(alone, tiny, tmp_path, session, capsys):
    figures = tmp_path / "figures.json"
    options = ["--quick", "--stochastic", "--baselines", "--no-report", "--suites", str(tiny), "--json", str(figures)]
    assert main([str(alone), *options]) == 0
    assert "Play: stochastic, seed 0" in capsys.readouterr().out
    tree = json.loads(figures.read_text())
    assert (tree["settings"]["quick"], tree["settings"]["play"]) == (True, "stochastic")
    assert [(suite["episodes"], suite["seconds"]) for suite in tree["suites"]] == [(2, 0.3)]
    assert [each["name"] for each in tree["policies"]] == ["alone"]
    assert {path.name for path in tmp_path.iterdir()} == {"alone.safetensors", "figures.json"}


def test_where_things_go(run, alone, tmp_path, asked):
    """Of a run, into it; of a policy alone, the report into the working directory, and nothing else."""
    assert main([str(run), str(alone)]) == 0
    assert main([str(alone), "--picture", str(tmp_path / "e.png"), "--report", str(tmp_path / "page")]) == 0
    assert main([str(alone)]) == 0
    outputs = [call[2] for call in asked]
    assert (outputs[0].json, outputs[0].picture) == (run / "evaluation.json", run / "evaluation.png")
    assert (outputs[0].report, outputs[0].video) == (run / "report", None)
    assert (outputs[1].json, outputs[1].picture) == (None, tmp_path / "e.png")
    assert outputs[1].report == tmp_path / "page"
    assert (outputs[2].json, outputs[2].picture, outputs[2].report.name) == (None, None, "report")


def test_what_is_played_if_nothing_is_said(alone, monkeypatch, asked):
    """The policies that come with the sources, in all suites but `transfer`."""
    monkeypatch.setattr(command, "SHIPPED", alone.parent)
    assert main([]) == 0
    ((judged, played, _, named),) = asked
    assert [each.name for each in judged] == ["alone"]
    assert [suite.name for suite in played] == ["walk", "stand", "turn_and_side", "push", "robust"]
    assert named == {"quick": False, "stochastic": False, "threads": 0}


def test_options_reach_the_suites(alone, asked):
    options = ["--quick", "--episodes", "5", "--seconds", "9", "--seed", "3", "--baselines", "hold-home", "random"]
    assert main([str(alone), *options]) == 0
    played = asked[0][1]
    assert [suite.name for suite in played] == ["walk", "stand", "turn_and_side", "push"], "robust has no quick version"
    assert {(suite.episodes, suite.seed, suite.baselines) for suite in played} == {(5, 3, ("hold-home", "random"))}
    assert {case.seconds for suite in played for case in suite.cases} == {9.0}


def test_policies_are_called_like_their_runs(policy, run, alone, tmp_path, asked):
    """Of the same name, with the folder above."""
    other = run_folder(tmp_path / "others" / "my-run", policy)
    assert main([str(run), str(alone)]) == 0
    assert main([str(run / "policy.safetensors"), str(other)]) == 0
    assert [[each.name for each in call[0]] for call in asked] == [
        ["my-run", "alone"], [f"{tmp_path.name}/my-run", "others/my-run"],
    ]  # fmt: skip
    assert [each.run for each in asked[0][0]] == [run, None]


def test_a_policy_that_is_called_like_a_baseline(policy, tmp_path, capsys):
    policy.save(tmp_path / "hold-home.safetensors")
    assert "hold-home is the name of a baseline" in refused([tmp_path / "hold-home.safetensors"], capsys)


def test_the_schema(capsys):
    assert main(["--json-schema"]) == 0
    schema = json.loads(capsys.readouterr().out)
    assert schema == document.json_schema()
    assert {"settings", "figures", "suites", "policies", "comparisons"} <= set(schema["properties"])


def refused(arguments, capsys):
    assert main([str(argument) for argument in arguments]) == 2
    shown = capsys.readouterr()
    assert shown.err.startswith("error: ")
    assert shown.err.count("\n") == 1
    return shown.err


def test_policies_that_cannot_be_read(run, alone, policy, tmp_path, capsys):
    assert "does not exist; give a run folder" in refused([tmp_path / "missing"], capsys)
    assert "a policy is named twice" in refused([run, run / "policy.safetensors"], capsys)
    tampered = bytearray(alone.read_bytes())
    tampered[-5] ^= 1
    alone.write_bytes(tampered)
    assert "does not match its own checksum" in refused([alone], capsys)
    alone.write_bytes(tampered[:2000])
    assert "is not a policy file, or it is truncated" in refused([alone], capsys)
    tree, arrays = policy.packed()
    arrays["layer_0.kernel"] = np.full_like(arrays["layer_0.kernel"], np.nan)
    policy_file.write(alone, tree, arrays)
    assert "not a usable policy: " in refused([alone], capsys)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"robot_digest": "b" * 64}, "trained for another robot"),
        ({"observation_layout": (("gyro", 3),)}, "not a usable policy"),
        ({"observation_layout": "swapped"}, "observation"),
        ({"action": "slower"}, "action"),
    ],
)
def test_a_policy_that_does_not_fit(policy, tmp_path, tiny, monkeypatch, capsys, changes, message):
    """Refused before anything is played, and nothing is written."""
    info, path = policy.info, tmp_path / "policy.safetensors"
    given = {
        "swapped": (info.observation_layout[1], info.observation_layout[0], *info.observation_layout[2:]),
        "slower": info.action.model_copy(update={"scale_rad": tuple(0.5 * each for each in info.action.scale_rad)}),
    }
    changes = {name: given.get(value, value) if isinstance(value, str) else value for name, value in changes.items()}
    monkeypatch.setattr(Player, "play", None)
    if "not a usable" in message:
        tree, arrays = policy.packed()
        tree["info"] |= {"observation_layout": [list(entry) for entry in changes["observation_layout"]]}
        policy_file.write(path, tree, arrays)
    else:
        dataclasses.replace(policy, info=info.model_copy(update=changes)).save(path)
    assert message in refused([path, "--suites", tiny, "--json", tmp_path / "e.json"], capsys)
    assert [entry.name for entry in tmp_path.iterdir()] == ["policy.safetensors"]


@pytest.mark.parametrize("trust", [False, True])
def test_what_can_run_code_is_read_on_trust_alone(policy, tmp_path, monkeypatch, capsys, asked, trust):
    """The readers of the frameworks are asked; `tests/trainers` has what they say."""

    class Reader:
        name = "zip"

        def load(self):
            return self.read

        def read(self, path, *, trust):
            if not trust:
                raise UsageError(f"{path} can run any code when it is read; add --trust")
            return policy

    monkeypatch.setattr(metadata, "entry_points", lambda *, group: [Reader()])
    (tmp_path / "model.zip").touch()
    if trust:
        assert main([str(tmp_path / "model.zip"), "--trust"]) == 0
        assert asked[0][0][0].policy is policy
    else:
        assert "add --trust" in refused([tmp_path / "model.zip"], capsys)


def test_suites_that_cannot_be_played(alone, tiny, tmp_path, capsys):
    assert "nowhere: no such suite" in refused([alone, "--suites", "nowhere"], capsys)
    assert "two suites have the same name" in refused([alone, "--suites", "walk", "walk"], capsys)
    assert "none of robust has a quick version" in refused([alone, "--quick", "--suites", "robust"], capsys)
    message = refused([alone, "--suites", "push", "--baselines"], capsys)
    assert "asks to beat hold-home, which is not played" in message
    assert "is not over at the end of an episode of 1 s" in refused([alone, "--suites", "push", "--seconds", "1"], capsys)
    broken = suites.written(tmp_path, "broken", pushes=3)
    assert "broken.yaml: unknown field pushes" in refused([alone, "--suites", tiny, broken], capsys)


def test_files_that_cannot_be_written_are_refused_before_anything_is_played(alone, run, tiny, monkeypatch, capsys):
    monkeypatch.setattr(Player, "play", None)
    options = [alone, "--suites", tiny]
    assert "its folder does not exist; create it" in refused([*options, "--picture", run / "new" / "e.png"], capsys)
    assert "it is a folder; give the name of a file" in refused([*options, "--json", run], capsys)
    assert "it is a file; give the name of a folder" in refused([*options, "--report", alone], capsys)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--episodes", "0"], "must be at least 1, not 0"),
        (["--seconds", "-1"], "must be a number above 0, not -1"),
        (["--seconds", "nan"], "must be a number above 0, not nan"),
        (["--seed", "-1"], "must be at least 0 and below 2^32, not -1"),
        (["--seed", "first"], "invalid"),
        (["--baselines", "zero"], "invalid choice: 'zero'"),
    ],
)
def test_numbers_and_names_that_make_no_sense(arguments, message, capsys):
    with pytest.raises(SystemExit) as end:
        main(arguments)
    assert end.value.code == 2
    assert message in capsys.readouterr().err


def test_no_policy_at_all(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(command, "SHIPPED", tmp_path / "policies")
    assert f"no policy is named, and there is none in {tmp_path / 'policies'}" in refused([], capsys)


def test_a_film_that_is_no_mp4(run, capsys):
    assert "ends in .mp4" in refused([run, "--video", run / "film.gif"], capsys)


def test_a_film_without_the_extra(run, monkeypatch, capsys):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    message = refused([run, "--video", run / "film.mp4"], capsys)
    assert message == 'error: --video needs imageio and imageio_ffmpeg: run `pip install "wildrobot[video]"`\n'


@pytest.mark.parametrize("library", ["", "osmesa"])
def test_a_film_without_opengl(run, library, monkeypatch, capsys):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object())
    monkeypatch.setattr(ctypes.util, "find_library", lambda name: None)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("MUJOCO_GL", library)
    monkeypatch.delenv("DISPLAY", raising=False)
    assert "apt-get install libosmesa6" in refused([run, "--video", run / "film.mp4"], capsys)


def test_ctrl_c_leaves_no_files(run, tiny, monkeypatch, capsys):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(Player, "play", interrupt)
    assert main([str(run), "--suites", str(tiny)]) == 130
    assert "interrupted" in capsys.readouterr().err
    assert {path.name for path in run.iterdir()} == {"metrics.jsonl", "policy.safetensors"}


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
