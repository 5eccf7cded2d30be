"""What the judge plays. It is the same for every policy, whatever that was trained on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from wildrobot.config import EnvConfig, load_experiment, validated
from wildrobot.errors import UsageError


@dataclass(frozen=True)
class Suite:
    """Episodes from rest, each under one command.

    Attributes:
      commands_m_per_s: forward speeds; every one is played `episodes` times.
      episodes: per command; the first starts in the home pose, the others near it.
      seconds: length of an episode.
      seed: of the start states and of the random keys; the same seed gives the same table, to the bit.
    """

    commands_m_per_s: tuple[float, ...] = (0.0, 0.1, 0.2, 0.3)
    episodes: int = 128
    seconds: float = 20.0
    seed: int = 0


START_JOINT_RAD = 0.05
"""Half width [rad] by which start states deviate from home in each joint: about the play of a servo."""
START_TILT_RAD = 0.035
"""Half width [rad] of roll and pitch of the base at the start: 2 degrees."""
FALLEN_BELOW_M = 0.30
"""A base lower than this [m] has fallen; standing at home it is 0.46 m high."""
FALLEN_BEYOND_RAD = 0.80
"""A base tilted further than this [rad] has fallen."""


_THE_POLICYS_OWN = (
    ("physics", "timestep_s"),
    ("physics", "substeps"),
    ("task", "action"),
    ("task", "command"),
    ("task", "gait"),
)
"""What stays as it was in training: control period, action mapping, latency, heading hold, gait clock."""


def judged(trained_in: Mapping[str, Any], suite: Suite, *, threads: int = 0) -> EnvConfig:
    """The environment that a policy is judged in.

    All but `_THE_POLICYS_OWN` is the same for every policy: the nominal robot with full collisions on MuJoCo C, starts
    from rest, no noise, no sensor errors, no pushes. Rewards are not computed, so it does not matter either whether
    they had other terms when the policy was trained.

    Args:
      trained_in: the policy's environment, an `EnvConfig` as a JSON tree.
      suite: what will be played.
      threads: of the physics; 0 for every core.

    Raises:
      UsageError: if what is the policy's own does not fit this version's configuration.
    """
    tree = load_experiment("walk").env.model_dump(mode="json")
    for section, name in _THE_POLICYS_OWN:
        try:
            tree[section][name] = trained_in[section][name]
        except (KeyError, TypeError):
            raise UsageError(
                f"the policy file does not say its {section}.{name}; export it again from its training run"
            ) from None
    tree["physics"] |= {"engine": "native", "collision": "full", "threads": threads}
    tree["variants"]["count"] = 1
    tree["starts"] = dict.fromkeys(tree["starts"], 0.0) | {
        "count": suite.episodes,
        "seed": suite.seed,
        "joint_angle_rad": START_JOINT_RAD,
        "tilt_rad": START_TILT_RAD,
    }
    tree["task"] |= {
        "episode_length_s": suite.seconds,
        "observation": dict.fromkeys(tree["task"]["observation"], 0.0),
        "push": tree["task"]["push"] | {"velocity_m_per_s": 0.0},
        "termination": {"min_base_height_m": FALLEN_BELOW_M, "max_tilt_rad": FALLEN_BEYOND_RAD},
    }
    return validated(EnvConfig, tree, "environment of the policy")
