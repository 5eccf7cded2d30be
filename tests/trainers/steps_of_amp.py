"""A process of a training: `python -m tests.trainers.steps_of_amp FILE STEPS [COORDINATOR COUNT INDEX]`.

Trains so many steps on all devices of all processes, and writes the parameters to a file.
"""

import sys
from typing import Any

import jax
import numpy as np

from trainers.brax.amp import processes
from trainers.brax.amp.loop import make_loop
from wildrobot.compilation_cache import enable_compilation_cache
from wildrobot.env import make_env
from wildrobot.experiment import load_experiment


def parameters(steps: int) -> dict[str, Any]:
    """Parameters of policy, critic, discriminator and normaliser after so many steps, by their path in the state."""
    experiment = load_experiment("smoke", ["env.physics.engine=native", "env.physics.threads=1"])
    loop = make_loop(experiment, make_env(experiment.env))
    state = loop.init(jax.random.PRNGKey(0))
    for _ in range(steps):
        state, _ = loop.step(state)
    assert state.amp is not None
    learned = (state.learner.params, state.learner.normalizer.mean, state.amp.params)
    return {jax.tree_util.keystr(path): np.asarray(leaf) for path, leaf in jax.tree_util.tree_leaves_with_path(learned)}


if __name__ == "__main__":
    file, steps, *others = sys.argv[1:]
    enable_compilation_cache()
    if others:
        processes.initialize(others[0], int(others[1]), int(others[2]))
    found = parameters(int(steps))
    if processes.is_main():
        np.savez(file, **found)
