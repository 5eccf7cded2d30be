"""What an accelerator needs of a training, as far as it can be seen without one: the program of a training step on MJX.

`jax.transfer_guard` sees no copy from a CPU device to the host, so those are counted by stand-ins for the figures.
"""

import time
from types import SimpleNamespace
from typing import Any, NamedTuple, cast

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.experimental.compilation_cache import compilation_cache

from tests.trainers.conftest import NATIVE
from trainers.__main__ import main
from trainers.brax.amp.loop import Loop, LoopState, make_loop
from trainers.brax.amp.training import Training
from trainers.brax.settings import BraxPpo
from wildrobot.env import make_env
from wildrobot.experiment import load_experiment
from wildrobot.policy import Policy

MJX = "env.physics.engine=mjx"
ROBOTS = 8
SMALL = (f"brax_ppo.num_envs={ROBOTS}", f"brax_ppo.batch_size={ROBOTS}", "brax_ppo.num_minibatches=1")


class Figure:
    """A number of a training step that notes when it comes to the host."""

    def __init__(self, name: str, reads: list[str]):
        self._name, self._reads = name, reads

    def __array__(self, dtype=None, copy=None):
        self._reads.append(self._name)
        return np.ones((), np.float32)


def test_between_lines_of_the_log_nothing_comes_to_the_host_but_whether_a_step_was_finite(monkeypatch, tmp_path):
    """Six steps; a line is written after the fourth, and at the end."""
    reads, new = [], []
    names = ("episodes", "finite/losses", "finite/rewards", "training/kl_mean")

    def step(state: Any) -> tuple[Any, dict[str, Figure]]:
        new.append(sorted(set(reads)))
        reads.clear()
        after = SimpleNamespace(env_steps=state.learner.env_steps + 100)
        return state._replace(learner=after), {name: Figure(name, reads) for name in names}

    loop = object.__new__(Loop)
    core = SimpleNamespace(physics=SimpleNamespace(name="none"))
    settings = BraxPpo(num_timesteps=600, num_evals=2)
    loop.__dict__.update(settings=settings, core=core, env_steps_per_step=100, compile=lambda: step)
    monkeypatch.setattr(Training, "_save", lambda *_: None)
    begin = cast("Any", LoopState)(SimpleNamespace(env_steps=0), None, None, None)
    Training(load_experiment("smoke"), tmp_path, None, loop, None).go(lambda: begin)
    new.append(sorted(set(reads)))
    checked, everything = list(names[1:3]), list(names)
    assert new == [[], checked, checked, checked, everything, checked, everything]


class Program(NamedTuple):
    """A training step: as JAX and as XLA have it, its loop, and the processor time that XLA took."""

    loop: Any
    jaxpr: str
    lowered: str
    compiled: Any
    compile_s: float


@pytest.fixture(scope="module")
def program():
    """On MJX, compiled anew."""
    loop = make_loop(experiment := load_experiment("smoke", [MJX, *SMALL]), make_env(experiment.env))
    traced = jax.jit(loop.step).trace(loop.abstract_state())
    lowered = traced.lower()
    jax.config.update("jax_enable_compilation_cache", False)
    compilation_cache.reset_cache()
    begin = time.process_time()
    compiled = lowered.compile()
    compile_s = time.process_time() - begin
    jax.config.update("jax_enable_compilation_cache", True)
    compilation_cache.reset_cache()
    return Program(loop, str(traced.jaxpr), lowered.as_text(), compiled, compile_s)


@pytest.mark.slow
def test_the_training_step_calls_nothing_on_the_host(program):
    assert "ffi_call" not in program.jaxpr
    assert "callback" not in program.jaxpr
    assert "callback" not in program.lowered
    assert "wildrobot_native" not in program.lowered
    experiment = load_experiment("smoke", [NATIVE, *SMALL])
    loop = make_loop(experiment, make_env(experiment.env))
    native = jax.jit(loop.step).trace(loop.abstract_state())
    assert "ffi_call" in str(native.jaxpr), "which is how one would be seen"
    assert "pure_callback" in str(native.jaxpr)
    assert "wildrobot_native" in native.lower().as_text()


@pytest.mark.slow
def test_it_compiles_in_a_minute(program):
    """Processor time of all threads, which an idle machine needs no longer than."""
    assert program.compile_s <= 60.0


@pytest.mark.slow
def test_the_state_before_a_step_stays(program):
    """It is what a step that is not finite, or cut short, goes back to; so a training holds two states."""
    memory = program.compiled.memory_analysis()
    assert memory.alias_size_in_bytes == 0
    assert memory.argument_size_in_bytes == pytest.approx(size(program.loop.abstract_state()), rel=0.01)


@pytest.mark.slow
def test_bytes_of_a_robot_and_floating_point_operations_of_a_step(program):
    """Bytes grow with the robots; XLA counts the passes of the solver, of which it cannot know the number, once."""
    assert size(program.loop.abstract_state().env) / ROBOTS == pytest.approx(4726, rel=0.01)
    per_environment_step = program.compiled.cost_analysis()["flops"] / program.loop.env_steps_per_step
    assert 1e5 < per_environment_step < 1e6


@pytest.mark.slow
def test_training_steps_take_nothing_from_the_host(program):
    state = program.loop.init(jax.random.PRNGKey(0))
    with jax.transfer_guard("disallow"):
        state, _ = program.compiled(state)
        _, figures = program.compiled(state)
    assert jnp.isfinite(figures["training/total_loss"])


@pytest.mark.slow
def test_sixteen_robots_train_on_mjx_from_end_to_end(tmp_path, capsys):
    """Two training steps of 128 environment steps."""
    run = tmp_path / "run"
    sizes = ["brax_ppo.num_envs=16", "brax_ppo.batch_size=16", "brax_ppo.num_minibatches=1"]
    lengths = ["brax_ppo.num_timesteps=256", "brax_ppo.num_evals=2"]
    assert main(["brax-amp", "--config", "smoke", "--run", str(run), MJX, *sizes, *lengths]) == 0
    assert "training on mjx-jax physics" in capsys.readouterr().err
    assert Policy.load(run / "policy.safetensors").info.environment_steps == 256


def size(tree: Any) -> int:
    """Bytes of all arrays."""
    return sum(leaf.size * leaf.dtype.itemsize for leaf in jax.tree.leaves(tree))
