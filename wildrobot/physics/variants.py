"""The bank of randomised robots.

Whatever needs MuJoCo's compiler is computed here, once; an episode draws a robot by its index.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import jax.numpy as jnp
import mujoco
import numpy as np
from jaxtyping import Array, Float

from wildrobot.errors import UsageError
from wildrobot.physics.config import VariantsConfig
from wildrobot.robot import Robot

PARAMETER_NAMES = ("friction", "mass_scale", "com_x_m", "com_y_m", "gain_scale", "frictionloss_scale", "armature_scale")


@dataclasses.dataclass(frozen=True)
class VariantBank:
    """K compiled robots.

    Attributes:
      models: the K compiled models.
      parameters: what was drawn for each, in the order of `PARAMETER_NAMES`; a critic may look at it.
    """

    models: tuple[mujoco.MjModel, ...]
    parameters: Float[Array, "K P"]

    @property
    def count(self) -> int:
        return len(self.models)


def make_variants(robot: Robot, config: VariantsConfig) -> VariantBank:
    """Compiles `config.count` robots; the first one is the nominal robot, unchanged."""
    rng = np.random.default_rng(config.seed)
    models, parameters = [robot.model], [_nominal(robot)]
    for _ in range(config.count - 1):
        drawn = np.array(
            [
                rng.uniform(*config.friction),
                rng.uniform(*config.mass_scale),
                *rng.uniform(*config.com_offset_m, size=2),
                rng.uniform(*config.gain_scale),
                rng.uniform(*config.frictionloss_scale),
                rng.uniform(*config.armature_scale),
            ]
        )
        # Each link deviates on its own, around a common deviation of the whole robot.
        models.append(_vary(robot.model, drawn, rng.uniform(*config.link_mass_scale, size=robot.model.nbody)))
        parameters.append(drawn)
    return VariantBank(tuple(models), jnp.asarray(np.stack(parameters), jnp.float32))


def chosen_variants(robot: Robot, choices: Sequence[Mapping[str, float]]) -> VariantBank:
    """Compiles robots that differ from the nominal one in the parameters that are named; {} is the nominal robot.

    Raises:
      UsageError: for a name that is none of `PARAMETER_NAMES`.
    """
    models, parameters = [], []
    for choice in choices:
        unknown = sorted(set(choice) - set(PARAMETER_NAMES))
        if unknown:
            raise UsageError(f"no parameter of a robot is called {unknown[0]}; there are: {', '.join(PARAMETER_NAMES)}")
        values = _nominal(robot)
        for name, value in choice.items():
            values[PARAMETER_NAMES.index(name)] = value
        models.append(_vary(robot.model, values, np.ones(robot.model.nbody)) if choice else robot.model)
        parameters.append(values)
    return VariantBank(tuple(models), jnp.asarray(np.stack(parameters), jnp.float32))


def _nominal(robot: Robot) -> Float[np.ndarray, "P"]:
    return np.array([robot.model.geom("floor").friction[0], 1.0, 0.0, 0.0, 1.0, 1.0, 1.0])


def _vary(
    nominal: mujoco.MjModel, parameters: Float[np.ndarray, "P"], link_scale: Float[np.ndarray, " bodies"]
) -> mujoco.MjModel:
    model = nominal.__copy__()
    friction, mass_scale, com_x_m, com_y_m, gain, frictionloss, armature = parameters
    # MuJoCo takes the larger friction of a contact's two geoms: both sides must carry it.
    model.geom_friction[:, 0] = friction
    model.body_mass *= mass_scale * link_scale
    model.body_inertia *= mass_scale * link_scale[:, None]
    model.body_ipos[model.body("torso").id, :2] += (com_x_m, com_y_m)
    model.actuator_gainprm[:, 0] *= gain
    model.actuator_biasprm[:, 1:3] *= gain
    model.dof_frictionloss *= frictionloss
    model.dof_armature *= armature
    # Recomputes what the compiler derives from masses and armature (inverse weights, ...).
    mujoco.mj_setConst(model, mujoco.MjData(model))
    return model


def stacked_leaves(variants: list[list[Any]]) -> tuple[list[Any], list[bool]]:
    """Stacks what differs between K lists of leaves of equal shapes.

    Returns:
      The leaves, with a leading axis K where the variants differ, and which ones those are.
    """
    leaves, differs = [], []
    for versions in zip(*variants, strict=True):
        first = np.asarray(versions[0])
        same = all(np.array_equal(first, np.asarray(version)) for version in versions[1:])
        leaves.append(versions[0] if same else jnp.stack([jnp.asarray(version) for version in versions]))
        differs.append(not same)
    return leaves, differs
