"""What trainers are set to, in common words, and what an update is measured by."""

import jax.numpy as jnp
import pytest

from trainers.brax import facts as of_brax
from trainers.brax.amp.vitals import explained_variance
from trainers.rsl_rl import facts as of_rsl_rl
from trainers.sb3 import facts as of_sb3
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
