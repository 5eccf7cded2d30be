"""Every metric on a walk whose metrics can be worked out by hand, and on episodes that have hardly any."""

import dataclasses
import math

import numpy as np
import pytest

from tests.evaluation.recordings import WEIGHT_N, joined, recording, times
from wildrobot.errors import UsageError
from wildrobot.evaluation.measure.metrics import METRICS, find
from wildrobot.evaluation.play.episodes import RECORDED

PERIOD_S = 0.05
SAMPLES = 100
"""0 to 4.95 s. After 2 s, 60 samples count: three gait cycles of 20."""
COMMAND = (0.4, 0.2, 0.0)
EVEN = np.where(np.arange(SAMPLES) % 2, 1.0, -1.0)[:, None]


def rotated(angle, forward, left):
    c, s = np.cos(angle), np.sin(angle)
    return np.stack([c * forward - s * left, s * forward + c * left], axis=-1)


def joints(**values):
    """Joint values, by number, shape (samples, 1, 17): j0=3.9."""
    result = np.zeros((SAMPLES, 1, 17))
    for name, value in values.items():
        result[:, :, int(name[1:])] = value
    return result


def feet():
    """Loads, positions and heights of the feet: the left one swings in samples 2 to 7 of each cycle, right 12 to 17.

    Each landing is 0.1 m ahead of the other foot's last one, along the heading at the start.
    """
    phase = np.arange(SAMPLES) % 20
    air = np.stack([(phase >= 2) & (phase < 8), (phase >= 12) & (phase < 18)], axis=-1)[:, None]
    position = np.zeros((SAMPLES, 1, 2, 2))
    for number, landing in enumerate(range(8, SAMPLES, 10)):
        position[landing:, 0, number % 2] = rotated(0.5, 0.1 * number, 0.0)
    return {
        "foot_load_N": np.where(air, 0.0, 30.0), "foot_position_m": position,
        "foot_clearance_m": np.where(air, 0.04 - 0.005 * np.abs(phase % 10 - 4)[:, None, None], 0.0),
        "foot_velocity_m_per_s": np.where(air[..., None], 9.0, np.array([(0.03, 0.04), (0.0, 0.0)])),
    }  # fmt: skip


def walk(**options):
    """Walks off at 0.5 m/s forward and 0.1 m/s to the left of where it looked at the start, and turns by 0.02 rad/s."""
    t = times(SAMPLES, PERIOD_S)
    tilt = np.where(np.arange(SAMPLES) < 90, 0.1, 0.5)[:, None]
    return recording(
        SAMPLES, command=COMMAND, period_s=PERIOD_S,
        position_m=np.array([3.0, -1.0]) + rotated(0.5, 0.5 * t, 0.1 * t),
        velocity_m_per_s=(0.3, -0.4),
        heading_rad=0.5 + 0.02 * t,
        gravity=np.stack([0 * tilt, np.sin(tilt), -np.cos(tilt)], axis=-1),
        torque_Nm=joints(j0=3.9, j1=-1.0),
        joint_velocity_rad_per_s=joints(j0=6.0, j1=1.0, j2=EVEN),
        action=joints(j0=EVEN),
        **feet(), **options,
    )  # fmt: skip


EXPECTED = {
    "survival": 1.0,
    "time_to_fall_s": 4.95,
    # (0.5, 0.1) . (0.4, 0.2) / |(0.4, 0.2)|, where |(0.4, 0.2)| = 0.4472136
    "speed_m_per_s": 0.22 / 0.4472136,
    "speed_error_m_per_s": 0.22 / 0.4472136 - 0.4472136,
    "vx_m_per_s": 0.5,
    "vx_error_m_per_s": 0.1,
    "vx_ratio": 1.25,
    "vy_m_per_s": 0.1,
    "vy_error_m_per_s": 0.1,
    "vy_ratio": 0.5,
    "yaw_rate_rad_per_s": 0.02,
    "yaw_rate_error_rad_per_s": 0.02,
    "yaw_rate_ratio": math.nan,  # no turn is commanded
    "horizontal_speed_m_per_s": 0.5,
    # |(0.5, 0.1) x (0.4, 0.2)| / |(0.4, 0.2)| x 4.95 s
    "lateral_drift_m": 0.06 / 0.4472136 * 4.95,
    "heading_drift_rad": 0.02 * 4.95,
    "step_length_m": None,  # below: along the heading, which turns
    "step_frequency_hz": 2.0,  # 6 landings in 60 samples, 3 s
    "duty_factor": 0.7,  # 14 of 20 samples
    "double_support": 0.4,  # 8 of 20
    "asymmetry": 0.0,
    "foot_clearance_m": 0.04,
    "stance_slip_m_per_s": 0.025,  # 0.05 under the left sole, 0 under the right one
    "torque_mean_Nm": 4.9 / 17,
    "torque_p95_Nm": 3.9,  # of one joint in 17, 5.9 %
    "torque_saturation": 1 / 17,  # 3.9 of 4 N m
    "overspeed": 1 / 17,  # 6 rad/s
    "action_saturation": 1 / 17,
    "cost_of_transport": 3.9 * 6.0 / (WEIGHT_N * math.hypot(0.5, 0.1)),  # the power of joint 1 is negative
    "action_rate": 2 / 17,  # from -1 to 1 and back
    # Joint 2: second difference 4 / dt^2; squares of the speeds 36 + 1 + 1.
    "jerk": math.log(16 / 38 / 0.05**4),
    "tilt_rad": 0.14,  # 90 samples at 0.1, 10 at 0.5
    "tilt_p95_rad": 0.5,
    "joint_speed_rad_per_s": 8 / 17,
    "load_over_weight": 2 * 0.7 * 30.0 / WEIGHT_N,
}


