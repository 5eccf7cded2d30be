"""Faults of robot and task, as patches and settings: those that cost months, here and in other people's threads."""

from __future__ import annotations

import dataclasses
import functools
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from pathlib import Path
from typing import Any
from unittest import mock

import jax
import jax.numpy as jnp
import numpy as np

import wildrobot.env
import wildrobot.physics
from wildrobot.env import WildRobotEnv
from wildrobot.experiment import load_experiment
from wildrobot.motion import clip_file, derivatives, library
from wildrobot.robot import Robot, load_robot
from wildrobot.task import command, entries, reward, sensing, view
from wildrobot.task.action import ActionMap

SMALL = ("env.variants.count=4", "env.starts.count=64", "env.physics.engine=native")
"""Fewer robots and starts: none of the examinations counts them."""


@dataclasses.dataclass(frozen=True)
class Fault:
    """One thing that is broken.

    Attributes:
      name: unique.
      culprit: who is to blame; "healthy" for a set-up in which nothing is broken.
      examinations: those that should find it: one of them among the first three.
      settings: overrides of the experiment.
      patch: changes the code while the diagnosis runs.
      config: the experiment.
      run: makes a broken run folder; None for an experiment without a run.
    """

    name: str
    culprit: str
    examinations: tuple[str, ...] = ()
    settings: Callable[[], tuple[str, ...]] = tuple
    patch: Callable[[], AbstractContextManager[Any]] = nullcontext
    config: str = "walk"
    run: Callable[[], AbstractContextManager[Path]] | None = None


def reading(change: Callable[[Robot, Any, view.Readings], view.Readings]) -> Callable[[], AbstractContextManager[Any]]:
    """Changes what the task reads of the robot."""
    original = view.read

    def changed(robot: Robot, state: Any, down: Any = None) -> view.Readings:
        return change(robot, state, original(robot, state, down))

    return lambda: _everywhere((view, "read", changed), (wildrobot.env, "read", changed))


def model(change: Callable[[Robot], None]) -> Callable[[], AbstractContextManager[Any]]:
    """Changes the compiled model of the environment's robot."""

    def changed(*args: Any, **named: Any) -> Robot:
        robot = load_robot(*args, **named)
        change(robot)
        return robot

    return lambda: mock.patch.object(wildrobot.physics, "load_robot", changed)


def term(name: str, changed: reward.Term) -> Callable[[], AbstractContextManager[Any]]:
    """Another function in the place of a reward term."""
    functools.update_wrapper(changed, reward.TERMS[name])
    return lambda: mock.patch.dict(reward.TERMS, {name: changed})


def entry(name: str, form: Callable[[entries.Moment], Any]) -> Callable[[], AbstractContextManager[Any]]:
    """Another function in the place of an entry of the observation."""
    return lambda: mock.patch.dict(entries.ACTOR, {name: dataclasses.replace(entries.ACTOR[name], form=form)})


def given(*overrides: str) -> Callable[[], tuple[str, ...]]:
    """Overrides of the experiment."""
    return lambda: overrides


@contextmanager
def _everywhere(*replaced: tuple[Any, str, Any]) -> Iterator[None]:
    with ExitStack() as stack:
        for owner, name, value in replaced:
            stack.enter_context(mock.patch.object(owner, name, value))
        yield


def _quaternion_xyzw(robot: Robot, state: Any, read: view.Readings) -> view.Readings:
    sensors = jnp.asarray(state.sensordata)
    turned = sensors.at[robot.imu.orientation].set(jnp.roll(sensors[robot.imu.orientation], -1))
    return _READ(robot, _View(state.qpos, state.qvel, state.ctrl, turned))


_READ = view.read


@dataclasses.dataclass
class _View:
    qpos: Any
    qvel: Any
    ctrl: Any
    sensordata: Any


def _swapped_targets(first: str, second: str) -> Callable[[], AbstractContextManager[Any]]:
    names = load_robot().joint_names
    order = np.arange(len(names))
    order[[names.index(first), names.index(second)]] = names.index(second), names.index(first)
    original = ActionMap.targets_rad
    return lambda: mock.patch.object(ActionMap, "targets_rad", lambda self, action: original(self, action)[order])


def _undelayed(self: ActionMap, queue: Any, targets_rad: Any, latency: Any) -> Any:
    return targets_rad, jnp.concatenate([queue, targets_rad[None]])[1:]


