"""A copy of a run from which a longer training goes on, while the run itself stays as it is."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from trainers.digests import first_sound, is_finished
from trainers.kept import CONFIG, PROVENANCE, read_provenance
from wildrobot.errors import UsageError
from wildrobot.files import CannotWrite, make_folder, replacing, write_text

_LOG, _TENSORBOARD = "metrics.jsonl", "tensorboard"


def branch(run: Path, folder: Path) -> None:
    """Copies what `--resume` needs of a run, its newest checkpoint last: what has been cut before then has none.

    Args:
      run: a run folder that nothing trains.
      folder: of the branch, empty.

    Raises:
      UsageError: if the run has no sound checkpoint.
      CannotWrite: if the disk refuses.
    """
    newest = first_sound(path for path in sorted(run.glob("checkpoints/[0-9]*"), reverse=True) if is_finished(path))
    if newest is None:
        raise UsageError(f"{run}: holds no sound checkpoint to go on from; remove the folder, and it is trained again")
    # A run of its own, which has not reached its end.
    its = {name: value for name, value in read_provenance(run).items() if name not in ("id", "completed")}
    write_text(folder / PROVENANCE, json.dumps(its, indent=2) + "\n")
    try:
        for name in (CONFIG, _LOG):
            if (run / name).is_file():
                shutil.copyfile(run / name, folder / name)
        if (run / _TENSORBOARD).is_dir():
            shutil.copytree(run / _TENSORBOARD, folder / _TENSORBOARD)
        make_folder(folder / "checkpoints")
        with replacing(folder / "checkpoints" / newest.name) as part:
            shutil.copytree(newest, part)
    except OSError as error:
        raise CannotWrite(f"cannot write {folder}: {error.strerror or error}; make room") from None
