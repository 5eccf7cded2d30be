"""The interface of an environment, the environment for an interface, and whether a policy fits an environment."""

from __future__ import annotations

from typing import Any

import numpy as np

from wildrobot.config import Section
from wildrobot.env import WildRobotEnv
from wildrobot.errors import UsageError
from wildrobot.experiment import EnvConfig
from wildrobot.policy.interface import ActionMapping, CommandInterface, GaitClock, History, Interface, Sensing
from wildrobot.robot import RobotDescription, describe
from wildrobot.task.command import STANDING_BELOW
from wildrobot.task.config import ActionConfig, CommandConfig, HistoryConfig


def interface_of(env: WildRobotEnv) -> Interface:
    """What a policy that is trained in this environment will need to be played."""
    task = env.config.task
    return Interface(
        robot=env.config.robot,
        robot_digest=env.robot.digest,
        observation_layout=tuple(env.observation_layout),
        history=_history(task.observation.history),
        action=_action_mapping(env),
        command=command_interface(task.command),
        gait_clock=GaitClock(frequency_hz=task.gait.frequency_hz),
        sensing=Sensing(joint_period_steps=tuple((int(low), int(high)) for low, high in env.sensing.periods_steps.T)),
    )


def command_interface(config: CommandConfig) -> CommandInterface:
    """The commands of this configuration, by this program's rules."""
    return CommandInterface(
        vx_m_per_s=config.vx_m_per_s,
        vy_m_per_s=config.vy_m_per_s,
        yaw_rate_rad_per_s=config.yaw_rate_rad_per_s,
        standing_below=STANDING_BELOW,
        heading_hold=config.heading_hold,
        heading_gain_per_s=config.heading_gain_per_s,
        heading_limit_rad_per_s=max(abs(bound) for bound in config.yaw_rate_rad_per_s),
    )


def config_for(interface: Interface, config: EnvConfig) -> EnvConfig:
    """The environment with what is the policy's own: robot, control period, actions, commands, history and gait clock.

    The physics step stays; their number per control step follows from the policy's control period. For another
    robot than the configuration's, what the configuration says per kind or group of joints is left out.

    Raises:
      UsageError: for an interface that no environment of this program can have.
    """
    action, command, task = interface.action, interface.command, config.task
    history = HistoryConfig(steps=interface.history.steps, entries=interface.history.entries)
    scale_rad = _scale_by_kind(action, describe(interface.robot))
    names = ("vx_m_per_s", "vy_m_per_s", "yaw_rate_rad_per_s", "heading_hold", "heading_gain_per_s")
    if interface.robot != config.robot:
        own = {"reward": _without_joint_weights(task.reward)}
        task = task.model_copy(update=own | {"sensing": task.sensing.model_copy(update={"joint_period_steps": {}})})
    changed = task.model_copy(
        update={
            "action": ActionConfig(scale_rad=scale_rad, latency_steps=action.latency_steps),
            "command": task.command.model_copy(update={name: getattr(command, name) for name in names}),
            "observation": task.observation.model_copy(update={"history": history}),
            "gait": task.gait.model_copy(update={"frequency_hz": interface.gait_clock.frequency_hz}),
        }
    )
    ours = command_interface(changed.command)
    for name in CommandInterface.model_fields:
        if getattr(ours, name) != getattr(command, name):
            raise UsageError(
                f"the policy's commands have another meaning: {name} is {getattr(command, name):g} in the policy, "
                f"{getattr(ours, name):g} here; play it with the wildrobot that made it, or train it again"
            )
    substeps = substeps_for(action.control_period_s, config.physics.timestep_s)
    return config.model_copy(
        update={
            "robot": interface.robot,
            "physics": config.physics.model_copy(update={"substeps": substeps}),
            "task": changed,
        }
    )


