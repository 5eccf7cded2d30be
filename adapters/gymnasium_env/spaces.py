"""The spaces of the Gymnasium adapter, and the checks of what a caller passes in."""

from __future__ import annotations

from typing import Any

import numpy as np
from gymnasium import error, spaces
from jaxtyping import Bool, Float

from wildrobot.env import WildRobotEnv

_ROUNDING = 1e-3
"""How far an action may exceed 1 or -1: single precision rounds, and the core clips anyway."""


def action_space(core: WildRobotEnv) -> spaces.Box:
    """Joint target offsets of one robot, in actuator order."""
    return spaces.Box(-1.0, 1.0, (core.action_size,), np.float32)


def observation_space(core: WildRobotEnv, *, privileged: bool) -> spaces.Space:
    """What the actor senses, or a dictionary of that (`state`) and what the critic may know (`privileged_state`)."""
    bounds = core.observation.bounds()
    boxes: dict[str, spaces.Space] = {
        name: spaces.Box(low, high, dtype=np.float32) for name, (low, high) in bounds.items()
    }
    return spaces.Dict(boxes) if privileged else boxes["state"]


def checked_actions(actions: Any, space: spaces.Box) -> Float[np.ndarray, "*batch n"]:
    """The actions as float32, which the core clips to [-1, 1].

    Args:
      actions: an array of any library that NumPy understands, of any floating type.
      space: of the batch, or of one robot.

    Raises:
      gymnasium.error.InvalidAction: for another shape or type, NaN, or values outside the space by more than rounding.
    """
    try:
        array = np.asarray(actions)
    except (TypeError, ValueError, RuntimeError) as problem:  # ragged lists; tensors that need a gradient
        raise error.InvalidAction(f"actions cannot be made a NumPy array: {problem}") from None
    if array.shape != space.shape:
        raise error.InvalidAction(f"actions must have the shape {space.shape}, got {array.shape}")
    if not np.issubdtype(array.dtype, np.floating):
        raise error.InvalidAction(f"actions must be floating point numbers, got the dtype {array.dtype}")
    inside = np.abs(array) <= 1.0 + _ROUNDING
    if not inside.all():  # NaN is inside nothing
        *robot, joint = (int(i) for i in np.argwhere(~inside)[0])
        where = f"robot {robot[0]}, joint {joint}" if robot else f"joint {joint}"
        value = array[(*robot, joint)]
        remedy = "the policy has diverged" if np.isnan(value) else "clip them with np.clip(actions, -1, 1)"
        raise error.InvalidAction(f"actions must lie within [-1, 1], got {value} for {where}: {remedy}")
    return array.astype(np.float32, copy=False)


def checked_mask(given: Any, num_envs: int) -> Bool[np.ndarray, " batch"]:
    """`options["reset_mask"]`, by the rules of Gymnasium's own vector environments.

    Args:
      given: an array of any library that NumPy understands, as Gymnasium's wrappers pass on.
      num_envs: robots.

    Raises:
      TypeError, ValueError: for anything but an array of booleans, one per robot, at least one of them True.
    """
    if not hasattr(given, "__array__"):
        raise TypeError(f'options["reset_mask"] must be an array, got {type(given).__name__}')
    mask = np.asarray(given)
    if mask.dtype != np.bool_:
        raise TypeError(f'options["reset_mask"] must have the dtype bool, got {mask.dtype}')
    if mask.shape != (num_envs,):
        raise ValueError(f'options["reset_mask"] must have the shape ({num_envs},), got {mask.shape}')
    if not mask.any():
        raise ValueError('options["reset_mask"] must be True for at least one robot')
    return mask
