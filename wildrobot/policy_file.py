"""The container of a policy file: named float32 arrays and a JSON header, with a checksum over both.

It is a safetensors file whose metadata holds `format`, `version`, `header` (JSON) and `sha256`.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import safetensors
import safetensors.numpy

from wildrobot.errors import UsageError

FORMAT, FORMAT_VERSION = "wildrobot-policy", 1
REMEDY = "copy it anew, or export it again from its training run"


def write(path: Path, header: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
    """Writes a file; whoever reads it at the same time sees the old one or the new one, never a part.

    Raises:
      UsageError: if the file cannot be written.
    """
    # A transposed array would otherwise be written as its memory lies.
    arrays = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    text = json.dumps(header)
    metadata = {
        "format": FORMAT,
        "version": str(FORMAT_VERSION),
        "header": text,
        "sha256": _checksum(text, arrays),
    }
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        temporary.write_bytes(safetensors.numpy.save(arrays, metadata))
        os.replace(temporary, path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise UsageError(f"cannot write the policy {path}: {error.strerror}; choose a writable place") from None


def read(path: Path) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Reads header and arrays; runs no code from the file.

    Raises:
      UsageError: for a file that is unreadable, foreign, of another version, truncated or altered.
    """
    try:
        # A separate look, because safetensors has no clear words for folders and missing files.
        path.open("rb").close()
    except OSError as error:
        raise UsageError(f"cannot read the policy {path}: {error.strerror}; give a policy.safetensors file") from None
    try:
        with safetensors.safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            _check_format(path, metadata)
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a dict
    except (safetensors.SafetensorError, OSError, TypeError, ValueError) as error:
        raise UsageError(f"{path} is not a policy file, or it is truncated ({_plain(error)}); {REMEDY}") from None
    if metadata.get("sha256") != _checksum(metadata["header"], arrays):
        raise UsageError(f"{path} does not match its own checksum, so it was altered or damaged; {REMEDY}")
    return json.loads(metadata["header"]), arrays


def _check_format(path: Path, metadata: dict[str, str]) -> None:
    if metadata.get("format") != FORMAT or "header" not in metadata:
        raise UsageError(f"{path} is a safetensors file, but not a policy of the format {FORMAT!r}; {REMEDY}")
    version = metadata.get("version")
    if version != str(FORMAT_VERSION):
        raise UsageError(
            f"{path} is a policy of format version {version}, but this program reads version {FORMAT_VERSION}; "
            "use the wildrobot that wrote it, or export it again with this one"
        )


def _checksum(header: str, arrays: dict[str, np.ndarray]) -> str:
    digest = hashlib.sha256(header.encode())
    for name in sorted(arrays):
        digest.update(f"{name} {arrays[name].dtype} {arrays[name].shape}".encode())
        digest.update(arrays[name].tobytes())
    return digest.hexdigest()


def _plain(error: Exception) -> str:
    return " ".join(str(error).split())
