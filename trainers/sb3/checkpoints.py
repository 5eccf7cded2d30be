"""SB3's own zip and normaliser in a run folder, what learns beside them, and digests of them all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from stable_baselines3 import PPO
from stable_baselines3.common.vec_env import VecNormalize

from trainers.digests import first_sound, write_digests
from trainers.kept import keep
from wildrobot.files import make_folder, replacing

MODEL, NORMALIZER, AMP = "model.zip", "normalizer.pkl", "amp.msgpack"


def save(folder: Path, model: PPO, normalizer: VecNormalize, save_more: Callable[[Path], None]) -> None:
    """Writes `folder/<steps>/`, entirely or not at all; `save_more` adds files to the folder that it is given.

    Raises:
      CannotWrite: if the disk refuses.
    """
    make_folder(folder)
    with replacing(folder / f"{model.num_timesteps:012d}") as part:
        part.mkdir()
        model.save(part / MODEL)
        normalizer.save(str(part / NORMALIZER))
        save_more(part)
        keep(folder.parent, part)
        write_digests(part)


def newest(folder: Path) -> Path | None:
    """The folder of the newest checkpoint that is as it was written, None if there is none."""
    return first_sound(model.parent for model in sorted(folder.glob(f"[0-9]*/{MODEL}"), reverse=True))
