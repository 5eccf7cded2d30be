"""The versions of all that the course of a training depends on."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import metadata

from wildrobot import __version__

_SHARED = ("jax", "jaxlib", "optax", "mujoco", "mujoco-mjx", "numpy", "wildrobot")
_FRAMEWORKS = {
    "brax": ("brax",),
    "sb3": ("stable-baselines3", "torch", "gymnasium"),
    "rsl_rl": ("rsl-rl-lib", "tensordict", "torch", "gymnasium"),
}
"""What each kind of trainer depends on besides."""


def needed(trainer: str) -> tuple[str, ...]:
    """The distributions that a trainer depends on, by its name in `run.json`."""
    return _SHARED + _FRAMEWORKS.get(trainer.partition("-")[0], ())


def versions() -> dict[str, str | None]:
    """The installed version of each distribution, by its name."""
    names = dict.fromkeys(name for group in (_SHARED, *_FRAMEWORKS.values()) for name in group)
    return {name: _version(name) for name in names} | {"wildrobot": __version__}


def changed(trainer: str, then: Mapping[str, str | None]) -> list[str]:
    """The distributions that a trainer depends on which were of another version then, of those that `then` names."""
    now = versions()
    return [name for name in needed(trainer) if name in then and then[name] != now[name]]


def _version(distribution: str) -> str | None:
    """None where it is not installed, as another trainer's framework may be."""
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None
