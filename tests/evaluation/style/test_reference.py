"""Which clips a command is compared with."""

import dataclasses

import numpy as np
import pytest

from wildrobot.errors import UsageError
from wildrobot.evaluation.style.motion import JOINT_ANGLES
from wildrobot.evaluation.style.reference import Reference, chosen, nearest


def names(references):
    return [each.clip.name for each in references]


@pytest.fixture(scope="module")
def human(robot):
    return chosen(robot, ["human"])


def test_the_sets(robot, human):
    assert names(chosen(robot, ["generated"])) == [f"forward-0.{speed:02d}" for speed in (5, 10, 15, 20, 25, 30)]
    assert names(human) == [
        "human-forward-0.19", "human-forward-0.19-mirrored", "human-walk-0.10", "human-walk-0.19",
        "human-walk-0.19-mirrored",
    ]  # fmt: skip


def test_a_clip_named_twice_counts_once(robot):
    assert names(chosen(robot, ["forward-0.20", "human-walk-0.10", "forward-0.20"])) == [
        "forward-0.20", "human-walk-0.10",
    ]  # fmt: skip


def test_the_nearest_in_speed(robot, human):
    assert names(nearest(chosen(robot, ["generated"]), (0.2, 0.0, 0.0))) == ["forward-0.20"]
    # 0.0957 m/s; then two recordings at 0.191 and 0.193 m/s and their mirrored ones.
    assert names(nearest(human, (0.1, 0.0, 0.0))) == ["human-walk-0.10"]
    assert len(nearest(human, (0.2, 0.0, 0.0))) == 4
    assert nearest(human, (0.3, 0.0, 0.0)) == []
    assert nearest(human, (0.2, 0.0, 0.2)) == []


def test_a_stride_begins_where_the_left_foot_lifts_off(robot, walking):
    clip = walking.clip
    lift = 5  # of forward-0.20
    assert clip.contacts[lift - 1, 0]
    assert not clip.contacts[lift, 0]
    assert len(walking.cycle) == len(clip.qpos) - 1
    np.testing.assert_allclose(walking.cycle[0, JOINT_ANGLES], clip.qpos[lift, robot.qpos_index], atol=1e-6)
    np.testing.assert_allclose(walking.cycle[-1, JOINT_ANGLES], clip.qpos[lift - 1, robot.qpos_index], atol=1e-6)


def test_what_is_no_clip(robot):
    with pytest.raises(UsageError, match=r"no clip 'forwards'.*one of the sets generated, human"):
        chosen(robot, ["forwards"])


@pytest.mark.parametrize("name", ["stand", "start-stop-0.10"])
def test_what_is_not_one_stride(robot, name):
    with pytest.raises(UsageError, match=f"the clip {name} is not one stride that repeats; choose generated or human"):
        chosen(robot, [name])


def test_two_strides_are_not_one(robot, walking):
    qpos, contacts = walking.clip.qpos, np.concatenate([walking.clip.contacts[:-1:2]] * 2 + [walking.clip.contacts[:1]])
    twice = dataclasses.replace(walking.clip, qpos=qpos[: len(contacts)], contacts=contacts)
    with pytest.raises(UsageError, match="not one stride"):
        Reference.from_clips(robot, [twice])
