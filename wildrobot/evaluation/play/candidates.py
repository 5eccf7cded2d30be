"""The policies that are judged together, and what they are called."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from wildrobot.errors import UsageError
from wildrobot.evaluation.play.actions import BASELINES
from wildrobot.policy import Policy, load_policy

SHIPPED = Path("policies")
"""Where the policies that come with the sources lie."""


@dataclass(frozen=True)
class Candidate:
    """A policy that is to be judged.

    Attributes:
      name: unique among those that are judged together.
      policy: what acts.
      run: the run folder that it lies in; None if it lies elsewhere.
    """

    name: str
    policy: Policy
    run: Path | None


def shipped_policies() -> list[Path]:
    """The policies that come with the sources.

    Raises:
      UsageError: where there are none.
    """
    found = sorted(SHIPPED.glob("*.safetensors"))
    if not found:
        raise UsageError(
            f"no policy is named, and there is none in {SHIPPED.absolute()}; name run folders or policy files"
        )
    return found


def load_candidates(paths: Sequence[Path], *, trust: bool) -> list[Candidate]:
    """Reads policies, each under a name of its own: its run folder's, or its file's.

    Raises:
      UsageError: for one that cannot be read, one named twice, or one called like a baseline.
    """
    named = [_named_after(path) for path in paths]
    names = [each.name if each.is_dir() else each.stem for each in named]
    if len(set(names)) < len(names):
        names = [f"{each.parent.name}/{name}" for each, name in zip(named, names, strict=True)]
    if len(set(names)) < len(names):
        raise UsageError("a policy is named twice; name each once")
    if taken := sorted(set(names) & set(BASELINES)):
        raise UsageError(f"{taken[0]} is the name of a baseline; rename the policy's file or folder")
    return [
        Candidate(name, load_policy(path, trust=trust), _run_of(path)) for name, path in zip(names, paths, strict=True)
    ]


def _run_of(path: Path) -> Path | None:
    """The run folder that a policy lies in."""
    folder = path if path.is_dir() else path.parent
    return folder if (folder / "metrics.jsonl").is_file() else None


def _named_after(path: Path) -> Path:
    """What a policy is called after: its run folder, or the file itself if it lies elsewhere."""
    path = path.absolute()
    return path.parent if path.stem in ("policy", "model") else path
