"""PPO + AMP: that it is Brax's PPO where style weighs nothing, and what it leaves behind."""

import functools
from typing import Any, cast

import jax
import numpy as np
import pytest
from brax.training import types
from brax.training.agents.ppo import train as ppo

from adapters.brax_env import BraxEnv, wrap_for_training
from adapters.gymnasium_env.cores import shared_core
from tests.trainers.conftest import NATIVE
from trainers.brax import compat
from trainers.brax.amp.loop import make_loop
from trainers.brax.amp.ppo import entropy_cost
from trainers.brax.networks import network_factory
from trainers.brax.settings import BraxPpo
from wildrobot.experiment import load_experiment

STEPS = 4


def stock(experiment, steps):
    """Parameters and figures of each epoch of `ppo.train`, with one epoch of so many training steps."""
    compat.install()
    settings = experiment.section(BraxPpo)
    seen, wrap = {}, cast("Any", wrap_for_training)  # as in trainers/brax/ppo.py
    keywords = settings.keywords()
    per_step = settings.batch_size * settings.num_minibatches * settings.unroll_length
    keywords |= {"num_timesteps": steps * per_step, "num_evals": 2}
    _, params, _ = ppo.train(
        environment=BraxEnv(shared_core(experiment.env), stagger_episodes=settings.stagger_episodes),
        wrap_env_fn=wrap,
        episode_length=experiment.env.episode_steps,
        network_factory=network_factory(settings),
        progress_fn=lambda done, metrics: seen.update(metrics),
        **keywords,
    )
    return params, seen


@pytest.mark.parametrize("schedule", ["ADAPTIVE_KL", pytest.param("NONE", marks=pytest.mark.slow)])
def test_without_style_it_is_stock_ppo(schedule):
    """The same seed, four training steps: parameters, normaliser and losses of `ppo.train`, to rounding."""
    experiment = load_experiment(
        "smoke",
        [
            NATIVE,
            "amp.style_weight=0",
            "brax_ppo.symmetric=false",
            "brax_ppo.final_entropy_share=1",
            f"brax_ppo.learning_rate_schedule={schedule}",
            "brax_ppo.num_minibatches=4",
            "brax_ppo.num_updates_per_batch=2",
        ],
    )
    (normalizer, policy, value), expected = stock(experiment, STEPS)
    loop = make_loop(experiment, shared_core(experiment.env))
    state, figures = loop.init(jax.random.PRNGKey(loop.settings.seed)), []
    for _ in range(STEPS):
        state, each = loop.step(state)
        figures.append(each)
    ours = state.learner
    close = functools.partial(np.testing.assert_allclose, rtol=2e-3, atol=2e-5)
    jax.tree.map(close, (ours.params.policy, ours.params.value), (policy, value))
    jax.tree.map(close, ours.normalizer.mean, normalizer.mean)
    jax.tree.map(close, ours.normalizer.std, normalizer.std)
    for name in ("total_loss", "policy_loss", "v_loss", "kl_mean", "learning_rate"):
        mean = np.mean([figure[f"training/{name}"] for figure in figures])
        np.testing.assert_allclose(mean, expected[f"training/{name}"], rtol=2e-3, atol=1e-6, err_msg=name)


@pytest.mark.parametrize(("steps", "cost"), [(0, 0.01), (1_000, 0.01), (2_000, 0.007), (3_000, 0.004), (9_000, 0.004)])
def test_entropy_costs_less_and_less(steps, cost):
    settings = BraxPpo(entropy_cost=0.01, final_entropy_share=0.4, entropy_falls_steps=(1_000, 3_000))
    uint64: Any = types.UInt64  # a Flax dataclass, whose fields Pyright does not see
    assert float(entropy_cost(settings, uint64(hi=0, lo=steps))) == pytest.approx(cost)
    constant = settings.model_copy(update={"final_entropy_share": 1.0})
    assert float(entropy_cost(constant, uint64(hi=0, lo=steps))) == pytest.approx(0.01)
