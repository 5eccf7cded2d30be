"""Packages that only some installations have."""

from __future__ import annotations

import importlib.util

from wildrobot.errors import UsageError


def require_onnx(what: str, *packages: str) -> None:
    """Refuses before anything is done, where the packages of the extra `onnx` are missing.

    Args:
      what: the user has asked for.
      packages: that it needs.

    Raises:
      UsageError: naming the missing ones.
    """
    missing = [name for name in packages if importlib.util.find_spec(name) is None]
    if missing:
        raise UsageError(f'{what} needs {" and ".join(missing)}: run `pip install "wildrobot[onnx]"`')
