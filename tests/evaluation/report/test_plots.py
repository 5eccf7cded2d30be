import json

import plotly.graph_objects as go
import pytest

from tests.evaluation.report import sample
from wildrobot.evaluation.judge.result import Evaluation, from_tree
from wildrobot.evaluation.show.report import comparison_plots, groups, style
from wildrobot.evaluation.show.report.plots import motion, suites
from wildrobot.evaluation.show.report.plots.base import Plot, PlotGroup


@pytest.fixture(scope="module")
def evaluation() -> Evaluation:
    return sample.evaluation(episodes=8)


@pytest.fixture(scope="module")
def every(evaluation: Evaluation) -> list[PlotGroup]:
    styles = style.policy_styles(evaluation)
    found = [groups.of_suite(evaluation, suite, styles) for suite in evaluation.suites]
    found += [groups.moving(evaluation, styles), groups.learning(evaluation, styles)]
    found += [comparison_plots.compared(evaluation, 0, style.group_styles(evaluation))]
    return [group for group in found if group]


def _plot(every: list[PlotGroup], key: str) -> Plot:
    return next(plot for group in every for plot in group.plots if plot.key == key)


def test_plotly_accepts_every_plot(every: list[PlotGroup]) -> None:
    kinds = set()
    for group in every:
        for plot in group.plots:
            tree = json.loads(json.dumps(plot.tree(), allow_nan=False))
            text = json.dumps(tree)
            for name in ("s1", "s2", "g1", "ink", "muted", "grid", "axis", "limit", "card"):
                text = text.replace(f"var(--{name})", "#123456").replace(f"var(--{name}-band)", "#123456")
            tree = json.loads(text)
            go.Figure({"data": tree["data"], "layout": tree["layout"]})  # raises for what Plotly does not know
            assert plot.traces, plot.key
            assert plot.data.rows, plot.key
            assert {len(row) for row in plot.data.rows} == {len(plot.data.columns)}, plot.key
            kinds.add(plot.key.split("/")[0])
    assert kinds == {
        "leg-periods", "tracking", "paths", "gait", "torque", "velocity", "ladder", "cases", "learning", "compare",
        "improvement",
    }  # fmt: skip


def test_every_panel_finds_what_it_shows_first(every: list[PlotGroup]) -> None:
    for group in every:
        chosen = {select.name: select.default for select in group.selects}
        keys = {plot.key for plot in group.plots}
        for panel in group.panels:
            assert panel.key.format_map(chosen) in keys
            assert group.height(panel) >= 100


def test_the_ladder_counts_the_episodes_of_each_direction(evaluation: Evaluation) -> None:
    tree = sample.document(episodes=8)
    values = [1.0, 1.0, 0.0, 0.0, 1.0, 0.0, 1.0, 1.0]  # towards 0, 45, 90 degrees, ...
    for policy in tree["policies"]:
        policy["suites"]["push"]["cases"]["10N"]["metrics"]["survival"]["values"] = values
    changed = from_tree(tree, "here")
    suite = next(suite for suite in changed.suites if suite.name == "push")
    policy = changed.policies[0]
    assert suites.directions(suite) == [0.0, 45.0, 90.0, 135.0, 180.0, 225.0, 270.0, 315.0]
    assert (10.0, 5, 8) in suites.survival_by_force(suite, policy)
    assert (10.0, 0, 1) in suites.survival_by_force(suite, policy, 90.0)
    assert (10.0, 1, 1) in suites.survival_by_force(suite, policy, 180.0)
    ladder = suites.ladder("ladder", suite, [policy], style.policy_styles(changed), None)
    forces, rates = ladder.traces[0]["x"], ladder.traces[0]["y"]
    index = forces.index(10.0)
    assert rates[index] == 62.5
    # Wilson by hand: p = 0.625, n = 8, z = 1.96: (0.625 + 0.2401 +- 1.96 sqrt(0.0293 + 0.0150)) / 1.4802 = 0.306, 0.863
    assert ladder.traces[0]["error_y"]["array"][index] == pytest.approx(86.3 - 62.5, abs=0.1)
    assert ladder.traces[0]["error_y"]["arrayminus"][index] == pytest.approx(62.5 - 30.6, abs=0.1)


def test_survival_over_the_period_of_the_leg_readings(evaluation: Evaluation) -> None:
    tree = sample.document(episodes=8)
    for policy, survived in zip(tree["policies"], (6, 2), strict=False):
        values = [1.0] * survived + [0.0] * (8 - survived)
        policy["suites"]["robust"]["cases"]["legs=4"]["metrics"]["survival"]["values"] = values
    changed = from_tree(tree, "here")
    suite = next(suite for suite in changed.suites if suite.name == "robust")
    group = groups.of_suite(changed, suite, style.policy_styles(changed))
    assert group
    plot = _plot([group], "leg-periods/robust")
    first, second = plot.traces  # one line per policy
    assert (first["name"], second["name"]) == tuple(policy.name for policy in changed.policies[:2])
    assert [round(period) for period in first["x"]] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert (first["y"][3], second["y"][3]) == (75.0, 25.0)
    # Wilson by hand: p = 0.75, n = 8, z = 1.96: (0.75 + 0.2401 +- 1.96 sqrt(0.0234 + 0.0150)) / 1.4802 = 0.409, 0.929
    row = next(row for row in plot.data.rows if row[:2] == [first["name"], "4"])
    assert [float(text) for text in row[2:5]] == pytest.approx([75.0, 40.9, 92.9], abs=0.1)
    without = next(suite for suite in changed.suites if suite.name == "transfer")
    group = groups.of_suite(changed, without, style.policy_styles(changed))
    assert group
    assert not any(panel.key.startswith("leg-periods") for panel in group.panels)


