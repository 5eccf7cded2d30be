"""Damaged files: bytes changed anywhere, and documents of plain values changed in one place, each by its number."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable
from typing import Any

Mutate = Callable[[int], bytes]
"""The file of a number; the same number gives the same file."""

HUGE: list[Any] = [10**30, -(10**30), 1e308, -1e308, 2**31, 2**63, 1e-320, float("nan"), float("inf"), -float("inf"), 0]
ODD: list[Any] = [
    None, True, False, "", "0", "é\u0000\U0001f600", "\ud800", "x" * 5000, [], {}, [[]], {"a": {}}, -1, 1.5, [1, 2, 3],
    ["a"] * 300, {"": 0}, "/dev/null/a", "../..", "[/b]", "\n- a: b",
]  # fmt: skip

INSERTED = (
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"9" * 400,
    b"[" * 3000,
    b"{" * 3000,
    b"&a [*a]",
    b"!!binary x",
    b"2001-99-99",
)


def of_bytes(original: bytes) -> Mutate:
    """Bytes flipped, cut off, zeroed, exchanged, repeated, inserted."""

    def mutate(number: int) -> bytes:
        rng = random.Random(number)
        data = bytearray(original)
        begin, end = sorted(rng.randrange(len(data) + 1) for _ in range(2))
        # Half of the damage lies within the first part, where headers are.
        if rng.random() < 0.5:
            begin, end = begin % 200, min(len(data), begin % 200 + rng.randrange(1, 64))
        kind = number % 7
        if kind == 0:
            for _ in range(rng.choice((1, 1, 4, 64))):
                data[rng.randrange(begin, len(data)) if begin < len(data) else -1] ^= 1 << rng.randrange(8)
        elif kind == 1:
            del data[begin:]
        elif kind == 2:
            data[begin:end] = bytes(end - begin)
        elif kind == 3:
            del data[begin:end]
        elif kind == 4:
            data[begin:end] = data[begin:end] * rng.choice((2, 3, 20))
        elif kind == 5:
            data[begin:begin] = rng.choice(INSERTED)
        else:
            other = rng.randrange(len(data))
            part, data[begin:end] = bytes(data[begin:end]), data[other : other + end - begin]
            data[other : other + len(part)] = part
        return bytes(data[:1_000_000])

    return mutate


def as_json(tree: Any) -> bytes:
    return json.dumps(tree).encode()


def of_tree(tree: Any, write: Callable[[Any], bytes] = as_json) -> Mutate:
    """A value, or a few, replaced: huge, of another type, nested deeply, gone, of another place; or a key renamed."""

    def mutate(number: int) -> bytes:
        rng = random.Random(number)
        changed = copy.deepcopy(tree)
        for _ in range(rng.choice((1, 1, 1, 2, 5))):
            holder, key = rng.choice(_places(changed))
            change = rng.randrange(8)
            if change < 2:
                holder[key] = rng.choice(HUGE)
            elif change < 4:
                holder[key] = rng.choice(ODD)
            elif change == 4:
                holder[key] = _nested(rng.choice((5, 40, 400)), rng.choice(("list", "dict")))
            elif change == 5:
                other, place = rng.choice(_places(changed))
                holder[key], other[place] = copy.deepcopy(other[place]), copy.deepcopy(holder[key])
            elif change == 6:
                del holder[key]
            elif isinstance(holder, dict):
                holder[rng.choice(("", "é", "a.b", "x" * 300, f"{key}s"))] = holder.pop(key)
            else:
                holder.insert(key, copy.deepcopy(holder[key]))
            if not _places(changed):
                break
        return write(changed)

    return mutate


def _places(tree: Any) -> list[tuple[Any, Any]]:
    """Every value's holder, and its key or index there."""
    found: list[tuple[Any, Any]] = []
    left = [tree]
    while left:
        holder = left.pop()
        keys = list(holder) if isinstance(holder, dict) else range(len(holder)) if isinstance(holder, list) else ()
        found += [(holder, key) for key in keys]
        left += [holder[key] for key in keys]
    return found


def _nested(levels: int, kind: str) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value] if kind == "list" else {"a": value}
    return value
