"""Weights & Biases (`--track wandb`): metrics, configuration and films, and nothing that was not asked for."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

# Before the import, which reads it: errors of the library are not reported to its makers.
os.environ.setdefault("WANDB_ERROR_REPORTING", "false")

import wandb

from trainers.tracking.base import Run
from wildrobot.errors import UsageError

_FINISH_S = 60.0
"""[s] that the end of a training waits for an upload. What is left lies in the run folder, for `wandb sync`."""


class WeightsAndBiases:
    """One run of a project: `WANDB_PROJECT`, or else `wildrobot`. `WANDB_MODE=offline` only writes into the folder."""

    def __init__(self, run: Run):
        """Begins the run, or goes on with it.

        Raises:
          UsageError: if W&B does not accept it, as without a login.
        """
        folder = run.folder / "wandb"
        was_there = folder.exists()
        try:
            self._run = wandb.init(
                project=os.environ.get("WANDB_PROJECT") or "wildrobot",
                name=run.name,
                id=run.id,
                resume="allow",
                job_type=run.trainer,
                dir=str(run.folder),
                config=run.config,
                settings=wandb.Settings(
                    console="off",
                    disable_code=True,
                    disable_git=True,
                    save_code=False,
                    x_save_requirements=False,
                    finish_timeout=_FINISH_S,
                ),
            )
        except Exception as error:  # of many kinds: no login, no network, no permission
            if not was_there:
                shutil.rmtree(folder, ignore_errors=True)
            raise UsageError(
                f"--track wandb: {' '.join(str(error).split())}; run `wandb login`, or set WANDB_MODE=offline to keep "
                "everything in the run folder, for `wandb sync`"
            ) from None
        # A film is logged after figures of later steps, which W&B's own counter would refuse.
        self._run.define_metric("steps")
        self._run.define_metric("*", step_metric="steps")

    def log(self, steps: int, figures: Mapping[str, float]) -> None:
        self._run.log({"steps": steps, **figures})

    def film(self, steps: int, path: Path) -> None:
        self._run.log({"steps": steps, "film": wandb.Video(str(path), caption=f"{steps:,} steps", format="mp4")})

    def close(self) -> None:
        self._run.finish()
