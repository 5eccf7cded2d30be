"""Environments of other people, sound and broken."""

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces
from gymnasium.vector import AutoresetMode, SyncVectorEnv

import wildrobot.evaluation.diagnose.examinations  # noqa: F401 - registers them
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
