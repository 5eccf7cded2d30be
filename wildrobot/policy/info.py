"""What a policy was made for and where it comes from, and whether it fits an environment."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from wildrobot import __version__
from wildrobot.env import WildRobotEnv
from wildrobot.errors import UsageError


class HeaderSection(BaseModel):
    """Part of a policy file's header: immutable, and strict about keys and types."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class ActionMapping(HeaderSection):
    """How an action in [-1, 1] becomes joint targets [rad]: clip(home + scale * action, lower, upper).

    Lists are in actuator order; the targets take effect `delay_steps` control steps later.
    """

    joint_names: tuple[str, ...]
    home_rad: tuple[float, ...]
    scale_rad: tuple[float, ...]
    lower_rad: tuple[float, ...]
    upper_rad: tuple[float, ...]
    delay_steps: Annotated[int, Field(ge=0)]
    control_period_s: Annotated[float, Field(gt=0)]

    @classmethod
    def of(cls, env: WildRobotEnv) -> ActionMapping:
        """The environment's mapping."""

        def listed(values: np.ndarray) -> tuple[float, ...]:
            return tuple(float(value) for value in values)

        actions = env.action_map
        return cls(
            joint_names=tuple(env.robot.joint_names),
            home_rad=listed(actions.home_rad),
            scale_rad=listed(actions.scale_rad),
            lower_rad=listed(actions.lower_rad),
            upper_rad=listed(actions.upper_rad),
            delay_steps=actions.latency_steps[1],
            control_period_s=float(env.control_period_s),
        )


class PolicyInfo(HeaderSection):
    """What a policy was made for, and where it comes from.

    Attributes:
      observation_layout: names and sizes of the actor's observation, in order.
      action: the action mapping.
      robot_digest: SHA-256 of the robot's MJCF, `Robot.digest`.
      env_config: the environment it was trained in, an `EnvConfig` as a JSON tree.
      code_version: the version of wildrobot that made it.
      framework: what trained it, e.g. `brax-ppo`.
      environment_steps: the experience it was trained on.
      seed: of the training run.
    """

    observation_layout: tuple[tuple[str, Annotated[int, Field(ge=1)]], ...]
    action: ActionMapping
    robot_digest: str
    env_config: dict[str, Any]
    code_version: str
    framework: str
    environment_steps: Annotated[int, Field(ge=0)]
    seed: int

    @classmethod
    def of(cls, env: WildRobotEnv, *, framework: str, environment_steps: int, seed: int) -> PolicyInfo:
        """Describes a policy that was trained in this environment, by this version of wildrobot."""
        return cls(
            observation_layout=tuple(env.observation_layout),
            action=ActionMapping.of(env),
            robot_digest=env.robot.digest,
            env_config=env.config.model_dump(mode="json"),
            code_version=__version__,
            framework=framework,
            environment_steps=environment_steps,
            seed=seed,
        )

    @property
    def observation_size(self) -> int:
        """Number of entries of the observation."""
        return sum(size for _, size in self.observation_layout)

    @property
    def action_size(self) -> int:
        """Number of entries of the action."""
        return len(self.action.joint_names)


def check_fits(info: PolicyInfo, env: WildRobotEnv) -> None:
    """Refuses a policy that was made for another robot, observation or action mapping.

    Raises:
      UsageError: naming what differs.
    """
    remedy = f"play it with wildrobot {info.code_version}, which made it, or train it again"
    if info.robot_digest != env.robot.digest:
        raise UsageError(
            f"the policy was trained for another robot: its MJCF is {info.robot_digest[:12]}, this one's is "
            f"{env.robot.digest[:12]}; {remedy}"
        )
    if info.observation_layout != tuple(env.observation_layout):
        difference = _first_difference(info.observation_layout, tuple(env.observation_layout))
        raise UsageError(f"the policy reads another observation: {difference}; {remedy}")
    ours = ActionMapping.of(env)
    for name in ActionMapping.model_fields:
        its_value, our_value = getattr(info.action, name), getattr(ours, name)
        if its_value != our_value:
            raise UsageError(
                f"the policy's actions have another meaning: {name} differs, "
                f"{_first_difference(its_value, our_value)}; {remedy}"
            )


def _first_difference(its_value: Any, our_value: Any) -> str:
    if not isinstance(its_value, tuple):
        return f"{its_value} in the policy, {our_value} here"
    for index, (its_entry, our_entry) in enumerate(zip(its_value, our_value, strict=False)):
        if its_entry != our_entry:
            return f"entry {index} is {its_entry} in the policy, {our_entry} here"
    return f"{len(its_value)} entries in the policy, {len(our_value)} here"
