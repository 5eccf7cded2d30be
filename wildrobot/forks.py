"""What a process that was forked from one where JAX runs is told, instead of waiting for ever.

A fork copies the memory of JAX and of MuJoCo's pool, and none of their threads, so that the first step would wait for
threads that there are not.
"""

from __future__ import annotations

import os

import jax
from jax._src import xla_bridge  # no public function says whether JAX runs without starting it

from wildrobot.errors import UsageError

_jax_runs = False
"""In the process that is about to fork."""
_forked = False
"""Whether JAX ran in the process that this one, or one before it, was forked from."""


def refuse_forked() -> None:
    """Call it before JAX computes anything.

    Raises:
      UsageError: in a process that was forked from one in which JAX runs.
    """
    if _forked:
        raise UsageError(
            "this process was forked from one in which JAX already runs, and in it JAX would wait for ever; start it "
            'with "spawn" instead: gymnasium.make_vec(..., vector_kwargs={"context": "spawn"}), AsyncVectorEnv(..., '
            'context="spawn"), SubprocVecEnv(..., start_method="spawn") or multiprocessing.get_context("spawn")'
        )


def _before() -> None:
    global _jax_runs
    _jax_runs = xla_bridge.backends_are_initialized()


def _in_child() -> None:
    global _forked
    if _jax_runs:
        _forked = True
        # What was compiled would wait, too; what is traced anew comes by `refuse_forked`.
        jax.clear_caches()


os.register_at_fork(before=_before, after_in_child=_in_child)
