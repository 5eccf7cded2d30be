"""A process that is forked while JAX runs says so; it never waits for ever."""

import os
import signal
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path

import gymnasium
import jax
import jax.numpy as jnp
import pytest

import adapters  # noqa: F401  registers WildRobot/Walk-v0
from adapters.gymnasium_env import VectorWalkEnv
from tests.adapters.short_walk import still
from wildrobot.errors import UsageError

ROOT = Path(__file__).resolve().parents[2]
OPTIONS = {"config": "smoke", "overrides": ["env.physics.engine=native"]}


def in_a_fork(work: Callable[[], object]) -> str:
    """What the work raises in a forked process, or "" where it ends; a hang is ended after 60 s."""
    read, write = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # JAX warns of every fork
        child = os.fork()
    if child == 0:
        signal.alarm(60)
        try:
            work()
        except BaseException as error:
            os.write(write, f"{type(error).__name__}: {error}".encode())
        os._exit(0)
    os.close(write)
    said = os.read(read, 10_000).decode()
    os.close(read)
    assert os.waitpid(child, 0)[1] == 0, "the forked process hung or crashed"
    return said


def test_a_forked_process_that_uses_an_environment_is_told_what_to_do(core, robots):
    robots.reset(seed=0)
    state, actions = robots.state, jnp.asarray(still())
    core.step_batch(state, actions)
    key, robot = jax.random.key(0), jax.tree.map(lambda leaf: leaf[0], state)
    for work in (
        lambda: jax.jit(core.reset)(key),
        lambda: jax.jit(core.step)(robot, actions[0]),
        lambda: robots.step(still()),
        robots.reset,
        lambda: VectorWalkEnv(core, 4).reset(),
        lambda: core.step_batch(state, actions),
        lambda: gymnasium.make("WildRobot/Walk-v0", **OPTIONS).reset(),
    ):
        assert in_a_fork(work).startswith("UsageError: this process was forked"), work
    assert in_a_fork(robots.close) == ""
    assert in_a_fork(lambda: VectorWalkEnv(core, 4).close()) == ""
    robots.step(still())


def test_gymnasiums_processes_that_are_forked_say_so_in_this_process():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        robots = gymnasium.make_vec(
            "WildRobot/Walk-v0", num_envs=2, vectorization_mode="async", vector_kwargs={"context": "fork"}, **OPTIONS
        )
        with pytest.raises(UsageError, match=r'"context": "spawn"'):
            robots.reset(seed=0)
        robots.close(terminate=True)


@pytest.mark.slow
def test_gymnasiums_processes_that_are_spawned_step():
    code = f"""
import gymnasium, numpy as np, adapters
if __name__ == "__main__":
    robots = gymnasium.make_vec(
        "WildRobot/Walk-v0", num_envs=2, vectorization_mode="async", vector_kwargs=dict(context="spawn"), **{OPTIONS}
    )
    robots.reset(seed=0)
    print(robots.step(np.zeros((2, 17), np.float32))[0].shape)
    robots.close()
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "(2, " in done.stdout
