"""All metrics of one command together: against which clip, and of who falls."""

import dataclasses

import numpy as np
import pytest

from wildrobot.evaluation.style import discriminator, walks
from wildrobot.evaluation.style.metrics import MATTERS, STYLE_METRICS, measure
from wildrobot.evaluation.style.reference import chosen


@pytest.fixture(autouse=True)
def one_training(monkeypatch):
    monkeypatch.setattr(discriminator, "LEVELS", (0.0, 1.0))


@pytest.fixture(scope="module")
def humans(robot):
    return chosen(robot, ["human-walk-0.19", "human-walk-0.19-mirrored"])


@pytest.mark.parametrize("which", [0, 1])
def test_the_nearer_of_a_clip_and_its_mirrored_one_counts(robot, humans, which):
    clip = humans[which].clip
    found = measure(walks.of_clip(robot, clip), humans, samples=32)
    assert found.clips == [clip.name]
    assert set(found.values) == set(STYLE_METRICS)
    assert found.values["joint_distance_rad"][0] == pytest.approx(0.0, abs=1e-5)
    assert found.values["survival"].tolist() == [1.0]
    other = measure(walks.of_clip(robot, clip), [humans[1 - which]], samples=32)
    assert other.values["joint_distance_rad"][0] > 0.005


@pytest.mark.parametrize("fall_s", [1.0, 2.2])
def test_who_falls_has_nothing_but_that(robot, walking, fall_s):
    played = walks.of_clip(robot, walking.clip)
    alive = played.alive & (np.arange(len(played.alive)) < fall_s / played.control_period_s)[:, None]
    found = measure(dataclasses.replace(played, alive=alive), [walking], samples=32)
    assert found.values["survival"].tolist() == [0.0]
    for name in ("joint_distance_rad", "foot_path_distance_m", "smoothness", "auc", "noise_to_hide"):
        assert np.isnan(found.values[name]).all()


def test_what_matters_has_a_better_way():
    assert all(STYLE_METRICS[name].better for name in MATTERS)
