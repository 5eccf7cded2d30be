"""Left and right are one: symmetric networks, and the one network that they are exported as."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from brax.training.acme import running_statistics, specs

from adapters.gymnasium_env.cores import shared_core
from trainers.brax.networks import network_factory, to_policy
from trainers.brax.settings import BraxPpo
from trainers.brax.symmetry import as_trained, symmetric
from wildrobot.experiment import load_experiment

SETTINGS = BraxPpo(policy_hidden_layer_sizes=(16, 8), value_hidden_layer_sizes=(16,))


@pytest.fixture(scope="module")
def core():
    return shared_core(load_experiment("smoke", ["env.task.observation.history.steps=2", "env.variants.count=2"]).env)


@pytest.fixture(scope="module")
def trained(core):
    """Networks with random parameters, and a normaliser that has seen lopsided observations."""
    sizes = {name: (len(core.mirrors[name].source),) for name in ("state", "privileged_state")}
    networks = network_factory(SETTINGS)(sizes, core.action_size, running_statistics.normalize)
    state = running_statistics.init_state(
        {name: specs.Array(size, jnp.dtype("float32")) for name, size in sizes.items()}
    )
    normalizer = running_statistics.update(state, observations(core, seed=1, count=64))
    keys = jax.random.split(jax.random.PRNGKey(0))
    params = networks.policy_network.init(keys[0]), networks.value_network.init(keys[1])
    return symmetric(networks, core.mirrors), normalizer, params


def observations(core, seed: int, count: int) -> dict:
    """Random observations, larger on one side than on the other."""
    rng = np.random.default_rng(seed)
    return {
        name: jnp.asarray(
            rng.normal(np.linspace(-1, 2, len(mirror.source)), 0.5, (count, len(mirror.source))), jnp.float32
        )
        for name, mirror in core.mirrors.items()
        if name != "action"
    }


def test_the_mirror_image_gets_the_mirrored_action_and_the_same_value(core, trained):
    networks, normalizer, (policy_params, value_params) = trained
    seen = observations(core, seed=2, count=8)
    mirrored = {name: core.mirrors[name](value) for name, value in seen.items()}
    ours, theirs = (networks.policy_network.apply(normalizer, policy_params, each) for each in (seen, mirrored))
    mean, deviation = jnp.split(ours, 2, axis=-1)
    expected = jnp.concatenate([core.mirrors["action"](mean), deviation[:, core.mirrors["action"].source]], axis=-1)
    np.testing.assert_allclose(theirs, expected, atol=1e-5)
    assert np.abs(theirs - ours).max() > 0.01, "the observations must have two sides for this to mean anything"
    values = [networks.value_network.apply(normalizer, value_params, each) for each in (seen, mirrored)]
    np.testing.assert_allclose(*values, atol=1e-5)


def test_the_exported_network_acts_as_the_symmetric_one(core, trained):
    networks, normalizer, (policy_params, _) = trained
    policy = to_policy((normalizer, policy_params), core, SETTINGS, 7, symmetric=True)
    assert [layer.kernel.shape[1] for layer in policy.layers] == [32, 16, core.action_size]
    seen = observations(core, seed=3, count=16)
    mean, deviation = jnp.split(networks.policy_network.apply(normalizer, policy_params, seen), 2, axis=-1)
    np.testing.assert_allclose(policy.apply(np.asarray(seen["state"])), np.tanh(mean), atol=1e-5)
    last = dataclasses.replace(policy, layers=(*policy.layers[:-1], policy.noise), squash="clip")
    raw = np.clip(np.asarray(deviation), -1.0, 1.0)
    np.testing.assert_allclose(last.apply(np.asarray(seen["state"])), raw, atol=1e-5)


def test_what_was_exported_is_trained_on_at_its_own_width(core, trained):
    _, normalizer, (policy_params, _) = trained
    policy = to_policy((normalizer, policy_params), core, SETTINGS, 7, symmetric=True)
    again = as_trained(policy, core.mirrors)
    assert again is not None
    own = to_policy((normalizer, policy_params), core, SETTINGS, 7)
    for ours, theirs in zip(again.layers[:-1], own.layers[:-1], strict=True):
        np.testing.assert_array_equal(ours.kernel, theirs.kernel)
        np.testing.assert_array_equal(ours.bias, theirs.bias)
    np.testing.assert_allclose(again.layers[-1].kernel, own.layers[-1].kernel, atol=1e-6)
    assert as_trained(own, core.mirrors) is None, "a network of one side"
    *hidden, last = policy.layers
    stronger = last._replace(bias=last.bias + np.eye(core.action_size, dtype=np.float32)[5])
    crooked = dataclasses.replace(policy, layers=(*hidden, stronger))
    assert as_trained(crooked, core.mirrors) is None, "one that is stronger on a side"
