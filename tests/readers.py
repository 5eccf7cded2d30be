"""Every reader of a file that comes from outside: mutants of a sound file, and how they are read."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import safetensors.numpy

from tests import mutants
from tests.policy.networks import network
from trainers.digests import DIGESTS, Damaged, verify
from trainers.origin import origin_of
from trainers.run import read_run
from trainers.sb3.settings import Sb3Ppo
from wildrobot.config import parse_yaml
from wildrobot.evaluation.judge.provenance import learning_curve, provenance
from wildrobot.evaluation.play.candidates import Candidate
from wildrobot.evaluation.play.suite import load_suite
from wildrobot.experiment import load_experiment
from wildrobot.motion import clip_file, library
from wildrobot.motion.authoring import bvh, deepmimic
from wildrobot.policy import file as policy_file
from wildrobot.policy import load_policy, onnx_file
from wildrobot.robot import load_robot
from wildrobot.robot.description import describe, description_file

# Short ones, since ruamel.yaml takes its time.
CONFIGURATION = """\
version: 2
extends: smoke
env:
  robot: wildrobot
  physics: {threads: 1, timestep_s: 0.005}
  reference_starts: {share: 0.4, clips: [forward-0.10]}
  task:
    command: {vx_m_per_s: [-0.1, 0.4]}
    sensing: {joint_period_steps: {legs: [4, 7]}}
    reward: {velocity: {weight: 3.0, width_m_per_s: 0.12}}
