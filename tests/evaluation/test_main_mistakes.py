"""Mistakes of whoever calls `python -m wildrobot.evaluation`: one sentence, exit code 2, and nothing is played."""

import ctypes.util
import dataclasses
import importlib.util
import sys

import numpy as np
import pytest

from tests.evaluation import suites
from wildrobot.errors import UsageError
from wildrobot.evaluation.__main__ import main
from wildrobot.evaluation.play import candidates
from wildrobot.evaluation.play.rollout import Rollout
from wildrobot.policy import file as policy_file
from wildrobot.policy import reading

pytestmark = pytest.mark.usefixtures("the_environment_stays")


def refused(arguments, capsys):
    assert main([str(argument) for argument in arguments]) == 2
    shown = capsys.readouterr()
    assert shown.err.startswith("error: ")
    assert shown.err.count("\n") == 1
    return shown.err


def test_a_policy_that_is_called_like_a_baseline(policy, tmp_path, capsys):
    policy.save(tmp_path / "hold-home.safetensors")
    assert "hold-home is the name of a baseline" in refused([tmp_path / "hold-home.safetensors"], capsys)


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
        ({"action": "elsewhere"}, "action"),
    ],
)
def test_a_policy_that_does_not_fit(policy, tmp_path, tiny, monkeypatch, capsys, changes, message):
    """Refused before anything is played, and nothing is written."""
    interface, path = policy.interface, tmp_path / "policy.safetensors"
    layout, action = interface.observation_layout, interface.action
    given = {
        "swapped": (layout[1], layout[0], *layout[2:]),
        "elsewhere": action.model_copy(update={"home_rad": tuple(0.1 + each for each in action.home_rad)}),
    }
    changes = {name: given.get(value, value) if isinstance(value, str) else value for name, value in changes.items()}
    monkeypatch.setattr(Rollout, "play", None)
    if "not a usable" in message:
        tree, arrays = policy.packed()
        tree["interface"] |= {"observation_layout": [list(entry) for entry in changes["observation_layout"]]}
        policy_file.write(path, tree, arrays)
    else:
        dataclasses.replace(policy, interface=interface.model_copy(update=changes)).save(path)
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

    monkeypatch.setattr(reading, "plugins", lambda group: (Reader(),))
    (tmp_path / "model.zip").touch()
    if trust:
        assert main([str(tmp_path / "model.zip"), "--trust"]) == 0
        assert asked[0][0][0].policy is policy
    else:
        assert "add --trust" in refused([tmp_path / "model.zip"], capsys)


def test_suites_that_cannot_be_played(alone, tiny, tmp_path, capsys):
    assert "nowhere: not a readable suite" in refused([alone, "--suites", "nowhere"], capsys)
    assert "two suites have the same name" in refused([alone, "--suites", "walk", "walk"], capsys)
    assert "none of robust has a quick version" in refused([alone, "--quick", "--suites", "robust"], capsys)
    message = refused([alone, "--suites", "push", "--baselines"], capsys)
    assert "asks to beat hold-home, which is not played" in message
    assert "is not over at the end of an episode of 1 s" in refused(
        [alone, "--suites", "push", "--seconds", "1"], capsys
    )
    broken = suites.written(tmp_path, "broken", pushes=3)
    assert "broken.yaml: unknown field pushes" in refused([alone, "--suites", tiny, broken], capsys)


def test_files_that_cannot_be_written_are_refused_before_anything_is_played(alone, run, tiny, monkeypatch, capsys):
    monkeypatch.setattr(Rollout, "play", None)
    options = [alone, "--suites", tiny]
    assert "its folder does not exist; create it" in refused([*options, "--picture", run / "new" / "e.png"], capsys)
    assert "it is a folder; give the name of a file" in refused([*options, "--json", run], capsys)
    assert "it is a file; give the name of a folder" in refused([*options, "--report", alone], capsys)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--episodes", "0"], "must be from 1 to 100000, not 0"),
        (["--seconds", "-1"], "must be from 0.02 to 3600 s, not -1"),
        (["--seconds", "nan"], "must be from 0.02 to 3600 s, not nan"),
        (["--seed", "-1"], "must be from 0 to 4294967295, not -1"),
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
    monkeypatch.setattr(candidates, "SHIPPED", tmp_path / "policies")
    assert f"no policy is named, and there is none in {tmp_path / 'policies'}" in refused([], capsys)


def test_a_film_that_is_no_mp4(run, capsys):
    assert "ends in .mp4" in refused([run, "--video", run / "film.gif"], capsys)


def test_a_film_without_the_extra(run, monkeypatch, capsys):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    message = refused([run, "--video", run / "film.mp4"], capsys)
    assert message == 'error: --video needs imageio and imageio_ffmpeg; run `pip install "wildrobot[video]"`\n'


@pytest.mark.parametrize(
    ("option", "package", "message"),
    [
        (["--report", "page"], "plotly", "the report needs plotly"),
        (["--picture", "walk.png", "--no-report"], "matplotlib", "the picture needs matplotlib"),
    ],
)
def test_a_report_or_picture_without_the_extra(alone, tiny, monkeypatch, capsys, option, package, message):
    """Refused before anything is played."""
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == package else find_spec(name))
    monkeypatch.setattr(Rollout, "play", None)
    told = refused([alone, "--suites", tiny, *option], capsys)
    assert told == f'error: {message}; run `pip install "wildrobot[report]"`\n'


@pytest.mark.parametrize("library", ["", "osmesa"])
def test_a_film_without_opengl(run, library, monkeypatch, capsys):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object())
    monkeypatch.setattr(ctypes.util, "find_library", lambda name: None)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("MUJOCO_GL", library)
    monkeypatch.delenv("DISPLAY", raising=False)
    assert "apt-get install libosmesa6" in refused([run, "--video", run / "film.mp4"], capsys)
