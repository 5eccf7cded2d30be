"""Small random policies."""

import numpy as np

from wildrobot.env import WildRobotEnv
from wildrobot.experiment import load_experiment
from wildrobot.policy import Activation, Interface, Layer, Policy, PolicyInfo, Squash, interface_of
from wildrobot.policy.interface import ActionMapping, CommandInterface, GaitClock, History, Sensing

LAYOUT = (("gyro", 3), ("joint_angle", 2))
JOINTS = ("left_knee_pitch", "right_knee_pitch")
CONFIG = load_experiment("smoke").env


def interface(**changes) -> Interface:
    fields = {
        "robot": "wildrobot",
        "robot_digest": "a" * 64,
        "observation_layout": LAYOUT,
        "history": History(steps=0, entries=()),
        "action": ActionMapping(
            joint_names=JOINTS,
            home_rad=(0.1, -0.2),
            scale_rad=(0.5, 0.5),
            lower_rad=(0.0, -1.0),
            upper_rad=(1.0, 0.0),
            latency_steps=(1, 2),
            control_period_s=0.02,
        ),
        "command": CommandInterface(
            vx_m_per_s=(-0.1, 0.4),
            vy_m_per_s=(-0.08, 0.08),
            yaw_rate_rad_per_s=(-0.3, 0.2),
            standing_below=0.02,
            heading_hold=True,
            heading_gain_per_s=1.0,
            heading_limit_rad_per_s=0.3,
        ),
        "gait_clock": GaitClock(frequency_hz=0.9),
        "sensing": Sensing(joint_period_steps=((4, 7), (1, 1))),
    }
    return Interface(**fields | changes)


def info(**changes) -> PolicyInfo:
    fields = {
        "env_config": CONFIG.model_dump(mode="json"),
        "code_version": "0.1.0",
        "framework": "test",
        "environment_steps": 1000,
        "seed": 7,
    }
    return PolicyInfo(**fields | changes)


def network(activation: Activation = "swish", squash: Squash = "tanh", clip: float | None = None) -> Policy:
    rng = np.random.default_rng(0)

    def normal(*shape):
        return rng.normal(size=shape).astype(np.float32)

    return Policy(
        layers=(Layer(normal(5, 8), normal(8)), Layer(normal(8, 4), normal(4)), Layer(normal(4, 2), normal(2))),
        noise=Layer(normal(4, 2), normal(2)),
        noise_transform="softplus",
        activation=activation,
        squash=squash,
        observation_mean=normal(5),
        observation_std=np.exp(normal(5)),
        observation_clip=clip,
        interface=interface(),
        info=info(),
    )


def for_env(env: WildRobotEnv, *, scale: float = 0.2) -> Policy:
    """Two layers of random weights that fit the environment; the scale says how lively it is."""
    rng, size = np.random.default_rng(0), sum(size for _, size in env.observation_layout)

    def layer(inputs: int, outputs: int) -> Layer:
        kernel = rng.normal(0.0, scale / np.sqrt(inputs), (inputs, outputs))
        return Layer(kernel.astype(np.float32), np.zeros(outputs, np.float32))

    return Policy(
        layers=(layer(size, 16), layer(16, env.action_size)),
        noise=layer(16, env.action_size),
        noise_transform="exp",
        activation="swish",
        squash="tanh",
        observation_mean=np.zeros(size, np.float32),
        observation_std=np.ones(size, np.float32),
        observation_clip=None,
        interface=interface_of(env),
        info=PolicyInfo.from_env(env, framework="test", environment_steps=0, seed=0),
    )
