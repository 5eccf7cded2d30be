"""What every test shares: a cache of compiled JAX programs, and plots without a screen."""

import os
from pathlib import Path

import jax

CACHE = Path(__file__).resolve().parents[1] / ".cache" / "jax"

# Into the environment too, for the processes that tests start.
os.environ["JAX_COMPILATION_CACHE_DIR"] = str(CACHE)
os.environ["JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"] = "0.2"
os.environ["MPLBACKEND"] = "Agg"
jax.config.update("jax_compilation_cache_dir", str(CACHE))
jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.2)
