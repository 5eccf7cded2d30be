"""A tree of arrays that lie on the devices of one or several processes, in files: one of NumPy's .npz per process.

An array's part in a file is named `<path in the tree>@<first index along each axis>`. A process writes the parts that
its devices hold, of copies only the first, so that the files together hold everything once. They are read back onto
any number of devices and processes, to the bit.
"""

from __future__ import annotations

import shutil
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, TypeVar

import jax
import numpy as np

from trainers.brax.amp import processes
from trainers.digests import Damaged
from wildrobot.files import make_folder, replacing

TreeT = TypeVar("TreeT")


def write_state(folder: Path, tree: Any) -> None:
    """Writes a tree of arrays into a new folder, in the place of an older one. Every process must call it.

    Raises:
      CannotWrite: if the disk refuses; nothing is left then.
    """
    processes.together(lambda: _empty(folder) if processes.is_main() else None)
    try:
        processes.together(lambda: _write_own(folder, tree))
    except BaseException:
        if processes.is_main():
            shutil.rmtree(folder, ignore_errors=True)
        raise


def _empty(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    make_folder(folder)


def _write_own(folder: Path, tree: Any) -> None:
    parts = {
        f"{name}@{','.join(str(axis.start or 0) for axis in shard.index)}": np.asarray(shard.data)
        for name, leaf in _named(tree)
        for shard in leaf.addressable_shards
        if shard.replica_id == 0
    }
    with replacing(folder / f"{jax.process_index()}.npz") as part, part.open("wb") as file:
        np.savez(file, **parts)  # pyright: ignore[reportArgumentType]  arrays by name


def read_state(folder: Path, like: TreeT, *, whole: bool = True) -> TreeT:
    """Reads what `write_state` has written; every process reads all files.

    Args:
      folder: where it was written.
      like: the tree of `jax.ShapeDtypeStruct` with shardings that it must be.
      whole: whether that is all; if not, what else the files hold is left.

    Raises:
      Damaged: for files that cannot be read, or that hold another tree.
    """
    paths = sorted(folder.glob("*.npz"))
    if not paths:
        raise Damaged("it holds no state as this version writes it")
    with ExitStack() as stack:
        try:
            files = [np.load(stack.enter_context(path.open("rb")), allow_pickle=False) for path in paths]
            places = {name: (file, name) for file in files for name in file.files}
            parts: dict[str, list[tuple[Any, str]]] = {}
            for name, place in places.items():
                parts.setdefault(name.rpartition("@")[0], []).append(place)
            leaves = [_whole(name, leaf, parts.pop(name, [])) for name, leaf in _named(like)]
        except (OSError, ValueError, LookupError, EOFError, zipfile.BadZipFile, zlib.error) as error:
            raise Damaged(f"its state cannot be read ({error})") from None
    if whole and parts:
        raise Damaged(f"its state holds {next(iter(parts))}, which this training has not")
    return jax.tree.unflatten(jax.tree.structure(like), leaves)


def _whole(name: str, like: jax.ShapeDtypeStruct, parts: list[tuple[Any, str]]) -> jax.Array:
    """One array, put together from its parts, on its devices."""
    whole, filled = np.empty(like.shape, like.dtype), 0
    for file, part_name in parts:
        part, begin = file[part_name], part_name.rpartition("@")[2]
        starts = [int(start) for start in begin.split(",")] if begin else []
        fits = (part.dtype, part.ndim) == (whole.dtype, whole.ndim) and all(
            start + size <= limit for start, size, limit in zip(starts, part.shape, whole.shape, strict=True)
        )
        if not fits:
            raise Damaged(f"its {name} is not {like.dtype}{list(like.shape)}, as this training needs it")
        whole[tuple(slice(start, start + size) for start, size in zip(starts, part.shape, strict=True))] = part
        filled += part.size
    if filled != whole.size:
        raise Damaged(f"its {name} is not {like.dtype}{list(like.shape)}, as this training needs it")
    return jax.make_array_from_callback(like.shape, like.sharding, lambda index: whole[index])


def _named(tree: Any) -> Iterator[tuple[str, Any]]:
    """Each leaf by its path in the tree."""
    for path, leaf in jax.tree_util.tree_leaves_with_path(tree):
        yield jax.tree_util.keystr(path, simple=True, separator="/"), leaf
