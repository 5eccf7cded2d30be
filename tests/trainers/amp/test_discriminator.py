"""Losses, penalty and rewards against numbers worked out by hand."""

import jax.numpy as jnp
import numpy as np
import pytest

from trainers.amp import discriminator

ONES = jnp.ones(2)


def test_cross_entropy():
    """Logits ln 3 and 0 of references: s = 3/4 and 1/2; -ln 3 of the policy's: 1 - s = 3/4.

    Half of ((-ln 3/4 - ln 1/2) / 2 - ln 3/4) = half of (0.4904 + 0.2877).
    """
    loss = discriminator.loss("BCE", jnp.array([np.log(3.0), 0.0]), jnp.array([-np.log(3.0)] * 2), ONES)
    expected = 0.5 * ((-np.log(0.75) - np.log(0.5)) / 2 - np.log(0.75))
    assert expected == pytest.approx(0.38905, abs=1e-5)
    np.testing.assert_allclose(loss, expected, rtol=1e-6)


def test_least_squares():
    """References at 1 and 3, to be 1: (0 + 4) / 2 = 2. Policy at -1 and 0, to be -1: (0 + 1) / 2 = 0.5. Half: 1.25."""
    loss = discriminator.loss("LEAST_SQUARES", jnp.array([1.0, 3.0]), jnp.array([-1.0, 0.0]), ONES)
    np.testing.assert_allclose(loss, 1.25, rtol=1e-6)


def test_windows_that_do_not_count_change_no_loss():
    """The policy's second logit would add much; with weight 0 the mean is over the first alone."""
    reference = jnp.array([1.0, 1.0])
    loss = discriminator.loss("LEAST_SQUARES", reference, jnp.array([0.0, 100.0]), jnp.array([1.0, 0.0]))
    np.testing.assert_allclose(loss, 0.5, rtol=1e-6)
    nothing = discriminator.loss("LEAST_SQUARES", reference, jnp.array([0.0, 100.0]), jnp.zeros(2))
    np.testing.assert_allclose(nothing, 0.0, atol=1e-6)


def test_the_penalty_of_a_linear_discriminator_is_its_squared_slope():
    """d = 3 a - 4 b has the gradient (3, -4) everywhere: 25."""
    windows = jnp.array([[[0.0, 0.0]], [[7.0, -2.0]]])
    penalty = discriminator.gradient_penalty(lambda each: each[..., 0, :] @ jnp.array([3.0, -4.0]), windows, ONES)
    np.testing.assert_allclose(penalty, 25.0, rtol=1e-6)


def test_the_penalty_is_a_mean_over_what_counts():
    """d = a^2 has the slope 2 a: 4 at 1 and 36 at 3, mean 20; with the second alone 36."""
    windows = jnp.array([[1.0], [3.0]])
    penalty = discriminator.gradient_penalty(lambda each: each[:, 0] ** 2, windows, ONES)
    np.testing.assert_allclose(penalty, 20.0, rtol=1e-6)
    penalty = discriminator.gradient_penalty(lambda each: each[:, 0] ** 2, windows, jnp.array([0.0, 1.0]))
    np.testing.assert_allclose(penalty, 36.0, rtol=1e-6)


def test_bounded_rewards():
    """-log(1 - s(0)) = log 2, -log(1 - 3/4) = log 4, bounded; 1 - (d - 1)^2 / 4: 1 at 1, 0.75 at 0, 0 from -1 down."""
    rewards = discriminator.style_reward("BCE", jnp.array([0.0, np.log(3.0), 50.0]))
    np.testing.assert_allclose(rewards, [np.log(2.0), np.log(4.0), -np.log(1e-4)], rtol=1e-3)
    rewards = discriminator.style_reward("LEAST_SQUARES", jnp.array([1.0, 0.0, -1.0, -5.0]))
    np.testing.assert_allclose(rewards, [1.0, 0.75, 0.0, 0.0], atol=1e-6)


def test_standardised_rewards():
    """Logits -3.0, -2.8, -2.6, mean -2.8, deviation 0.19 (0.2 with the least one): -1, 0, 1; far ones are cut."""
    rewards = discriminator.standardized(jnp.array([-3.0, -2.8, -2.6, 9.0]), jnp.array(-2.8), jnp.array(0.19))
    np.testing.assert_allclose(rewards, [-1.0, 0.0, 1.0, discriminator.LARGEST_STANDARDIZED], atol=1e-5)
