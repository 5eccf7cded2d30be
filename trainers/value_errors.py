"""How wrong a critic is just before the time limit: whether the limit is bootstrapped, or taken for a fall."""

from __future__ import annotations

from typing import Any

from jaxtyping import Bool, Float


def memory_steps(discount: float, gae_lambda: float) -> int:
    """Control steps over which GAE carries an end backwards: 1 / (1 - discount * lambda)."""
    return max(1, round(1.0 / max(1.0 - discount * gae_lambda, 1e-6)))


def value_errors(value: Float[Any, "*n"], target: Float[Any, "*n"], at_limit: Bool[Any, "*n"]) -> dict[str, Any]:
    """Target less value, in deviations of the targets. NumPy's and JAX's arrays are taken alike.

    Where the limit is bootstrapped, the error at the limit is that of any other step; where it is taken for a fall, the
    targets there lack all that would have come after it.

    Args:
      value: of the critic before the update.
      target: by GAE, as the update has them.
      at_limit: samples that are at most `memory_steps` before the time limit.

    Returns:
      `value_error`: mean over all samples. `value_error_at_limit`: sum over those at the limit, over the number of all
      samples; their mean is this over `share_at_limit`. So means of many updates are put together by their sums.
    """
    # Never zero: the first targets of a training can be all the same.
    error = (target - value) / (target.std() + 1e-8)
    return {
        "value_error": error.mean(),
        "value_error_at_limit": (error * at_limit).mean(),
        "share_at_limit": at_limit.mean(),
    }
