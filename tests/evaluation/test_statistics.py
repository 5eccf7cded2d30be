"""Intervals and comparisons, against published values, hand calculation, and what an interval is for."""

import numpy as np
import pytest

from wildrobot.evaluation.measure import statistics

NAN = np.nan


def column(*values):
    return np.array(values, np.float64)[:, None]


# Newcombe (1998), Statistics in Medicine 17, 857-872, table I, method 3.
@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_interval_as_published(successes, trials, low, high):
    assert statistics.wilson_interval(successes, trials) == pytest.approx((low, high), abs=5e-5)


def test_wilson_interval_of_all_ends_at_one():
    low, high = statistics.wilson_interval(128, 128)
    assert (round(low, 4), high) == (0.9709, 1.0)


def test_the_mean_of_two_is_drawn_as_one_can_count():
    # Draws of (0, 1): both 0 in a quarter of cases, both 1 in a quarter. So the interval is all of 0 to 1.
    assert statistics.stratified_mean([column(0.0, 1.0)]) == [(0.5, 0.0, 1.0, 2)]


def test_the_mean_of_zeros_and_ones_has_a_binomial_interval():
    # 10 draws of a fair coin: P(<= 1) = 11 / 1024 = 1.1 %, P(<= 2) = 56 / 1024 = 5.5 %: 2.5 % lies at 2, 97.5 % at 8.
    (estimate,) = statistics.stratified_mean([column(*[0.0] * 5, *[1.0] * 5)], resamples=10_000)
    assert estimate == pytest.approx((0.5, 0.2, 0.8, 10))


def test_an_interval_of_a_mean_leaves_out_the_truth_once_in_twenty_times():
    samples = np.random.default_rng(1).normal(3.0, 2.0, (50, 1000))
    inside = [e.low <= 3.0 <= e.high for e in statistics.stratified_mean([samples], resamples=1000)]
    assert 0.91 < np.mean(inside) < 0.97


def test_an_interval_has_the_width_of_theory():
    values = np.random.default_rng(2).normal(0.0, 1.0, (400, 1))
    (estimate,) = statistics.stratified_mean([values], resamples=10_000)
    assert estimate.high - estimate.low == pytest.approx(2 * 1.96 * values.std() / 20, rel=0.05)


def test_episodes_that_have_no_value_are_left_out_of_that_figure_only():
    values = np.array([(1.0, 5.0), (3.0, NAN), (NAN, NAN), (NAN, 7.0)])
    first, second = statistics.stratified_mean([values])
    assert first == (2.0, 1.0, 3.0, 2)
    assert second == (6.0, 5.0, 7.0, 2)


def test_what_one_number_or_none_stands_behind_has_no_interval():
    lone, none = statistics.stratified_mean([np.array([(1.0, NAN), (NAN, NAN)])])
    assert (lone.value, lone.n) == (1.0, 1)
    assert none.n == 0
    assert np.isnan([lone.low, lone.high, none.value, none.low, none.high]).all()
    (empty,) = statistics.stratified_mean([np.zeros((0, 1))])
    assert np.isnan(empty[:3]).all()


def test_strata_count_the_same_however_large_they_are():
    # Means 1 and 4, of 3 and of 1 episodes: 2.5, not 1.75. Differences between the strata are no uncertainty.
    strata = [column(1.0, 1.0, 1.0), column(4.0)]
    assert statistics.stratified_mean(strata) == [(2.5, 2.5, 2.5, 4)]


def test_a_stratum_without_a_value_does_not_count():
    # And in draws of (1, nan) without the 1 the stratum has no mean: those draws do not count.
    strata = [column(NAN, NAN), column(2.0, 2.0), column(1.0, NAN)]
    assert statistics.stratified_mean(strata) == [(1.5, 1.5, 1.5, 3)]


def test_strata_are_drawn_apart():
    # Two strata of (0, 1): their mean is 0 only if both are drawn as (0, 0), in 1 of 16 cases, more than 2.5 %;
    # with a third one it is 1 of 64, less: the interval begins at the next value, 1/6.
    pair = column(0.0, 1.0)
    assert statistics.stratified_mean([pair, pair], resamples=10_000)[0][:3] == (0.5, 0.0, 1.0)
    assert statistics.stratified_mean([pair] * 3, resamples=10_000)[0][:3] == pytest.approx((0.5, 1 / 6, 5 / 6))


def test_a_paired_difference_forgets_what_both_share():
    # The starts differ by far more than the policies, which differ by 1 in each of them.
    starts = np.random.default_rng(0).normal(0.0, 100.0, (20, 1))
    (estimate,) = statistics.paired_difference([starts + 1.0], [starts])
    assert estimate == pytest.approx((1.0, 1.0, 1.0, 20))


