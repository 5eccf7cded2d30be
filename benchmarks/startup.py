"""Time from the start of the process to the first training step, with a cold and a warm compilation cache."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time

# Trains as the command does, and ends at the first physics step: resets need none, so it is training's first.
_UNTIL_FIRST_STEP = """
import os
from wildrobot.physics.native import NativePhysics
NativePhysics._step_batch = lambda *_: os._exit(0)
from trainers.__main__ import main
main([os.environ["BENCH_TRAINER"], "--run", os.environ["BENCH_RUN"], "env.physics.engine=native"])
raise SystemExit("no training step was made")
"""


def first_step_s(trainer: str, cache: str) -> float:
    """Seconds until the first training step of the walk experiment, with the compilation cache in this folder."""
    with tempfile.TemporaryDirectory() as folder:
        own = {"JAX_COMPILATION_CACHE_DIR": cache, "BENCH_RUN": f"{folder}/run", "BENCH_TRAINER": trainer}
        begin = time.perf_counter()
        subprocess.run(
            [sys.executable, "-c", _UNTIL_FIRST_STEP], env=os.environ | own, check=True, stderr=subprocess.DEVNULL
        )
        return time.perf_counter() - begin


def main() -> None:
    """Prints a table."""
    print("| process start to first training step | cold compilation cache | warm (median of three) |")
    print("|---|--:|--:|")
    for trainer in ("brax-amp", "brax"):
        with tempfile.TemporaryDirectory() as cache:
            cold, *warm = (first_step_s(trainer, cache) for _ in range(4))
        print(f"| {trainer} | {cold:.1f} s | {sorted(warm)[1]:.1f} s |", flush=True)
    print()


if __name__ == "__main__":
    main()