sb3_ppo: {seed: 1, policy_hidden_layer_sizes: [16, 16], target_kl: null}
"""
SUITE = """\
schema_version: 2
question: Does it?
seconds: 2.0
episodes: 3
quick: {episodes: 2, seconds: 1}
metrics: [survival]
headline: {survival: 0.02}
settings: {late: {task.action.latency_steps: [2, 2]}}
starts: {rest: {tilt_rad: 0.035}}
cases:
- {start: rest, vx_m_per_s: [0, 0.2], settings: late, push: {force_N: 5, directions: 4, at_s: 0.5, duration_s: 0.2}}
gates: [{metric: survival, at_least: 0.9, cases: {vx_m_per_s: 0}, reason: it must}]
"""


class Reader(NamedTuple):
    """A kind of file.

    Attributes:
      name: that the file must have.
      read: reads it, or raises the project's own error.
      mutants: in turn.
    """

    name: str
    read: Callable[[Path], Any]
    mutants: tuple[mutants.Mutate, ...]


def readers() -> dict[str, Callable[[], Reader]]:
    """By the kind of file."""
    lines = [{"steps": 256 * n, "wall_s": 0.5 * n, "episode/sum_reward": 1.5} for n in range(1, 9)]
    started = {"environment_steps": 3, "path": "a", "sha256": "b"}
    run = {"trainer": "sb3-ppo", "started": "2026-01-01T00:00:00+0000", "started_from": started, "resumed": []}
    motion = {"Loop": "wrap", "Frames": [[0.02, *np.eye(44)[1][1:].tolist()] for _ in range(4)]}
    return {
        "configuration": lambda: Reader("a.yaml", load_experiment, _yaml(CONFIGURATION)),
        "suite": lambda: Reader("a.yaml", lambda path: load_suite(str(path)), _yaml(SUITE)),
        "robot": lambda: Reader("a.yaml", describe, _yaml(description_file("wildrobot").read_text())),
        "policy": lambda: Reader("policy.safetensors", load_policy, _policy()),
        "onnx": lambda: Reader("policy.onnx", load_policy, (mutants.of_bytes(_onnx()),)),
        "clip": lambda: Reader("a.npz", partial(clip_file.load, robot=load_robot(collision="feet")), _clip()),
        "bvh": lambda: Reader("a.bvh", bvh.load, (mutants.of_bytes(_bvh()),)),
        "deepmimic": lambda: Reader("a.txt", deepmimic.load, _json(motion)),
        "metrics": lambda: Reader("metrics.jsonl", _curve, _json(lines, _json_lines)),
        "run": lambda: Reader("run.json", _run, _json(run)),
        "digests": lambda: Reader(DIGESTS, _digests, _json({"a": "b", "c": {}})),
    }


def _yaml(text: str) -> tuple[mutants.Mutate, ...]:
    # JSON is YAML.
    return mutants.of_bytes(text.encode()), mutants.of_tree(parse_yaml(text, ""))


def _json(tree: Any, write: Callable[[Any], bytes] = mutants.as_json) -> tuple[mutants.Mutate, ...]:
    return mutants.of_bytes(write(tree)), mutants.of_tree(tree, write)


def _onnx() -> bytes:
    return onnx_file.build(network()).SerializeToString(deterministic=True)


def _packed(header: Any, arrays: Mapping[str, np.ndarray]) -> bytes:
    """A policy file whose checksum is right."""
    described = policy_file.metadata(header, arrays)
    return safetensors.numpy.save({name: np.ascontiguousarray(array) for name, array in arrays.items()}, described)


def _policy() -> tuple[mutants.Mutate, ...]:
    """Bytes; the header, under a checksum that is right; and one array, likewise."""
    header, arrays = network().packed()
    sound = _packed(header, arrays)

    def array(number: int) -> bytes:
        rng = np.random.default_rng(number)
        name = str(rng.choice(sorted(arrays)))
        return _packed(header, {**arrays, name: _odd(arrays[name], number // 11, rng)})

    def length(number: int) -> bytes:
        """Of the header, as the first eight bytes have it."""
        return (2 ** (number % 64) + number // 64).to_bytes(9, "little")[:8] + sound[8:]

    return mutants.of_bytes(sound), mutants.of_tree(header, lambda tree: _packed(tree, arrays)), array, length


def _odd(array: np.ndarray, kind: int, rng: np.random.Generator) -> np.ndarray:
    changed = array.copy()
    flat = changed.reshape(-1)
    flat[rng.integers(flat.size)] = [np.nan, np.inf, -np.inf, 3e38, 0.0, -1.0][kind % 6]
    return [changed, array.astype(np.float64), array.astype(np.int8), array[..., :-1], array[None], array[:0]][kind % 6]


def _clip() -> tuple[mutants.Mutate, ...]:
    """Bytes, the header, and one array; as an `.npy`, too."""
    file = library.find("forward-0.10")
    with np.load(file) as archive:
        arrays = {name: archive[name] for name in archive.files}
    header = json.loads(str(arrays["header"]))

    def packed(changed: Mapping[str, Any]) -> bytes:
        stream = io.BytesIO()
        np.savez_compressed(stream, **{**arrays, **changed})
        return stream.getvalue()

    def array(number: int) -> bytes:
        rng = np.random.default_rng(number)
        name = str(rng.choice(["qpos", "qvel", "command", "steady"]))
        changed = _odd(np.asarray(arrays[name], np.float64), number // 7, rng)
        if number % 5:
            return packed({name: changed})
        stream = io.BytesIO()
        np.save(stream, changed)
        return stream.getvalue()

    as_header = mutants.of_tree(header, lambda tree: packed({"header": np.array(json.dumps(tree))}))
    return mutants.of_bytes(file.read_bytes()), as_header, array


def _bvh() -> bytes:
    skeleton = "HIERARCHY\nROOT Hips\n{\nOFFSET 0 90 0\nCHANNELS 6 Xposition Yposition Zposition "
    skeleton += "Zrotation Xrotation Yrotation\n"
    parts = [("Chest", 20), *((f"{side}{part}", 10) for side in ("Left", "Right") for part in BONES)]
    for name, offset in parts:
        skeleton += f"JOINT {name}\n{{\nOFFSET 1 {offset} 0\nCHANNELS 3 Zrotation Xrotation Yrotation\n}}\n"
    rows = "\n".join(" ".join("0.5" for _ in range(6 + 3 * len(parts))) for _ in range(5))
    return f"{skeleton}}}\nMOTION\nFrames: 5\nFrame Time: 0.02\n{rows}\n".encode()


BONES = ("UpLeg", "Leg", "Foot", "Arm", "ForeArm", "Hand")


def _json_lines(lines: Any) -> bytes:
    return "".join(json.dumps(line) + "\n" for line in lines).encode()


def _curve(path: Path) -> None:
    """As the judge reads it."""
    candidate = Candidate("a", network(), path.parent)
    learning_curve(candidate)
    provenance(candidate)


def _run(path: Path) -> None:
    """As `--resume` and a checkpoint's reader read it."""
    path.with_name("config.yaml").write_text("version: 2\nextends: smoke\n")
    read_run(path.parent, (), trainers=("sb3-ppo",))
    checkpoint = path.parent / "checkpoints" / "1"
    checkpoint.mkdir(parents=True, exist_ok=True)
    origin_of(checkpoint, Sb3Ppo)


def _digests(path: Path) -> None:
    with suppress(Damaged):
        verify(path.parent)
