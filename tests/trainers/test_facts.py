"""What trainers are set to, in common words, and what an update is measured by."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from trainers.brax import facts as of_brax
from trainers.brax.amp.vitals import dead_units, explained_variance
from trainers.rsl_rl import facts as of_rsl_rl
from trainers.sb3 import facts as of_sb3
from trainers.value_errors import memory_steps, value_errors
from wildrobot.experiment import load_experiment
from wildrobot.records import TrainerFacts


def test_facts():
    walk = load_experiment("walk", ["sb3_ppo.gamma=0.9", "sb3_ppo.learning_rate_schedule=NONE"])
    assert of_brax.facts(walk) == (
        TrainerFacts("brax-amp", 0.97, 0.0003, 0.01, 1.5),
        TrainerFacts("brax-ppo", 0.97, 0.0003, 0.01, 0.0),
    )
    assert of_sb3.facts(walk) == (
        TrainerFacts("sb3-ppo", 0.9, 0.0003, None, 0.0),
        TrainerFacts("sb3-amp", 0.9, 0.0003, None, 1.5),
    )
    assert of_rsl_rl.facts(walk) == (TrainerFacts("rsl_rl-ppo", 0.97, 0.0003, 0.01, 0.0),)
    fixed = load_experiment("walk", ["rsl_rl_ppo.schedule=fixed", "rsl_rl_ppo.gamma=0.99"])
    assert of_rsl_rl.facts(fixed) == (TrainerFacts("rsl_rl-ppo", 0.99, 0.0003, None, 0.0),)


@pytest.mark.parametrize(
    ("value", "explained"),
    [([1.0, 2.0, 3.0], 1.0), ([5.0, 6.0, 7.0], 1.0), ([2.0, 2.0, 2.0], 0.0), ([3.0, 2.0, 1.0], -3.0)],
)
def test_explained_variance(value, explained):
    # Targets 1, 2, 3: a constant error explains all, the mean nothing, the opposite has four times the variance.
    assert float(explained_variance(jnp.array(value), jnp.array([1.0, 2.0, 3.0]))) == pytest.approx(explained)


@pytest.mark.parametrize("arrays", [np, jnp])
def test_value_errors(arrays):
    # Targets 0, 2, 0, 2 deviate by 1; the critic is right but for the last sample, which alone is at the limit.
    value, target = arrays.asarray([0.0, 2.0, 0.0, 6.0]), arrays.asarray([0.0, 2.0, 0.0, 2.0])
    found = value_errors(value, target, arrays.asarray([False, False, False, True]))
    assert {name: float(each) for name, each in found.items()} == pytest.approx(
        {"value_error": -1.0, "value_error_at_limit": -1.0, "share_at_limit": 0.25}, abs=1e-6
    )


def test_how_far_an_end_is_carried_backwards():
    # 1 / (1 - 0.97 * 0.95) = 12.7, and without a horizon at least the step itself.
    assert memory_steps(0.97, 0.95) == 13
    assert memory_steps(0.0, 0.95) == 1


def test_dead_units():
    # Of four units behind relu one is never above zero; the second layer's output is of no account.
    seen = jnp.array([[1.0, 2.0], [2.0, 0.5], [3.0, 1.0]])
    kernel, bias = jnp.array([[1.0, 0.0, 1.0, 0.0], [0.0, 1.0, 1.0, 1.0]]), jnp.array([0.0, 0.0, 0.0, -9.0])
    layers = {
        "hidden_1": {"kernel": jnp.ones((4, 1)), "bias": jnp.zeros(1)},
        "hidden_0": {"kernel": kernel, "bias": bias},
    }
    assert float(dead_units(layers, jax.nn.relu, seen)) == pytest.approx(0.25)
    assert float(dead_units({"hidden_0": layers["hidden_0"]}, jax.nn.relu, seen)) == 0.0
