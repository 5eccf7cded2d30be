"""A trainer that learns nothing, as a study sees one: a run folder with a lock, checkpoints, and a mark at its end.

The folder FAKE of the environment tells it what to do: while `hold` is there, it does not end; `fail` names a trainer
that fails. It says in `said` what it was started for. It trains as long as its configuration says, if it is given one.
"""

import json
import os
import signal
import sys
import time
from pathlib import Path
from types import FrameType

from trainers.digests import write_digests
from trainers.lock import RunLock

FAKE = Path(os.environ["FAKE"])
STEPS = (1024, 2048, 4096)


def main(name: str, arguments: list[str]) -> None:
    goes_on = "--resume" in arguments
    run = Path(arguments[arguments.index("--resume" if goes_on else "--run") + 1])
    lock = RunLock(run, remedy="choose another")
    say(f"{'resume' if goes_on else 'train'} {run.name.rpartition('-')[0]}")
    signal.signal(signal.SIGTERM, saved)
    if (FAKE / "fail").is_file() and (FAKE / "fail").read_text() == name:
        sys.exit("error: the batch does not fit the devices")
    if not goes_on:
        others = sorted(path.name for path in run.iterdir() if path.name != ".lock")
        assert not others, others
        (run / "run.json").write_text(json.dumps({"trainer": name}))
        if "--config" in arguments:
            (run / "config.yaml").write_text(Path(arguments[arguments.index("--config") + 1]).read_text())
    assert "completed" not in json.loads((run / "run.json").read_text())
    done = max((int(path.name) for path in run.glob("checkpoints/*")), default=0)
    until = total_steps(run, arguments)
    for steps in (each for each in STEPS if done < each <= until):
        figures = {"steps": steps, "wall_s": steps / 1024, "episode/vx_error_m_per_s": 0.1 if steps < 4096 else 0.04}
        with (run / "metrics.jsonl").open("a") as log:
            log.write(json.dumps(figures) + "\n")
        folder = run / "checkpoints" / f"{steps:012d}"
        folder.mkdir(parents=True, exist_ok=True)
        write_digests(folder)
        while (FAKE / "hold").exists():
            time.sleep(0.02)
    assert (run / "checkpoints" / f"{until:012d}").is_dir()
    (run / "policy.safetensors").write_text(run.name)
    (run / "run.json").write_text(json.dumps({"trainer": name, "completed": "now"}))
    lock.close()


def total_steps(run: Path, arguments: list[str]) -> int:
    """As the configuration says, which an override changes as `--resume` does."""
    config = run / "config.yaml"
    if not config.is_file():
        return STEPS[-1]
    tree = json.loads(config.read_text())
    for override in (each for each in arguments if each.startswith("brax_ppo.num_timesteps=")):
        tree["brax_ppo"]["num_timesteps"] = int(override.partition("=")[2])
        config.write_text(json.dumps(tree))
    return tree["brax_ppo"]["num_timesteps"]


def saved(_number: int, _frame: FrameType | None) -> None:
    say("saved")
    sys.exit(143)


def say(text: str) -> None:
    with (FAKE / "said").open("a") as said:
        said.write(text + "\n")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
