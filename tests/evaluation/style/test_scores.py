"""Figures of groups, and what is said of two of them."""

import numpy as np
import pytest

from wildrobot.evaluation.judge import cases as results
from wildrobot.evaluation.measure import statistics
from wildrobot.evaluation.style.figures import FIGURES, JOINT_DISTANCE, STRIDE_FREQUENCY, SURVIVAL, Measured
from wildrobot.evaluation.style.scores import Walker, contrast, estimates, groups

COMMANDS = ["vx=0.1", "vx=0.2"]


def walker(name, group, joint, survival=1.0):
    """Its joint distance is given by command, then by episode; nothing else is measured."""
    measured = {}
    for command, values in zip(COMMANDS, joint, strict=True):
        filled = {each.name: np.full(len(values), np.nan) for each in FIGURES}
        filled |= {JOINT_DISTANCE.name: np.array(values), SURVIVAL.name: np.full(len(values), survival)}
        measured[command] = Measured(filled, np.full((8, len(values)), np.nan), ["a clip"] * len(values))
    return Walker(name, group, measured)


def test_seeds_share_a_group():
    found = groups([walker(name, name[0], [[0.1], [0.1]]) for name in ("a1", "b1", "a2")])
    assert {group: [each.name for each in members] for group, members in found.items()} == {
        "a": ["a1", "a2"], "b": ["b1"],
    }  # fmt: skip


def test_one_policy_by_its_episodes():
    found = estimates([walker("a", "a", [[0.1, 0.3], [0.5, np.nan]])], COMMANDS)
    assert found[JOINT_DISTANCE.name].value == pytest.approx((0.2 + 0.5) / 2)
    assert found[JOINT_DISTANCE.name].n == 3
    assert found[SURVIVAL.name] == results.rate(np.ones(4))
    assert np.isnan(found[STRIDE_FREQUENCY.name].value)


def test_several_seeds_by_their_means():
    group = [walker(str(seed), "a", [[value, value], [value + 0.1]]) for seed, value in enumerate((0.1, 0.2, 0.6))]
    found = estimates(group, COMMANDS)[JOINT_DISTANCE.name]
    np.testing.assert_allclose(found, statistics.iqm(np.array([[0.1, 0.2], [0.2, 0.3], [0.6, 0.7]])))


def test_two_policies_are_compared_in_pairs():
    first, second = (walker(name, name, values) for name, values in (
        ("near", [[0.1, 0.2, 0.3], [0.1, 0.2, 0.3]]), ("far", [[0.2, 0.3, 0.4], [0.2, 0.3, 0.4]]),
    ))  # fmt: skip
    found = contrast([first], [second], JOINT_DISTANCE, COMMANDS)
    np.testing.assert_allclose(found.difference[:3], [-0.1, -0.1, -0.1])
    assert found.significant
    assert found.probability_of_improvement > 0.5


def test_groups_are_compared_by_their_runs():
    first = [walker(str(seed), "near", [[0.1 + 0.01 * seed]] * 2) for seed in range(5)]
    second = [walker(str(seed), "far", [[0.3 + 0.01 * seed]] * 2) for seed in range(5)]
    found = contrast(first, second, JOINT_DISTANCE, COMMANDS)
    assert found.runs == (5, 5)
    assert found.difference.value == pytest.approx(-0.2)
    assert found.significant
    assert found.probability_of_improvement == 1.0
    assert contrast(first[:3], second, JOINT_DISTANCE, COMMANDS).too_few_runs


def test_a_figure_without_a_better_way_has_no_improvement():
    pair = [walker(name, name, [[0.1, 0.2], [0.1, 0.2]]) for name in "ab"]
    assert np.isnan(contrast(pair[:1], pair[1:], STRIDE_FREQUENCY, COMMANDS).probability_of_improvement)