def test_axes_are_honest(every: list[PlotGroup]) -> None:
    ladder = _plot(every, "ladder/push/any").layout
    assert ladder["yaxis"]["range"] == [-2, 102]
    assert ladder["xaxis"]["range"][0] == 0
    path = _plot(every, "paths/walk/vx=0.2").layout
    assert path["yaxis"]["scaleanchor"] == "x"
    assert path["yaxis"]["scaleratio"] == 1
    for key, axis in (
        ("tracking/walk/vx=0.2", "yaxis"),
        ("torque/walk/vx=0.2", "xaxis"),
        ("cases/robust/survival", "xaxis"),
    ):
        low, high = _plot(every, key).layout[axis]["range"]
        assert low <= 0 < high


def test_a_path_ends_where_the_robot_falls() -> None:
    tree = sample.document(("one",), episodes=4)
    series = tree["policies"][0]["suites"]["walk"]["cases"]["vx=0.2"]["series"]
    series["paths"] = [[[0.0, 0.5, None, None], [0.0, 0.1, None, None]], [[None], [None]]]
    evaluation = from_tree(tree, "here")
    case = next(case for case in evaluation.suites[0].cases if case.id == "vx=0.2")
    found = evaluation.policies[0].suites["walk"].cases["vx=0.2"].series
    plot = motion.paths("paths", case, {"one": found}, style.policy_styles(evaluation))
    command, path, end = plot.traces
    assert command["x"] == [0.0, 4.0]  # 0.2 m/s for 20 s
    assert (path["x"], path["y"]) == ([0.0, 0.5], [0.0, 0.1])
    assert (end["x"], end["y"]) == ([0.5], [0.1])
    assert plot.data.rows == [["one", "0", "0.50", "0.10"]]


def test_policies_differ_in_more_than_colour() -> None:
    looks = list(style.policy_styles(sample.evaluation(tuple("abcd"), episodes=2)).values())
    assert len({(look.dash, look.slot) for look in looks}) == len(looks)
    alone = [style.nth(index) for index in range(4)] + [style.nth(0, baseline=True)]
    assert len({look.slot for look in alone}) == 5
    assert len({(look.dash, look.symbol) for look in alone[:4]}) == 4
    assert len({style.nth(index) for index in range(12)}) == 12


def test_a_group_looks_the_same_in_every_comparison() -> None:
    evaluation = sample.evaluation(("a", "b", "c"), episodes=2)
    looks, policies = style.group_styles(evaluation), style.policy_styles(evaluation)
    assert list(looks) == ["a", "b", "c"]
    assert [looks[name] for name in "abc"] == [policies[name] for name in "abc"]
    keys = []
    for index, other in enumerate("bc"):
        group = comparison_plots.compared(evaluation, index, looks)
        assert group
        entries = [(entry.label, entry.colour) for entry in group.legend]
        assert entries == [(name, looks[name].colour) for name in ("a", other)]
        keys += [plot.key for plot in group.plots]
    assert len(set(keys)) == len(keys)


def test_the_comparison_begins_with_the_largest_sure_difference() -> None:
    tree = sample.document(episodes=2)
    found = tree["comparisons"][0]["suites"]
    for suite in found.values():
        for metric in suite["metrics"].values():
            metric["significant"] = False

    def told(**pairs: tuple[float, float]) -> tuple[str, str]:
        for key, (first, second) in pairs.items():
            suite, name = key.split("__")
            contrast = found[suite]["metrics"][name]
            groups = {
                group: contrast["by_group"][group] | {"value": value}
                for group, value in zip(contrast["by_group"], (first, second), strict=True)
            }
            found[suite]["metrics"][name] = contrast | {"by_group": groups, "significant": True}
        evaluation = from_tree(tree, "here")
        return comparison_plots.most_significant(evaluation, evaluation.comparisons[0])

    assert told() == ("walk", "survival")  # none is sure: the first
    assert told(walk__step_length_m=(0.1, 0.9)) == ("walk", "survival")  # neither way is better
    assert told(push__time_to_fall_s=(4.0, 3.0)) == ("push", "time_to_fall_s")
    # Cohen's h of 0.92 and 1: pi - 2 asin(sqrt(0.92)) = 0.57, more than a quarter of the larger time.
    assert told(push__time_to_fall_s=(4.0, 3.0), stand__survival=(0.92, 1.0)) == ("stand", "survival")
    assert told(walk__vx_error_m_per_s=(0.01, 0.03)) == ("walk", "vx_error_m_per_s")  # two thirds
    tree["suites"][0]["metrics"].remove("vx_error_m_per_s")  # no longer one that matters most
    assert told() == ("stand", "survival")
