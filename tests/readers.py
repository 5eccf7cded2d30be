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
from tests.motion.skeletons import UPRIGHT
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
from wildrobot.motion.authoring.human import Human
from wildrobot.policy import file as policy_file
from wildrobot.policy import load_policy, onnx_file
from wildrobot.robot import load_robot
from wildrobot.robot.description import describe, description_file

ROBOT = description_file("wildrobot").resolve()
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
      sound: a file that is read.
      others: mutants besides those of the file's bytes.
    """

    name: str
    read: Callable[[Path], Any]
    sound: bytes
    others: tuple[mutants.Mutate, ...] = ()

    def mutant(self, number: int) -> bytes:
        """Of each sort in turn."""
        sorts = (mutants.of_bytes(self.sound), *self.others)
        return sorts[number % len(sorts)](number)


def readers() -> dict[str, Callable[[], Reader]]:
    """By the kind of file."""
    lines = [{"steps": 256 * n, "wall_s": 0.5 * n, "episode/sum_reward": 1.5} for n in range(1, 9)]
    started = {"environment_steps": 3, "path": "a", "sha256": "b"}
    run = {
        "trainer": "sb3-ppo",
        "started": "2026-01-01T00:00:00+0000",
        "started_from": started,
        "resumed": [],
        "versions": {},
    }
    frame = [0.02, 0.0, 0.9, 0.0] + [0.5] * 40
    motion = {"Loop": "wrap", "Frames": [frame] * 4}
    return {
        "configuration": lambda: _yaml(load_experiment, CONFIGURATION),
        "suite": lambda: _yaml(lambda path: load_suite(str(path)), SUITE),
        "robot": lambda: _yaml(describe, ROBOT.read_text(encoding="utf-8")),
        "policy": _policy,
        "onnx": lambda: Reader("policy.onnx", load_policy, _onnx()),
        "clip": _clip,
        "bvh": lambda: Reader("a.bvh", lambda path: _finite(bvh.load(path)), UPRIGHT.text(cycles=0.1).encode()),
        "deepmimic": lambda: _json("a.txt", lambda path: _finite(deepmimic.load(path)), motion),
        "metrics": lambda: _json("metrics.jsonl", _curve, lines, _json_lines),
        "run": lambda: _json("run.json", _run, run),
        "digests": lambda: _json(DIGESTS, _digests, {"a": "b", "c": {}}),
    }


def _yaml(read: Callable[[Path], Any], text: str) -> Reader:
    # JSON is YAML.
    return Reader("a.yaml", read, text.encode(), (mutants.of_tree(parse_yaml(text, "")),))


def _json(name: str, read: Callable[[Path], Any], tree: Any, write: Callable[[Any], bytes] = mutants.as_json) -> Reader:
    return Reader(name, read, write(tree), (mutants.of_tree(tree, write),))


def _onnx() -> bytes:
    return onnx_file.build(network()).SerializeToString(deterministic=True)


def _packed(header: Any, arrays: Mapping[str, np.ndarray]) -> bytes:
    """A policy file whose checksum is right."""
    described = policy_file.metadata(header, arrays)
    return safetensors.numpy.save({name: np.ascontiguousarray(array) for name, array in arrays.items()}, described)


def _policy() -> Reader:
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

    as_header = mutants.of_tree(header, lambda tree: _packed(tree, arrays))
    return Reader("policy.safetensors", load_policy, sound, (as_header, array, length))


def _odd(array: np.ndarray, kind: int, rng: np.random.Generator) -> np.ndarray:
    changed = array.copy()
    flat = changed.reshape(-1)
    flat[rng.integers(flat.size)] = [np.nan, np.inf, -np.inf, 3e38, 0.0, -1.0][kind % 6]
    return [changed, array.astype(np.float64), array.astype(np.int8), array[..., :-1], array[None], array[:0]][kind % 6]


def _clip() -> Reader:
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
    read = partial(clip_file.load, robot=load_robot(collision="feet"))
    return Reader("a.npz", read, file.read_bytes(), (as_header, array))


def _finite(human: Human) -> None:
    assert all(np.isfinite(each).all() for each in (*human.places_m.values(), *human.turns.values()))


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
