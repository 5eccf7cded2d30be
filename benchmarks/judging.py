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

from wildrobot.evaluation.play.actions import ActionRule, policy_rule
from wildrobot.evaluation.play.batch import EvalBatch, make_batch
from wildrobot.evaluation.play.rollout import Rollout
from wildrobot.evaluation.play.suite import load_suite
from wildrobot.policy import load_policy
from wildrobot.processors import available_threads

POLICY, SECONDS, REPEATS = "policies/brax-walk.safetensors", 2.0, 7


def main() -> None:
    """Prints a table."""
    policy, suite = load_policy(POLICY), load_suite("walk", seconds=SECONDS)
    assert suite is not None
    plays = [case.play for case in suite.cases]
    batch = make_batch(policy.interface, suite, suite.cases[0].setting, plays)
    player, rule = Rollout(batch), policy_rule(policy)
    bare = recorded(batch, rule)
    seconds: dict[str, list[float]] = {"bare": [], "evaluation": []}
    for repeat in range(1 + REPEATS):
        for name, play in (("bare", bare), ("evaluation", lambda: player.play(rule))):
            begin = time.perf_counter()
            play()
            if repeat:  # the first one compiles
                seconds[name].append(time.perf_counter() - begin)
    steps = len(batch.starts) * batch.env.config.episode_steps
    rate = {name: steps / statistics.median(each) for name, each in seconds.items()}
    print("| robots | bare `mujoco.rollout` | evaluation | evaluation / bare |")
    print("|--:|--:|--:|--:|")
    fraction = rate["evaluation"] / rate["bare"]
    print(f"| {len(batch.starts)} | {rate['bare']:,.0f} | {rate['evaluation']:,.0f} | {fraction:.2f} |\n")
    print("Environment steps/s.\n")


def recorded(batch: EvalBatch, rule: ActionRule) -> Callable[[], None]:
    """Bare `mujoco.rollout` that repeats what physics the policy's actions lead to."""
    env, model = batch.env, batch.env.robot.model
    threads, substeps = available_threads(), env.config.physics.substeps
    pool, data = rollout.Rollout(nthread=threads), [mujoco.MjData(model) for _ in range(threads)]
    keys = jax.random.split(jax.random.key(batch.seed), len(batch.starts))
    state = jax.vmap(lambda *at: env.reset(at[0], command=at[1], start=at[2], variant=at[3]))(
        keys, batch.commands, batch.starts, batch.variants
    )
    work = []
    for _ in range(env.config.episode_steps):
        before = jax.device_get(state.physics)
        state = env.step_batch(state, jnp.asarray(rule.function(rule.parameters, state.obs["state"], keys)))
        start = np.zeros((len(keys), 1 + model.nq + model.nv))
        start[:, 1:] = np.hstack([before.qpos, before.qvel])
        work.append((start, np.repeat(np.asarray(state.physics.ctrl, np.float64)[:, None], substeps, axis=1)))

    def play() -> None:
        for start, control in work:
            pool.rollout([model] * len(start), data, start, control, skip_checks=True, nstep=substeps)

    return play


if __name__ == "__main__":
    main()
