"""Whether the devices can split the robots and the minibatches evenly."""

from __future__ import annotations

from trainers.brax.settings import BraxPpo
from wildrobot.errors import UsageError


def check_devices(settings: BraxPpo, count: int) -> None:
    """Refuses sizes that the devices cannot split evenly.

    Raises:
      UsageError: naming the size, and what to choose.
    """
    for name in ("num_envs", "batch_size"):
        value = getattr(settings, name)
        if value % count:
            raise UsageError(
                f"brax_ppo.{name}={value} cannot be split over {count} devices; choose a multiple of {count}, or show "
                "JAX fewer devices (for example CUDA_VISIBLE_DEVICES=0)"
            )
