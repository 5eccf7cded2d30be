"""Which part of an episode counts, and where its strides are."""

import dataclasses

import numpy as np

from tests.evaluation import recordings
from tests.evaluation.style.conftest import repeating
from wildrobot.evaluation.style import motion as motions
from wildrobot.evaluation.style.motion import settled, strides


def test_columns_of_the_features():
    assert motions.JOINT_ANGLES.tolist() == list(range(17))
    assert motions.JOINT_VELOCITIES.tolist() == list(range(17, 34))
    assert motions.FEET.tolist() == list(range(43, 49))


def test_the_first_two_seconds_are_dropped():
    played = recordings.recording(121, 2, period_s=0.02, falls={1: 110})
    played = dataclasses.replace(played, features=np.arange(121.0)[:, None, None] * np.ones((1, 2, 55)))
    motion = settled(played)
    assert motion.features[0, 0, 0] == 100.0
    assert [len(motion.until_fall(episode)) for episode in (0, 1)] == [21, 10]


def test_strides_go_from_one_lift_off_of_the_left_foot_to_the_next():
    # The first robot begins in the air, so that its first lift-off is not seen: those at 50, 100 and 150 are, and the
    # last of them ends in no landing before sample 160. The second lifts at 30, 80 and 130.
    found = strides(repeating(np.zeros((50, 55)), 160, begin=(0, 20)))
    assert found.episode.tolist() == [0, 1, 1]
    assert found.first.tolist() == [50, 30, 80]
    assert found.end.tolist() == [100, 80, 130]


def test_a_fall_ends_the_strides():
    motion = repeating(np.zeros((50, 55)), 300)
    motion.alive[170:] = False
    # The lift-off at 150 still lands, at 165.
    assert strides(motion).end.tolist() == [100, 150]
    motion.alive[160:] = False
    assert strides(motion).end.tolist() == [100]


def test_the_right_foot_begins_none():
    motion = repeating(np.zeros((50, 55)), 300)
    motion = motion._replace(foot_load_N=motion.foot_load_N[..., ::-1])
    assert len(strides(motion).episode) == 0
