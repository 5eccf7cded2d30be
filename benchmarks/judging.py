"""Environment steps per second of the evaluation, beside bare `mujoco.rollout` that does the same physics.

A policy that comes with the sources plays the suite `walk`: all its cases, with full collision, everything recorded.
The bare one repeats, one control step after the other, the states and the joint targets that this led to.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import jax
import jax.numpy as jnp
import mujoco
import numpy as np
from mujoco import rollout

from wildrobot.evaluation.actors import Actor, policy_actor
from wildrobot.evaluation.rollout import Player
from wildrobot.evaluation.stage import Stage, make_stage
from wildrobot.evaluation.suite import load_suite
from wildrobot.physics.native import available_threads
from wildrobot.policy import load_policy

POLICY, SECONDS, REPEATS = "policies/brax-walk.safetensors", 2.0, 7


def main() -> None:
    """Prints a table."""
    policy, suite = load_policy(POLICY), load_suite("walk", seconds=SECONDS)
    assert suite is not None
    plays = [case.play for case in suite.cases]
    stage = make_stage(policy.interface, suite, suite.cases[0].setting, plays)
    player, actor = Player(stage), policy_actor(policy)
    bare = recorded(stage, actor)
    seconds: dict[str, list[float]] = {"bare": [], "evaluation": []}
    for repeat in range(1 + REPEATS):
        for name, play in (("bare", bare), ("evaluation", lambda: player.play(actor))):
            begin = time.perf_counter()
            play()
            if repeat:  # the first one compiles
                seconds[name].append(time.perf_counter() - begin)
    steps = len(stage.starts) * stage.env.config.episode_steps
    rate = {name: steps / statistics.median(each) for name, each in seconds.items()}
    print("| robots | bare `mujoco.rollout` | evaluation | evaluation / bare |")
    print("|--:|--:|--:|--:|")
    share = rate["evaluation"] / rate["bare"]
    print(f"| {len(stage.starts)} | {rate['bare']:,.0f} | {rate['evaluation']:,.0f} | {share:.2f} |\n")
    print("Environment steps/s.\n")


def recorded(stage: Stage, actor: Actor) -> Callable[[], None]:
    """Bare `mujoco.rollout` that repeats what physics the policy's actions lead to."""
    env, model = stage.env, stage.env.robot.model
    threads, substeps = available_threads(), env.config.physics.substeps
    pool, data = rollout.Rollout(nthread=threads), [mujoco.MjData(model) for _ in range(threads)]
    keys = jax.random.split(jax.random.key(stage.seed), len(stage.starts))
    state = jax.vmap(lambda *at: env.reset(at[0], command=at[1], start=at[2], variant=at[3]))(
        keys, stage.commands, stage.starts, stage.variants
    )
    work = []
    for _ in range(env.config.episode_steps):
        before = jax.device_get(state.physics)
        state = env.step_batch(state, jnp.asarray(actor.rule(actor.parameters, state.obs["state"], keys)))
        start = np.zeros((len(keys), 1 + model.nq + model.nv))
        start[:, 1:] = np.hstack([before.qpos, before.qvel])
        work.append((start, np.repeat(np.asarray(state.physics.ctrl, np.float64)[:, None], substeps, axis=1)))

    def play() -> None:
        for start, control in work:
            pool.rollout([model] * len(start), data, start, control, skip_checks=True, nstep=substeps)

    return play


if __name__ == "__main__":
    main()
