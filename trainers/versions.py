"""The versions of all that the course of a training depends on."""

from __future__ import annotations

from importlib import metadata

from wildrobot import __version__

ONLY_BRAX, ONLY_SB3 = ("brax",), ("stable-baselines3", "torch", "gymnasium")
"""What only one kind of trainer depends on."""
_OF = ("jax", "jaxlib", "optax", "mujoco", "mujoco-mjx", "numpy", *ONLY_BRAX, *ONLY_SB3)


def versions() -> dict[str, str | None]:
    """Of each distribution, by its name, as it is installed here."""
    return {name: _version(name) for name in _OF} | {"wildrobot": __version__}


def _version(distribution: str) -> str | None:
    """None where it is not installed, as the other trainer's framework may be."""
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None
