"""From findings to a verdict, and the result as JSON."""

import json

import pytest

from wildrobot.errors import UsageError
from wildrobot.evaluation.diagnose.registry import EXAMINATIONS, Examination, Measured, examination
from wildrobot.evaluation.diagnose.verdict import ranked, sentence, verdict
from wildrobot.evaluation.judge.diagnosis import Diagnosis, ExaminationResult, json_schema, load, to_json


def result(name, culprit, certainty, value, at_most=1.0) -> ExaminationResult:
    def function():
        yield Measured("it", value, at_most=at_most)

    return Examination(
        name, function, (), culprit, certainty, "Is it?", "m", "it must", "a source", "Look at it."
    ).result({})  # fmt: skip


def diagnosis(*results) -> Diagnosis:
    found = ranked(results)
    return Diagnosis(
        subject="runs/a", verdict=verdict(found), sentence=sentence(found, len(results)),
        findings=tuple(each.name for each in found), examinations=results, left_out=("the moon",), seconds=1.5,
        versions={"wildrobot": "0.1.0"}, commit=None,
    )  # fmt: skip


def test_exact_comes_before_measured_and_the_robot_before_the_task():
    results = [
        result("learns_nothing", "trainer", "indirect", 9.0),
        result("drifts", "robot", "measured", 9.0),
        result("pays_standing", "task", "exact", 2.0),
        result("reads_wrong", "robot", "exact", 2.0),
        result("sound", "robot", "exact", 0.5),
    ]
    assert [each.name for each in ranked(results)] == ["reads_wrong", "pays_standing", "drifts", "learns_nothing"]
    assert verdict(ranked(results)) == "robot"
    assert sentence(ranked(results), 5) == (
        "Suspect the robot: reads wrong, it: 2 m instead of at most 1. 3 other examinations found something too. "
        "Try next: Look at it."
    )
    assert verdict([]) == "healthy"
    assert sentence([], 5) == "Healthy: none of 5 examinations found anything."


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 1.1])
def test_what_is_no_number_fails(value):
    (check,) = result("a", "task", "exact", value).failed
    assert check.limits == "at most 1"


def test_the_worst_check_comes_first():
    checks = [Measured("near", 1.1, at_most=1.0), Measured("far", 5.0, 1.0, 2.0), Measured("fine", 1.0, 0.0, 1.0)]
    found = Examination("a", lambda: checks, (), "task", "exact", "?", "", "w", "s", "t").result({})
    assert [(check.subject, check.limits) for check in found.failed] == [("far", "1 to 2"), ("near", "at most 1")]


def test_every_examination_says_why_and_what_next():
    for each in EXAMINATIONS.values():
        assert each.asks.endswith("?"), each.name
        assert all(len(text) > 20 for text in (each.why, each.try_next)), each.name
        assert each.source, each.name
        assert each.try_next.endswith("."), each.name
        assert not each.why.endswith("."), each.name


def test_two_examinations_cannot_share_a_name():
    def horizon():
        """Is it?"""
        return ()

    with pytest.raises(ValueError, match="two examinations are called horizon"):
        examination("task", "exact", why="w", source="s", try_next="t")(horizon)


def test_json(tmp_path):
    made = diagnosis(result("drifts", "robot", "measured", float("nan")))
    file = tmp_path / "diagnosis.json"
    file.write_text(to_json(made))
    assert load(file) == made
    assert json.loads(file.read_text())["examinations"][0]["checks"][0]["value"] is None
    assert json_schema()["properties"]["verdict"]["enum"] == ["robot", "task", "trainer", "measurement", "healthy"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "not readable as JSON"),
        ('{"schema": "other"}', "not the result of a diagnosis"),
        ('{"schema": "wildrobot-diagnosis", "schema_version": 9}', "its schema_version is 9, and this program reads 1"),
        ('{"schema": "wildrobot-diagnosis", "schema_version": 1}', "subject"),
    ],
)
def test_files_that_are_no_diagnosis(text, message, tmp_path):
    file = tmp_path / "a.json"
    file.write_text(text)
    with pytest.raises(UsageError, match=message):
        load(file)
