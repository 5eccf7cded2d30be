"""The environments that a suite is played in, made for the interface of a policy, and the robots in them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from wildrobot.config import validated
from wildrobot.env import WildRobotEnv
from wildrobot.errors import UsageError
from wildrobot.evaluation.play.case import Play, Setting
from wildrobot.evaluation.play.settings import with_settings
from wildrobot.evaluation.play.suite import Suite
from wildrobot.experiment import EnvConfig, load_experiment
from wildrobot.physics import make_engine
from wildrobot.physics.variants import chosen_variants, make_variants
from wildrobot.policy import Interface, config_for
from wildrobot.resets.bank import StartBank, joined, rows
from wildrobot.resets.config import StartsConfig
from wildrobot.resets.home import make_home_starts
from wildrobot.robot import Robot, describe, load_robot


class PushPlan(NamedTuple):
    """When the robots of a batch are pushed, and how: the force [N] on each, world frame, shape (robots, 3)."""

    first_step: int
    steps: int
    force_N: Float[np.ndarray, "robots 3"]


@dataclass(frozen=True)
class EvalBatch:
    """One environment, and the robots to be played in it: `episodes` of each play, one play after the other.

    Attributes:
      env: the environment; its episodes last as long as the longest case.
      plays: what is played.
      episodes: of each.
      seed: of the random keys.
      commands, starts, variants: of each robot, shapes (robots, 3), (robots,), (robots,).
      push: None without one.
    """

    env: WildRobotEnv
    plays: tuple[Play, ...]
    episodes: int
    seed: int
    commands: Float[Array, "robots 3"]
    starts: Int[Array, " robots"]
    variants: Int[Array, " robots"]
    push: PushPlan | None


def make_batch(
    interface: Interface, suite: Suite, setting: Setting, plays: Iterable[Play], *, threads: int = 0
) -> EvalBatch:
    """The environment of one setting for a policy of this interface.

    Raises:
      UsageError: if what is the policy's own does not fit this version's configuration.
    """
    plays, episodes = tuple(plays), suite.episodes
    seconds = max(case.seconds for case in suite.cases if case.setting == setting)
    config = judge_env_config(interface, suite, setting, seconds, threads=threads)
    robot = load_robot(config.robot, collision=config.physics.collision, timestep_s=config.physics.timestep_s)
    kinds = list(dict.fromkeys(play.start for play in plays))
    variants = list(dict.fromkeys(play.variant for play in plays))
    numbers = np.arange(episodes)
    if config.variants.count > 1:
        if variants != [()]:
            raise UsageError(
                f"{suite.source}: the robots of a case are either drawn (variants.count) or named, not both"
            )
        bank, of_robots = make_variants(robot, config.variants), 1 + numbers % (config.variants.count - 1)
        of_robots = np.tile(of_robots, len(plays))
    else:
        bank = chosen_variants(robot, [dict(variant) for variant in variants])
        of_robots = np.repeat([variants.index(play.variant) for play in plays], episodes)
    env = WildRobotEnv(
        config, make_engine(config.physics, robot, bank), joined([_starts(robot, suite, kind) for kind in kinds])
    )
    return EvalBatch(
        env=env,
        plays=plays,
        episodes=episodes,
        seed=suite.seed,
        commands=jnp.asarray(np.repeat([play.command for play in plays], episodes, axis=0), jnp.float32),
        starts=jnp.asarray(np.concatenate([kinds.index(play.start) * episodes + numbers for play in plays])),
        variants=jnp.asarray(of_robots, jnp.int32),
        push=_push_plan(plays, setting, episodes, env.control_period_s),
    )


def judge_env_config(
    interface: Interface, suite: Suite, setting: Setting, seconds: float, *, threads: int = 0
) -> EnvConfig:
    """The environment that a policy is judged in.

    All but the policy's interface and what the setting says is the same for every policy.

    Raises:
      UsageError: for an interface that no environment of this program can have.
    """
    tree = config_for(interface, load_experiment("walk").env).model_dump(mode="json")
    fall = describe(interface.robot).fall
    ideal = {
        "physics.torque_speed_line": False,
        "variants.count": 1,
        "starts.count": suite.episodes,
        "reference_starts.share": 0.0,
        "task.observation.noise": dict.fromkeys(tree["task"]["observation"]["noise"], 0.0),
        "task.sensing": {},
        "task.push.velocity_m_per_s": 0.0,
        "task.termination": {"min_base_height_m": fall.below_m, "max_tilt_rad": fall.beyond_rad},
    }
    tree = with_settings(tree, ideal, "environment of the judge")
    if setting.sensors != "ideal":
        tree = with_settings(tree, suite.file.sensors[setting.sensors], suite.source)
    if setting.settings is not None:
        tree = with_settings(tree, suite.file.settings[setting.settings], suite.source)
    tree["variants"]["seed"] = suite.seed
    # The case's own fields come last.
    own: dict[str, Any] = {
        "task.episode_length_s": seconds,
        "physics.engine": setting.engine,
        "physics.implementation": "jax",
        "physics.collision": setting.collision,
        "physics.threads": threads,
        **_physics_steps(tree["physics"], setting.timestep_s),
    }
    if setting.latency_steps is not None:
        own["task.action.latency_steps"] = [setting.latency_steps] * 2
    if setting.leg_period_steps is not None:
        own["task.sensing.joint_period_steps.legs"] = [setting.leg_period_steps] * 2
    tree = with_settings(tree, own, "environment of the case")
    return validated(EnvConfig, tree, "environment of the policy")


def _physics_steps(physics: Mapping[str, Any], timestep_s: float | None) -> dict[str, Any]:
    """Another physics step in the same control period."""
    if timestep_s is None:
        return {}
    period_s = physics["substeps"] * physics["timestep_s"]
    substeps = round(period_s / timestep_s)
    if abs(substeps * timestep_s - period_s) > 1e-9:
        raise UsageError(
            f"physics steps of {timestep_s:g} s do not fill the policy's control period of {period_s:g} s; "
            "choose a timestep_s that divides it"
        )
    return {"physics.timestep_s": timestep_s, "physics.substeps": substeps}


def _starts(robot: Robot, suite: Suite, kind: str) -> StartBank:
    spec = suite.file.starts[kind].model_dump(mode="json")
    config = validated(StartsConfig, spec | {"count": suite.episodes + 1, "seed": suite.seed}, f"start {kind}")
    bank = make_home_starts(robot, config)
    # The first is home itself, whatever the kind.
    return rows(bank, slice(1, None))


def _push_plan(plays: tuple[Play, ...], setting: Setting, episodes: int, period_s: float) -> PushPlan | None:
    if setting.push_time is None:
        return None
    at_s, duration_s = setting.push_time
    forces = []
    for play in plays:
        assert play.push is not None
        # Towards 0, 360/n, ... degrees: the robots start with their heading along x.
        angles = 2.0 * np.pi * (np.arange(episodes) % play.push.directions) / play.push.directions
        force = play.push.force_N * np.stack([np.cos(angles), np.sin(angles), np.zeros(episodes)], axis=1)
        forces.append(force)
    force_N = np.concatenate(forces).astype(np.float32)
    return PushPlan(round(at_s / period_s), max(1, round(duration_s / period_s)), force_N)