def substeps_for(control_period_s: float, timestep_s: float) -> int:
    """Physics steps in a control period.

    Raises:
      UsageError: if they do not fill it.
    """
    substeps = round(control_period_s / timestep_s)
    if abs(substeps * timestep_s - control_period_s) > 1e-9:
        raise UsageError(
            f"physics steps of {timestep_s:g} s do not fill the policy's control period of {control_period_s:g} s; "
            "choose a timestep_s that divides it"
        )
    return substeps


def check_interface_fits(interface: Interface, env: WildRobotEnv, made_by: str) -> None:
    """Refuses a policy that was made for another robot, observation or action mapping.

    Args:
      interface: the policy's.
      env: where it is to act.
      made_by: the version of wildrobot that made the policy.

    Raises:
      UsageError: naming what differs.
    """
    remedy = f"play it with wildrobot {made_by}, which made it, or train it again"
    ours = interface_of(env)
    if interface.robot_digest != ours.robot_digest:
        raise UsageError(
            f"the policy was trained for another robot: its MJCF is {interface.robot_digest[:12]}, this one's is "
            f"{ours.robot_digest[:12]}; {remedy}"
        )
    if interface.history != ours.history:
        raise UsageError(
            f"the policy sees {interface.history}, and this environment gives {ours.history}; set "
            f"env.task.observation.history to {_as_override(interface)}, or train it again"
        )
    if interface.observation_layout != ours.observation_layout:
        difference = _first_difference(interface.observation_layout, ours.observation_layout)
        raise UsageError(f"the policy reads another observation: {difference}; {remedy}")
    for name in ActionMapping.model_fields:
        its_value, our_value = getattr(interface.action, name), getattr(ours.action, name)
        if its_value != our_value:
            raise UsageError(
                f"the policy's actions have another meaning: {name} differs, "
                f"{_first_difference(its_value, our_value)}; {remedy}"
            )


def _action_mapping(env: WildRobotEnv) -> ActionMapping:
    def listed(values: np.ndarray) -> tuple[float, ...]:
        return tuple(float(value) for value in values)

    actions = env.action_map
    return ActionMapping(
        joint_names=tuple(env.robot.joint_names),
        home_rad=listed(actions.home_rad),
        scale_rad=listed(actions.scale_rad),
        lower_rad=listed(actions.lower_rad),
        upper_rad=listed(actions.upper_rad),
        latency_steps=actions.latency_steps,
        control_period_s=float(env.control_period_s),
    )


def _history(config: HistoryConfig) -> History:
    return History(steps=config.steps, entries=config.entries if config.steps else ())


def _scale_by_kind(action: ActionMapping, robot: RobotDescription) -> dict[str, float]:
    """The scale per kind of joint, as the configuration states it."""
    scales: dict[str, float] = {}
    for joint, scale in zip(action.joint_names, action.scale_rad, strict=True):
        kind = robot.joint_kind(joint)
        if scales.setdefault(kind, scale) != scale:
            raise UsageError(
                f"the policy scales {joint} by {scale:g} rad and the other {kind} by "
                f"{scales[kind]:g} rad, but here left and right have the same scale; train it again"
            )
    return scales


def _without_joint_weights(reward: Section) -> Section:
    per_joint = [name for name, row in reward if row is not None and any(isinstance(value, dict) for _, value in row)]
    return reward.model_copy(update=dict.fromkeys(per_joint))


def _as_override(interface: Interface) -> str:
    return f"{{steps: {interface.history.steps}, entries: [{', '.join(interface.history.entries)}]}}"


def _first_difference(its_value: Any, our_value: Any) -> str:
    if not isinstance(its_value, tuple):
        return f"{its_value} in the policy, {our_value} here"
    for index, (its_entry, our_entry) in enumerate(zip(its_value, our_value, strict=False)):
        if its_entry != our_entry:
            return f"entry {index} is {its_entry} in the policy, {our_entry} here"
    return f"{len(its_value)} entries in the policy, {len(our_value)} here"
