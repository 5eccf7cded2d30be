"""Other people's environments, tried out through Gymnasium's interface for batches."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Bool, Float

from wildrobot.errors import UsageError
from wildrobot.extras import Extra, require
from wildrobot.plugins import plugins

VECTOR_ENVS = "wildrobot.vector_envs"
"""The entry points of frameworks: `make(id, num_envs)` gives a `VectorEnv` that restarts episodes in the same step."""
ENVS, STEPS, FEW_STEPS = 8, 1000, 100

Act = Callable[[Float[np.ndarray, "envs n"]], Float[np.ndarray, "envs m"]]


@runtime_checkable
class VectorEnv(Protocol):
    """What is asked of a batch of environments: `gymnasium.vector.VectorEnv` in the mode SAME_STEP."""

    num_envs: int
    single_observation_space: Any
    single_action_space: Any

    def reset(self, *, seed: int | None = None) -> tuple[Any, dict[str, Any]]: ...
    def step(self, actions: Any) -> tuple[Any, Any, Any, Any, dict[str, Any]]: ...
    def close(self) -> None: ...


@dataclass(frozen=True)
class Acted:
    """A batch under one way to act: T steps.

    Attributes:
      obs, reward, terminated, truncated: as returned; index 0 of `obs` is from the reset, shape (T + 1, envs, n).
      final: of the episodes that ended: the last observation, and the first of the next episode, shape (ended, 2, n).
      lost: ended episodes without a final observation.
      returns, lengths: of the episodes that ended, and of those that were under way at the end if none did.
    """

    obs: Float[np.ndarray, "T1 envs n"]
    reward: Float[np.ndarray, "T envs"]
    terminated: Bool[np.ndarray, "T envs"]
    truncated: Bool[np.ndarray, "T envs"]
    final: Float[np.ndarray, "ended 2 n"]
    lost: int
    returns: Float[np.ndarray, " episodes"]
    lengths: Float[np.ndarray, " episodes"]


@dataclass(frozen=True)
class VectorTrial:
    """One environment, tried out.

    Attributes:
      low, high: bounds of the observations.
      acted: by name: `random`, `nothing` (the middle of the action space), `constant` (one in each environment), and
        `policy`.
      again: some random actions once more, from the same seed.
      other: from another seed.
    """

    low: Float[np.ndarray, " n"]
    high: Float[np.ndarray, " n"]
    acted: Mapping[str, Acted]
    again: Acted
    other: Acted


def make(env_id: str) -> VectorEnv:
    """The environment, by whichever installed framework has it.

    Raises:
      UsageError: if none can make it.
    """
    entries = plugins(VECTOR_ENVS)
    for entry in entries:
        try:
            return entry.load()(env_id, ENVS)
        except ImportError as error:
            raise UsageError(f'--env needs {error.name}: pip install "wildrobot[gymnasium]"') from None
    raise UsageError('--env needs an adapter that makes environments: pip install "wildrobot[gymnasium]"')


def try_out(env: VectorEnv, policy: Act | None = None) -> VectorTrial:
    """Plays the ways to act one after the other, each for as many steps."""
    space = env.single_action_space
    low, high = np.maximum(space.low, -1e3), np.minimum(space.high, 1e3)
    middle, rng = 0.5 * (low + high), np.random.default_rng(0)
    random = rng.uniform(low, high, (STEPS, ENVS, len(low)))
    held = rng.uniform(low, high, (ENVS, len(low)))

    def fixed(actions: np.ndarray) -> Act:
        return lambda obs: np.broadcast_to(actions, (ENVS, len(low)))

    def drawn() -> Act:
        rows = iter(random)
        return lambda obs: next(rows)

    acted = {
        "random": _act(env, drawn(), STEPS),
        "nothing": _act(env, fixed(middle), STEPS),
        "constant": _act(env, fixed(held), STEPS),
    }
    if policy is not None:
        acted["policy"] = _act(env, policy, STEPS)
    bounds = env.single_observation_space
    return VectorTrial(
        bounds.low, bounds.high, acted, again=_act(env, drawn(), FEW_STEPS), other=_act(env, drawn(), FEW_STEPS, seed=1)
    )


def onnx_policy(path: Path, env: VectorEnv) -> Act:
    """A policy from observations to actions: of one input, and of outputs of which the first is the action.

    One that was exported for a single observation, as exporters do unless they are told otherwise, is asked about each
    environment in turn. Actions beyond their space are clipped to it, as trainers clip them.

    Raises:
      UsageError: for a file that is no such network.
    """
    require(f"reading {path}", Extra("onnx", ("onnxruntime",)))
    import onnxruntime

    try:
        session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
        given = session.get_inputs()[0]
        rows = ENVS if given.shape[0] == 1 else 1

        def act(seen: np.ndarray) -> np.ndarray:
            parts = np.split(np.asarray(seen, np.float32), rows)
            return np.concatenate([np.asarray(session.run(None, {given.name: part})[0]) for part in parts])

        shape = act(np.zeros((ENVS, *env.single_observation_space.shape))).shape
    except Exception as error:  # onnxruntime has no class of its own for what a file can do wrong
        raise UsageError(
            f"{path}: cannot be played here ({' '.join(str(error).split())[:200]}); give an ONNX file from "
            f"observations of this environment ({env.single_observation_space.shape[0]} numbers each) to actions"
        ) from None
    if shape != (ENVS, *env.single_action_space.shape):
        raise UsageError(
            f"{path}: gives {shape} for {ENVS} observations, and the environment takes "
            f"{(ENVS, *env.single_action_space.shape)}; give a policy of this environment"
        )
    space = env.single_action_space
    return lambda seen: np.clip(act(seen), space.low, space.high)


def _act(env: VectorEnv, act: Act, steps: int, *, seed: int = 0) -> Acted:
    space = env.single_action_space
    obs, _ = env.reset(seed=seed)
    seen, rewards, falls, limits = [np.array(obs, float)], [], [], []
    finals: list[np.ndarray] = []
    totals, lengths, lost = np.zeros(env.num_envs), np.zeros(env.num_envs), 0
    ended_returns: list[float] = []
    ended_lengths: list[float] = []
    for _ in range(steps):
        obs, reward, terminated, truncated, info = env.step(np.asarray(act(obs), space.dtype))
        seen.append(np.array(obs, float))
        rewards.append(np.array(reward, float))
        falls.append(np.array(terminated))
        limits.append(np.array(truncated))
        totals, lengths = totals + reward, lengths + 1
        for index in np.flatnonzero(np.asarray(terminated) | np.asarray(truncated)):
            final = info["final_obs"][index] if "final_obs" in info else None
            if final is None:
                lost += 1
            else:
                finals.append(np.stack([np.asarray(final, float), seen[-1][index]]))
            ended_returns.append(float(totals[index]))
            ended_lengths.append(float(lengths[index]))
            totals[index] = lengths[index] = 0.0
    size = seen[0].shape[1]
    return Acted(
        obs=np.stack(seen),
        reward=np.stack(rewards),
        terminated=np.stack(falls),
        truncated=np.stack(limits),
        final=np.stack(finals) if finals else np.empty((0, 2, size)),
        lost=lost,
        returns=np.array(ended_returns) if ended_returns else totals,
        lengths=np.array(ended_lengths) if ended_lengths else lengths,
    )
