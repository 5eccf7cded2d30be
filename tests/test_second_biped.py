"""A robot is data: another biped, with other names, joints and size, goes through everything without a change of code.

Its files are in tests/second_biped: MJCF, description and experiment; docs/add_a_robot.md is what was done for it.
"""

import json
from pathlib import Path

import gymnasium
import jax
import jax.numpy as jnp
import numpy as np
import onnxruntime
import pytest
import torch
from gymnasium.vector import AutoresetMode

from adapters.brax_env import BraxEnv
from adapters.gymnasium_env.vector import VectorWalkEnv
from adapters.rsl_rl_env import RslRlVecEnv
from adapters.sb3_vec_env import Sb3VecEnv
from tests.evaluation import suites
from tests.policy.networks import for_env
from wildrobot.env import WildRobotEnv, make_env
from wildrobot.evaluation import evaluate
from wildrobot.evaluation.play.candidates import Candidate
from wildrobot.experiment import Experiment, load_experiment
from wildrobot.policy import bundle, load_policy
from wildrobot.robot import load_robot
from wildrobot.robot.mirror import joint_mirror

FOLDER = Path(__file__).parent / "second_biped"
ROBOT = f"env.robot={FOLDER / 'strider.yaml'}"
JOINTS, GENERAL, PARAMETERS = 12, 3 + 3 + 3 + 2, 9


def experiment(*overrides: str) -> Experiment:
    return load_experiment(FOLDER / "experiment.yaml", [ROBOT, *overrides])


@pytest.fixture(scope="module")
def env() -> WildRobotEnv:
    return make_env(experiment().env)


def test_its_description_says_what_plays_which_part():
    robot = load_robot(FOLDER / "strider.yaml")
    assert robot.joint_names[:2] == ("r_hip_yaw", "r_hip_roll")
    assert robot.joint_kinds[6:] == ("hip_yaw", "hip_roll", "hip_pitch", "knee", "ankle_pitch", "ankle_roll")
    assert robot.other_side.tolist() == [*range(6, 12), *range(6)]
    # Mirrored, a joint about y turns the same way; those about z and x would not, but for their opposite axes.
    np.testing.assert_array_equal(joint_mirror(robot).sign, np.ones(12))
    assert (robot.sole_half_length_m, robot.sole_half_width_m) == (0.1, 0.045)
    assert (robot.fall_height_m, robot.stall_torque_Nm, robot.hands) == (0.4, 45.0, ())
    assert robot.total_mass_kg == pytest.approx(6 + 2 * (0.3 + 0.3 + 0.9 + 0.6 + 0.1 + 0.4))


def test_it_stands_at_home(env):
    """On the targets of its home pose, for two seconds; the soles carry its weight."""
    hold = jax.jit(jax.vmap(env.physics.step))
    state = jax.vmap(env.starts.state)(jnp.zeros(1, jnp.int32), jnp.zeros(1, jnp.int32))
    for _ in range(100):
        state = hold(state, state.ctrl)
    assert state.qpos[0, 2] > 0.58
    loads = sum(float(state.sensordata[0, foot.load][0]) for foot in env.robot.feet)
    assert loads == pytest.approx(env.robot.total_mass_kg * 9.81, rel=0.02)


def test_the_core_plays_it(env):
    """Random actions for a second: sizes follow from its 12 joints, and nothing is NaN."""
    state = env.reset_batch(jax.random.split(jax.random.key(0), 4))
    for key in jax.random.split(jax.random.key(1), 50):
        state = env.step_batch(state, jax.random.uniform(key, (4, JOINTS), minval=-1.0))
    assert env.action_size == JOINTS
    assert state.obs["state"].shape == (4, GENERAL + 3 * JOINTS)
    # Besides: base 3 + 3 + 1, feet 2 + 2 + 6, five entries per joint, tilt 2, latency 1, parameters.
    assert state.obs["privileged_state"].shape == (4, GENERAL + 3 * JOINTS + 17 + 5 * JOINTS + 3 + PARAMETERS)
    assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves((state.obs, state.reward, state.metrics)))
    assert set(env.mirrors) == {"state", "privileged_state", "action"}


