"""Which of two is better: who is grouped, what is compared in pairs, and what the verdict says."""

import numpy as np
import pytest

from tests.evaluation.suites import loaded, result, results
from wildrobot.evaluation.judge import compare
from wildrobot.evaluation.judge.assemble import suite_info
from wildrobot.evaluation.judge.estimates import suite_result
from wildrobot.evaluation.measure.metrics import METRICS

INFOS = {name: metric.info for name, metric in METRICS.items()}


@pytest.fixture
def suite(tmp_path):
    """Cases 0 and 0.2 m/s; 2 % of survival and 0.01 m/s of error matter."""
    return loaded(tmp_path)


def policies(suite, *each, **common):
    """What some policies reached, from the metrics of each."""
    return [results(suite, **common, **metrics) for metrics in each]


def contrasted(suite, first, second, cases=None):
    return compare.contrasts({"brax": first, "sb3": second}, cases or [case.id for case in suite.cases], INFOS)


def compared(suite, first, second):
    """The verdict and its details."""
    found = compare.compare_suite(suite_info(suite), {"brax": first, "sb3": second}, INFOS)
    return found.verdict, found.details


def reached(contrast):
    return [group.value for group in contrast.by_group.values()]


def points(contrast):
    return [group.points for group in contrast.by_group.values()]


def test_policies_are_grouped_by_what_trained_them():
    frameworks = {"a": "brax-ppo", "b": "sb3-ppo", "c": "brax-ppo"}
    assert compare.groups(frameworks) == {"brax-ppo": ("a", "c"), "sb3-ppo": ("b",)}


def test_policies_of_one_trainer_stand_for_themselves():
    assert compare.groups({"a": "brax-ppo", "b": "brax-ppo"}) == {"a": ("a",), "b": ("b",)}
    assert compare.groups({"a": "brax-ppo", "b": "sb3-ppo"}) == {"a": ("a",), "b": ("b",)}


def test_one_against_one_is_compared_episode_by_episode(suite):
    """Starts that are hard for both cancel: every pair differs by 0.02, so there is no doubt at all."""
    hard = np.array([0.1, 0.5, 0.2, 0.9])
    (first,), (second,) = (
        policies(suite, {"vx_error_m_per_s": hard + 0.02}),
        policies(suite, {"vx_error_m_per_s": hard}),
    )
    assert compare.unit({"brax": [first], "sb3": [second]}) == "episode"
    found = contrasted(suite, [first], [second])["vx_error_m_per_s"]
    assert (found.difference, found.low, found.high) == pytest.approx((0.02, 0.02, 0.02))
    assert found.significant
    assert reached(found) == pytest.approx([0.445, 0.425])
    assert points(found) == [pytest.approx((0.445,)), pytest.approx((0.425,))]
    # Lower is better: of 16 pairs the first is ahead in the 6 where its start was the easier one.
    assert found.probability_of_improvement == pytest.approx(6 / 16)


def test_of_more_policies_the_unit_is_the_training(suite):
    """Three against two: whole trainings are what is drawn, however many episodes each has."""
    errors = [{"vx_error_m_per_s": value} for value in (0.01, 0.02, 0.03, 0.05, 0.06)]
    first, second = policies(suite, *errors[:3]), policies(suite, *errors[3:])
    assert compare.unit({"brax": first, "sb3": second}) == "training seed"
    found = contrasted(suite, first, second)["vx_error_m_per_s"]
    assert points(found) == [pytest.approx((0.01, 0.02, 0.03)), pytest.approx((0.05, 0.06))]
    # Of 6 scores (3 runs x 2 cases) one is cut off at both ends: (0.01 + 0.02 + 0.02 + 0.03) / 4; of 4 likewise.
    assert reached(found) == pytest.approx([0.02, 0.055])
    assert found.difference == pytest.approx(-0.035)
    assert found.probability_of_improvement == 1.0
    assert found.too_few_runs


@pytest.mark.parametrize(("runs", "significant"), [((4, 4), False), ((5, 4), False), ((5, 5), True)])
def test_fewer_than_five_trainings_are_never_significant(suite, runs, significant):
    """However clear it looks."""
    groups = [
        policies(suite, *({"vx_error_m_per_s": level + 0.001 * run} for run in range(count)))
        for level, count in zip((0.01, 0.09), runs, strict=True)
    ]
    found = contrasted(suite, *groups)["vx_error_m_per_s"]
    assert found.high is not None
    assert found.high < 0.0
    assert found.significant is significant