def _always_fresh(self: sensing.Sensing, *draws: Any) -> Any:
    errors = _ERRORS(self, *draws)
    return errors._replace(
        period_steps=jnp.ones_like(errors.period_steps), phase_steps=jnp.zeros_like(errors.phase_steps)
    )


_ERRORS = sensing.Sensing.errors


def _only_right(draws: Any, config: Any) -> Any:
    drawn = _SAMPLE(draws, config)
    return drawn.at[1].set(-jnp.abs(drawn[1]))


_SAMPLE = command.sample


def _one_key() -> AbstractContextManager[Any]:
    original = WildRobotEnv.reset

    def reset(self: WildRobotEnv, key: Any, **named: Any) -> Any:
        return original(self, jax.random.key(0, impl="threefry2x32"), **named)

    return mock.patch.object(WildRobotEnv, "reset", reset)


def _limit_is_fall() -> AbstractContextManager[Any]:
    original = WildRobotEnv.step

    def step(self: WildRobotEnv, *args: Any) -> Any:
        state = original(self, *args)
        return state._replace(terminated=state.terminated | state.truncated)

    return mock.patch.object(WildRobotEnv, "step", step)


def _copied_joint(m: entries.Moment) -> Any:
    angle = m.sensed.joint_angle_rad - m.home_rad
    return angle.at[1].set(angle[0])


def _scaled(share: float) -> tuple[str, ...]:
    scales = load_experiment("walk").env.task.action.scale_rad
    return tuple(f"env.task.action.scale_rad.{kind}={share * value:g}" for kind, value in scales.items())


def _fast_clip() -> tuple[str, ...]:
    """Every second frame of a clip, which claims its old speed."""
    robot = load_robot()
    clip = clip_file.load(library.find("forward-0.10"), robot)
    qpos, contacts = clip.qpos[::2], clip.contacts[::2]
    fast = dataclasses.replace(
        clip, name="fast", qpos=qpos, contacts=contacts, qvel=derivatives.velocity(robot.model, qpos, loop=True),
        steady=(0, len(qpos) - 1),
    )  # fmt: skip
    path = Path(tempfile.mkdtemp()) / "fast.npz"
    clip_file.save(fast, path)
    return (f"env.reference_starts.clips=[{path}]",)


def _noise(factor: float) -> tuple[str, ...]:
    noise = load_experiment("walk").env.task.observation.noise.model_dump()
    return tuple(f"env.task.observation.noise.{name}={factor * value:g}" for name, value in noise.items())


def _weaker(robot: Robot) -> None:
    robot.model.actuator_forcerange[:] *= 0.5


def _slippery(robot: Robot) -> None:
    robot.model.geom_friction[:, 0] = 0.02


def _stuck(robot: Robot) -> None:
    robot.model.dof_frictionloss[robot.dof_index[robot.joint_names.index("left_hip_roll")]] = 50.0


def _reversed(robot: Robot) -> None:
    robot.model.jnt_axis[robot.model.joint("left_ankle_roll").id] *= -1.0


def _soft(robot: Robot) -> None:
    robot.model.actuator_gainprm[:, 0] *= 0.1
    robot.model.actuator_biasprm[:, 1:3] *= 0.1


def _lopsided(robot: Robot) -> None:
    body = robot.model.body("right_lower_leg").id
    robot.model.body_mass[body] *= 6.0
    robot.model.body_inertia[body] *= 6.0


def _wrong_side(s: reward.Step, *, width_m_per_s: float) -> Any:
    return jnp.exp(-jnp.abs(s.command[1] + s.velocity[1]) / width_m_per_s)


def _wrong_side_too(s: reward.Step, *, width_m_per_s: float) -> Any:
    error = jnp.abs(s.command[0] - s.velocity[0]) + jnp.abs(s.command[1] + s.velocity[1])
    return jnp.exp(-error / width_m_per_s)


def _asked_is_paid(s: reward.Step) -> Any:
    return jnp.any(s.swinging).astype(jnp.float32)


def _both_sides_wrong() -> AbstractContextManager[Any]:
    stack = ExitStack()
    stack.enter_context(term("sideways_velocity", _wrong_side)())
    stack.enter_context(term("velocity", _wrong_side_too)())
    return stack