def test_the_adapters_offer_it(env):
    brax = BraxEnv(env)
    assert (brax.action_size, brax.observation_size["state"]) == (JOINTS, (GENERAL + 3 * JOINTS,))
    vector = VectorWalkEnv(env, num_envs=2, autoreset_mode=AutoresetMode.SAME_STEP)
    observed, _ = vector.reset(seed=0)
    assert vector.observation_space.contains(observed)
    assert isinstance(vector.single_action_space, gymnasium.spaces.Box)
    robots = VectorWalkEnv(env, num_envs=2, autoreset_mode=AutoresetMode.SAME_STEP, privileged=True)
    rsl_rl = RslRlVecEnv(robots, seed=0)
    assert rsl_rl.step(torch.zeros(2, JOINTS))[0]["policy"].shape == rsl_rl.get_observations()["policy"].shape
    sb3 = Sb3VecEnv(vector)
    sb3.reset()
    seen, rewards, _, _ = sb3.step(np.zeros((2, JOINTS), np.float32))
    assert np.isfinite(np.asarray(seen)).all()
    assert np.isfinite(rewards).all()


def test_it_is_judged(env, tmp_path):
    policy = for_env(env)
    suite = suites.loaded(tmp_path, baselines=["hold-home"], cases=[{"start": "rest", "vx_m_per_s": [0.2]}])
    outputs = evaluate.Outputs(json=tmp_path / "result.json")
    evaluate.evaluate([Candidate("strider", policy, None)], [suite], outputs)
    text = json.dumps(json.loads((tmp_path / "result.json").read_text()))
    assert "strider" in text
    assert "survival" in text


def test_it_is_exported(env, tmp_path):
    policy = for_env(env)
    assert bundle.export(policy, tmp_path / "bundle") <= bundle.TOLERANCE
    bundle.verify(tmp_path / "bundle")
    spec = json.loads((tmp_path / "bundle" / "policy_spec.json").read_text())
    assert (spec["robot"]["mjcf"], spec["robot"]["imu_site"]) == ("strider.xml", "trunk_imu")
    assert spec["robot"]["max_velocity_rad_per_s"] == [12.0] * JOINTS
    assert (tmp_path / "bundle" / "strider.xml").read_bytes() == (FOLDER / "strider.xml").read_bytes()
    model = onnxruntime.InferenceSession(tmp_path / "bundle" / "policy.onnx", providers=["CPUExecutionProvider"])
    assert model.get_inputs()[0].shape == [1, GENERAL + 3 * JOINTS]


@pytest.mark.slow
@pytest.mark.parametrize("trainer", ["brax", "sb3", "rsl_rl"])
def test_it_is_trained(trainer, tmp_path):
    """Ten thousand steps; the policy's file names the robot, and fits its environment."""
    if trainer == "brax":
        from trainers.brax import ppo

        sizes = ("num_timesteps=10240", "num_evals=2", "num_envs=32", "unroll_length=8", "batch_size=32")
        ppo.train(experiment(*(f"brax_ppo.{size}" for size in sizes)), tmp_path / "run")
    elif trainer == "rsl_rl":
        from trainers.rsl_rl import training

        sizes = ("max_iterations=20", "num_envs=32", "num_steps_per_env=16")
        training.train(experiment(*(f"rsl_rl_ppo.{size}" for size in sizes)), tmp_path / "run")
    else:
        from trainers.sb3 import training

        sizes = ("total_timesteps=10240", "num_checkpoints=1", "num_envs=32", "n_steps=16", "batch_size=128")
        training.train(experiment(*(f"sb3_ppo.{size}" for size in sizes)), tmp_path / "run")
    policy = load_policy(tmp_path / "run")
    assert policy.interface.robot == str(FOLDER / "strider.yaml")
    assert policy.interface.action_size == JOINTS
    assert policy.info.environment_steps >= 10_000
