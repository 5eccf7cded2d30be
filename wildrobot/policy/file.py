"""The container of a policy file: named float32 arrays and a JSON header, with a checksum over both.

It is a safetensors file whose metadata holds `format`, `version`, `header` (JSON) and `sha256`. An exported ONNX file
carries the same metadata.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import safetensors
import safetensors.numpy

from wildrobot.errors import UsageError

FORMAT, FORMAT_VERSION = "wildrobot-policy", 2
REMEDY = "copy it anew, or export it again from its training run"


def write(path: Path, header: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> None:
    """Writes a file; whoever reads it at the same time sees the old one or the new one, never a part.

    Raises:
      UsageError: if the file cannot be written.
    """
    # A transposed array would otherwise be written as its memory lies.
    arrays = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        temporary.write_bytes(safetensors.numpy.save(arrays, metadata(header, arrays)))
        os.replace(temporary, path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise UsageError(f"cannot write the policy {path}: {error.strerror}; choose a writable place") from None


def read(path: Path) -> tuple[Any, dict[str, np.ndarray]]:
    """Reads header and arrays; runs no code from the file.

    Raises:
      UsageError: for a file that is unreadable, foreign, of another version, truncated or altered.
    """
    check_readable(path)
    try:
        with safetensors.safe_open(path, framework="numpy") as file:
            described = file.metadata() or {}
            check_format(path, described)
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a dict
    except (safetensors.SafetensorError, OSError, TypeError, ValueError) as error:
        raise UsageError(f"{path} is not a policy file, or it is truncated ({_plain(error)}); {REMEDY}") from None
    return checked_header(path, described, arrays), arrays


def metadata(header: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> dict[str, str]:
    """What a file says of itself besides its arrays."""
    text = json.dumps(header)
    return {"format": FORMAT, "version": str(FORMAT_VERSION), "header": text, "sha256": _checksum(text, arrays)}


def check_readable(path: Path) -> None:
    """A look of our own, because the libraries have no clear words for folders and missing files.

    Raises:
      UsageError: if the file cannot be opened.
    """
    try:
        path.open("rb").close()
    except OSError as error:
        raise UsageError(f"cannot read the policy {path}: {error.strerror}; give a policy file") from None


def check_format(path: Path, described: Mapping[str, str]) -> None:
    """Refuses what does not describe itself as a policy of this version.

    Raises:
      UsageError: for a foreign file, and for a policy of another version.
    """
    if described.get("format") != FORMAT or "header" not in described:
        raise UsageError(f"{path} is not a policy of the format {FORMAT!r}; {REMEDY}")
    version = described.get("version")
    if version != str(FORMAT_VERSION):
        raise UsageError(
            f"{path} is a policy of format version {version}, but this program reads version {FORMAT_VERSION}; "
            "use the wildrobot that wrote it, or export it again with this one"
        )


def checked_header(path: Path, described: Mapping[str, str], arrays: Mapping[str, np.ndarray]) -> Any:
    """The header as a tree, once the checksum says that it and the arrays are as they were written.

    Raises:
      UsageError: if they are not.
    """
    if described.get("sha256") != _checksum(described["header"], arrays):
        raise UsageError(f"{path} does not match its own checksum, so it was altered or damaged; {REMEDY}")
    return json.loads(described["header"])


def _checksum(header: str, arrays: Mapping[str, np.ndarray]) -> str:
    digest = hashlib.sha256(header.encode())
    for name in sorted(arrays):
        digest.update(f"{name} {arrays[name].dtype} {arrays[name].shape}".encode())
        digest.update(arrays[name].tobytes())
    return digest.hexdigest()


def _plain(error: Exception) -> str:
    return " ".join(str(error).split())
