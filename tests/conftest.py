"""What every test shares: a cache of compiled JAX programs, plots without a screen, and a browser."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import jax
import pytest
from playwright.sync_api import Browser, sync_playwright

CACHE = Path(__file__).resolve().parents[1] / ".cache" / "jax"

# Into the environment too, for the processes that tests start.
os.environ["JAX_COMPILATION_CACHE_DIR"] = str(CACHE)
os.environ["JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"] = "0.2"
os.environ["MPLBACKEND"] = "Agg"
jax.config.update("jax_compilation_cache_dir", str(CACHE))
jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.2)

_BROWSERS = "chromium", "chromium-browser", "google-chrome"
_ARGUMENTS = (
    "--headless", "--no-sandbox", "--disable-quic", "--no-first-run", "--enable-unsafe-swiftshader",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip


@contextmanager
def chromium(*arguments: str) -> Iterator[Browser]:
    """Chromium, the system's own: nothing is downloaded. Without one the test is skipped, and fails where CI is set."""
    executable = next((found for name in _BROWSERS if (found := shutil.which(name))), None)
    if executable is None:
        reason = f"no browser: install Chromium, so that one of {', '.join(_BROWSERS)} is on the PATH"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=executable, args=[*_ARGUMENTS, *arguments])
        yield launched
        launched.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser that needs no graphics card."""
    with chromium("--disable-gpu") as launched:
        yield launched
