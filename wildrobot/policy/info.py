"""Where a policy comes from. Nothing here is needed to play it."""

from __future__ import annotations

from typing import Any

from wildrobot import __version__
from wildrobot.config import NonNegativeInt, Strict
from wildrobot.env import WildRobotEnv


class PolicyInfo(Strict):
    """Where a policy comes from.

    Attributes:
      env_config: the environment it was trained in, an `EnvConfig` of that time as a JSON tree.
      code_version: the version of wildrobot that made it.
      framework: what trained it, e.g. `brax-ppo`.
      environment_steps: the experience it was trained on.
      seed: of the training run.
    """

    env_config: dict[str, Any]
    code_version: str
    framework: str
    environment_steps: NonNegativeInt
    seed: int

    @classmethod
    def from_env(cls, env: WildRobotEnv, *, framework: str, environment_steps: int, seed: int) -> PolicyInfo:
        """Describes a policy that was trained in this environment, by this version of wildrobot."""
        return cls(
            env_config=env.config.model_dump(mode="json"),
            code_version=__version__,
            framework=framework,
            environment_steps=environment_steps,
            seed=seed,
        )
