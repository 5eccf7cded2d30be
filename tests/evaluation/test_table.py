"""Tables for people."""

import io

import pytest
from rich.console import Console

from tests.evaluation.suites import loaded, results
from wildrobot.evaluation.judge import gates
from wildrobot.evaluation.judge.assemble import suite_info
from wildrobot.evaluation.judge.result import Estimate, PolicyResult
from wildrobot.evaluation.measure.metrics import find
from wildrobot.evaluation.show import table


def cell(name, value, low=0.0, high=1.0):
    return table._cell(find(name).info, Estimate(value=value, low=low, high=high, n=4))


@pytest.mark.parametrize(
    ("share", "text"),
    [(1.0, "100"), (127 / 128, "99.2"), (0.5, "50"), (0.9, "90"), (0.004, "0.4"), (0.0, "0"), (0.094, "9.4")],
)
def test_nothing_is_rounded_to_all_or_none(share, text):
    assert cell("torque_saturation", share) == text


def test_a_rate_has_its_interval():
    assert cell("survival", 0.75, 0.301, 0.954) == "75 (30-95)"


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.12345, "0.123"), (-0.0004, "0.000"), (-0.0006, "-0.001"), (9.9994, "9.999"), (12.345, "12.3"), (None, "-")],
)
def test_means_have_three_digits_and_no_minus_zero(value, text):
    assert cell("vx_m_per_s", value) == text


def printed(suite, played, baselines=(), **options):
    stream = io.StringIO()
    console = Console(file=stream, width=120, highlight=False, markup=False, **options)
    table.print_suite(console, suite_info(suite), played, baselines)
    return [line.rstrip() for line in stream.getvalue().splitlines()]


def test_one_row_for_each_case_one_column_for_each_metric(tmp_path):
    suite = loaded(tmp_path)
    mine = results(suite, survival=[1, 1, 1, 0], vx_error_m_per_s=0.0123, torque_saturation=0.004)
    lines = printed(suite, {"mine": mine, "hold-home": results(suite)}, ["hold-home"])
    assert lines[:2] == ["", "tiny  Does it do as the tests say?  (3 episodes of 0.5 s per case)"]
    heading, first = lines[2:5], lines.index("mine")
    assert [line.split() for line in heading] == [
        ["vx", "torque"],
        ["survival", "error", "saturation"],
        ["[%]", "[m/s]", "[%]"],
    ]
    assert lines[first + 1].split() == ["0.00", "m/s", "75", "(30-95)", "0.012", "0.4"]
    assert lines[first + 2].split()[:2] == ["0.20", "m/s"]
    assert lines[first + 3] == "hold-home"
    assert lines[first + 4].split() == ["0.00", "m/s", "100", "(51-100)", "-", "-"]


def test_a_baseline_is_dimmed(tmp_path):
    suite, dim = loaded(tmp_path), "\x1b[2m"
    options = {"force_terminal": True, "color_system": "standard"}
    for baseline in (False, True):
        (name,) = [
            line
            for line in printed(suite, {"someone": results(suite)}, ["someone"] if baseline else [], **options)
            if "someone" in line
        ]
        assert (dim in name) is baseline


def test_a_suite_with_two_lengths_says_both(tmp_path):
    suite = loaded(tmp_path, cases=[{"start": "rest", "seconds": [0.5, 2.0]}])
    assert "(3 episodes of 0.5 and 2 s per case)" in printed(suite, {})[1]


def test_gates_are_one_line_and_those_that_fail_one_each(tmp_path):
    gate = [
        {"metric": "survival", "at_least": 0.9, "reason": "it must"},
        {"metric": "vx_error_m_per_s", "at_most": 0.05, "cases": {"vx_m_per_s": 0.2}, "reason": "it must"},
    ]
    suite = loaded(tmp_path, gates=gate)

    def lines(checked):
        policy = PolicyResult(
            name="mine", baseline=False, provenance=None, notes=(), learning_curve=None, suites={},
            gates=tuple(checked), passed=False,
        )  # fmt: skip
        return [str(line) for line in table.gate_lines(policy)]

    assert lines(gates.check(suite, results(suite, vx_error_m_per_s=0.1), {})) == [
        "Gates of mine: FAIL (2 of 3 passed)",
        "  FAIL: tiny, 0.20 m/s: vx error 0.100 (at most 0.05 m/s)",
    ]
    good = gates.check(suite, results(suite, vx_error_m_per_s=0.01), {})
    assert lines(good) == ["Gates of mine: pass (3 of 3 passed)"]
    assert lines([]) == ["Gates of mine: none in these suites"]
