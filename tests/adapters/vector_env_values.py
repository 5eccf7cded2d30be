"""What the checker of vector environments looks at: spaces, arrays and infos, each refused with the remedy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from gymnasium import Space, spaces
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space

Arrays = dict[str, np.ndarray]


class VectorEnvError(AssertionError):
    """What is wrong with an environment, what was expected, and how to mend it."""


@dataclass(frozen=True)
class Moment:
    """One step: what went in, which robots ended, and copies of all that came out."""

    actions: Any
    ended: np.ndarray
    arrays: Arrays

    @property
    def seen(self) -> Arrays:
        return {name: array for name, array in self.arrays.items() if name.startswith("observation")}


def require(ok: Any, wrong: str, remedy: str) -> None:
    """Raises unless `ok`."""
    if not ok:
        raise VectorEnvError(f"{wrong}; {remedy}")


def check_spaces(env: VectorEnv) -> None:
    """What an environment says of itself: its autoreset mode, its robots, single and batched spaces."""
    mode, count = env.metadata.get("autoreset_mode"), env.num_envs
    modes = "an AutoresetMode: NEXT_STEP, SAME_STEP or DISABLED"
    require(isinstance(mode, AutoresetMode), f"metadata['autoreset_mode'] is {mode!r}", f"it must be {modes}")
    require(isinstance(count, int) and count >= 1, f"num_envs is {count!r}", "it must be an int of at least 1")
    for kind in ("observation", "action"):
        single, batched = (getattr(env, f"{part}{kind}_space", None) for part in ("single_", ""))
        require(isinstance(single, Space), f"single_{kind}_space is {single!r}", "it must be a gymnasium.Space")
        remedy = f"it must be batch_space(single_{kind}_space, num_envs)"
        require(batched == batch_space(single, count), f"{kind}_space is {batched}", remedy)
    for name, box in _leaf_spaces(env.single_observation_space, "single_observation_space"):
        ok = not isinstance(box, spaces.Box) or box.dtype == np.float32
        require(ok, f"{name} is a Box of {box.dtype}", "make it float32, as networks are")


def check_array(name: str, value: Any, dtype: Any, shape: tuple[int, ...]) -> None:
    """A NumPy array of this shape and type, or kind of type, into which a wrapper may write."""
    good = isinstance(value, np.ndarray) and np.issubdtype(value.dtype, dtype) and value.shape == shape
    must = f"it must be a NumPy array of {np.dtype(dtype) if dtype is not np.floating else 'floats'}, shape {shape}"
    require(good, f"{name} is {kind_of(value)}", must)
    require(value.flags.writeable, f"{name} is read-only", "return a copy: wrappers write into what they get")


def check_info(info: Any, count: int, where: str, *, masked: bool = True) -> None:
    """Arrays with a row per robot, each with a mask; in dictionaries within, but for `final_info`, masks may lack."""
    require(isinstance(info, dict), f"{where} is {kind_of(info)}", "it must be a dictionary of arrays")
    for key, value in info.items():
        name = f"{where}[{key!r}]"
        if key.startswith("_"):
            require(key[1:] in info, f"{name} is a mask of nothing", f"add {key[1:]!r}, or leave out the mask")
            good = isinstance(value, np.ndarray) and (value.dtype, value.shape) == (bool, (count,))
            require(good, f"{name} is {kind_of(value)}", f"a mask must be a NumPy array of bool, shape ({count},)")
            continue
        unmasked = masked and f"_{key}" not in info
        require(not unmasked, f"{name} has no mask", f"add '_{key}', booleans that tell for which robots it holds")
        if isinstance(value, dict):
            if key != "final_obs":
                check_info(value, count, name, masked=key == "final_info")
            continue
        good = isinstance(value, np.ndarray) and value.shape[:1] == (count,)
        require(good, f"{name} is {kind_of(value)}", f"it must be a NumPy array with a row for each of {count} robots")


def leaves(space: Space, value: Any, name: str = "observation") -> Iterator[tuple[str, Space, Any]]:
    """The parts of an observation that are no dictionaries and tuples, with their names and spaces."""
    if isinstance(space, spaces.Dict):
        same = isinstance(value, dict) and set(value) == set(space.spaces)
        require(same, f"{name} is {kind_of(value)}", f"it must be a dictionary of {sorted(space.spaces)}")
        for key, part in space.spaces.items():
            yield from leaves(part, value[key], f"{name}[{key!r}]")
    elif isinstance(space, spaces.Tuple):
        same = isinstance(value, tuple) and len(value) == len(space.spaces)
        require(same, f"{name} is {kind_of(value)}", f"it must be a tuple of {len(space.spaces)}")
        for number, (part, one) in enumerate(zip(space.spaces, value, strict=True)):
            yield from leaves(part, one, f"{name}[{number}]")
    else:
        yield name, space, value


def _leaf_spaces(space: Space, name: str) -> Iterator[tuple[str, Space]]:
    parts: Any = {}
    if isinstance(space, spaces.Dict):
        parts = space.spaces
    elif isinstance(space, spaces.Tuple):
        parts = dict(enumerate(space.spaces))
    else:
        yield name, space
    for key, part in parts.items():
        yield from _leaf_spaces(part, f"{name}[{key!r}]")


def row_of(value: Any, robot: int) -> Any:
    """One robot's part of a batch."""
    if isinstance(value, dict):
        return {key: row_of(part, robot) for key, part in value.items()}
    if isinstance(value, tuple):
        return tuple(row_of(part, robot) for part in value)
    return value[robot]


def mixed(which: np.ndarray, these: Any, others: Any) -> Any:
    """The actions of one batch for some robots, and those of another for the rest."""
    if isinstance(these, dict):
        return {key: mixed(which, these[key], others[key]) for key in these}
    if isinstance(these, tuple):
        return tuple(mixed(which, this, other) for this, other in zip(these, others, strict=True))
    result = others.copy()
    result[which] = these[which]
    return result


def copied(arrays: Arrays) -> Arrays:
    """Arrays of the same content."""
    return {name: array.copy() for name, array in arrays.items()}


def same(these: Arrays, others: Arrays) -> bool:
    """Whether these arrays are among the others, equal to the bit."""
    return all(name in others and array.tobytes() == others[name].tobytes() for name, array in these.items())


def unchanged(these: Arrays, others: Arrays) -> np.ndarray:
    """For each row, whether it is the same in all arrays, to the bit."""
    pairs = [(array, others[name]) for name, array in these.items()]
    return np.array([all(a[row].tobytes() == b[row].tobytes() for a, b in pairs) for row in range(len(pairs[0][0]))])


def scribble_on(arrays: Arrays) -> None:
    """Writes into arrays, as a caller may."""
    for array in arrays.values():
        array[...] = ~array if array.dtype == bool else array + 1


def kind_of(value: Any) -> str:
    """A value in a few words."""
    if isinstance(value, np.ndarray):
        return f"an array of {value.dtype}, shape {value.shape}"
    return f"a {type(value).__name__} of {len(value)}" if isinstance(value, tuple | list | dict) else repr(value)
