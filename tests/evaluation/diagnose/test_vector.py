"""Environments of other people, sound and broken."""

import contextlib

import gymnasium
import numpy as np
import onnx
import pytest
from gymnasium import spaces
from gymnasium.vector import AutoresetMode, SyncVectorEnv
from onnx import TensorProto, helper, numpy_helper

import wildrobot.evaluation.diagnose.examinations  # noqa: F401 - registers them
from wildrobot.errors import UsageError
from wildrobot.evaluation.diagnose import diagnose
from wildrobot.evaluation.diagnose.evidence import vector
from wildrobot.evaluation.diagnose.evidence.vector import VectorTrial, try_out
from wildrobot.evaluation.diagnose.registry import examined


class Line(gymnasium.Env):
    """A point on a line that is paid for being at 0.5, with a fault of choice."""

    observation_space = spaces.Box(-2.0, 2.0, (3,), np.float32)
    action_space = spaces.Box(-1.0, 1.0, (1,), np.float32)

    def __init__(self, fault=None):
        self.fault = fault

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        generator = np.random.default_rng() if self.fault == "seed" else self.np_random
        self.place, self.push, self.steps = generator.uniform(-1.0, 1.0), 0.0, 0
        return self._seen(), {}

    def step(self, action):
        self.push = 0.0 if self.fault == "deaf" else float(action[0])
        self.place = float(np.clip(self.place + 0.1 * self.push, -1.0, 1.0))
        self.steps += 1
        reward = -(self.push**2) if self.fault == "lazy" else 1.0 - abs(self.place - 0.5)
        end = self.steps >= 40
        return self._seen(), reward, end and self.fault == "limit", end and self.fault != "limit", {}

    def _seen(self):
        third = self.place if self.fault == "copy" else np.sin(3.0 * self.place)
        if self.fault == "constant":
            third = 0.25
        if self.fault == "bounds":
            third *= 5.0
        return np.array([self.place, self.push + 0.5 * self.place, third], np.float32)


def found(fault, monkeypatch, change=lambda env: env):
    monkeypatch.setattr(vector, "STEPS", 100)
    made = SyncVectorEnv([lambda: Line(fault)] * vector.ENVS, autoreset_mode=AutoresetMode.SAME_STEP)
    results = examined({VectorTrial: try_out(change(made))})
    assert len(results) >= 7
    return [result.name for result in results if result.failed]


def test_a_sound_environment(monkeypatch):
    assert found(None, monkeypatch) == []


@pytest.mark.parametrize(
    ("fault", "name"),
    [
        ("seed", "seeding"),
        ("deaf", "action_matters"),
        ("lazy", "doing_nothing_pays"),
        ("limit", "time_limit"),
        ("copy", "observation_content"),
        ("constant", "observation_content"),
        ("bounds", "observation_bounds"),
    ],
)
def test_a_broken_environment(fault, name, monkeypatch):
    assert name in found(fault, monkeypatch)


def test_a_last_observation_that_the_restart_has_replaced(monkeypatch):
    class Losing:
        def __init__(self, env):
            self.env = env

        def __getattr__(self, name):
            return getattr(self.env, name)

        def step(self, actions):
            obs, reward, terminated, truncated, info = self.env.step(actions)
            if "final_obs" in info:
                info = info | {"final_obs": list(obs)}
            return obs, reward, terminated, truncated, info

    assert found(None, monkeypatch, Losing) == ["final_observation"]


def linear(path, gains, batch):
    """An ONNX file of actions that are linear in observations, as float32, for so many observations at once."""
    kernel = numpy_helper.from_array(np.array(gains, np.float32)[:, None], "kernel")
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["obs", "kernel"], ["action"]), helper.make_node("Neg", ["action"], ["value"])],
        "policy",
        [helper.make_tensor_value_info("obs", TensorProto.FLOAT, [batch, len(gains)])],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, [batch, 1]) for name in ("action", "value")],
        [kernel],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
    return path


@pytest.mark.parametrize("batch", ["batch", 1])
def test_a_policy_that_balances_a_pendulum(tmp_path, monkeypatch, batch):
    monkeypatch.setattr(vector, "STEPS", 60)
    monkeypatch.setattr(vector, "FEW_STEPS", 20)
    # Of place, angle, speed, rate: the cart goes to where the pole falls to.
    policy = linear(tmp_path / "policy.onnx", [1.0, 30.0, 1.5, 4.0], batch)
    found = diagnose.diagnose_env("InvertedPendulum-v5", policy)
    (paid,) = found.by_name("doing_nothing_pays").checks
    assert paid.passed
    assert paid.subject == "best is policy: what it earns more"


def test_policies_of_other_environments(tmp_path):
    with contextlib.closing(vector.make("InvertedPendulum-v5")) as env:
        act = vector.onnx_policy(linear(tmp_path / "a.onnx", [0.0, 1e6, 0.0, 0.0], 1), env)
        # Beyond its space, which is 3 N wide on both sides.
        assert act(np.tile([0.0, 1.0, 0.0, 0.0], (vector.ENVS, 1))).tolist() == [[3.0]] * vector.ENVS
        with pytest.raises(UsageError, match=r"observations of this environment \(4 numbers each\) to actions"):
            vector.onnx_policy(linear(tmp_path / "b.onnx", [1.0, 2.0], 1), env)
    with (
        contextlib.closing(vector.make("HalfCheetah-v5")) as env,
        pytest.raises(UsageError, match=r"gives \(8, 1\) for 8 observations, and the environment takes \(8, 6\)"),
    ):
        vector.onnx_policy(linear(tmp_path / "c.onnx", [1.0] * 17, 1), env)
