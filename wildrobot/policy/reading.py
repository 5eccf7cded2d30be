"""Policies from whatever holds one; readers of the training frameworks' own formats come through entry points."""

from __future__ import annotations

import os
from pathlib import Path

from wildrobot.errors import UsageError
from wildrobot.extras import Extra, require
from wildrobot.plugins import plugins
from wildrobot.policy.policy import Policy

READERS = "wildrobot.policy_readers"
"""The entry points. A reader is `read(path: Path, *, trust: bool) -> Policy | None`: None if the path is not of its
kind, and a UsageError if it is, but cannot be used."""

_IN_FOLDERS = ("policy.safetensors", "policy.onnx")
_VALID = (
    "a run folder that has saved a policy, a policy.safetensors, an exported policy.onnx or its folder, "
    "a Brax checkpoint folder, a Stable-Baselines3 zip beside its normaliser, or an RSL-RL checkpoint"
)


def load_policy(path: str | Path, *, trust: bool = False) -> Policy:
    """Reads a policy: ours, an exported one, or a checkpoint of a training framework.

    Args:
      path: a run folder or another that holds `policy.safetensors` or `policy.onnx`, such a file, or what an
        installed reader knows.
      trust: allow formats whose reading can run code from the file; ours and ONNX never do.

    Raises:
      UsageError: for a path that does not exist, is of no known kind, or is of one but cannot be used.
    """
    path = Path(path)
    if not os.path.exists(path):  # False also for a name that no disk takes
        raise UsageError(f"{path} does not exist; give {_VALID}")
    path = next((path / name for name in _IN_FOLDERS if (path / name).is_file()), path)
    if path.suffix == ".safetensors":
        return Policy.load(path)
    if path.suffix == ".onnx":
        require(f"reading {path}", Extra("onnx", ("onnx",)))
        from wildrobot.policy import onnx_file

        return onnx_file.read(path)
    tried = ["looked for " + " and ".join(_IN_FOLDERS) if path.is_dir() else "by its ending"]
    for reader in sorted(plugins(READERS), key=lambda entry: entry.name):
        try:
            read = reader.load()
        except ImportError as error:
            tried.append(f"{reader.name} (cannot be used here: {error})")
            continue
        policy = read(path, trust=trust)
        if policy is not None:
            return policy
        tried.append(reader.name)
    raise UsageError(f"{path} is no policy of a known kind (tried: {', '.join(tried)}); give {_VALID}")
