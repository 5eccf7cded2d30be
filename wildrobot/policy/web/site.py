"""A folder that any file server can show: the page, its libraries, the bundle, and what its physics must know."""

from __future__ import annotations

import gzip
import hashlib
import json
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from wildrobot.errors import UsageError
from wildrobot.policy import bundle
from wildrobot.policy.policy import Policy
from wildrobot.policy.web.simulation import simulation

PAGE, BUNDLE, VENDOR, SIMULATION, CHECKSUMS = "index.html", "bundle", "vendor", "simulation.json", "checksums.json"

_HERE = resources.files("wildrobot.policy.web")


def export(policy: Policy, folder: Path) -> float:
    """Writes the page into a new or empty folder, atomically, after checking the model as `bundle.export` does.

    Returns:
      The largest difference between ONNX Runtime's actions and ours.

    Raises:
      UsageError: for a policy that the robot does not fit, a robot that the page cannot show, damaged libraries, a
        folder that holds anything, and one that cannot be written.
    """
    described = simulation(policy.interface)
    packed, difference = bundle.packed(policy)
    contents = _tree(_HERE / "page") | {f"{VENDOR}/{name}": content for name, content in _libraries().items()}
    contents |= {f"{BUNDLE}/{name}": content for name, content in packed.items()}
    millions = policy.info.environment_steps / 1e6
    robot = Path(policy.interface.robot).stem
    described["title"] = f"{robot}: {policy.info.framework}, {millions:.3g} million steps"
    read = [f"{BUNDLE}/{name}" for name in packed] + [name for name in contents if name.endswith(".gz")]
    described["download_bytes"] = sum(len(contents[name]) for name in read)
    contents[SIMULATION] = _json(described)
    contents[CHECKSUMS] = _json({name: _sha256(_unpacked(name, contents[name])) for name in (*read, SIMULATION)})
    bundle.write(folder, contents)
    return difference


def _libraries() -> dict[str, bytes]:
    """The files of `vendor/`, checked against its list: a checkout or an installation may be damaged."""
    files = _tree(_HERE / VENDOR)
    try:
        listed: dict[str, str] = json.loads(files.pop("contents.json"))["sha256"]
        plain = {name: _unpacked(name, content) for name, content in files.items()}
    except (KeyError, ValueError, OSError, EOFError) as error:
        raise UsageError(f"the libraries of the page cannot be read ({error}); {_REMEDY}") from None
    sums = {name.removesuffix(".gz"): _sha256(content) for name, content in plain.items()}
    wrong = sorted(name for name in listed.keys() | sums.keys() if listed.get(name) != sums.get(name))
    if wrong:
        raise UsageError(f"the libraries of the page are missing or altered: {', '.join(wrong)}; {_REMEDY}")
    return files


_REMEDY = "install wildrobot again, or build them: python -m wildrobot.policy.web.vendor"


def _tree(folder: Traversable, prefix: str = "") -> dict[str, bytes]:
    """The files of a folder and of those in it, by their path."""
    files: dict[str, bytes] = {}
    for entry in sorted(folder.iterdir(), key=lambda each: each.name):
        if entry.is_dir():
            files |= _tree(entry, f"{prefix}{entry.name}/")
        else:
            files[prefix + entry.name] = entry.read_bytes()
    return files


def _unpacked(name: str, content: bytes) -> bytes:
    return gzip.decompress(content) if name.endswith(".gz") else content


def _json(tree: Any) -> bytes:
    return (json.dumps(tree, indent=2) + "\n").encode()


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
