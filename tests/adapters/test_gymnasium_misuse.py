"""Misuse of the Gymnasium adapter: each is refused by name, and the environment goes on."""

import gymnasium
import numpy as np
import pytest
from gymnasium import error
from gymnasium.vector import AutoresetMode

import adapters  # noqa: F401  registers WildRobot/Walk-v0
from adapters.gymnasium_env import VectorWalkEnv, WalkEnv
from tests.adapters.short_walk import LIMIT, stepped, still


@pytest.mark.parametrize(
    ("actions", "message"),
    [
        (np.zeros((3, 17), np.float32), r"shape \(4, 17\), got \(3, 17\)"),
        (np.zeros(17, np.float32), r"shape \(4, 17\), got \(17,\)"),
        (np.zeros((4, 17), np.int64), "floating point numbers, got the dtype int64"),
        (np.full((4, 17), None), "got the dtype object"),
        ([[0.0] * 17, [0.0] * 16], "cannot be made a NumPy array"),
        (np.where(np.eye(4, 17, k=2) > 0, np.nan, 0.0), "got nan for robot 0, joint 2: the policy has diverged"),
        (np.where(np.eye(4, 17, k=-1) > 0, 1.5, 0.0), r"got 1\.5 for robot 1, joint 0: clip them"),
    ],
)
def test_unusable_actions(robots, actions, message):
    robots.reset(seed=0)
    with pytest.raises(error.InvalidAction, match=message):
        robots.step(actions)
    observation, *_ = robots.step(still())
    robots.reset(seed=0)
    np.testing.assert_array_equal(observation, robots.step(still())[0], "nothing has moved in between")


def test_unusable_actions_of_one_robot(core):
    one = WalkEnv(core)
    one.reset(seed=0)
    with pytest.raises(error.InvalidAction, match=r"shape \(17,\), got \(1, 17\)"):
        one.step(still(1))
    stepped_to_the_end = [one.step(still()[0]) for _ in range(LIMIT)]
    assert stepped_to_the_end[-1][3]
    with pytest.raises(error.ResetNeeded, match=r"the episode has ended; call reset\(\)"):
        one.step(still()[0])
    one.reset(seed=0)
    with pytest.raises(error.InvalidAction, match=r"got -2\.0 for joint 16"):
        one.step(np.r_[still()[0, :16], np.float32(-2.0)])
    one.step(still()[0])


def test_double_precision_is_taken(robots):
    robots.reset(seed=0)
    robots.step(still().astype(np.float64))


def test_a_step_or_a_picture_before_the_reset(robots):
    for use in (lambda: robots.step(still()), lambda: robots.reset(options={"reset_mask": np.ones(4, bool)})):
        with pytest.raises(error.ResetNeeded, match="reset"):
            use()
    robots.reset(seed=0)
    robots.step(still())


def test_a_step_after_close(robots):
    robots.reset(seed=0)
    robots.close()
    robots.close()
    with pytest.raises(error.ClosedEnvironmentError, match="make a new one"):
        robots.step(still())
    with pytest.raises(error.ClosedEnvironmentError):
        robots.reset()


def test_a_step_of_a_robot_that_nobody_reset(core):
    robots = VectorWalkEnv(core, 2, autoreset_mode=AutoresetMode.DISABLED)
    robots.reset(seed=0)
    stepped(robots, LIMIT)
    with pytest.raises(error.ResetNeeded, match=r"robots \[0, 1\] have ended.*reset_mask"):
        robots.step(still(2))
    robots.reset(options={"reset_mask": np.array([True, True])})
    robots.step(still(2))


@pytest.mark.parametrize("count", [0, -3])
def test_fewer_robots_than_one(core, count):
    with pytest.raises(ValueError, match=f"num_envs must be at least 1, got {count}"):
        VectorWalkEnv(core, count)


@pytest.mark.parametrize(
    ("mask", "kind", "message"),
    [
        (np.ones(3, bool), ValueError, r"shape \(4,\), got \(3,\)"),
        (np.ones(4), TypeError, "dtype bool, got float64"),
        ([True] * 4, TypeError, "must be an array, got list"),
        (np.zeros(4, bool), ValueError, "at least one"),
    ],
)
def test_unusable_masks(robots, mask, kind, message):
    robots.reset(seed=0)
    with pytest.raises(kind, match=message):
        robots.reset(options={"reset_mask": mask})
    robots.step(still())


def test_options_are_not_changed_and_unknown_ones_refused(robots):
    robots.reset(seed=0)
    options = {"reset_mask": np.array([True, False, False, False])}
    robots.reset(options=options)
    assert list(options) == ["reset_mask"]
    with pytest.raises(ValueError, match=r"\['mask'\]; the one option is reset_mask"):
        robots.reset(options={"mask": 1})


def test_a_refused_reset_changes_nothing(robots):
    twin = VectorWalkEnv(robots.core, 4)
    for each in (robots, twin):
        each.reset(seed=0)
    with pytest.raises(ValueError, match="reset_mask"):
        robots.reset(seed=7, options={"mask": 1})
    np.testing.assert_array_equal(robots.reset()[0], twin.reset()[0])


def test_an_unusable_seed(robots):
    with pytest.raises(error.Error, match="greater or equal to zero, actual value: -1"):
        robots.reset(seed=-1)


def test_unusable_modes(core):
    with pytest.raises(ValueError, match="human"):
        VectorWalkEnv(core, 1, render_mode="human")
    with pytest.raises(ValueError, match="Sometimes"):
        VectorWalkEnv(core, 1, autoreset_mode="Sometimes")
    with pytest.raises(ValueError, match="max_episode_steps must be at least 1"):
        gymnasium.make_vec("WildRobot/Walk-v0", num_envs=1, max_episode_steps=0, config="smoke")
