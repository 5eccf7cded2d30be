import copy
import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from tests.evaluation.report import sample
from wildrobot.errors import UsageError
from wildrobot.evaluation.judge import result


@pytest.fixture(scope="module")
def tree() -> dict[str, Any]:
    return sample.document(episodes=4)


def test_a_result_survives_json(tree: dict[str, Any], tmp_path: Path) -> None:
    evaluation = result.from_tree(tree, "here")
    (tmp_path / "evaluation.json").write_text(result.to_json(evaluation))
    assert result.to_json(result.load(tmp_path / "evaluation.json")) == result.to_json(evaluation)


def test_single_episodes_are_saved_in_six_digits(tree: dict[str, Any]) -> None:
    changed = _change(tree, "policies/0/suites/walk/cases/vx=0/metrics/speed_m_per_s/values/0", 0.12345678)
    evaluation = result.from_tree(changed, "here")
    estimate = evaluation.policies[0].suites["walk"].cases["vx=0"].metrics["speed_m_per_s"]
    assert estimate.array[0] == 0.12345678
    saved = json.loads(result.to_json(evaluation))
    assert saved["policies"][0]["suites"]["walk"]["cases"]["vx=0"]["metrics"]["speed_m_per_s"]["values"][0] == 0.123457


def test_a_result_cannot_be_changed(tree: dict[str, Any]) -> None:
    evaluation = result.from_tree(tree, "here")
    with pytest.raises(ValidationError, match="frozen"):
        evaluation.policies[0].passed = True  # type: ignore[misc]


def _of_version_2(tree: Any) -> Any:
    """What version 2 would have written."""
    names = {"metrics": "figures", "metric": "figure", "saturated_fraction": "saturated_share",
             "overspeed_fraction": "overspeed_share"}  # fmt: skip
    if isinstance(tree, list):
        return [_of_version_2(value) for value in tree]
    return {names.get(k, k): _of_version_2(v) for k, v in tree.items()} if isinstance(tree, dict) else tree


def test_version_2_is_read(tree: dict[str, Any]) -> None:
    """It called a metric a figure and a fraction a share; a case had a length only where it was not the suite's."""
    old = _of_version_2(tree) | {"schema_version": 2}
    for info in old["figures"].values():
        del info["name"]
        info["kind"] = info["kind"].replace("fraction", "share")
    for suite in old["suites"]:
        del suite["headline"]
        suite["seconds"] = 20.0
        for case in suite["cases"]:
            del case["settings"]
            if case["seconds"] == 20.0:
                del case["seconds"]
    assert result.from_tree(old, "old") == result.from_tree(tree, "new")


@pytest.mark.parametrize(
    ("tree", "told"),
    [
        ({}, "not the result of an evaluation"),
        ([], "not the result of an evaluation"),
        (
            {"schema": "wildrobot-evaluation", "schema_version": 4},
            "its schema_version is 4, and this program reads 2",
        ),
    ],
)
def test_what_is_no_result(tree: Any, told: str) -> None:
    with pytest.raises(UsageError, match=f"here: {told}"):
        result.from_tree(tree, "here")


def test_a_file_that_is_no_json(tmp_path: Path) -> None:
    (tmp_path / "e.json").write_text("{")
    for name in ("e.json", "missing.json"):
        with pytest.raises(UsageError, match=rf"{name}: not readable as JSON .*; give a file that --json wrote"):
            result.load(tmp_path / name)


def test_the_schema_documents_every_part() -> None:
    schema = result.json_schema()
    assert schema["$schema"].endswith("2020-12/schema")
    assert schema["properties"]["schema"]["const"] == "wildrobot-evaluation"
    assert schema["properties"]["schema_version"]["const"] == 3
    assert schema["additionalProperties"] is False
    for name, part in schema["$defs"].items():
        if "properties" in part:
            assert part["additionalProperties"] is False, name
            assert part["description"], name
    assert schema["properties"]["comparisons"]["type"] == "array"
    assert "details" in schema["$defs"]["SuiteComparison"]["required"]
    assert schema["$defs"]["Case"]["properties"]["collision"]["enum"] == ["feet", "full"]
    assert "[m]" in schema["$defs"]["Series"]["properties"]["paths"]["description"]


def _change(tree: dict[str, Any], path: str, value: object) -> dict[str, Any]:
    changed = copy.deepcopy(tree)
    *way, last = path.split("/")
    part: Any = changed
    for key in way:
        part = part[int(key) if isinstance(part, list) else key]
    part[int(last) if isinstance(part, list) else last] = value
    return changed


@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        ("settings/sed", 0, "settings.sed"),
        ("settings/seed", "0", "settings.seed"),
        ("schema_version", 1, "schema_version is 1"),
        ("policies/0/suites/walk/overall/survival/value", float("nan"), "finite"),
        ("policies/0/suites/swim", {"cases": {}, "overall": {}}, "suite swim is not defined"),
        ("policies/1/name", "brax-seed-1", "the same name"),
        ("policies/0/suites/walk/overall/luck", {"value": 1.0, "low": 1.0, "high": 1.0, "n": 1}, "metric luck"),
        ("comparisons/0/groups/brax-ppo", ["nobody"], "policy nobody is not defined"),
        ("comparisons/0/groups", {"brax-ppo": ["brax-seed-1"]}, "give at least 2"),
        ("policies/0/gates/0/case", "vx=9", "case of walk vx=9 is not defined"),
        ("suites/0/cases/0/command", [0.1, 0.0], "command"),
        ("suites/0/cases/0/collision", "hands", "'feet' or 'full'"),
    ],
)
def test_mistakes_are_named(tree: dict[str, Any], path: str, value: object, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        result.from_tree(_change(tree, path, value), "here")
