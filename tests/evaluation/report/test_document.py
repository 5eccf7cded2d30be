import copy
import json
from typing import Any

import pytest
from pydantic import ValidationError

from tests.evaluation.report import sample
from wildrobot.evaluation.judge import result as document


@pytest.fixture(scope="module")
def tree() -> dict[str, Any]:
    return sample.document(episodes=4)


def test_a_document_survives_json(tree: dict[str, Any]) -> None:
    assert document.validate(json.loads(json.dumps(tree))) == document.validate(tree)


def test_the_schema_documents_every_part() -> None:
    schema = document.json_schema()
    assert schema["$schema"].endswith("2020-12/schema")
    assert schema["properties"]["schema"]["const"] == "wildrobot-evaluation"
    assert schema["properties"]["schema_version"]["const"] == 2
    assert schema["additionalProperties"] is False
    for name, part in schema["$defs"].items():
        if "properties" in part:
            assert part["additionalProperties"] is False, name
            assert part["description"], name
    assert schema["properties"]["comparisons"]["type"] == "array"
    assert "details" in schema["$defs"]["SuiteComparison"]["required"]
    assert schema["$defs"]["CaseInfo"]["properties"]["collision"]["enum"] == ["feet", "full"]
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
        ("schema_version", 1, "schema_version"),
        ("policies/0/suites/walk/overall/survival/value", float("nan"), "finite"),
        ("policies/0/suites/swim", {"cases": {}, "overall": {}}, "suite swim is not defined"),
        ("policies/1/name", "brax-seed-1", "the same name"),
        ("policies/0/suites/walk/overall/luck", {"value": 1.0, "low": 1.0, "high": 1.0, "n": 1}, "figure luck"),
        ("comparisons/0/groups/brax-ppo", ["nobody"], "policy nobody is not defined"),
        ("comparisons/0/groups", {"brax-ppo": ["brax-seed-1"]}, "at least 2 items"),
        ("policies/0/gates/0/case", "vx=9", "case of walk vx=9 is not defined"),
        ("suites/0/cases/0/command", [0.1, 0.0], "command"),
        ("suites/0/cases/0/collision", "hands", "'feet' or 'full'"),
    ],
)
def test_mistakes_are_named(tree: dict[str, Any], path: str, value: object, told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        document.validate(_change(tree, path, value))
