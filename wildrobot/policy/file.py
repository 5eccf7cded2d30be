"""The container of a policy file: named float32 arrays and a JSON header, with a checksum over both.

It is a safetensors file whose metadata holds `format`, `version`, `header` (JSON) and `sha256`. An exported ONNX file
carries the same metadata. Files of older versions are read through `migrations.py`.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import safetensors
import safetensors.numpy

from wildrobot.errors import UsageError
from wildrobot.files import write_bytes
from wildrobot.policy import migrations

FORMAT, FORMAT_VERSION = "wildrobot-policy", migrations.VERSION
REMEDY = "copy it again, or export it again from its training run"


def write(path: Path, header: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> None:
    """Writes a file; whoever reads it at the same time sees the old one or the new one, never a part.

    Raises:
      UsageError: if the file cannot be written.
    """
    # A transposed array would otherwise be written as its memory lies.
    arrays = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    write_bytes(path, safetensors.numpy.save(arrays, metadata(header, arrays)))


def read(path: Path) -> tuple[Any, Mapping[str, np.ndarray]]:
    """Reads header and arrays, as this version has them; runs no code from the file.

    Raises:
      UsageError: for a file that is unreadable, foreign, of a newer version, truncated or altered.
    """
    check_readable(path)
    try:
        with safetensors.safe_open(path, framework="numpy") as file:
            described = file.metadata() or {}
            check_format(path, described)
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a dict
    except (safetensors.SafetensorError, OSError, TypeError, ValueError) as error:
        raise UsageError(f"{path} is not a policy file, or it is truncated ({_plain(error)}); {REMEDY}") from None
    return checked(path, described, arrays)


def metadata(header: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> dict[str, str]:
    """What a file says of itself besides its arrays."""
    text = json.dumps(header)
    return {"format": FORMAT, "version": str(FORMAT_VERSION), "header": text, "sha256": _checksum(text, arrays)}


def check_readable(path: Path) -> None:
    """Pre-check, for clearer errors about folders and missing files than the libraries give.

    Raises:
      UsageError: if the file cannot be opened.
    """
    try:
        path.open("rb").close()
    except OSError as error:
        raise UsageError(f"cannot read the policy {path}: {error.strerror}; give a policy file") from None


def check_format(path: Path, described: Mapping[str, str]) -> None:
    """Refuses what does not describe itself as a policy of this version or an older one.

    Raises:
      UsageError: for a foreign file, and for a policy of a newer version.
    """
    version = described.get("version", "")
    if described.get("format") != FORMAT or "header" not in described or not re.fullmatch("[1-9][0-9]{0,8}", version):
        raise UsageError(f"{path} is not a policy of the format {FORMAT!r}; {REMEDY}")
    if int(version) > FORMAT_VERSION:
        raise UsageError(
            f"{path} is a policy file of version {version}, newer than this program, which reads versions up to "
            f"{FORMAT_VERSION}; use a newer wildrobot"
        )


def checked(
    path: Path, described: Mapping[str, str], arrays: Mapping[str, np.ndarray]
) -> tuple[Any, Mapping[str, np.ndarray]]:
    """Header and arrays as this version has them, once the checksum says that they are as they were written.

    Raises:
      UsageError: if they are not.
    """
    if described.get("sha256") != _checksum(described["header"], arrays):
        raise UsageError(f"{path} does not match its own checksum, so it was altered or damaged; {REMEDY}")
    version = int(described["version"])
    try:
        return migrations.migrated(version, json.loads(described["header"]), arrays)
    except (LookupError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise UsageError(f"{path}: its header is not one of version {version} ({_plain(error)}); {REMEDY}") from None


def _checksum(header: str, arrays: Mapping[str, np.ndarray]) -> str:
    digest = hashlib.sha256(header.encode())
    for name in sorted(arrays):
        digest.update(f"{name} {arrays[name].dtype} {arrays[name].shape}".encode())
        digest.update(arrays[name].tobytes())
    return digest.hexdigest()


def _plain(error: Exception) -> str:
    return " ".join(str(error).split())
