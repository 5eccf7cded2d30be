"""Where a policy comes from. Nothing here is needed to play it."""

from __future__ import annotations

from typing import Any

from wildrobot import __version__
from wildrobot.config import NonNegativeInt, Strict
from wildrobot.env import WildRobotEnv


class TrainingRecord(Strict):
    """What a training needs to be done again, besides its environment.

    Attributes:
      settings: the trainers' sections of the experiment, as JSON trees.
      versions: of the distributions that its course depends on, by name; None for one that was not installed.
      commit: of the code; None where it was no checkout.
      started_from: the SHA-256 of the policy that it started from; None if it started from nothing.
    """

    settings: dict[str, Any]
    versions: dict[str, str | None]
    commit: str | None
    started_from: str | None


class PolicyInfo(Strict):
    """Where a policy comes from.

    Attributes:
      env_config: the environment it was trained in, an `EnvConfig` of that time as a JSON tree.
      code_version: the version of wildrobot that made it.
      framework: what trained it, e.g. `brax-ppo`.
      environment_steps: the experience it was trained on.
      seed: of the training run.
      training: how it was trained; None where that is not known, as of policy files before version 4.
    """

    env_config: dict[str, Any]
    code_version: str
    framework: str
    environment_steps: NonNegativeInt
    seed: int
    training: TrainingRecord | None = None

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