def test_every_metric_has_its_expected_value():
    assert tuple(EXPECTED) == tuple(METRICS)


@pytest.mark.parametrize("name", [name for name, value in EXPECTED.items() if value is not None])
def test_the_metrics_of_a_walk(name):
    values = find(name).compute(walk())
    assert values.dtype == np.float64
    np.testing.assert_allclose(values, [EXPECTED[name]], rtol=1e-5, atol=1e-6)


def test_the_step_length_of_a_walk():
    # 0.1 m at landings 2 to 10, samples 18, 28 ... 98, seen along a heading that is off by 0.02 rad/s x time.
    off = [0.02 * 0.05 * sample for sample in range(18, SAMPLES, 10)]
    np.testing.assert_allclose(find("step_length_m").compute(walk()), [np.mean(0.1 * np.cos(off))], rtol=1e-5)


def turn():
    """Turns on the spot by 0.4 rad/s under 0.5, more than once around."""
    heading = 0.4 * times(401, PERIOD_S)
    return recording(
        401, command=(0.0, 0.0, 0.5), period_s=PERIOD_S, heading_rad=(heading + math.pi) % (2 * math.pi) - math.pi
    )


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("yaw_rate_rad_per_s", 0.4),
        ("yaw_rate_error_rad_per_s", 0.1),
        ("yaw_rate_ratio", 0.8),
        ("heading_drift_rad", 2.0),  # 0.1 rad/s x 20 s
        ("vx_ratio", math.nan),
        ("cost_of_transport", math.nan),
        ("lateral_drift_m", 0.0),
    ],
)
def test_the_metrics_of_a_turn(name, expected):
    np.testing.assert_allclose(find(name).compute(turn()), [expected], rtol=1e-4, atol=1e-6)


STANDS = {"step_frequency_hz": 0.0, "duty_factor": 1.0, "double_support": 1.0, "load_over_weight": 1.0, "tilt_rad": 0.0}
STANDS |= dict.fromkeys(("step_length_m", "asymmetry", "foot_clearance_m", "cost_of_transport", "jerk"), math.nan)


@pytest.mark.parametrize(("name", "expected"), STANDS.items())
def test_the_metrics_of_standing_still(name, expected):
    np.testing.assert_allclose(find(name).compute(recording(SAMPLES, period_s=PERIOD_S)), [expected], rtol=1e-6)


OF_THE_FALL = ("survival", "time_to_fall_s")


@pytest.mark.parametrize("entry", METRICS.values(), ids=lambda entry: entry.info.name)
def test_what_comes_after_a_fall_is_of_no_account(entry):
    fallen, stopped = walk(falls={0: 60}), walk()
    cut = {name: getattr(stopped, name)[:60] for name in RECORDED if name != "features"}
    if entry.info.name in OF_THE_FALL:
        assert entry.compute(fallen) == pytest.approx([{"survival": 0.0, "time_to_fall_s": 3.0}[entry.info.name]])
    else:
        expected = entry.compute(dataclasses.replace(stopped, **cut))
        np.testing.assert_allclose(entry.compute(fallen), expected, rtol=1e-12)  # sums of another order


@pytest.mark.parametrize("entry", METRICS.values(), ids=lambda entry: entry.info.name)
def test_an_episode_has_the_same_metrics_alone_and_among_others(entry):
    parts = [recording(SAMPLES, command=COMMAND, period_s=PERIOD_S), walk(), walk(falls={0: 1}), walk(falls={0: 75})]
    alone = np.concatenate([entry.compute(part) for part in parts])
    np.testing.assert_allclose(entry.compute(joined(*parts)), alone, rtol=1e-12)


@pytest.mark.parametrize("samples", [2, 3, SAMPLES])
@pytest.mark.parametrize("command", [COMMAND, (0.0, 0.0, 0.0), (0.2, 0.0, 0.3)])
def test_no_metric_minds_a_fall_in_the_first_step(samples, command):
    fallen = recording(samples, episodes=2, command=command, period_s=PERIOD_S, falls={0: 1, 1: 1})
    values = {entry.info.name: entry.compute(fallen) for entry in METRICS.values()}
    finite = {name for name, value in values.items() if np.isfinite(value).all()}
    assert all(value.shape == (2,) and value.dtype == np.float64 for value in values.values())
    assert finite == {
        "survival", "time_to_fall_s", "lateral_drift_m", "heading_drift_rad", "torque_mean_Nm", "torque_p95_Nm",
        "torque_saturation", "overspeed", "tilt_rad", "tilt_p95_rad",
    }  # fmt: skip
    np.testing.assert_allclose(values["time_to_fall_s"], PERIOD_S)


def test_a_metric_that_is_not_known_is_refused_with_all_names():
    with pytest.raises(UsageError, match=r"no metric is called 'speed'; choose one of: survival, time_to_fall_s, .*"):
        find("speed")


def test_a_rate_is_zero_or_one():
    rates = [entry for entry in METRICS.values() if entry.info.kind == "rate"]
    assert [entry.info.name for entry in rates] == ["survival"]
    np.testing.assert_array_equal(rates[0].compute(joined(walk(), walk(falls={0: 99}))), [1.0, 0.0])