HEALTHY = (
    Fault("walk", "healthy"),
    Fault("ideal", "healthy", config="ideal"),
    Fault("smoke", "healthy", config="smoke"),
)
"""Nothing is broken."""

FAULTS = (
    Fault("quaternion_read_as_xyzw", "robot", ("gravity_reading", "motion_reading"), patch=reading(_quaternion_xyzw)),
    Fault(
        "gravity_flipped", "robot", ("gravity_reading",),
        patch=reading(lambda r, s, x: x._replace(gravity=-x.gravity)),
    ),
    Fault(
        "gyro_sign_about_y", "robot", ("gyro_reading",),
        patch=reading(lambda r, s, x: x._replace(gyro_rad_per_s=x.gyro_rad_per_s * jnp.array([1.0, -1.0, 1.0]))),
    ),
    Fault(
        "one_of_four_contact_rows", "robot", ("foot_loads",),
        patch=reading(lambda r, s, x: x._replace(foot_load_N=0.25 * x.foot_load_N)),
    ),
    Fault(
        "two_actions_swapped", "robot", ("joint_response", "mirror_image"),
        patch=lambda: _swapped_targets("left_elbow_pitch", "left_shoulder_pitch")(),
    ),
    Fault("torque_limit_halved", "robot", ("torque_reserve",), patch=model(_weaker)),
    Fault("feet_frictionless", "robot", ("grip",), patch=model(_slippery)),
    Fault("joint_stuck", "robot", ("joint_response",), patch=model(_stuck)),
    Fault("joint_axis_reversed", "robot", ("soles_on_floor", "mirror_image", "joint_response"), patch=model(_reversed)),
    Fault("servo_gains_a_tenth", "robot", ("home_held", "joint_response", "open_loop_walk"), patch=model(_soft)),
    Fault("one_leg_heavier", "robot", ("mirror_image",), patch=model(_lopsided)),
    Fault(
        "no_slope_at_rest", "task", ("reward_slope_at_rest",),
        given("env.task.reward.velocity.width_m_per_s=0.02", "env.task.reward.sideways_velocity.width_m_per_s=0.01"),
    ),
    Fault("reward_sign_of_one_axis", "task", ("reward_peak",), patch=_both_sides_wrong),
    Fault("paid_on_command_alone", "task", ("blind_terms",), patch=lambda: term("foot_contact", _asked_is_paid)()),
    Fault("home_pose_drowns_walking", "task", ("standing_pays",), given("env.task.reward.pose.weight=-40")),
    Fault("falling_is_paid", "task", ("falling_pays",), given("env.task.reward.termination.weight=5000")),
    Fault("living_costs", "task", ("living_pays",), given("env.task.reward.alive.weight=-25")),
    Fault("action_scale_too_small", "task", ("action_reach",), lambda: _scaled(0.1)),
    Fault("never_asked_for_the_left", "task", ("commands_drawn", "both_sides_asked"),
          patch=lambda: mock.patch.object(command, "sample", _only_right)),
    Fault("commands_too_fast", "task", ("commands_possible",), given("env.task.command.vx_m_per_s=[-0.12,1.5]")),
    Fault("delay_not_applied", "task", ("latency_applied",),
          patch=lambda: mock.patch.object(ActionMap, "delayed", _undelayed)),
    Fault("readings_always_fresh", "task", ("joint_ages",),
          patch=lambda: mock.patch.object(sensing.Sensing, "errors", _always_fresh)),
    Fault("noise_ten_times", "task", ("signal_to_noise",), lambda: _noise(10.0)),
    Fault("command_not_seen", "task", ("command_seen",), patch=entry("command", lambda m: jnp.zeros(3))),
    Fault("one_joint_read_twice", "task", ("joint_readings", "duplicate_observations"),
          patch=entry("joint_angle", _copied_joint)),
    Fault("reset_does_not_randomise", "task", ("starts_differ",), patch=_one_key),
    Fault("time_limit_is_a_fall", "task", ("endings",), patch=_limit_is_fall),
    Fault("falls_while_standing", "task", ("endings",), given("env.task.termination.min_base_height_m=0.46")),
    Fault("pushes_ten_times", "task", ("pushes_survivable",), given("env.task.push.velocity_m_per_s=5")),
    Fault("clip_at_the_wrong_speed", "task", ("clip_speed",), _fast_clip),
)  # fmt: skip
"""Those that need no run."""
