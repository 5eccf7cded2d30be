"""EnvPool's rates under random actions: C++ environments on the same cores, for scale.

Other robots and other tasks, so only an order of magnitude. EnvPool brings pins of its own: it gets an environment of
its own in `.cache/envpool` (1 GB, most of it meshes), where this file runs as a script.
"""

from __future__ import annotations

import importlib
import statistics
import subprocess
import sys
import time
import venv
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

VERSION = "1.2.5"
TASKS = ("Op3Joystick-v1", "Humanoid-v5")
ENVIRONMENTS, STEPS, REPEATS = 64, 100, 5
FOLDER = Path(__file__).resolve().parents[1] / ".cache" / "envpool"


def main() -> None:
    """Makes EnvPool's environment if need be, measures there, and prints a table.

    Raises:
      SystemExit: if EnvPool cannot be installed or run here.
    """
    from wildrobot.processors import available_threads  # here: the measuring process has no wildrobot

    python = _environment()
    sys.stdout.flush()  # what is printed there comes after what was printed here
    if subprocess.run([python, __file__, str(available_threads())]).returncode:
        raise SystemExit(f"EnvPool {VERSION} does not run here: see above; delete {FOLDER} to install it again")


def _environment() -> Path:
    """The Python of an environment with EnvPool."""
    python = FOLDER / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    ready = FOLDER / f".ready-{VERSION}"
    if not ready.exists():
        print(f"Installing EnvPool {VERSION} into {FOLDER} (1 GB) ...", file=sys.stderr)
        venv.create(FOLDER, clear=True, with_pip=True)
        command = [python, "-m", "pip", "install", "-qq", "--disable-pip-version-check", f"envpool=={VERSION}"]
        if subprocess.run(command).returncode:
            raise SystemExit(
                f"EnvPool {VERSION} could not be installed: pip says why above (it has no wheel for every system); "
                "no other part of the benchmarks needs it"
            )
        ready.touch()
    return python


def measure(threads: int) -> None:
    """Prints the table; runs in EnvPool's environment."""
    envpool: Any = importlib.import_module("envpool")
    missing = set(TASKS) - set(envpool.list_all_envs())
    if missing:
        raise SystemExit(f"no {', '.join(missing)} in EnvPool; there are: {', '.join(sorted(envpool.list_all_envs()))}")
    print("| EnvPool task | environments | environment steps/s | physics steps/s | physics step | resets |")
    print("|---|--:|--:|--:|--:|--:|")
    for task in TASKS:
        frame_skip, timestep_s = _physics(envpool.make_spec(task).config)
        rate, resets = _rate(envpool, task, threads)
        cells = [f"`{task}`", f"{ENVIRONMENTS}", f"{rate:,.0f}", f"{rate * frame_skip:,.0f}"]
        cells += [f"{frame_skip} x {1e3 * timestep_s:g} ms", f"{resets:.1%}"]
        print(f"| {' | '.join(cells)} |", flush=True)
    print()


def _physics(config: Any) -> tuple[int, float]:
    """Physics steps per environment step, and their length [s], from the task's configuration or its model."""
    if hasattr(config, "sim_dt"):
        return round(config.ctrl_dt / config.sim_dt), config.sim_dt
    option = ET.parse(Path(config.base_path) / "mujoco" / "assets_gym" / config.xml_file).find("option")
    assert option is not None
    return config.frame_skip, float(option.attrib["timestep"])


def _rate(envpool: Any, task: str, threads: int) -> tuple[float, float]:
    """Median environment steps per second, and the share of calls that reset an environment instead of stepping it."""
    import numpy as np  # here: nothing but the measuring process needs it

    env = envpool.make_gymnasium(task, num_envs=ENVIRONMENTS, num_threads=threads, seed=0)
    space = env.action_space
    shape = (STEPS, ENVIRONMENTS, *space.shape)
    actions = np.random.default_rng(0).uniform(space.low, space.high, shape).astype(space.dtype)
    env.reset()
    rates, reset = [], 0
    for _ in range(1 + REPEATS):
        ended, begin = 0, time.perf_counter()
        for action in actions:
            _, _, terminated, truncated, _ = env.step(action)
            ended += np.count_nonzero(terminated | truncated)
        # The call after the end of an episode is its reset and does no physics.
        rates.append((STEPS * ENVIRONMENTS - ended) / (time.perf_counter() - begin))
        reset += ended
    env.close()
    return statistics.median(rates[1:]), reset / (STEPS * ENVIRONMENTS * (1 + REPEATS))


if __name__ == "__main__":
    measure(int(sys.argv[1]))
