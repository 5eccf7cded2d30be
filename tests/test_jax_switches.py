"""JAX's switches: the core's promises hold under each of them, in a process that has it from the start."""

import json
import os
import subprocess
import sys
from pathlib import Path

import jax.numpy as jnp
import pytest

from adapters import episodes
from wildrobot.draws import split_uniform

ROOT = Path(__file__).resolve().parents[1]
CODE = """
import json, sys
import jax, jax.numpy as jnp
from adapters.brax_env import BraxEnv, wrap_for_training
from tests.test_jax_switches import drawn
from wildrobot.env import make_env
from wildrobot.experiment import load_experiment

core = make_env(load_experiment("smoke", [f"env.physics.engine={sys.argv[1]}"]).env)
keys = jax.random.split(jax.random.PRNGKey(0), 2)
kinds = []
for env, key, shape in ((core, keys[0], (17,)), (wrap_for_training(BraxEnv(core), 10), keys, (2, 17))):
    before = jax.eval_shape(env.reset, key)
    for state in (before, jax.eval_shape(env.step, before, jnp.zeros(shape))):
        kinds.append([[str(leaf.dtype), leaf.shape] for leaf in jax.tree.leaves(state)])
print(json.dumps({"kinds": kinds, "drawn": drawn()}))
"""


def drawn() -> list[float]:
    """What comes of two robots' keys."""
    words = jnp.array([[1, 2], [3, 4]], jnp.uint32)
    key, (draws,) = split_uniform(words[0], 3)
    chain = episodes.split_keys(words)
    return jnp.concatenate([key, chain.first[0], episodes.next_keys(chain.following)[1]]).tolist() + draws.tolist()


def python(*arguments: str, **switches: str) -> subprocess.CompletedProcess[str]:
    command, environment = [sys.executable, *arguments], os.environ | {"JAX_PLATFORMS": "cpu"} | switches
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)


@pytest.mark.parametrize("engine", ["native", pytest.param("mjx", marks=pytest.mark.slow)])
def test_a_state_keeps_its_types_and_a_key_gives_the_same_episode(engine):
    """In double precision, with another generator of random numbers."""
    done = python("-c", CODE, engine, JAX_ENABLE_X64="1", JAX_DEFAULT_PRNG_IMPL="rbg")
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout.splitlines()[-1])
    reset, step, wrapped_reset, wrapped_step = said["kinds"]
    assert reset == step
    assert wrapped_reset == wrapped_step
    assert {dtype for dtype, _ in step + wrapped_step} == {"bool", "float32", "int32", "uint32"}
    assert said["drawn"] == drawn()


def test_a_device_that_is_not_there_is_said_in_one_sentence(tmp_path):
    run = str(tmp_path / "run")
    done = python("-m", "trainers", "brax-amp", "--config", "smoke", "--run", run, JAX_PLATFORMS="tpu")
    assert done.returncode == 2
    assert done.stderr.startswith("error: JAX cannot start on JAX_PLATFORMS=tpu (")
    assert "set JAX_PLATFORMS=cpu" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_training_in_double_precision_gives_a_policy(tmp_path):
    run = str(tmp_path / "run")
    done = python("-m", "trainers", "brax-amp", "--config", "smoke", "--run", run, JAX_ENABLE_X64="1")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "run" / "policy.safetensors").is_file()
