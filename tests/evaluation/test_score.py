"""From recordings to figures, gates, JSON and the table."""

import dataclasses
import io
import json

import numpy as np
import pytest
from rich.console import Console

from wildrobot.errors import UsageError
from wildrobot.evaluation import gates, table
from wildrobot.evaluation.rollout import Episodes
from wildrobot.evaluation.score import as_json, score, write_text
from wildrobot.evaluation.suite import Suite

SAMPLES, PERIOD_S = 201, 0.02
LIMIT_NM = np.full(17, 4.0)


def walked(command, speeds, falls=()):
    """Episodes that go straight at constant speeds and take no steps; `falls`: episode -> sample."""
    times, count = np.arange(SAMPLES) * PERIOD_S, len(speeds)
    alive = np.ones((SAMPLES, count), bool)
    for episode, sample in dict(falls).items():
        alive[sample:, episode] = False
    position, velocity = np.zeros((2, SAMPLES, count, 2), np.float32)
    position[..., 0], velocity[..., 0] = times[:, None] * np.array(speeds), np.array(speeds)

    def zeros(*shape):
        return np.zeros((SAMPLES, count, *shape), np.float32)

    return Episodes(
        command=np.array([command, 0.0, 0.0], np.float32), control_period_s=PERIOD_S, alive=alive, position_m=position,
        velocity_m_per_s=velocity, heading_rad=zeros(), foot_position_m=zeros(2, 2), foot_clearance_m=zeros(2),
        foot_load_N=zeros(2) + 20.0, torque_Nm=zeros(17), film_qpos=np.zeros((SAMPLES, 24), np.float32),
    )  # fmt: skip


def scores(*entries):
    return [score(walked(*entry), LIMIT_NM) for entry in entries]


def test_figures_of_a_command():
    # One episode at 0.05, one at 0.15 m/s under 0.1: the mean is right, but each is off by 0.05.
    (entry,) = scores((0.1, (0.05, 0.15, 0.1, 0.1), ((3, 50),)))
    assert entry.command == pytest.approx((0.1, 0.0, 0.0))
    assert (entry.episodes, entry.survived, entry.survival) == (4, 3, 0.75)
    assert entry.survival_interval == pytest.approx((0.3006, 0.9544), abs=1e-4)
    assert entry.speed_m_per_s == pytest.approx(0.1)  # the fallen one has none
    assert entry.speed_error_m_per_s == pytest.approx(0.1 / 3)
    assert entry.lateral_drift_m == pytest.approx(0.0)
    assert (entry.swings, entry.foot_clearance_m, entry.step_length_m) == (0, None, None)
    assert entry.torque_saturation == 0.0


def good():
    return scores((0.0, (0.0,) * 4), (0.1, (0.11,) * 4), (0.2, (0.2,) * 4), (0.3, (0.29,) * 4))


def test_a_good_policy_passes_all_gates():
    results = gates.check(good())
    assert len(results) == 8
    assert all(result.passed for result in results)
    assert str(table.gate_lines(results)[0]) == "Gates: pass (8 of 8 passed)"


def test_a_gate_that_is_failed_says_by_how_much():
    bad = scores((0.0, (0.05,) * 4), (0.1, (0.05,) * 4, ((0, 150),)), (0.2, (0.2,) * 4), (0.3, (0.3,) * 4))
    lines = [str(line) for line in table.gate_lines(gates.check(bad))]
    assert lines == [
        "Gates: FAIL (5 of 8 passed)",
        "  FAIL: survival 0.750 at 0.10 m/s (at least 0.97)",
        "  FAIL: speed error 0.050 at 0.10 m/s (at most 0.04 m/s)",
        "  FAIL: horizontal speed 0.050 at 0.00 m/s (at most 0.02 m/s)",
    ]


def test_a_gate_that_was_not_played_is_not_passed():
    results = gates.check(scores((0.2, (0.2,) * 4)))
    assert [result.passed for result in results].count(None) == 6
    lines = [str(line) for line in table.gate_lines(results)]
    assert lines[0] == "Gates: not all played (2 of 8 passed)"
    assert "  not played: survival at 0.10 m/s (at least 0.97)" in lines


def test_a_figure_that_nobody_has_fails_its_gate():
    all_fell = scores((0.1, (0.1, 0.1), ((0, 10), (1, 10))))
    results = [result for result in gates.check(all_fell) if result.passed is not None]
    assert [result.passed for result in results] == [False, False]
    assert results[1].sentence() == "FAIL: speed error none at 0.10 m/s (at most 0.04 m/s)"


def test_every_gate_gives_its_reason():
    names = {field.name for field in dataclasses.fields(good()[0])}
    for gate in gates.GATES:
        assert gate.reason
        assert gate.figure in names


def test_json_is_for_programs_and_always_the_same():
    entries, suite = good(), Suite(episodes=4, seconds=4.0)
    text = as_json(
        policy={"framework": "test"}, suite=suite, scores=entries, baseline=None,
        gates=gates.as_data(gates.check(entries)), notes=["a note"],
    )  # fmt: skip
    tree = json.loads(text)
    assert (tree["schema"], tree["schema_version"]) == ("wildrobot-evaluation", 1)
    assert tree["suite"]["episodes"] == 4
    assert tree["scores"][1]["speed_m_per_s"] == pytest.approx(0.11)
    assert tree["scores"][1]["step_length_m"] is None
    assert tree["baseline_hold_home"] is None
    assert tree["gates"][0]["passed"] is True
    assert tree["notes"] == ["a note"]


def test_text_that_cannot_be_written(tmp_path):
    with pytest.raises(UsageError, match=r"cannot write .*No such file"):
        write_text(tmp_path / "missing" / "evaluation.json", "{}")


def printed(width, baseline=True):
    stream = io.StringIO()
    console = Console(file=stream, width=width, highlight=False, markup=False)
    blocks = [table.Block("policy", good())] + [table.Block("hold home", good(), baseline=True)] * baseline
    table.print_scores(console, "20 s from rest", blocks)
    return [line.rstrip() for line in stream.getvalue().splitlines()]


def test_the_table_stands_beside_holding_home():
    lines = printed(100)
    assert lines[0] == "20 s from rest"
    assert lines[1].split() == ["policy", "|", "hold", "home"]
    commands = ["0.00", "0.10", "0.20", "0.30"]
    assert lines[2].split() == ["commanded", "[m/s]", *commands, "|", *commands]
    assert lines[3].split() == ["survival", "[%]", *["100"] * 4, "|", *["100"] * 4]
    assert max(map(len, lines)) <= 100


def test_the_table_stacks_where_the_terminal_is_narrow():
    lines = printed(60)
    assert sum(line.startswith("survival") for line in lines) == 2
    assert max(map(len, lines)) <= 60


def test_the_table_without_a_baseline():
    assert not any("hold home" in line for line in printed(100, baseline=False))


def test_nothing_is_rounded_to_all_or_none():
    shown = [table._share(share) for share in (1.0, 127 / 128, 0.5, 0.004, 0.0)]
    assert shown == ["100", "99.2", "50", "0.4", "0"]
