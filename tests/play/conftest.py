"""One session for all tests of a file: compiling its environment takes seconds."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from wildrobot.play.controls import Controls
from wildrobot.play.session import Session
from wildrobot.play.worlds import Named
from wildrobot.policy import Policy, load_policy

POLICIES = Path(__file__).resolve().parents[2] / "policies"


def without_sense(policy: Policy) -> Policy:
    """A network whose weights are finite, and whose output is not: infinity less infinity."""
    first, *rest = policy.layers
    kernel = np.full_like(first.kernel, 3e38) * np.resize([1.0, -1.0], first.kernel.shape).astype(np.float32)
    last = rest[-1]._replace(kernel=np.resize([3e38, -3e38], rest[-1].kernel.shape).astype(np.float32))
    return dataclasses.replace(policy, layers=(first._replace(kernel=kernel), *rest[:-1], last))


@pytest.fixture(scope="session")
def played() -> Session:
    """Three policies of one environment: `brax-walk`, `sb3-walk`, and one that gives NaN."""
    brax, sb3 = (load_policy(POLICIES / f"{name}-walk.safetensors") for name in ("brax", "sb3"))
    return Session([Named("brax-walk", brax), Named("sb3-walk", sb3), Named("broken", without_sense(brax))])


@pytest.fixture
def session(played: Session) -> Iterator[Session]:
    """The session as it begins."""
    played.change(**vars(Controls()))
    played.reset()
    played.tick()
    yield played
    played.pull(np.zeros(3))
