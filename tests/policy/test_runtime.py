"""The runtime of docs/deploy.md, with NumPy and onnxruntime alone, beside the environment that trained the policy."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from tests.policy.networks import for_env
from wildrobot.env import WildRobotEnv, make_env
from wildrobot.experiment import load_experiment
from wildrobot.policy import bundle
from wildrobot.state import EnvState

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "deploy.md"
SENSED = ("command", "imu", "gyro", "joint_angle", "joint_velocity")  # as `tick` takes them
STRANGERS = ("wildrobot", "adapters", "trainers", "jax", "mujoco", "onnx", "pydantic", "safetensors", "torch", "brax")
PLAYED = """
import sys
read, written = sys.argv[2:]
states, runtime, played = np.load(read), Runtime(sys.argv[1]), []
for sensed in zip(*(states[name] for name in states.files), strict=True):
    targets = runtime.tick(*sensed)
    played.append((runtime.observation, runtime.action, targets))
observation, action, targets = (np.array(part) for part in zip(*played))
np.savez(written, observation=observation, action=action, targets=targets)
"""

# Walk, turn left while walking, stand, walk to the right, stand, walk: once from each half of the gait cycle.
COMMANDS = np.repeat(
    [[0.2, 0, 0], [0.1, 0.05, 0.3], [0.01, 0, 0.01], [0, -0.08, 0], [0, 0, 0], [0.2, 0, 0]],
    [30, 30, 15, 25, 5, 5],
    axis=0,
)


def noiseless(*overrides: str) -> WildRobotEnv:
    """An environment whose sensors are as good as the runtime's."""
    noise = load_experiment("smoke").env.task.observation.model_dump()
    quiet = [f"env.task.observation.{name}=0" for name in noise]
    settings = ["env.physics.engine=native", "env.physics.threads=1", "env.task.push.velocity_m_per_s=0"]
    return make_env(load_experiment("smoke", [*settings, *quiet, *overrides]).env)


def key_with_phase_0(env: WildRobotEnv) -> jax.Array:
    """A key whose episode starts with the left foot, as a runtime does."""
    reset = jax.jit(env.reset)
    return next(key for key in jax.random.split(jax.random.PRNGKey(0), 16) if reset(key).task.phase == 0.0)


def turned(env: WildRobotEnv, state: EnvState) -> EnvState:
    """The same start facing backwards: the heading soon passes from -pi to pi."""

    def about_z(quat: jax.Array) -> jax.Array:
        half = (np.pi + 0.05) / 2
        return quat * np.cos(half) + jnp.array([-quat[3], -quat[2], quat[1], quat[0]]) * np.sin(half)

    physics, imu = state.physics, env.robot.sensors["imu_orientation"]
    qpos = physics.qpos.at[3:7].set(about_z(physics.qpos[3:7]))
    sensordata = physics.sensordata.at[imu].set(about_z(physics.sensordata[imu]))
    state = state._replace(physics=physics._replace(qpos=qpos, sensordata=sensordata))
    return state._replace(task=state.task._replace(heading_goal_rad=env.readings(state).heading_rad))


def episode(env: WildRobotEnv, policy) -> dict[str, np.ndarray]:
    """What the core senses, sees, does and sends under `COMMANDS`; targets as they take effect."""
    step, orientation = jax.jit(env.step), env.robot.sensors["imu_orientation"]
    state = env.reset(key_with_phase_0(env), command=jnp.array(COMMANDS[0], jnp.float32), start=jnp.array(3))
    state = turned(env, state)
    samples = []
    for tick in range(len(COMMANDS)):
        readings = env.readings(state)
        action = policy.apply(np.asarray(state.obs["state"]))
        samples.append(
            {
                "command": state.task.command,
                "imu": state.physics.sensordata[orientation],
                "gyro": readings.gyro_rad_per_s,
                "joint_angle": readings.joint_angle_rad,
                "joint_velocity": readings.joint_velocity_rad_per_s,
                "observation": state.obs["state"],
                "action": action,
                "targets": env.action_map.targets_rad(jnp.asarray(action)),
                "sent": state.physics.ctrl,
            }
        )
        coming = COMMANDS[min(tick + 1, len(COMMANDS) - 1)]
        state = state._replace(task=state.task._replace(command=jnp.asarray(coming, jnp.float32)))
        state = step(state, jnp.asarray(action))
    return {name: np.array([sample[name] for sample in samples]) for name in samples[0]}


def played_without_us(folder: Path, recorded: dict[str, np.ndarray], tmp_path: Path) -> dict[str, np.ndarray]:
    """The same sensors and commands through the text in the document, in a process that cannot import us."""
    (example,) = re.findall(r"```python\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)
    blocked = "".join(f"sys.modules[{name!r}] = None\n" for name in STRANGERS)
    sensed: dict[str, Any] = {name: recorded[name] for name in SENSED}
    np.savez(tmp_path / "sensed.npz", **sensed)
    program = f"import sys\n{blocked}{example}\n{PLAYED}"
    files = [str(folder), str(tmp_path / "sensed.npz"), str(tmp_path / "played.npz")]
    done = subprocess.run([sys.executable, "-c", program, *files], capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    return dict(np.load(tmp_path / "played.npz"))


@pytest.mark.parametrize("overrides", [(), ("env.task.command.heading_hold=false", "env.task.action.delay_steps=2")])
def test_the_specification_alone_is_enough(overrides, tmp_path):
    env = noiseless(*overrides)
    policy = for_env(env, scale=0.7)
    bundle.export(policy, tmp_path / "bundle")
    expected = episode(env, policy)
    played = played_without_us(tmp_path / "bundle", expected, tmp_path)

    observed = expected["observation"]
    assert np.ptp(expected["action"], axis=0).min() > 0.1, "every joint is moved"
    assert np.ptp(observed[:, -3]) > 0.25, "the yaw rate asked for varies"
    np.testing.assert_allclose(played["observation"], observed, atol=2e-5)
    np.testing.assert_allclose(played["action"], expected["action"], atol=2e-5)
    np.testing.assert_allclose(played["targets"], expected["targets"], atol=2e-5)
    # What the servos are told, in training: the targets of so many ticks ago.
    late = 1 + env.action_map.delay_steps
    np.testing.assert_allclose(played["targets"][:-late], expected["sent"][late:], atol=2e-5)
