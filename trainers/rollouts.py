"""What a rollout of a `VectorWalkEnv` begins from, kept in a checkpoint so that a run goes on to the bit."""

from __future__ import annotations

import zipfile
import zlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

import jax
import numpy as np
from jaxtyping import Shaped

from adapters.gymnasium_env import VectorWalkEnv
from adapters.gymnasium_env.vector import Episodes
from trainers.digests import Damaged
from wildrobot.files import replacing

FILE = "rollout_start.npz"

_MEAN_OVER_EPISODES = 100
"""How many of the newest episodes the logged means are over, as in Brax's log."""

Start = TypeVar("Start")
Arrays = dict[str, np.ndarray]


def robots_seed(seed: int, environment_steps: int) -> int:
    """The seed of a batch of robots, whose episodes no other seed, and no earlier part of the same run, has seen.

    Robot i of seed s is robot 0 of seed s + i, so seeds of training that follow each other would share their robots.
    """
    return ((seed << 40) + environment_steps) << 16


class RecentEpisodes:
    """Figures of the newest episodes, by name."""

    def __init__(self, figures: Mapping[str, Shaped[np.ndarray, " episodes"]] | None = None):
        """Begins with those that `figures` has given, of an earlier part of the run."""
        self._episodes: deque[Mapping[str, Any]] = deque(each_episode(figures or {}), maxlen=_MEAN_OVER_EPISODES)

    def extend(self, episodes: Iterable[Mapping[str, Any]]) -> None:
        """Takes episodes that have ended, oldest first."""
        self._episodes.extend(episodes)

    @property
    def figures(self) -> dict[str, Shaped[np.ndarray, " episodes"]]:
        """Oldest first; empty before any episode has ended."""
        names = self._episodes[0] if self._episodes else ()
        return {name: np.asarray([each[name] for each in self._episodes]) for name in names}

    @property
    def means(self) -> dict[str, float]:
        """The means, by the names that they are logged under."""
        return {f"episode/{name}": float(np.mean(values)) for name, values in self.figures.items()}


def each_episode(figures: Mapping[str, Iterable[Any]]) -> Iterator[dict[str, Any]]:
    """The figures of each episode, from the values of each figure."""
    return (dict(zip(figures, values, strict=True)) for values in zip(*figures.values(), strict=True))


def write(folder: Path, start: Any) -> None:
    """Writes a tree of arrays as `FILE`, each by its path in the tree.

    Raises:
      CannotWrite: if the disk refuses.
    """
    arrays = {name: np.asarray(value) for name, value in _named(start)}
    with replacing(folder / FILE) as part, part.open("wb") as file:
        np.savez(file, **arrays)  # pyright: ignore[reportArgumentType]  arrays by name


def read(folder: Path, walk: VectorWalkEnv, made: Callable[[Episodes, Arrays], Start]) -> Start | None:
    """What `write` has written of a NamedTuple with the episodes of a batch as `robots`.

    Args:
      folder: the checkpoint.
      walk: robots of the same kind and number, which are reset.
      made: makes it of the episodes and of all other arrays, by their paths.

    Returns:
      None where there is none, as older versions wrote none.

    Raises:
      Damaged: for a file that cannot be read, or of other robots.
    """
    if not (folder / FILE).is_file():
        return None
    try:
        with np.load(folder / FILE, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        walk.reset(seed=0)
        like = walk.episodes
        robots = jax.tree.unflatten(
            jax.tree.structure(like), [_taken(arrays, f"robots/{name}", leaf) for name, leaf in _named(like)]
        )
        return made(robots, arrays)
    except (OSError, ValueError, LookupError, TypeError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise Damaged(f"its {FILE} cannot be used ({error})") from None


def group(arrays: Arrays, name: str) -> Arrays:
    """Takes the arrays below a path out of the others."""
    names = [each for each in arrays if each.startswith(f"{name}/")]
    return {each.removeprefix(f"{name}/"): arrays.pop(each) for each in names}


def _taken(arrays: Arrays, name: str, like: Any) -> Any:
    array = arrays.pop(name)
    if (array.shape, array.dtype) != (like.shape, like.dtype):
        raise ValueError(f"{name} is {array.dtype}{list(array.shape)}, not {like.dtype}{list(like.shape)}")
    return array if isinstance(like, np.ndarray) else jax.numpy.asarray(array)


def _named(tree: Any) -> list[tuple[str, Any]]:
    """Each leaf by its path in the tree."""
    leaves = jax.tree_util.tree_leaves_with_path(tree)
    return [(jax.tree_util.keystr(path, simple=True, separator="/"), leaf) for path, leaf in leaves]
