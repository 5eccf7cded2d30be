"""The bank of randomised robots.

Whatever needs MuJoCo's compiler is computed here, once; an episode draws a robot by its index. What can differ is
stated once, in `PARAMETERS`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax.numpy as jnp
import mujoco
import numpy as np
from jaxtyping import Array, Float

from wildrobot.errors import UsageError
from wildrobot.physics.config import VariantsConfig
from wildrobot.robot import Robot

Apply = Callable[[Robot, mujoco.MjModel, float], None]


@dataclasses.dataclass(frozen=True)
class Parameter:
    """One thing in which robots differ.

    Attributes:
      name: unique; its unit is its ending, and a scale has none.
      nominal: of the nominal robot.
      apply: changes a copy of the nominal robot's model.
      mirror_sign: -1 for what changes its sign when left and right are exchanged.
    """

    name: str
    nominal: Callable[[Robot], float]
    apply: Apply
    mirror_sign: int = 1


def _friction(_: Robot, model: mujoco.MjModel, value: float) -> None:
    # MuJoCo takes the larger friction of a contact's two geoms: both sides must carry it.
    model.geom_friction[:, 0] = value


def _mass(_: Robot, model: mujoco.MjModel, scale: float) -> None:
    model.body_mass *= scale
    model.body_inertia *= scale


def _com(axis: int) -> Apply:
    def apply(robot: Robot, model: mujoco.MjModel, offset_m: float) -> None:
        model.body_ipos[robot.torso_body, axis] += offset_m

    return apply


def _gain(_: Robot, model: mujoco.MjModel, scale: float) -> None:
    model.actuator_gainprm[:, 0] *= scale
    model.actuator_biasprm[:, 1:3] *= scale


def _frictionloss(_: Robot, model: mujoco.MjModel, scale: float) -> None:
    model.dof_frictionloss *= scale


def _armature(_: Robot, model: mujoco.MjModel, scale: float) -> None:
    model.dof_armature *= scale


def _tilt(axis: int) -> Apply:
    def apply(_: Robot, model: mujoco.MjModel, tilt_rad: float) -> None:
        """The floor stays z = 0 and gravity leans: the same as a floor and soles that are not level."""
        size, direction = np.linalg.norm(model.opt.gravity), model.opt.gravity.copy()
        direction[axis] += size * np.sin(tilt_rad)
        direction[2] = -np.sqrt(size**2 - np.sum(np.square(direction[:2])))
        model.opt.gravity = direction

    return apply


PARAMETERS = (
    Parameter("friction", lambda robot: float(robot.model.geom_friction[robot.floor_geom, 0]), _friction),
    Parameter("mass_scale", lambda _: 1.0, _mass),
    Parameter("com_x_m", lambda _: 0.0, _com(0)),
    Parameter("com_y_m", lambda _: 0.0, _com(1), mirror_sign=-1),
    Parameter("gain_scale", lambda _: 1.0, _gain),
    Parameter("frictionloss_scale", lambda _: 1.0, _frictionloss),
    Parameter("armature_scale", lambda _: 1.0, _armature),
    Parameter("tilt_x_rad", lambda _: 0.0, _tilt(0)),
    Parameter("tilt_y_rad", lambda _: 0.0, _tilt(1), mirror_sign=-1),
)
PARAMETER_NAMES = tuple(parameter.name for parameter in PARAMETERS)


@dataclasses.dataclass(frozen=True)
class VariantBank:
    """K compiled robots.

    Attributes:
      models: the K compiled models.
      parameters: what was drawn for each, in the order of `PARAMETERS`; a critic may look at it.
    """

    models: tuple[mujoco.MjModel, ...]
    parameters: Float[Array, "K P"]

    @property
    def count(self) -> int:
        return len(self.models)

    @property
    def down(self) -> Float[np.ndarray, "K 3"]:
        """The direction of gravity of each robot, world frame."""
        gravity = np.stack([model.opt.gravity for model in self.models])
        return (gravity / np.linalg.norm(gravity, axis=1, keepdims=True)).astype(np.float32)


def make_variants(robot: Robot, config: VariantsConfig) -> VariantBank:
    """Compiles `config.count` robots; the first one is the nominal robot, unchanged."""
    rng, tilt_rng = np.random.default_rng(config.seed), np.random.default_rng((config.seed, 1))
    models, parameters = [robot.model], [_nominal(robot)]
    for _ in range(config.count - 1):
        values = [
            rng.uniform(*config.friction),
            rng.uniform(*config.mass_scale),
            *rng.uniform(*config.com_offset_m, size=2),
            rng.uniform(*config.gain_scale),
            rng.uniform(*config.frictionloss_scale),
            rng.uniform(*config.armature_scale),
        ]
        # Each link deviates on its own, around a common deviation of the whole robot.
        link_scale = rng.uniform(*config.link_mass_scale, size=robot.model.nbody)
        towards, angle_rad = tilt_rng.uniform(0.0, (2.0 * np.pi, config.tilt_rad))
        values += [angle_rad * np.cos(towards), angle_rad * np.sin(towards)]
        models.append(_vary(robot, values, link_scale))
        parameters.append(np.array(values))
    return VariantBank(tuple(models), jnp.asarray(np.stack(parameters), jnp.float32))


def chosen_variants(robot: Robot, choices: Sequence[Mapping[str, float]]) -> VariantBank:
    """Compiles robots that differ from the nominal one in the parameters that are named; {} is the nominal robot.

    Raises:
      UsageError: for a name that is not in `PARAMETER_NAMES`.
    """
    models, parameters = [], []
    for choice in choices:
        unknown = sorted(set(choice) - set(PARAMETER_NAMES))
        if unknown:
            raise UsageError(f"no parameter of a robot is called {unknown[0]}; there are: {', '.join(PARAMETER_NAMES)}")
        values = _nominal(robot)
        for name, value in choice.items():
            values[PARAMETER_NAMES.index(name)] = value
        models.append(_vary(robot, values, np.ones(robot.model.nbody)) if choice else robot.model)
        parameters.append(values)
    return VariantBank(tuple(models), jnp.asarray(np.stack(parameters), jnp.float32))


def tilted(robot: Robot, bank: VariantBank, tilts_rad: Float[np.ndarray, "T 2"]) -> VariantBank:
    """Every robot of a bank, whose floor is level, on floors that are tilted about x and y: the floors of one in a row.

    Only gravity differs between the floors, so nothing is compiled.
    """
    axes = [PARAMETER_NAMES.index(name) for name in ("tilt_x_rad", "tilt_y_rad")]
    models, parameters = [], []
    for model, values in zip(bank.models, np.asarray(bank.parameters, np.float64), strict=True):
        for tilt_rad in tilts_rad:
            copy, own = model.__copy__(), values.copy()
            for axis, angle_rad in zip(axes, tilt_rad, strict=True):
                PARAMETERS[axis].apply(robot, copy, float(angle_rad))
            own[axes] = tilt_rad
            models.append(copy)
            parameters.append(own)
    return VariantBank(tuple(models), jnp.asarray(np.stack(parameters), jnp.float32))


def _nominal(robot: Robot) -> Float[np.ndarray, "P"]:
    return np.array([parameter.nominal(robot) for parameter in PARAMETERS])


def _vary(
    robot: Robot, values: Sequence[float] | np.ndarray, link_scale: Float[np.ndarray, " bodies"]
) -> mujoco.MjModel:
    model = robot.model.__copy__()
    for parameter, value in zip(PARAMETERS, values, strict=True):
        parameter.apply(robot, model, float(value))
    model.body_mass *= link_scale
    model.body_inertia *= link_scale[:, None]
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
