"""SB3's own zip and normaliser in a run folder, and what learns beside them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from stable_baselines3 import PPO
from stable_baselines3.common.vec_env import VecNormalize

from trainers import checkpoints

MODEL, NORMALIZER, AMP = "model.zip", "normalizer.pkl", "amp.msgpack"


def save(run: Path, model: PPO, normalizer: VecNormalize, save_more: Callable[[Path], None]) -> None:
    """Writes a checkpoint of a run; `save_more` adds files to the folder that it is given.

    Raises:
      CannotWrite: if the disk refuses.
    """

    def fill(folder: Path) -> None:
        model.save(folder / MODEL)
        normalizer.save(str(folder / NORMALIZER))
        save_more(folder)

    checkpoints.write(run, model.num_timesteps, fill)
