import pytest

from wildrobot.evaluation.measure.metrics import MetricInfo
from wildrobot.evaluation.show.report import numbers


def _info(kind: str, unit: str = "") -> MetricInfo:
    return MetricInfo.model_validate(
        {"name": "x", "label": "x", "unit": unit, "kind": kind, "better": None, "description": "x"}
    )


@pytest.mark.parametrize(
    ("fraction", "text"),
    [
        (1.0, "100"),
        (0.0, "0"),
        (0.9375, "93.8"),
        (0.99999, "> 99.9"),
        (0.0001, "< 0.1"),
        (-0.031, "−3.1"),
        (0.5, "50.0"),
    ],
)
def test_percent_rounds_no_rare_event_away(fraction: float, text: str) -> None:
    assert numbers.percent(fraction) == text


@pytest.mark.parametrize(
    ("values", "decimals"), [([0.1873, None], 3), ([1.5, 0.1], 2), ([19.4], 1), ([640.0], 0), ([0.0], 2), ([], 2)]
)
def test_a_column_has_the_decimals_of_its_largest_number(values: list[float | None], decimals: int) -> None:
    assert numbers.decimals_for(values) == decimals


def test_numbers_have_real_minus_signs_and_no_negative_zero() -> None:
    assert numbers.number(-0.0004, 3) == "0.000"
    assert numbers.number(-12345.6, 1) == "−12\u202f345.6"
    assert numbers.minus("-0.10 m/s, left-hand -.5") == "−0.10 m/s, left-hand −.5"


def test_only_rates_and_fractions_are_shown_in_percent() -> None:
    assert numbers.shown(_info("rate"), 0.5, 2) == "50.0"
    assert _info("fraction").shown_unit == "%"
    assert numbers.shown(_info("mean"), 1.34, 2) == "1.34"
    assert _info("mean").shown_unit == ""
    assert numbers.shown(_info("mean", "m"), None, 2) == "–"


def test_intervals_say_to_where_a_dash_would_be_read_as_a_minus() -> None:
    assert numbers.interval(_info("mean", "m"), 0.181, 0.193, 3) == "0.181–0.193"
    assert numbers.interval(_info("mean", "m"), -0.02, 0.03, 2) == "−0.02 to 0.03"
    assert numbers.interval(_info("mean", "m"), None, 0.03, 2) == ""


def test_large_counts_and_times() -> None:
    assert numbers.count(8_140_800) == "8.1\u00a0million"
    assert numbers.count(1088) == "1\u202f088"
    assert numbers.duration(45.0) == "45\u00a0s"
    assert numbers.duration(14 * 60.0) == "14\u00a0min"
    assert numbers.duration(2 * 3600 + 5 * 60.0) == "2\u00a0h\u00a005\u00a0min"
