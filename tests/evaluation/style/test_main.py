"""The command, from a shipped policy to the table, the document and the picture; and mistakes of its user."""

import dataclasses
import json
import sys
from pathlib import Path

import pytest

from tests.evaluation import suites
from wildrobot.evaluation.style import discriminator, study
from wildrobot.evaluation.style.__main__ import main
from wildrobot.evaluation.style.metrics import STYLE_METRICS
from wildrobot.evaluation.style.result import load, to_json

pytestmark = pytest.mark.usefixtures("the_environment_stays")
SHIPPED = Path(__file__).resolve().parents[3] / "policies"


@pytest.fixture
def small(monkeypatch):
    """One command, two episodes of 4 s, two levels of noise."""
    monkeypatch.setattr(discriminator, "LEVELS", (0.0, 1.0, 10.0))
    make = study.planned

    def planned(*given, **named):
        plan = make(*given, **named)
        (case,) = [case for case in plan.suite.cases if case.command[0] == 0.2]
        cases = (case.model_copy(update={"seconds": 4.0}),)
        return dataclasses.replace(plan, suite=dataclasses.replace(plan.suite, cases=cases, episodes=2), samples=64)

    monkeypatch.setattr(study, "planned", planned)


def refused(arguments, capsys):
    assert main([str(argument) for argument in arguments]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith("error: ")
    assert shown.err.count("\n") == 1
    return shown.err


def test_a_shipped_policy(small, tmp_path, capsys):
    path = tmp_path / "style.json"
    arguments = [SHIPPED / "brax-walk.safetensors", "--quick", "--threads", "1", "--json", path]
    assert main([str(each) for each in [*arguments, "--strips", tmp_path / "strips"]]) == 0
    shown = capsys.readouterr().out
    for row in ("open-loop clip", "hold-home", "brax-walk", "0.20 m/s  (forward-0.20)"):
        assert row in shown
    tree = json.loads(path.read_text())
    assert to_json(load(path)) == path.read_text().rstrip()
    assert [each["name"] for each in tree["walkers"]] == ["open-loop clip", "hold-home", "brax-walk"]
    means = {name: found["mean"] for name, found in tree["groups"].items()}
    assert all(means["brax-walk"][name]["value"] is not None for name in STYLE_METRICS)
    joint = {name: found["joint_distance_rad"]["value"] for name, found in means.items()}
    assert joint["open-loop clip"] < 0.01 < 0.1 < min(joint["brax-walk"], joint["hold-home"])
    assert means["hold-home"]["stride_frequency_ratio"]["value"] == 0.0
    assert means["open-loop clip"]["noise_to_hide"]["value"] < means["brax-walk"]["noise_to_hide"]["value"]
    assert (tmp_path / "strips" / "brax-walk.png").read_bytes().startswith(b"\x89PNG")


def test_policies_of_one_name_are_a_group(run, policy, tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(study, "study", lambda entries, plan, **named: asked.extend(entries))
    other = suites.run_folder(tmp_path / "other", policy)
    odd = suites.run_folder(tmp_path / "a=b", policy)
    assert main([f"mine={run}", f"mine={other}", str(odd)]) == 0
    assert [(each.group, each.candidate.name) for each in asked] == [
        ("mine", "my-run"),
        ("mine", "other"),
        ("a=b", "a=b"),
    ]


def test_what_is_no_policy(alone, tmp_path, capsys):
    assert "does not exist; give a run folder" in refused([tmp_path / "missing"], capsys)
    assert "names no policy; give a path, or NAME=path" in refused(["mine="], capsys)
    assert "a policy is named twice" in refused([alone, alone], capsys)
    assert "hold-home is the name of a baseline" in refused([f"hold-home={alone}"], capsys)


def test_what_is_no_reference(alone, capsys):
    assert "no clip 'forwards'" in refused([alone, "--reference", "forwards"], capsys)
    told = refused([alone, "--reference", "step-in-place"], capsys)
    assert "no clip of step-in-place is within 0.03 m/s of a command (0.10 m/s, 0.20 m/s, 0.30 m/s forward)" in told


def test_where_nothing_can_be_written(alone, tmp_path, capsys):
    assert "give the name of a file" in refused([alone, "--json", tmp_path], capsys)
    assert "it is a file; give the name of a folder" in refused([alone, "--strips", alone], capsys)


def test_without_scikit_learn(alone, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn", None)
    assert "needs scikit-learn" in refused([alone], capsys)


def test_humans_are_compared_where_there_are_clips_of_them(robot):
    plan = study.planned(robot, ["human"], quick=True)
    assert [case.id for case in plan.suite.cases] == ["vx=0.1", "vx=0.2"]
    assert list(plan.references) == ["vx=0.1", "vx=0.2"]
