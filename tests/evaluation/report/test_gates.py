from typing import Any

import pytest

from tests.evaluation.report import sample
from wildrobot.evaluation.judge.result import from_tree
from wildrobot.evaluation.show.report import gates


def _gate(case: str, value: float, passed: bool, **changes: Any) -> dict[str, Any]:
    gate = {"suite": "walk", "case": case, "metric": "vx_error_m_per_s", "sense": "at most", "limit": 0.05, "unit": ""}
    return {**gate, "reason": "half of the slowest walk", "value": value, "passed": passed, "sentence": ""} | changes


def _rows(which: str, *asked: dict[str, Any]) -> list[tuple[str, str, str]]:
    tree = sample.document(("one",), episodes=2)
    tree["policies"][0]["gates"] = list(asked)
    evaluation = from_tree(tree, "here")
    return [(row.where, row.value, row.nearest) for row in getattr(gates, which)(evaluation, evaluation.policies[0])]


def test_passed_gates_of_one_limit_are_one_row_with_the_value_nearest_to_it() -> None:
    three = [_gate(f"vx={vx}", value, True) for vx, value in (("0.1", 0.007), ("0.2", 0.012), ("0.3", 0.004))]
    assert _rows("passed", *three) == [("walk, 0.10, 0.20, 0.30 m/s", "0.012 m/s", "0.20 m/s")]
    least = [gate | {"sense": "at least", "limit": 0.001} for gate in three]
    assert _rows("passed", *least) == [("walk, 0.10, 0.20, 0.30 m/s", "0.004 m/s", "0.30 m/s")]
    alike = [gate | {"value": 0.004} for gate in three]
    assert _rows("passed", *alike) == [("walk, 0.10, 0.20, 0.30 m/s", "0.004 m/s", "")]
    assert _rows("passed", three[0], three[1] | {"limit": 0.06}) == [
        ("walk, 0.10 m/s", "0.007 m/s", ""),
        ("walk, 0.20 m/s", "0.012 m/s", ""),
    ]


@pytest.mark.parametrize(
    ("cases", "where"),
    [
        (("vx=-0.1", "vx=0", "vx=0.1", "vx=0.2", "vx=0.3"), "all 5 cases"),
        (("vx=-0.1", "vx=0", "vx=0.1", "vx=0.3"), "all cases but 0.20 m/s"),
        (("vx=-0.1",), "−0.10 m/s"),
    ],
)
def test_cases_are_named_in_few_words(cases: tuple[str, ...], where: str) -> None:
    assert _rows("passed", *(_gate(case, 0.01, True) for case in cases))[0][0] == f"walk, {where}"


def test_labels_with_commas_are_kept_apart() -> None:
    found = _rows(
        "passed",
        _gate("shaken 20s", 0.01, True, suite="stand"),
        _gate("leaning 60s", 0.01, True, suite="stand"),
    )
    assert found[0][0] == "stand, shaken start, 20 s; leaning start, 60 s"


def test_every_failed_gate_has_its_row() -> None:
    failed = [_gate("vx=0.1", 0.06, False), _gate("vx=0.2", 0.07, False), _gate("vx=0.3", 0.01, True)]
    assert _rows("failed", *failed) == [("walk, 0.10 m/s", "0.060 m/s", ""), ("walk, 0.20 m/s", "0.070 m/s", "")]
    assert len(_rows("passed", *failed)) == 1
