"""SB3's own zip and normaliser in a run folder."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from stable_baselines3 import PPO
from stable_baselines3.common.vec_env import VecNormalize

if TYPE_CHECKING:
    from trainers.sb3_ppo.style import StyleRewards

MODEL, NORMALIZER, AMP = "model.zip", "normalizer.pkl", "amp.msgpack"


def save(folder: Path, model: PPO, normalizer: VecNormalize, style: StyleRewards | None = None) -> None:
    """Writes `folder/<steps>/`, which is there entirely or not at all."""
    final = folder / f"{model.num_timesteps:012d}"
    part = folder / f".{final.name}.part"
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    model.save(part / MODEL)
    normalizer.save(str(part / NORMALIZER))
    if style is not None:
        style.save(part)
    shutil.rmtree(final, ignore_errors=True)
    os.replace(part, final)


def newest(folder: Path) -> Path | None:
    """The folder of the newest checkpoint, None if there is none."""
    found = sorted(folder.glob(f"[0-9]*/{MODEL}"))
    return found[-1].parent if found else None
