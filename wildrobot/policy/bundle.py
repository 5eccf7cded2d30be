"""The folder that the robot's runtime reads: model, specification, configuration, MJCF and checksums.

docs/deploy.md says what is in each file and how a runtime uses them. Needs the extra `onnx`.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import onnxruntime
import ruamel.yaml

from wildrobot.env import make_env
from wildrobot.errors import UsageError
from wildrobot.experiment import EnvConfig, load_experiment
from wildrobot.files import make_folder, replacing
from wildrobot.policy import onnx_file
from wildrobot.policy.contract import specification
from wildrobot.policy.fitting import config_for
from wildrobot.policy.policy import Policy, check_fits

MODEL, SPECIFICATION, CONFIG, CHECKSUMS = "policy.onnx", "policy_spec.json", "config.yaml", "checksums.json"
"""Beside them lies the robot's MJCF, under its own name."""

TOLERANCE = 1e-5
"""How far ONNX Runtime's actions may be from ours."""


def export(policy: Policy, folder: Path) -> float:
    """Writes the bundle into a new or empty folder, atomically, after checking the model.

    Returns:
      The largest difference between ONNX Runtime's actions and ours.

    Raises:
      UsageError: for a policy that the robot does not fit, a folder that holds anything, and one that cannot be
        written.
    """
    contents, difference = packed(policy)
    write(folder, contents)
    return difference


def packed(policy: Policy) -> tuple[dict[str, bytes], float]:
    """The files of the bundle by name, and the largest difference between ONNX Runtime's actions and ours.

    Raises:
      UsageError: for a policy that the robot does not fit, and a model that computes something else.
    """
    env = make_env(config_for(policy.interface, _smallest(load_experiment("walk").env)))
    check_fits(policy, env)
    mjcf = env.robot.mjcf
    contents = {
        MODEL: onnx_file.build(policy).SerializeToString(deterministic=True),
        SPECIFICATION: _json(specification(policy, env.robot, model_file=MODEL, mjcf_file=mjcf.name)),
        CONFIG: _yaml(policy.info.env_config),
        mjcf.name: mjcf.read_bytes(),
    }
    contents[CHECKSUMS] = _json({name: _sha256(content) for name, content in contents.items()})
    return contents, parity(policy, contents[MODEL])


def verify(folder: Path) -> tuple[Policy, float]:
    """Checks that every file is as it was exported, and the model once more.

    Returns:
      The policy, and the largest difference between ONNX Runtime's actions and ours.

    Raises:
      UsageError: for a folder that is no bundle, and for a file that is missing, altered or not listed.
    """
    try:
        listed = json.loads((folder / CHECKSUMS).read_text(encoding="utf-8"))
        if not isinstance(listed, dict):
            raise ValueError(f"{CHECKSUMS} is no list of files with checksums")
        present = {path.name for path in folder.iterdir()} - {CHECKSUMS}
        wrong = sorted(set(listed) ^ present | {MODEL, SPECIFICATION, CONFIG} - present)
        if wrong:
            raise UsageError(f"{folder}: missing or unknown files: {', '.join(wrong)}; export the policy again")
        contents = {name: (folder / name).read_bytes() for name in listed}
    except (OSError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise UsageError(f"{folder} is no exported policy ({reason}); give a folder that export has made") from None
    altered = [name for name, content in contents.items() if _sha256(content) != listed[name]]
    if altered:
        raise UsageError(f"{folder}: altered since the export: {', '.join(altered)}; export the policy again")
    policy = onnx_file.read(folder / MODEL)
    return policy, parity(policy, contents[MODEL])


def parity(policy: Policy, model: bytes) -> float:
    """The largest difference between ONNX Runtime's actions and `Policy.apply`'s.

    Observations up to 30 deviations from the mean are compared. Beyond, sums of float32 depend on their order by more
    than the tolerance (measured: 3e-5 at 1000), so from there actions must only be finite and in [-1, 1].

    Raises:
      UsageError: if it is above `TOLERANCE`, or actions far out are not usable.
    """
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])

    def run(observations: np.ndarray) -> np.ndarray:
        feeds = ({onnx_file.INPUT: observation[None]} for observation in observations)
        return np.concatenate([np.asarray(session.run([onnx_file.OUTPUT], feed)[0]) for feed in feeds])

    normal = np.random.default_rng(0).standard_normal((128, policy.interface.observation_size)).astype(np.float32)
    spread = policy.observation_std * normal
    near = policy.observation_mean + spread * np.geomspace(0.1, 30.0, len(normal), dtype=np.float32)[:, None]
    near[0] = 0.0
    difference = float(np.abs(run(near) - policy.apply(near)).max())
    far = run(policy.observation_mean + np.float32(1e6) * spread)
    if not (difference <= TOLERANCE and (np.abs(far) <= 1.0).all()):
        raise UsageError(
            f"ONNX Runtime {onnxruntime.__version__} computes actions that differ from the policy's by up to "
            f"{difference:.1g}, and far out by up to {np.abs(far).max():.1g} from 0, where {TOLERANCE:g} and 1 are "
            "allowed; install another version of onnxruntime and export again"
        )
    return difference


def _smallest(config: EnvConfig) -> EnvConfig:
    """The same robot and task with one start and one variant, which is quick to build."""
    return config.model_copy(
        update={
            "physics": config.physics.model_copy(update={"engine": "native", "threads": 1}),
            "variants": config.variants.model_copy(update={"count": 1}),
            "starts": config.starts.model_copy(update={"count": 1}),
            "reference_starts": config.reference_starts.model_copy(update={"share": 0.0}),
        }
    )


def write(folder: Path, contents: Mapping[str, bytes]) -> None:
    """Writes files by name into a new or empty folder, atomically.

    Raises:
      UsageError: for a folder that holds anything, and one that cannot be written.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{folder} already holds files, and nothing is overwritten; choose another folder")
    make_folder(folder.absolute().parent)
    with replacing(folder) as part:
        part.mkdir()
        for name, content in contents.items():
            (part / name).parent.mkdir(parents=True, exist_ok=True)
            (part / name).write_bytes(content)


def _yaml(tree: dict) -> bytes:
    yaml, stream = ruamel.yaml.YAML(), io.BytesIO()
    yaml.default_flow_style = False
    yaml.dump(tree, stream)
    return stream.getvalue()


def _json(tree: dict) -> bytes:
    return (json.dumps(tree, indent=2) + "\n").encode()


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
