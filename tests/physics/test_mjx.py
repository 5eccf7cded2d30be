"""MJX against the native engine: same start, same targets, same robot."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from wildrobot.config import load_experiment
from wildrobot.errors import UsageError
from wildrobot.physics import make_physics, start_state

SEEDS, STEPS = 3, 25


@pytest.fixture(scope="module")
def engines():
    return [make_physics(load_experiment("smoke", [f"env.physics.engine={name}"]).env) for name in ("native", "mjx")]


@pytest.fixture(scope="module")
def trajectories(engines):
    """(qpos, foot loads) of each engine over 25 control steps for several seeds."""
    rng = np.random.default_rng(0)
    home = engines[0].robot.home_targets_rad
    # Targets wander; gently, because a servo at its torque limit is where the two differ (docs/backends.md).
    walk = np.cumsum(rng.normal(0.0, 0.01, (STEPS, SEEDS, len(home))), axis=0)
    targets = jnp.asarray(home + walk, jnp.float32)
    results = []
    for physics in engines:
        loads = [physics.robot.sensors[f"{side}_foot_load"].start for side in ("left", "right")]

        def play(physics=physics, loads=loads):
            start = jax.vmap(lambda i: start_state(physics, i, i % 3))(jnp.arange(SEEDS))

            def one(state, target):
                state = jax.vmap(physics.step)(state, target)
                return state, (state.qpos, state.sensordata[:, jnp.array(loads)])

            return jax.lax.scan(one, start, targets)[1]

        results.append(jax.tree.map(np.asarray, jax.jit(play)()))
    return results


def test_positions_agree(trajectories):
    (native, _), (mjx, _) = trajectories
    np.testing.assert_allclose(mjx, native, atol=1e-3)


def test_foot_loads_agree(trajectories):
    """Within 5 % of the robot's weight, each foot at each control step."""
    (_, native), (_, mjx) = trajectories
    weight_N = 4.127652 * 9.81
    assert native.max() > 0.2 * weight_N, "the feet must carry something for this to mean anything"
    np.testing.assert_allclose(mjx, native, atol=0.05 * weight_N)


def test_names(engines):
    assert [physics.name for physics in engines] == ["native", "mjx-jax"]


def test_warp_without_its_needs_is_refused_with_the_remedy():
    config = load_experiment("smoke", ["env.physics.engine=mjx", "env.physics.implementation=warp"]).env
    with pytest.raises(UsageError, match=r"warp.*(pip install|engine=native)"):
        make_physics(config)


def test_auto_takes_the_accelerator_where_there_is_one():
    expected = "native" if jax.default_backend() == "cpu" else "mjx-jax"
    assert make_physics(load_experiment("smoke").env).name == expected
