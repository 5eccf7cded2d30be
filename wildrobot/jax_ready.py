"""Whether JAX can compute in this process; where not, one sentence says why.

It cannot without the device that it was asked for, nor in a process that was forked from one where it runs: a fork
copies the memory of JAX and of MuJoCo's pool, and none of their threads, so the first step would wait for ever.
"""

from __future__ import annotations

import gc
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


def require_jax() -> None:
    """Starts JAX.

    Raises:
      UsageError: where it cannot start, or runs in the process that this one was forked from.
    """
    refuse_forked()
    try:
        jax.devices()
    except (AssertionError, RuntimeError) as error:  # the first where a device is missing, without a word
        reason = " ".join(str(error).split())[:200] or "no such device here"
        raise UsageError(
            f"JAX cannot start on JAX_PLATFORMS={os.environ.get('JAX_PLATFORMS', '')} ({reason}); set "
            "JAX_PLATFORMS=cpu, or unset it, or install JAX for that device"
        ) from None


def _before() -> None:
    global _jax_runs
    _jax_runs = xla_bridge.backends_are_initialized()


def _in_child() -> None:
    global _forked
    if _jax_runs:
        _forked = True
        # JAX's own collector of garbage hands over to threads that are not here, and crashes.
        gc.callbacks[:] = [each for each in gc.callbacks if getattr(each, "__name__", "") != "_xla_gc_callback"]


os.register_at_fork(before=_before, after_in_child=_in_child)
