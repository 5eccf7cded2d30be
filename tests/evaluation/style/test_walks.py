"""A clip as the judge records it, and the robot that plays it by its servos."""

import numpy as np
import pytest

from wildrobot.evaluation.measure.metrics import find
from wildrobot.evaluation.style import walks
from wildrobot.evaluation.style.distances import distances
from wildrobot.evaluation.style.motion import settled


def test_a_clip_is_not_apart_from_itself(robot, walking):
    found = distances(settled(walks.of_clip(robot, walking.clip)), walking.cycle)
    np.testing.assert_allclose([found.joint_rad, found.foot_path_m], 0.0, atol=1e-5)
    assert found.stride_frequency_ratio == pytest.approx(1.0)
    assert found.smoothness == pytest.approx(0.0, abs=1e-3)


def test_servos_alone_come_within_a_few_thousandths(robot, walking):
    played = walks.open_loop(robot, walking.clip, (0.2, 0.0, 0.0))
    found = distances(settled(played), walking.cycle)
    # docs/lab/motions.md: it follows within 0.004 to 0.02 rad, and stays up.
    assert 0.0 < found.joint_rad[0] < 0.02
    assert 0.0 < found.foot_path_m[0] < 0.01
    assert found.stride_frequency_ratio[0] == pytest.approx(1.0, abs=0.01)
    assert find("survival").compute(played).tolist() == [1.0]
    assert find("speed_m_per_s").compute(played)[0] == pytest.approx(0.2, abs=0.02)
