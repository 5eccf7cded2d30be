"""Thresholds: when they are reached, and what is said."""

import pytest

from tests.evaluation.suites import loaded, result, results
from wildrobot.errors import UsageError
from wildrobot.evaluation.judge import gates
from wildrobot.evaluation.judge.estimates import suite_result

CASES = [{"start": "rest", "vx_m_per_s": [0.0, 0.1, -0.2]}]


def checked(tmp_path, given, gate, *, baseline=None):
    """Whether each case of (0, 0.1, -0.2 m/s) passes the one gate; `given` are the metrics of a policy."""
    changes = {"baselines": ["hold-home"]} if baseline is not None else {}
    suite = loaded(tmp_path, cases=CASES, gates=[{"reason": "it must"} | gate], **changes)
    baselines = {"hold-home": results(suite, **baseline)} if baseline is not None else {}
    return gates.check(suite, results(suite, **given), baselines)


@pytest.mark.parametrize(
    ("limit", "value", "passed"),
    [
        ({"at_least": 0.5}, 0.5, True),
        ({"at_least": 0.5}, 0.49, False),
        ({"at_most": 0.5}, 0.5, True),
        ({"at_most": 0.5}, 0.51, False),
        ({"more_than": 0.5}, 0.51, True),
        ({"more_than": 0.5}, 0.5, False),
    ],
)
def test_each_sense_at_its_limit(tmp_path, limit, value, passed):
    """Of the mean of four episodes."""
    shares = [value - 0.25, value - 0.125, value + 0.125, value + 0.25]
    found = checked(tmp_path, {"duty_factor": shares}, limit | {"metric": "duty_factor"})
    assert [each.passed for each in found] == [passed] * 3
    assert found[0].value == pytest.approx(value)
    assert (found[0].sense, found[0].limit) == (next(iter(limit)).replace("_", " "), 0.5)


def test_a_limit_that_grows_with_the_speed(tmp_path):
    """0.01 + 0.24 |vx| metres: 0.01, 0.034 and 0.058."""
    gate = {"metric": "step_length_m", "at_least": 0.01, "per_vx": 0.24}
    found = checked(tmp_path, {"step_length_m": 0.04}, gate)
    assert [each.limit for each in found] == pytest.approx([0.01, 0.034, 0.058])
    assert [each.passed for each in found] == [True, True, False]


def test_a_metric_that_no_episode_has_fails_its_gate(tmp_path):
    for limit in ({"at_least": 0.0}, {"at_most": 1.0}, {"more_than": 0.0}):
        first, *_ = checked(tmp_path, {}, {"metric": "step_length_m"} | limit)
        assert (first.value, first.passed) == (None, False)
        assert first.sentence.startswith("FAIL: tiny, 0.00 m/s: step length none (")


@pytest.mark.parametrize(
    ("own", "baseline", "sense", "passed"),
    [
        ([1, 1, 1, 0], [1, 1, 0, 0], "more than", True),
        ([1, 1, 0, 0], [0, 0, 1, 1], "more than", False),
        ([1, 1, 1, 1], [1, 1, 1, 1], "at least", True),
        ([1, 1, 1, 0], [1, 1, 1, 1], "at least", False),
    ],
)
def test_a_baseline_must_be_beaten_and_equalled_where_it_is_perfect(tmp_path, own, baseline, sense, passed):
    gate = {"metric": "survival", "beats": "hold-home"}
    first, *_ = checked(tmp_path, {"survival": own}, gate, baseline={"survival": baseline})
    assert (first.sense, first.limit, first.passed) == (sense, sum(baseline) / 4, passed)
    assert first.reason == "it must (the limit is what hold-home reaches)"


def test_each_case_is_held_against_the_baseline_of_its_own(tmp_path):
    suite = loaded(
        tmp_path, cases=CASES, baselines=["hold-home"],
        gates=[{"metric": "survival", "beats": "hold-home", "reason": "it must"}],
    )  # fmt: skip
    own = results(suite, survival=[1, 1, 0, 0])
    shares = ([1, 0, 0, 0], [1, 1, 0, 0], [0, 0, 0, 0])
    baseline = suite_result({case.id: result(survival=share) for case, share in zip(suite.cases, shares, strict=True)})
    assert [each.passed for each in gates.check(suite, own, {"hold-home": baseline})] == [True, False, True]


def test_a_gate_is_on_the_cases_that_it_selects(tmp_path):
    found = checked(tmp_path, {}, {"metric": "survival", "at_least": 0.9, "cases": {"vx_m_per_s": [0.1, -0.2]}})
    assert [each.case for each in found] == ["vx=0.1", "vx=-0.2"]


def test_the_sentence_says_where_how_much_and_what_was_asked_for(tmp_path):
    gate = {"metric": "vx_error_m_per_s", "at_most": 0.05, "cases": {"vx_m_per_s": 0.1}}
    (passed,) = checked(tmp_path, {"vx_error_m_per_s": 0.0123}, gate)
    (failed,) = checked(tmp_path, {"vx_error_m_per_s": 0.1}, gate)
    assert passed.sentence == "pass: tiny, 0.10 m/s: vx error 0.012 (at most 0.05 m/s)"
    assert failed.sentence == "FAIL: tiny, 0.10 m/s: vx error 0.100 (at most 0.05 m/s)"
    (share,) = checked(tmp_path, {}, gate | {"metric": "survival", "at_most": None, "more_than": 0.95})
    assert share.sentence == "pass: tiny, 0.10 m/s: survival 1.000 (more than 0.95)"


def test_a_baseline_that_has_no_value_cannot_be_beaten(tmp_path):
    gate = {"metric": "step_length_m", "beats": "hold-home"}
    first, *_ = checked(tmp_path, {"step_length_m": 0.1}, gate, baseline={})
    assert (first.limit, first.passed) == (None, False)
    assert first.sentence == "FAIL: tiny, 0.00 m/s: step length 0.100 (more than none m)"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"metrics": ["survivl"]}, r"no metric is called 'survivl'; there are: survival, "),
        ({"headline": {"speed": 1.0}}, r"no metric is called 'speed'"),
        (
            {"headline": {"vx_m_per_s": 1.0}},
            r"neither way of vx_m_per_s is better, so it makes no headline; choose",
        ),
        ({"gates": [{"metric": "walks", "at_least": 1, "reason": "it must"}]}, r"no metric is called 'walks'"),
    ],
)
def test_metrics_that_a_suite_cannot_name(tmp_path, changes, message):
    with pytest.raises(UsageError, match=rf"tiny\.yaml: {message}"):
        gates.check_metrics(loaded(tmp_path, **changes))
