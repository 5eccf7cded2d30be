"""What a robot's computer reads in an episode, and the runtime of docs/deploy.md on it, without us."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from wildrobot.env import WildRobotEnv, make_env
from wildrobot.experiment import load_experiment
from wildrobot.state import EnvState

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "deploy.md"
SENSED = ("command", "imu", "gyro", "joint_angle", "joint_velocity")  # as `tick` takes them
TOLD: dict[str, str] = dict(zip(SENSED, ("command", "imu_wxyz", "gyro", "joint_angle", "joint_velocity"), strict=True))
STRANGERS = ("wildrobot", "adapters", "trainers", "jax", "mujoco", "onnx", "pydantic", "safetensors", "torch", "brax")
PLAYED = """
import sys
read, written = sys.argv[2:]
states, runtime, played = np.load(read), Runtime(sys.argv[1]), []
nothing = np.zeros(sum(entry["size"] for entry in runtime.spec["observation"]))
for sensed in zip(*(states[name] for name in states.files), strict=True):
    targets = runtime.tick(*sensed)
    played.append((getattr(runtime, "observation", nothing), runtime.action, targets))
observation, action, targets = (np.array(part) for part in zip(*played, strict=True))
np.savez(written, observation=observation, action=action, targets=targets)
"""

# Walk, turn left while walking, stand, walk to the right, stand, walk: once from each half of the gait cycle.
COMMANDS = np.repeat(
    [[0.2, 0, 0], [0.1, 0.05, 0.3], [0.01, 0, 0.01], [0, -0.08, 0], [0, 0, 0], [0.2, 0, 0]],
    [30, 30, 15, 25, 5, 5],
    axis=0,
)


HISTORY = "env.task.observation.history={steps: 3, entries: [gyro, gravity, last_action]}"
HELD = "{joint_period_steps: {legs: [4, 7], arms: [12, 24]}, read_failure_share: 0.05, joint_zero_error_rad: 0.03}"
STALE = "{joint_period_steps: {legs: [2, 3]}, imu_stale_share: 1.0, play_rad: [0.02, 0.1]}"


def noiseless(*overrides: str) -> WildRobotEnv:
    """An environment whose sensors are as good as the runtime's, but for what the overrides say."""
    noise = load_experiment("ideal").env.task.observation.noise.model_dump()
    quiet = [f"env.task.observation.noise.{name}=0" for name in noise]
    settings = ["env.physics.engine=native", "env.physics.threads=1", "env.task.push.velocity_m_per_s=0"]
    small = ["env.variants.count=3", "env.starts.count=16", "env.reference_starts.share=0"]
    return make_env(load_experiment("ideal", [*settings, *small, *quiet, *overrides]).env)


def begun(env: WildRobotEnv) -> EnvState:
    """An episode under the first command that starts with the left foot, as a runtime does."""
    command, start, reset = jnp.array(COMMANDS[0], jnp.float32), jnp.array(3), jax.jit(env.reset)
    states = (reset(key, command=command, start=start) for key in jax.random.split(jax.random.PRNGKey(0), 16))
    return next(state for state in states if state.task.phase == 0.0)


def turned(env: WildRobotEnv, state: EnvState) -> EnvState:
    """The same start facing backwards: the heading soon passes from -pi to pi."""

    def about_z(quat: jax.Array) -> jax.Array:
        half = (np.pi + 0.05) / 2
        return quat * np.cos(half) + jnp.array([-quat[3], -quat[2], quat[1], quat[0]]) * np.sin(half)

    physics, imu = state.physics, env.robot.sensors["imu_orientation"]
    qpos = physics.qpos.at[3:7].set(about_z(physics.qpos[3:7]))
    sensordata = physics.sensordata.at[imu].set(about_z(physics.sensordata[imu]))
    state = state._replace(physics=physics._replace(qpos=qpos, sensordata=sensordata))
    heading, sensors = env.readings(state).heading_rad, state.task.sensors
    imu = sensors.imu._replace(heading_rad=heading)
    sensors = sensors._replace(imu=imu, sensed=sensors.sensed._replace(imu=imu))
    return state._replace(task=state.task._replace(heading_goal_rad=heading, sensors=sensors))


def episode(env: WildRobotEnv, policy) -> dict[str, np.ndarray]:
    """What the robot's computer knows, sees, does and sends under `COMMANDS`; targets as they take effect.

    Where IMU samples may be stale, each but the first is one step old.
    """
    step, orientation = jax.jit(env.step), env.robot.sensors["imu_orientation"]
    state = turned(env, begun(env))
    stale = env.config.task.sensing.imu_stale_share
    before, samples = state, []
    for tick in range(len(COMMANDS)):
        action, sensed = policy.apply(np.asarray(state.obs["state"])), state.task.sensors.sensed
        oriented = before if stale else state
        samples.append(
            {
                "command": state.task.command,
                "imu": oriented.physics.sensordata[orientation],
                "gyro": sensed.imu.gyro_rad_per_s,
                "joint_angle": sensed.joint_angle_rad,
                "joint_velocity": sensed.joint_velocity_rad_per_s,
                "observation": state.obs["state"],
                "action": action,
                "targets": env.action_map.targets_rad(jnp.asarray(action)),
                "sent": state.physics.ctrl,
                "latency_steps": state.task.latency_steps,
            }
        )
        coming = COMMANDS[min(tick + 1, len(COMMANDS) - 1)]
        state = state._replace(task=state.task._replace(command=jnp.asarray(coming, jnp.float32)))
        before, state = state, step(state, jnp.asarray(action))
    return {name: np.array([sample[name] for sample in samples]) for name in samples[0]}


def played_without_us(
    folder: Path, recorded: dict[str, np.ndarray], tmp_path: Path
) -> tuple[dict[str, np.ndarray], list[str]]:
    """The same sensors and commands through the text in the document, in a process that cannot import us.

    Returns:
      What it saw and did, and the lines that it wrote on standard error.
    """
    (example,) = re.findall(r"```python\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)
    blocked = "".join(f"sys.modules[{name!r}] = None\n" for name in STRANGERS)
    sensed: dict[str, Any] = {name: recorded[name] for name in SENSED}
    np.savez(tmp_path / "sensed.npz", **sensed)
    program = f"import sys\n{blocked}{example}\n{PLAYED}"
    files = [str(folder), str(tmp_path / "sensed.npz"), str(tmp_path / "played.npz")]
    done = subprocess.run([sys.executable, "-c", program, *files], capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    return dict(np.load(tmp_path / "played.npz")), done.stderr.splitlines()


def faults(sound: dict[str, np.ndarray]) -> dict[int, tuple[str, np.ndarray]]:
    """Tick, what is at fault, and its values: parts of each sensor in turn, NaN, infinite or beyond float32."""
    found: dict[int, tuple[str, np.ndarray]] = {0: ("gyro", np.array([np.inf, 0.0, 0.0]))}
    for name in SENSED:
        sizes = sound[name].shape[1]
        for part, value in ((0, np.nan), (sizes - 1, -np.inf), (sizes // 2, 1e300)):
            tick = 3 * len(found)
            values = sound[name][tick].copy()
            values[part] = value
            found[tick] = (name, values)
    found[3 * len(found)] = ("imu", np.zeros(4))
    found[3 * len(found)] = ("joint_angle", np.full_like(sound["joint_angle"][0], np.nan))
    return found
