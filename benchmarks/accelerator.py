"""What an accelerator makes of `configs/gpu.yaml`: physics, environment core and training for many robots on MJX.

Physics and core play what `throughput` plays, robots that stand under small random targets; training is whole training
steps from the first one on, in which robots fall.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from benchmarks import throughput
from trainers.brax.amp.loop import make_loop
from wildrobot.compilation_cache import enable_compilation_cache
from wildrobot.env import WildRobotEnv, make_env
from wildrobot.experiment import Experiment, load_experiment

ROBOTS = (1024, 2048, 4096, 8192, 16_384)
REPEATS = 3
MINIBATCHES, UNROLL_LENGTH, REPLAY = 8, 20, 400_000


class Figures(NamedTuple):
    """Of one number of robots.

    Attributes:
      physics, core, training: environment steps per second.
      memory: bytes that a training step needs, its old and its new state included.
      robot: bytes of them that are one robot's state.
      flops: floating point operations of training per environment step, as XLA counts them: the passes of the contact
        solver, of which it cannot know the number, once.
      compile_s: seconds until the training step can run, from the cache if it is there.
    """

    physics: float
    core: float
    training: float
    memory: int
    robot: float
    flops: float
    compile_s: float


def main(robots: Sequence[int] = ROBOTS) -> None:
    """Prints a table, size by size; one that does not fit into the memory is said so."""
    enable_compilation_cache()
    device = jax.devices()[0]
    print(f"{len(jax.devices())} x {device.device_kind}, MJX.", end=" ")
    print("No accelerator: these are the figures of a CPU.\n" if device.platform == "cpu" else "\n")
    names = ("physics, steps/s", "core, steps/s", "training, steps/s", "memory of a training step, MB")
    names += ("a robot's state, bytes", "FLOP per step", "compilation, s")
    print(f"| robots | {' | '.join(names)} |")
    print("|--:|" + "--:|" * len(names), flush=True)
    for count in robots:
        try:
            found = measured(experiment_for(count))
        except jax.errors.JaxRuntimeError as error:
            if "RESOURCE_EXHAUSTED" not in str(error):
                raise
            print(f"| {count:,} | does not fit |" + " |" * (len(names) - 1), flush=True)
            continue
        rates = f"{found.physics:,.0f} | {found.core:,.0f} | {found.training:,.0f}"
        sizes = f"{found.memory / 1e6:,.0f} | {found.robot:,.0f} | {found.flops:,.0f} | {found.compile_s:.0f}"
        print(f"| {count:,} | {rates} | {sizes} |", flush=True)
    print()


def experiment_for(robots: int) -> Experiment:
    """`gpu` with so many robots, each with one unroll in a batch."""
    sizes = [f"num_envs={robots}", f"batch_size={robots // MINIBATCHES}", f"num_minibatches={MINIBATCHES}"]
    overrides = [f"brax_ppo.{size}" for size in (*sizes, f"unroll_length={UNROLL_LENGTH}")]
    return load_experiment("gpu", [*overrides, f"amp.replay_size={max(REPLAY, robots * UNROLL_LENGTH)}"])


def measured(experiment: Experiment) -> Figures:
    """Compiles and plays physics, core and training in turn."""
    env = make_env(experiment.env)
    loop = make_loop(experiment, env)
    robots = loop.settings.num_envs
    steps = robots * throughput.CONTROL_STEPS
    of_physics = steps / _seconds(physics(env, robots))
    of_core = steps / _seconds(throughput.core(env, robots))
    begin = time.perf_counter()
    step = jax.jit(loop.step).lower(loop.abstract_state()).compile()
    compile_s = time.perf_counter() - begin
    state = loop.init(jax.random.PRNGKey(0))

    def train() -> None:
        nonlocal state
        state, _ = jax.block_until_ready(step(state))

    of_training = loop.env_steps_per_step / _seconds(train)
    # None on a backend that does not know; CPUs and GPUs do.
    memory: Any = step.memory_analysis()
    cost: Any = step.cost_analysis()
    of_env = loop.abstract_state().env
    return Figures(
        physics=of_physics,
        core=of_core,
        training=of_training,
        memory=memory.argument_size_in_bytes + memory.output_size_in_bytes + memory.temp_size_in_bytes,
        robot=sum(leaf.size * leaf.dtype.itemsize for leaf in jax.tree.leaves(of_env)) / robots,
        flops=cost["flops"] / loop.env_steps_per_step,
        compile_s=compile_s,
    )


def physics(env: WildRobotEnv, robots: int) -> Callable[[], None]:
    """Physics alone, under `jit` and `scan`."""
    index = jnp.arange(robots) % env.starts.count
    state = jax.vmap(env.starts.state)(index, index % env.physics.variants.count)
    targets = env.robot.home_targets_rad + throughput.target_changes_rad(env, robots)
    return throughput.scanned(jax.vmap(env.physics.step), state, targets)


def _seconds(play: Callable[[], None]) -> float:
    """Median of a play, after a first one that compiles."""
    play()
    return throughput.median_s(play, REPEATS)
