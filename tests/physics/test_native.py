"""The native engine against MuJoCo itself."""

import functools
import gc
import threading
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import mujoco
import numpy as np
import pytest
from jaxtyping import Array
from mujoco import rollout

from wildrobot.env import make_env
from wildrobot.experiment import EnvConfig, load_experiment
from wildrobot.physics import Physics, make_engine
from wildrobot.physics.servo import TorqueSpeedLine, with_line
from wildrobot.physics.variants import chosen_variants
from wildrobot.resets import StartBank, make_starts
from wildrobot.robot import load_robot

BATCH, STEPS = 8, 25


def small(*overrides: str) -> EnvConfig:
    return load_experiment("smoke", ["env.physics.engine=native", *overrides]).env


STARTS: StartBank = make_starts(load_robot(), small().starts, small().reference_starts)


@pytest.fixture(scope="module")
def physics() -> Physics:
    return make_env(small()).physics


def random_targets(physics: Physics, seed: int) -> np.ndarray:
    """Joint targets near home, shape (STEPS, BATCH, 17), as float32."""
    rng = np.random.default_rng(seed)
    home = physics.robot.home_targets_rad
    return (home + rng.uniform(-0.2, 0.2, (STEPS, BATCH, len(home)))).astype(np.float32)


def play(
    physics: Physics, targets: np.ndarray, variant: int = 0, push_N: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """qpos, qvel and sensordata after each control step, from the first BATCH starts; pushes are (STEPS, BATCH, 3)."""
    inputs = (jnp.asarray(targets), *(() if push_N is None else (jnp.asarray(push_N),)))
    return jax.tree.map(np.asarray, compiled(physics)(jnp.int32(variant), inputs))


@functools.cache
def compiled(physics: Physics) -> Callable[..., tuple[Array, Array, Array]]:
    """What `play` runs, compiled once for each engine."""

    def one(state, now):
        state = jax.vmap(physics.step)(state, *now)
        return state, (state.qpos, state.qvel, state.sensordata)

    def run(variant, inputs):
        start = jax.vmap(lambda index: STARTS.state(index, variant))(jnp.arange(BATCH))
        return jax.lax.scan(one, start, inputs)[1]

    return jax.jit(run)


def bare_rollout(physics: Physics, model: mujoco.MjModel, targets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The same with `mujoco.rollout` alone, the state rounded to float32 after each control step."""
    substeps = round(physics.control_period_s / model.opt.timestep)
    state = np.zeros((BATCH, 1 + model.nq + model.nv))
    state[:, 1 : 1 + model.nq] = np.asarray(STARTS.qpos)[:BATCH]
    state[:, 1 + model.nq :] = np.asarray(STARTS.qvel)[:BATCH]
    states, sensors = [], []
    for target in targets:
        control = np.repeat(target[:, None].astype(np.float64), substeps, axis=1)
        after, sensordata = rollout.rollout(model, mujoco.MjData(model), state, control)
        state = after[:, -1].astype(np.float32).astype(np.float64)
        state[:, 0] = 0.0
        states.append(state)
        sensors.append(sensordata[:, -1].astype(np.float32))
    return np.stack(states), np.stack(sensors)


@pytest.mark.parametrize("variant", [0, 2])
def test_equals_bare_rollout_to_the_bit(physics, variant):
    targets = random_targets(physics, seed=variant)
    qpos, qvel, sensordata = play(physics, targets, variant)
    states, sensors = bare_rollout(physics, physics.variants.models[variant], targets)
    nq = physics.robot.model.nq
    np.testing.assert_array_equal(qpos, states[..., 1 : 1 + nq])
    np.testing.assert_array_equal(qvel, states[..., 1 + nq :])
    np.testing.assert_array_equal(sensordata, sensors)


def test_with_the_torque_speed_line_too_and_below_it_nothing_changes(physics):
    """Violent targets reach the line; home does not, and there the two kinds of servo are one to rounding."""
    limited = make_env(small("env.physics.torque_speed_line=true")).physics
    violent = random_targets(physics, seed=2) + 3.0 * (random_targets(physics, seed=3) - physics.robot.home_targets_rad)
    violent = violent.astype(np.float32)
    qpos, _, _ = play(limited, violent, variant=1)
    line = TorqueSpeedLine(stall_torque_Nm=4.41, no_load_speed_rad_per_s=5.8)
    states, _ = bare_rollout(limited, with_line(limited.variants.models[1], line), violent)
    np.testing.assert_array_equal(qpos, states[..., 1 : 1 + physics.robot.model.nq])
    assert np.abs(qpos - play(physics, violent, variant=1)[0]).max() > 0.05
    np.testing.assert_allclose(play(limited, held(physics))[0], play(physics, held(physics))[0], atol=1e-6)


@pytest.mark.parametrize(("name", "axis"), [("tilt_x_rad", 0), ("tilt_y_rad", 1)])
def test_a_robot_on_a_tilted_floor_leans_the_way_that_gravity_does(physics, name, axis):
    """Held at home for a second by servos that give way: the waist moves by millimetres towards the lower side."""
    bank = chosen_variants(physics.robot, [{}, {name: 0.03}, {name: -0.03}])
    engine = make_engine(small().physics, physics.robot, bank)
    state = jax.vmap(lambda variant: STARTS.state(jnp.int32(0), variant))(jnp.arange(3))
    for _ in range(50):
        state = engine.step(state, jnp.tile(STARTS.ctrl[0], (3, 1)))
    level, towards, back = np.asarray(state.qpos[:, axis], np.float64)
    assert 0.001 < towards - level < 0.03
    assert -0.03 < back - level < -0.001


def test_the_robots_really_moved(physics):
    qpos, _, _ = play(physics, random_targets(physics, seed=0))
    assert np.abs(qpos[-1] - np.asarray(STARTS.qpos)[:BATCH]).max() > 0.05


def test_variants_differ(physics):
    targets = random_targets(physics, seed=0)
    assert np.abs(play(physics, targets, 0)[0][-1] - play(physics, targets, 1)[0][-1]).max() > 1e-4


def test_one_host_call_steps_a_whole_batch(physics, monkeypatch):
    """Of an engine that is the only one with so many threads."""
    calls = []
    engine: Any = make_engine(small("env.physics.threads=3").physics, physics.robot, physics.variants)
    original = engine._step_batch
    monkeypatch.setattr(engine, "_step_batch", lambda *arrays: calls.append(arrays[1].shape) or original(*arrays))
    play(engine, random_targets(physics, seed=0)[:3])
    assert calls == [(BATCH, physics.robot.model.nq)] * 3


def test_a_program_that_outlives_its_engine_says_so(physics):
    engine: Any = make_engine(small("env.physics.threads=4").physics, physics.robot, physics.variants)
    state, targets = STARTS.state(jnp.int32(0), jnp.int32(0)), STARTS.ctrl[0]
    program = jax.jit(engine.step).lower(state, targets).compile()
    program(state, targets)
    del engine
    gc.collect()
    with pytest.raises(Exception, match="the engine that this program steps is gone"):
        jax.block_until_ready(program(state, targets))


def test_unbatched_step_has_no_batch_axis(physics):
    state = physics.step(STARTS.state(jnp.int32(0), jnp.int32(0)), STARTS.ctrl[0])
    assert state.qpos.shape == (physics.robot.model.nq,)
    assert state.sensordata.shape == (physics.robot.model.nsensordata,)


def test_concurrent_calls_give_what_single_calls_give(physics):
    """A trainer and an evaluator share the pool: results must not mix."""
    all_targets = [random_targets(physics, seed) for seed in range(4)]
    expected = [play(physics, targets)[0] for targets in all_targets]
    results: dict[int, np.ndarray] = {}

    def work(index: int) -> None:
        for _ in range(3):
            results[index] = play(physics, all_targets[index])[0]

    threads = [threading.Thread(target=work, args=(index,)) for index in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    assert not any(thread.is_alive() for thread in threads)
    for index in range(4):
        np.testing.assert_array_equal(results[index], expected[index])


def test_a_robot_with_nan_does_not_touch_the_others(physics):
    targets = random_targets(physics, seed=0)
    expected = play(physics, targets)[0]
    poisoned = targets.copy()
    poisoned[3:, 2] = np.nan
    qpos = play(physics, poisoned)[0]
    others = np.arange(BATCH) != 2
    np.testing.assert_array_equal(qpos[:, others], expected[:, others])
    assert np.isnan(qpos[3:, 2]).all(), "it must show, not be reset or taken for zero silently"


def held(physics: Physics) -> np.ndarray:
    """Home, held by everybody."""
    return np.tile(physics.robot.home_targets_rad.astype(np.float32), (STEPS, BATCH, 1))


def random_pushes(seed: int) -> np.ndarray:
    """Horizontal and vertical forces [N] through steps 3 to 7, another one on each robot; none on the first."""
    push = np.zeros((STEPS, BATCH, 3), np.float32)
    push[3:8] = np.random.default_rng(seed).uniform(-10.0, 10.0, (BATCH, 3))
    push[:, 0] = 0.0
    return push


def test_a_push_is_a_force_on_the_pelvis_to_the_bit(physics):
    """The same with `mujoco.mj_step` alone and `xfrc_applied`, robot by robot."""
    push, targets = random_pushes(seed=0), random_targets(physics, seed=1)[:10]
    qpos, qvel, sensordata = play(physics, targets, push_N=push[:10])
    model, start = physics.robot.model, STARTS
    pelvis, substeps = model.body("pelvis").id, round(physics.control_period_s / model.opt.timestep)
    for robot in (0, 1, 5):
        state = np.asarray(start.qpos)[robot], np.asarray(start.qvel)[robot]
        for step, target in enumerate(targets[:, robot]):
            data = mujoco.MjData(model)
            data.qpos[:], data.qvel[:], data.ctrl[:] = *state, target
            data.xfrc_applied[pelvis, :3] = push[step, robot]
            for _ in range(substeps):
                mujoco.mj_step(model, data)
            state = data.qpos.astype(np.float32), data.qvel.astype(np.float32)
            np.testing.assert_array_equal(qpos[step, robot], state[0])
            np.testing.assert_array_equal(qvel[step, robot], state[1])
            np.testing.assert_array_equal(sensordata[step, robot], data.sensordata.astype(np.float32))


def test_a_push_gives_the_momentum_of_force_times_time(physics):
    """In the air, where nothing else pushes: 20 N for 0.1 s, upwards and to the left, are 2 N s each."""
    push = np.zeros((STEPS, BATCH, 3), np.float32)
    push[:5, :, 1:] = 20.0
    mass = physics.robot.model.body_mass.sum()
    momentum = []
    for force in (np.zeros_like(push), push):
        state = jax.vmap(lambda index: STARTS.state(index, jnp.int32(0)))(jnp.arange(BATCH))
        state = state._replace(qpos=state.qpos.at[:, 2].add(1.0))
        for step in range(5):
            state = physics.step(state, jnp.asarray(held(physics)[step]), jnp.asarray(force[step]))
        data = mujoco.MjData(physics.robot.model)
        data.qpos[:], data.qvel[:] = np.asarray(state.qpos)[3], np.asarray(state.qvel)[3]
        mujoco.mj_forward(physics.robot.model, data)
        mujoco.mj_subtreeVel(physics.robot.model, data)
        momentum.append(mass * data.subtree_linvel[0])
    np.testing.assert_allclose(momentum[1] - momentum[0], [0.0, 2.0, 2.0], atol=0.01)


def test_who_is_not_pushed_is_not_touched(physics):
    """Neither by the pushes on others, nor by a push in an earlier call."""
    targets = random_targets(physics, seed=0)
    expected = play(physics, targets)[0]
    pushed = play(physics, targets, push_N=random_pushes(seed=2))[0]
    np.testing.assert_array_equal(pushed[:, 0], expected[:, 0])
    np.testing.assert_array_equal(pushed[:3], expected[:3])
    assert np.abs(pushed[8, 1:] - expected[8, 1:]).max(axis=1).min() > 1e-4
    np.testing.assert_array_equal(play(physics, targets)[0], expected)
