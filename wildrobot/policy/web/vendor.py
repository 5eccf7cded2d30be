"""Builds `vendor/`, the libraries of the page, from exact npm packages: `python -m wildrobot.policy.web.vendor`.

Needs Node.js with npm, and the network. `npm/package-lock.json` pins every package by version and checksum, so the
result is the same wherever it is made; `vendor/contents.json` says what it is. WebAssembly lies there compressed, and
the page unpacks it: 6 MB instead of 25, in the repository and on the way to a phone. After a change of
`npm/package.json`, write the lock again: `npm install --package-lock-only --omit-lockfile-registry-resolved` in `npm/`.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from wildrobot.cli import exit_code, leave
from wildrobot.errors import UsageError
from wildrobot.files import replacing

HERE = Path(__file__).parent
VENDOR, CONTENTS = HERE / "vendor", "contents.json"

_BUNDLED = ("three.js", "sha256.js")
"""Entry files in `npm/` that esbuild makes one file of."""

_COPIED = {
    "mujoco.js": "@mujoco/mujoco/mujoco.js",
    "mujoco.wasm": "@mujoco/mujoco/mujoco.wasm",
    "onnxruntime.js": "onnxruntime-web/dist/ort.wasm.bundle.min.mjs",
    "onnxruntime.wasm": "onnxruntime-web/dist/ort-wasm-simd-threaded.wasm",
    "licences/three.txt": "three/LICENSE",
    "licences/noble-hashes.txt": "@noble/hashes/LICENSE",
}
"""By the name of a file in `vendor/`: the file as its package publishes it."""

_NOTICES = {
    "@mujoco/mujoco": ("mujoco", {"mujoco.txt": "/LICENSE", "mujoco-third-party.md": "/LICENSES_THIRD_PARTY.md"}),
    "onnxruntime-web": (
        "onnxruntime",
        {"onnxruntime.txt": "/LICENSE", "onnxruntime-third-party.txt": "/ThirdPartyNotices.txt"},
    ),
}
"""These npm packages come without licences: they are taken from the Python wheel of the same version."""


def main() -> int:
    """Runs the command; returns the exit code: 0, or 2 for a mistake."""
    return exit_code(_build)


def _build() -> None:
    if shutil.which("npm") is None:
        raise UsageError("building the libraries of the page needs npm; install Node.js 20 or newer")
    with tempfile.TemporaryDirectory() as folder:
        packages = Path(folder) / "npm"
        shutil.copytree(HERE / "npm", packages)
        print("Fetching the packages ...")
        _run("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", cwd=packages)
        files = _collected(packages) | _notices(packages, Path(folder))
        contents = {"packages": _versions(packages), "sha256": {name: _sha256(files[name]) for name in sorted(files)}}
    with replacing(VENDOR) as part:
        for name, content in files.items():
            packed = name.endswith(".wasm")
            path = part / (f"{name}.gz" if packed else name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(gzip.compress(content, mtime=0) if packed else content)
        (part / CONTENTS).write_text(json.dumps(contents, indent=2) + "\n", encoding="utf-8")
    size = sum(path.stat().st_size for path in VENDOR.rglob("*") if path.is_file())
    print(f"{VENDOR}: {len(files)} files, {size / 1e6:.1f} MB")


def _collected(packages: Path) -> dict[str, bytes]:
    modules = packages / "node_modules"
    files = {name: (modules / source).read_bytes() for name, source in _COPIED.items()}
    for name in _BUNDLED:
        built = packages / "built" / name
        _run(
            str(modules / ".bin" / "esbuild"), name, "--bundle", "--minify", "--format=esm", "--target=es2022",
            "--log-level=warning", "--legal-comments=inline", f"--outfile={built}", cwd=packages,
        )  # fmt: skip
        files[name] = built.read_bytes()
    return files


def _notices(packages: Path, folder: Path) -> dict[str, bytes]:
    files, versions = {}, _versions(packages)
    for package, (distribution, wanted) in _NOTICES.items():
        pinned = f"{distribution}=={versions[package]}"
        _run(
            sys.executable, "-m", "pip", "download", "-qq", "--disable-pip-version-check", "--no-deps", "--only-binary",
            ":all:", "--dest", str(folder), pinned, cwd=folder,
        )  # fmt: skip
        (wheel,) = folder.glob(f"{distribution}-*.whl")
        with zipfile.ZipFile(wheel) as archive:
            for name, ending in wanted.items():
                (member,) = (each for each in archive.namelist() if each.endswith(ending))
                files[f"licences/{name}"] = archive.read(member)
    return files


def _versions(packages: Path) -> dict[str, str]:
    return json.loads((packages / "package.json").read_text(encoding="utf-8"))["dependencies"]


def _run(*command: str, cwd: Path) -> None:
    done = subprocess.run(command, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        raise UsageError(f"{' '.join(command[:2])} failed: {' '.join(done.stdout.split())[-500:]}")


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


if __name__ == "__main__":
    leave(main())