def test_a_pair_needs_both_values():
    (estimate,) = statistics.paired_difference([column(1.0, NAN, 5.0)], [column(0.0, 2.0, 2.0)])
    assert estimate == (2.0, 1.0, 3.0, 2)


# Values from the documentation of scipy.stats.trim_mean, which the paper's authors use: 25 % are cut at both ends.
@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        ([[1, 2], [3, 5]], 2.5),
        (np.arange(20).reshape(5, 4), 9.5),
        ([[10, 20, 30, 50]], 25.0),
        ([[7, 1, 100]], 36.0),  # floor(3 / 4) = 0 are cut
        ([[9], [1], [2], [3], [100], [-50], [4]], 3.8),  # floor(7 / 4) = 1
        ([[1, NAN], [5, 2], [NAN, 3]], 2.5),
    ],
)
def test_interquartile_mean_as_published(scores, expected):
    assert statistics.iqm(np.array(scores, np.float64)).value == pytest.approx(expected)


def test_whole_runs_are_drawn():
    # A run is good in all tasks or bad in all: of two, both draws are the bad one in a quarter of cases. Tasks drawn
    # apart would hardly ever be bad in all four.
    estimate = statistics.iqm(np.array([[0.0] * 4, [1.0] * 4]))
    assert estimate == (0.5, 0.0, 1.0, 2)


def test_the_drawn_interquartile_means_are_those_of_the_drawn_runs():
    # All 2 ^ 2 draws of runs (0, 4) and (2, 10): cut 1 of 4 at both ends, and the means are 2 (first run twice),
    # 3 (each once), 6 (second twice).
    scores = np.array([[0.0, 4.0], [2.0, 10.0]])
    assert statistics.iqm(scores) == (3.0, 2.0, 6.0, 2)


def test_one_run_has_no_interval():
    estimate = statistics.iqm(np.array([[1.0, 2.0]]))
    assert (estimate.value, estimate.n) == (1.5, 1)
    assert np.isnan(estimate.low)
    assert np.isnan(estimate.high)


def test_difference_of_two_groups_of_runs():
    # (0, 1) against (10, 12): differences of means from 0 - 12 to 1 - 10, each end in 1 of 16 draws.
    estimate = statistics.iqm_difference(column(0.0, 1.0), column(10.0, 12.0))
    assert estimate == (-10.5, -12.0, -9.0, 4)


def test_probability_of_improvement_as_published():
    # The example of scipy.stats.mannwhitneyu: ages at diagnosis of 5 men and 4 women, U = 17 of 20 pairs.
    men, women = column(19, 22, 16, 29, 24), column(20, 11, 17, 12)
    assert statistics.probability_of_improvement(men, women).value == pytest.approx(17 / 20)
    assert statistics.probability_of_improvement(women, men).value == pytest.approx(3 / 20)


def test_probability_of_improvement_is_the_mean_over_tasks_with_ties_one_half():
    # Task 1: 3 of 4 pairs won. Task 2: (1, 2) against (2, 2) loses 2 pairs and ties 2, 1/4. Task 3 has no pair.
    first = np.array([[3.0, 1.0, NAN], [1.0, 2.0, NAN]])
    second = np.array([[0.0, 2.0, 1.0], [2.0, 2.0, 1.0]])
    assert statistics.probability_of_improvement(first, second).value == pytest.approx(0.5)


def test_probability_of_improvement_leaves_out_missing_scores():
    estimate = statistics.probability_of_improvement(column(3.0, NAN, 5.0), column(4.0, NAN))
    assert estimate.value == pytest.approx(0.5)
    assert estimate.n == 3


def test_probability_of_improvement_is_drawn_within_each_group():
    # (1, 3) against (2, 2): a draw is (1, 1), (1, 3), (3, 3): 0, one half, 1.
    assert statistics.probability_of_improvement(column(1.0, 3.0), column(2.0, 2.0)) == (0.5, 0.0, 1.0, 4)
    assert statistics.probability_of_improvement(column(1.0, 3.0), column(0.0, -1.0)) == (1.0, 1.0, 1.0, 4)


def test_the_same_seed_gives_the_same_interval_and_another_one_another():
    values = np.random.default_rng(3).normal(size=(30, 4))
    assert statistics.stratified_mean([values]) == statistics.stratified_mean([values.copy()])
    assert statistics.stratified_mean([values]) != statistics.stratified_mean([values], seed=1)
    assert statistics.iqm(values) == statistics.iqm(values.copy())
    assert statistics.iqm(values) != statistics.iqm(values, seed=1)
