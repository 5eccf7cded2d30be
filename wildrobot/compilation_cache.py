"""JAX's persistent compilation cache, on by default in every command."""

from __future__ import annotations

import os
from pathlib import Path

import jax


def enable_compilation_cache() -> None:
    """Keeps compiled programs between processes, in `JAX_COMPILATION_CACHE_DIR` or the user's cache folder."""
    if "JAX_COMPILATION_CACHE_DIR" not in os.environ:
        user_cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
        jax.config.update("jax_compilation_cache_dir", str(user_cache / "wildrobot" / "jax"))
    if "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS" not in os.environ:
        # All: a start makes some seventy programs of 20 ms each, which take 5 ms to read.
        jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
