"""JAX's switches: the core's promises hold under each of them, in a process that has it from the start."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
CODE = """
import json, sys
import jax, jax.numpy as jnp
from adapters import episodes
from adapters.brax_env import BraxEnv, wrap_for_training
from wildrobot.draws import split_uniform
from wildrobot.env import make_env
from wildrobot.experiment import load_experiment

def kinds(tree):
    return jax.tree.map(lambda leaf: (leaf.shape, str(leaf.dtype)), tree)

changed, dtypes = [], set()
for engine in sys.argv[1:]:
    core = make_env(load_experiment("smoke", [f"env.physics.engine={engine}"]).env)
    wrapped = wrap_for_training(BraxEnv(core), 10)
    keys = jax.random.split(jax.random.PRNGKey(0), 2)
    for reset, step, key, shape in ((core.reset, core.step, keys[0], (17,)), (wrapped.reset, wrapped.step, keys, (2, 17))):
        before = jax.eval_shape(reset, key)
        after = jax.eval_shape(step, before, jnp.zeros(shape))
        changed += [] if kinds(before) == kinds(after) else [engine]
        dtypes |= {str(leaf.dtype) for leaf in jax.tree.leaves(after)}
words = jnp.array([[1, 2], [3, 4]], jnp.uint32)
key, (draws,) = split_uniform(words[0], 3)
chain = episodes.split_keys(words)
numbers = [*key.tolist(), *draws.tolist(), *chain.first[0].tolist(), *episodes.next_keys(chain.following)[1].tolist()]
print(json.dumps({"changed": changed, "dtypes": sorted(dtypes), "numbers": numbers}))
"""


def said(*engines: str, **switches: str) -> dict[str, Any]:
    environment = os.environ | {"JAX_PLATFORMS": "cpu"} | switches
    done = subprocess.run(
        [sys.executable, "-c", CODE, *engines], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def usual() -> dict[str, Any]:
    return said("native")


@pytest.mark.parametrize(
    ("switch", "value", "engines"),
    [
        ("JAX_ENABLE_X64", "1", ("native",)),
        pytest.param("JAX_ENABLE_X64", "1", ("mjx",), marks=pytest.mark.slow),
        ("JAX_DEFAULT_PRNG_IMPL", "rbg", ("native",)),
    ],
)
def test_a_state_keeps_its_types_and_a_key_gives_the_same_episode(usual, switch, value, engines):
    other = said(*engines, **{switch: value})
    assert other["changed"] == []
    assert other["dtypes"] == usual["dtypes"] == ["bool", "float32", "int32", "uint32"]
    assert other["numbers"] == usual["numbers"]


def test_a_device_that_is_not_there_is_said_in_one_sentence(tmp_path):
    for command in (["brax"], ["brax-amp"], ["sb3"]):
        arguments = [sys.executable, "-m", "trainers", *command, "--config", "smoke", "--run", str(tmp_path / "run")]
        environment = os.environ | {"JAX_PLATFORMS": "tpu"}
        done = subprocess.run(arguments, cwd=ROOT, env=environment, capture_output=True, text=True)
        assert done.returncode == 2
        assert done.stderr.startswith("error: JAX cannot start on JAX_PLATFORMS=tpu (")
        assert "set JAX_PLATFORMS=cpu" in done.stderr
        assert done.stderr.count("\n") == 1
