"""MJX against the native engine: same start, same targets, same robot."""

import jax
import jax.numpy as jnp
import mujoco
import numpy as np
import pytest

from wildrobot.env import make_env
from wildrobot.errors import UsageError
from wildrobot.experiment import load_experiment
from wildrobot.physics.mjx import WARP_CONSTRAINTS, WARP_CONTACTS
from wildrobot.resets import make_starts
from wildrobot.robot import load_robot

SEEDS, STEPS = 3, 25
_SMOKE = load_experiment("smoke").env
STARTS = make_starts(load_robot(), _SMOKE.starts, _SMOKE.reference_starts)


@pytest.fixture(scope="module")
def engines():
    names = ("native", "mjx")
    return [make_env(load_experiment("smoke", [f"env.physics.engine={name}"]).env).physics for name in names]


@pytest.fixture(scope="module")
def trajectories(engines):
    """(qpos, foot loads) of each engine over 25 control steps for several seeds."""
    rng = np.random.default_rng(0)
    home = engines[0].robot.home_targets_rad
    # Targets wander; gently, because a servo at its torque limit is where the two differ (docs/lab/backends.md).
    walk = np.cumsum(rng.normal(0.0, 0.01, (STEPS, SEEDS, len(home))), axis=0)
    targets = jnp.asarray(home + walk, jnp.float32)
    results = []
    for physics in engines:
        loads = [physics.robot.sensors[f"{side}_foot_load"].start for side in ("left", "right")]

        def play(physics=physics, loads=loads):
            start = jax.vmap(lambda i: STARTS.state(i, i % 3))(jnp.arange(SEEDS))

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


@pytest.mark.slow
def test_a_push_is_the_same_on_both(engines):
    """10 N to the left for 0.1 s, and 0.1 s more."""
    moved = []
    for physics in engines:
        start = jax.vmap(lambda index: STARTS.state(index, index))(jnp.arange(SEEDS))

        def one(state, push, physics=physics):
            step = jax.vmap(physics.step, (0, 0, None))
            state = step(state, STARTS.ctrl[:SEEDS], push)
            return state, state.qpos

        push = jnp.zeros((10, 3)).at[:5, 1].set(10.0)
        moved.append(np.asarray(jax.jit(lambda: jax.lax.scan(one, start, push)[1])()))  # noqa: B023
    sideways = moved[0][-1, :, 1] - np.asarray(engines[0].starts.qpos)[:SEEDS, 1]
    assert sideways.min() > 0.005
    np.testing.assert_allclose(moved[1], moved[0], atol=1e-3)


@pytest.mark.slow
def test_the_torque_speed_line_and_a_tilted_floor_are_the_same_on_both():
    """An elbow and a shoulder follow targets of 5 rad/s, which the line slows and the clamp of 4.0 N m never meets."""
    robot, steps = load_robot(), 8
    targets = np.tile(robot.home_targets_rad, (steps, SEEDS, 1))
    for name, sign in (("left_elbow_pitch", 1.0), ("right_shoulder_pitch", -1.0)):
        targets[:, :, robot.joint_names.index(name)] += sign * 0.1 * np.arange(1, steps + 1)[:, None]
    targets = jnp.asarray(targets, jnp.float32)
    moved = []
    for name, line in (("native", "true"), ("mjx", "true"), ("native", "false")):
        overrides = [
            f"env.physics.engine={name}",
            f"env.physics.torque_speed_line={line}",
            "env.variants.tilt_rad=0.03",
        ]
        physics = make_env(load_experiment("smoke", overrides).env).physics

        def one(state, target, physics=physics):
            state = jax.vmap(physics.step)(state, target)
            return state, state.qpos

        # The home pose, each robot on a floor of its own.
        start = jax.vmap(lambda variant: STARTS.state(jnp.int32(0), variant))(jnp.arange(SEEDS))
        moved.append(np.asarray(jax.jit(lambda: jax.lax.scan(one, start, targets)[1])()))  # noqa: B023
    native, mjx, ideal = moved
    np.testing.assert_allclose(mjx, native, atol=1e-3)
    assert np.abs(native - ideal).max() > 0.1, "the line was reached"
    assert np.abs(native[-1, 1:, 0] - native[-1, 0, 0]).min() > 1e-4, "the robots and their floors differ"


def test_names(engines):
    assert [physics.name for physics in engines] == ["native", "mjx-jax"]


def test_warp_without_its_needs_is_refused_with_the_remedy():
    config = load_experiment("smoke", ["env.physics.engine=mjx", "env.physics.implementation=warp"]).env
    with pytest.raises(UsageError, match=r"warp.*(pip install|engine=native)"):
        make_env(config)


def test_warp_has_slots_for_16384_robots_that_fall_and_lie():
    """The most of 16 robots that stand and then follow random targets; docs/lab/backends.md has those of training."""
    robot, rng, contacts, rows = load_robot(), np.random.default_rng(0), 0, 0
    for _ in range(16):
        data = mujoco.MjData(robot.model)
        data.qpos[:] = robot.home_qpos
        for step in range(100):
            largest_rad = 0.6 if step >= 25 else 0.0
            data.ctrl[:] = robot.home_targets_rad + rng.uniform(-1.0, 1.0, robot.model.nu) * largest_rad
            mujoco.mj_step(robot.model, data, nstep=4)
            contacts, rows = max(contacts, data.ncon), max(rows, data.nefc)
    assert contacts == 8, "both soles were flat on the floor"
    assert 17 + 8 * 4 <= rows <= WARP_CONSTRAINTS
    assert 16_384 * contacts <= WARP_CONTACTS


def test_auto_takes_the_accelerator_where_there_is_one():
    expected = "native" if jax.default_backend() == "cpu" else "mjx-jax"
    assert make_env(load_experiment("smoke").env).physics.name == expected
