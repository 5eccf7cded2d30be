"""What Gymnasium's users and wrappers do besides the contract."""

import copy
import pickle
from typing import Any

import gymnasium
import jax.numpy as jnp
import numpy as np
import pytest
import torch
from gymnasium import error
from gymnasium.vector import AutoresetMode
from gymnasium.wrappers import RescaleAction, TimeAwareObservation

import adapters  # noqa: F401  registers WildRobot/Walk-v0
from adapters.gymnasium_env import VectorWalkEnv, WalkEnv, cores
from tests.adapters.short_walk import LIMIT, stepped, still
from wildrobot.env import WildRobotEnv

OPTIONS = {"config": "smoke", "overrides": ["env.physics.engine=native"]}


@pytest.mark.parametrize("array", [jnp.asarray, torch.tensor], ids=["jax", "torch"])
def test_a_mask_may_be_an_array_of_another_library(core, array):
    robots = VectorWalkEnv(core, 4, autoreset_mode=AutoresetMode.DISABLED)
    robots.reset(seed=0)
    stepped(robots, 3)
    robots.reset(options={"reset_mask": array([True, False, False, False])})
    np.testing.assert_array_equal(robots.state.task.step, [0, 3, 3, 3])


@pytest.mark.parametrize("options", [{}, {"max_episode_steps": 5}], ids=["own", "asked for"])
def test_the_specification_says_the_time_limit(options):
    one = gymnasium.make("WildRobot/Walk-v0", **OPTIONS, **options)
    many = gymnasium.make_vec("WildRobot/Walk-v0", num_envs=2, **OPTIONS, **options)
    limit = options.get("max_episode_steps", one.unwrapped._robots.core.config.episode_steps)  # type: ignore[attr-defined]
    for env in (one, many):
        assert env.spec is not None
        assert env.spec.max_episode_steps == limit
    assert TimeAwareObservation(one).max_timesteps == limit


def test_an_action_that_rounding_has_carried_out_of_bounds_is_clipped(core):
    env: Any = RescaleAction(WalkEnv(core), np.float32(0.1), np.float32(0.9))
    beyond = env.action(env.action_space.high)
    assert beyond.max() > 1.0
    pair = VectorWalkEnv(core, 4), VectorWalkEnv(core, 4)
    taken = np.tile(beyond, (4, 1)), np.ones((4, 17), np.float32)
    for robots, actions in zip(pair, taken, strict=True):
        robots.reset(seed=0)
        robots.step(actions)
    np.testing.assert_array_equal(pair[0].state.obs["state"], pair[1].state.obs["state"])
    for wrong in (np.nan, np.inf, 1.01):
        with pytest.raises(error.InvalidAction, match=str(wrong)):
            pair[0].step(np.full((4, 17), wrong))


def test_environments_made_alike_share_one_core_while_their_files_stay(monkeypatch, tmp_path):
    def core(*overrides: str) -> WildRobotEnv:
        options: Any = {**OPTIONS, "overrides": [*OPTIONS["overrides"], *overrides]}
        return gymnasium.make("WildRobot/Walk-v0", **options).unwrapped._robots.core  # type: ignore[attr-defined]

    first = core()
    assert core() is first
    assert core("env.task.episode_length_s=3") is not first
    written = cores.load_robot().description.model_copy(update={"ankles": ()})
    robot = cores.load_robot()
    object.__setattr__(robot, "description", written)
    monkeypatch.setattr(cores, "load_robot", lambda *_, **__: robot)
    assert core() is not first, "the robot's description was changed in between"


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda env: pickle.loads(pickle.dumps(env))], ids=["copy", "pickle"])
def test_a_copy_goes_on_alone_from_the_same_state(core, copied):
    robots = VectorWalkEnv(core, 4, autoreset_mode=AutoresetMode.SAME_STEP, render_mode="rgb_array")
    robots.reset(seed=0)
    stepped(robots, LIMIT - 2)
    twin = copied(robots)
    moved = stepped(robots, 4)[0]  # across the end of an episode
    np.testing.assert_array_equal(stepped(twin, 4)[0], moved)
    robots.close()
    twin.reset()
    assert copied(WalkEnv(core)).reset(seed=0)[0].shape == moved[0].shape


def test_a_core_is_its_own_copy_and_a_batch_closes_itself(core):
    assert copy.copy(core) is copy.deepcopy(core) is core
    with VectorWalkEnv(core, 4) as robots:
        robots.reset(seed=0)
    assert robots.closed
    with pytest.raises(error.ClosedEnvironmentError):
        robots.step(still())