def test_neither_is_better_in_a_figure_without_a_direction(suite):
    first, second = policies(suite, {"speed_m_per_s": 0.1}, {"speed_m_per_s": 0.2})
    assert contrasted(suite, [first], [second])["speed_m_per_s"].probability_of_improvement is None


def test_a_clear_winner(suite):
    first, second = policies(suite, {"vx_error_m_per_s": 0.01}, {"vx_error_m_per_s": 0.05})
    assert compared(suite, [first], [second]) == (
        "brax is better: vx error 0.010 m/s against 0.050 m/s.",
        (
            "Survival 100.0 % (brax) against 100.0 % (sb3), difference 0.0 % to 0.0 %: not significant.",
            "Vx error 0.010 m/s (brax) against 0.050 m/s (sb3), difference -0.040 m/s to -0.040 m/s: brax is better.",
            "Vx error differs significantly, and by enough to matter, in: every case.",
        ),
    )


def test_higher_is_better_where_it_is(suite):
    """All 40 survive against none."""
    first, second = policies(suite, {"survival": np.zeros(20)}, {"survival": np.ones(20)}, episodes=20)
    assert compared(suite, [first], [second])[0] == "sb3 is better: survival 0.0 % against 100.0 %."


def test_what_is_not_significant(suite):
    first, second = policies(
        suite, {"vx_error_m_per_s": [0.0, 0.2, 0.0, 0.2]}, {"vx_error_m_per_s": [0.2, 0.0, 0.2, 0.1]}
    )
    sentence, (_, detail) = compared(suite, [first], [second])
    assert sentence == "No significant difference that matters."
    assert detail.startswith("Vx error 0.100 m/s (brax) against 0.125 m/s (sb3), difference -0.")
    assert detail.endswith(": not significant.")


def test_a_significant_difference_too_small_to_matter(suite):
    first, second = policies(suite, {"vx_error_m_per_s": 0.010}, {"vx_error_m_per_s": 0.015})
    sentence, (_, detail) = compared(suite, [first], [second])
    assert sentence == "No significant difference that matters."
    assert detail.endswith("difference -0.005 m/s to -0.005 m/s: significant, but less than the 0.010 m/s that matter.")


def test_each_is_better_in_something(suite):
    first, second = policies(
        suite, {"survival": 0.0, "vx_error_m_per_s": 0.01}, {"survival": 1.0, "vx_error_m_per_s": 0.05}
    )
    assert compared(suite, [first], [second])[0] == (
        "sb3 is better: survival 0.0 % against 100.0 %; brax is better: vx error 0.010 m/s against 0.050 m/s."
    )


def test_the_cases_where_it_shows(suite):
    stand, walk = suite.cases
    first, second = (
        suite_result({stand.id: result(vx_error_m_per_s=0.02), walk.id: result(vx_error_m_per_s=error)})
        for error in (0.01, 0.09)
    )
    _, details = compared(suite, [first], [second])
    assert details[-1] == "Vx error differs significantly, and by enough to matter, in: 0.20 m/s."


def test_too_few_trainings_are_said_to_be(suite):
    first = policies(suite, {"vx_error_m_per_s": 0.01}, {"vx_error_m_per_s": 0.011})
    second = policies(suite, {"vx_error_m_per_s": 0.05}, {"vx_error_m_per_s": 0.051})
    sentence, details = compared(suite, first, second)
    assert sentence == "Too few trainings to be sure: 5 of each are needed."
    assert not any("better" in detail or "differs" in detail for detail in details)


def test_a_figure_that_one_has_not(suite):
    first, second = policies(suite, {}, {"vx_error_m_per_s": 0.05})
    sentence, details = compared(suite, [first], [second])
    assert sentence == "No significant difference that matters."
    assert details[-1] == "Vx error none (brax) against 0.050 m/s (sb3)."
    found = contrasted(suite, [first], [second])["vx_error_m_per_s"]
    assert found.by_group["brax"].model_dump() == {"value": None, "low": None, "high": None, "points": (None,)}
    assert (found.difference, found.probability_of_improvement, found.significant) == (None, None, False)
