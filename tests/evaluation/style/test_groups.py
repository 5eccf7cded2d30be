"""Metrics of groups, and what is said of two of them."""

import numpy as np
import pytest

from wildrobot.evaluation.judge.estimates import rate
from wildrobot.evaluation.judge.result import Estimate
from wildrobot.evaluation.measure import statistics
from wildrobot.evaluation.style.groups import Walker, by_group, contrast, mean_estimates
from wildrobot.evaluation.style.metrics import JOINT_DISTANCE, STRIDE_FREQUENCY, STYLE_METRICS, SURVIVAL, Measured

COMMANDS = ["vx=0.1", "vx=0.2"]


def walker(name, group, joint, survival=1.0):
    """Its joint distance is given by command, then by episode; nothing else is measured."""
    measured = {}
    for command, values in zip(COMMANDS, joint, strict=True):
        filled = {name: np.full(len(values), np.nan) for name in STYLE_METRICS}
        filled |= {JOINT_DISTANCE.name: np.array(values), SURVIVAL.name: np.full(len(values), survival)}
        measured[command] = Measured(filled, np.full((8, len(values)), np.nan), ["a clip"] * len(values))
    return Walker(name, group, measured)


def test_seeds_share_a_group():
    found = by_group([walker(name, name[0], [[0.1], [0.1]]) for name in ("a1", "b1", "a2")])
    assert {group: [each.name for each in members] for group, members in found.items()} == {
        "a": ["a1", "a2"], "b": ["b1"],
    }  # fmt: skip


def test_one_policy_by_its_episodes():
    found = mean_estimates([walker("a", "a", [[0.1, 0.3], [0.5, np.nan]])], COMMANDS)
    assert found[JOINT_DISTANCE.name].value == pytest.approx((0.2 + 0.5) / 2)
    assert found[JOINT_DISTANCE.name].n == 3
    assert found[SURVIVAL.name] == rate(np.ones(4))
    assert found[STRIDE_FREQUENCY.name].value is None


def test_several_seeds_by_their_means():
    group = [walker(str(seed), "a", [[value, value], [value + 0.1]]) for seed, value in enumerate((0.1, 0.2, 0.6))]
    found = mean_estimates(group, COMMANDS)[JOINT_DISTANCE.name]
    expected = Estimate.from_statistics(statistics.iqm(np.array([[0.1, 0.2], [0.2, 0.3], [0.6, 0.7]])))
    assert found.model_dump() == pytest.approx(expected.model_dump())


def test_two_policies_are_compared_in_pairs():
    first, second = (walker(name, name, values) for name, values in (
        ("near", [[0.1, 0.2, 0.3], [0.1, 0.2, 0.3]]), ("far", [[0.2, 0.3, 0.4], [0.2, 0.3, 0.4]]),
    ))  # fmt: skip
    found = contrast({"near": [first], "far": [second]}, JOINT_DISTANCE, COMMANDS)
    assert (found.difference, found.low, found.high) == pytest.approx((-0.1, -0.1, -0.1))
    assert found.significant
    assert found.probability_of_improvement is not None
    assert found.probability_of_improvement > 0.5


def test_groups_are_compared_by_their_runs():
    first = [walker(str(seed), "near", [[0.1 + 0.01 * seed]] * 2) for seed in range(5)]
    second = [walker(str(seed), "far", [[0.3 + 0.01 * seed]] * 2) for seed in range(5)]
    found = contrast({"near": first, "far": second}, JOINT_DISTANCE, COMMANDS)
    assert not found.too_few_runs
    assert found.difference == pytest.approx(-0.2)
    assert found.significant
    assert found.probability_of_improvement == 1.0
    assert contrast({"near": first[:3], "far": second}, JOINT_DISTANCE, COMMANDS).too_few_runs


def test_a_metric_without_a_better_way_has_no_improvement():
    pair = [walker(name, name, [[0.1, 0.2], [0.1, 0.2]]) for name in "ab"]
    members = {"a": pair[:1], "b": pair[1:]}
    assert contrast(members, STRIDE_FREQUENCY, COMMANDS).probability_of_improvement is None
