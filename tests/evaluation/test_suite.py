"""Suites: which cases a file means, what its gates select, and what is wrong with a file."""

import json

import pytest

from tests.evaluation.suites import REST, TREE, loaded, results, written
from wildrobot.errors import UsageError
from wildrobot.evaluation.judge import gates
from wildrobot.evaluation.play.case import Play, Push, Setting
from wildrobot.evaluation.play.suite import DEFAULT_SUITES, Suite, builtin_suites, load_suite, selected

PUSH = {"force_N": [5.0, 8.0], "directions": 8, "at_s": 0.1, "duration_s": 0.2}


def builtin(name, **options) -> Suite:
    found = load_suite(name, **options)
    assert found is not None
    return found


def names(suite):
    return {case.id: case.label for case in suite.cases}


def test_every_combination_of_the_values_is_a_case(tmp_path):
    suite = loaded(tmp_path, cases=[{"start": "rest", "vx_m_per_s": [0.1, 0.2], "latency_steps": [0, 2]}])
    assert [(case.command[0], case.latency_steps) for case in suite.cases] == [
        (0.1, 0), (0.1, 2), (0.2, 0), (0.2, 2),
    ]  # fmt: skip
    assert names(suite)["vx=0.2 latency=2"] == "0.20 m/s, latency 2 steps"


def test_gates_select_by_the_period_of_the_leg_readings(tmp_path):
    cases = [{"start": "rest", "leg_period_steps": [1, 7]}]
    suite = loaded(tmp_path, cases=cases, gates=gate(cases={"leg_period_steps": 7}))
    assert names(suite) == {"legs=1": "legs read every 1 steps", "legs=7": "legs read every 7 steps"}
    assert [case.id for case in selected(suite.file.gates[0], suite.cases)] == ["legs=7"]


def test_what_is_not_given_is_nominal(tmp_path):
    (case,) = loaded(tmp_path, cases=[{"start": "rest"}]).cases
    assert (case.id, case.label, case.seconds) == ("nominal", "nominal", 0.5)
    assert case.setting == Setting("ideal", None, "native", "full", None)
    assert case.play == Play((0.0, 0.0, 0.0), "rest", (), None)


def test_all_that_a_case_can_be(tmp_path):
    sensors = {"task.observation.noise.gyro": 0.01}
    full = {
        "start": "rest", "vx_m_per_s": 0.1, "vy_m_per_s": -0.06, "yaw_rate_rad_per_s": 0.25, "sensors": "noisy",
        "settings": "no_hold",
        "seconds": 2.0, "push": PUSH | {"force_N": 5}, "friction": 0.4, "com_x_m": -0.01, "latency_steps": 1,
        "leg_period_steps": 4,
        "engine": "mjx", "collision": "feet", "timestep_s": 0.002,
    }  # fmt: skip
    settings = {"no_hold": {"task.command.heading_hold": False}}
    case, _ = loaded(tmp_path, sensors={"noisy": sensors}, settings=settings, cases=[full, {"start": "rest"}]).cases
    assert case.seconds == 2.0
    assert case.setting == Setting("noisy", 1, "mjx", "feet", 0.002, (0.1, 0.2), "no_hold", 4)
    variant = (("friction", 0.4), ("com_x_m", -0.01))
    assert case.play == Play(
        (0.1, -0.06, 0.25), "rest", variant, Push(force_N=5.0, directions=8, at_s=0.1, duration_s=0.2)
    )
    assert case.label == (
        "0.10 m/s, right 0.06 m/s, turn left 0.25 rad/s, 2 s, 5 N, friction 0.4, torso CoM x -0.01, latency 1 steps, "
        "legs read every 4 steps, noisy sensors, no hold, MJX, 2 ms steps"
    )


def test_names_say_only_what_differs(tmp_path):
    common = {"start": "rest", "vx_m_per_s": 0.2, "latency_steps": 1}
    suite = loaded(tmp_path, cases=[common, common | {"friction": [0.4, 1.25]}, common | {"push": PUSH}])
    assert names(suite) == {
        "nominal": "nominal", "friction=0.4": "friction 0.4", "friction=1.25": "friction 1.25",
        "5N": "5 N", "8N": "8 N",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("options", "episodes", "seconds"),
    [
        ({}, 3, {0.5, 0.7}),
        ({"quick": True}, 2, {0.3}),
        ({"episodes": 7}, 7, {0.5, 0.7}),
        ({"quick": True, "episodes": 7, "seconds": 0.4}, 7, {0.4}),
        ({"seconds": 0.6}, 3, {0.6}),
    ],
)
def test_length_and_number_of_episodes(tmp_path, options, episodes, seconds):
    """Shortened, the cases that differed in their length alone are one."""
    suite = loaded(tmp_path, options, cases=[{"start": "rest"}, {"start": "rest", "seconds": 0.7}])
    assert suite.episodes == episodes
    assert {case.seconds for case in suite.cases} == seconds
    assert len(suite.cases) == len(seconds)


def test_a_suite_without_a_quick_version(tmp_path):
    assert load_suite(str(written(tmp_path, quick=None)), quick=True) is None


def test_baselines_are_the_files_or_those_asked_for(tmp_path):
    asked = [None, [], ["random", "hold-home"]]
    found = [loaded(tmp_path, {"baselines": each}, baselines=["hold-home"]).baselines for each in asked]
    assert found == [("hold-home",), (), ("hold-home", "random")]


def test_the_suites_of_the_package():
    assert builtin_suites() == ["hardware", "push", "robust", "stand", "transfer", "turn_and_side", "walk"]
    assert set(DEFAULT_SUITES) == set(builtin_suites()) - {"transfer"}


@pytest.mark.parametrize("name", builtin_suites())
@pytest.mark.parametrize("quick", [False, True])
def test_each_has_cases_of_different_names_and_gates_with_a_reason(name, quick):
    suite = load_suite(name, quick=quick)
    if suite is None:
        assert name in ("robust", "transfer")
        return
    assert suite.name == name
    assert len({case.label for case in suite.cases}) == len({case.id for case in suite.cases}) == len(suite.cases)
    assert all(gate.reason for gate in suite.file.gates)
    if not quick:
        assert all(selected(gate, suite.cases) for gate in suite.file.gates)


def limits(name, **reached):
    """(case, metric): what the gates of a suite ask for, where three of four survive holding home."""
    suite = builtin(name)
    baseline = results(suite, survival=[1, 1, 1, 0])
    checked = gates.check(suite, results(suite, **reached), {"hold-home": baseline})
    found = {}
    for gate in checked:
        found.setdefault((gate.case, gate.metric), []).append((gate.sense, gate.limit))
    return found


def test_the_gates_on_walking():
    found = limits("walk")
    assert {case.seconds for case in builtin("walk").cases} == {20.0}
    for case in builtin("walk").cases:
        assert found[case.id, "survival"] == [("at least", 0.95)]
        assert found[case.id, "torque_saturation"] == found[case.id, "action_saturation"] == [("at most", 0.05)]
    # Steps of max(0.03, 0.24 vx) metres.
    for case, step in (("vx=0.1", [0.03]), ("vx=0.2", [0.03, 0.048]), ("vx=0.3", [0.03, 0.072])):
        assert found[case, "vx_error_m_per_s"] == [("at most", 0.05)]
        assert found[case, "vy_error_m_per_s"] == [("at most", 0.10)]
        assert found[case, "lateral_drift_m"] == [("at most", 0.30)]
        assert found[case, "heading_drift_rad"] == [("at most", 0.40)]
        assert found[case, "foot_clearance_m"] == [("at least", 0.02)]
        assert found[case, "step_length_m"] == [("at least", pytest.approx(length)) for length in step]


def test_the_gates_on_stepping_sideways_and_turning():
    found, half = limits("turn_and_side"), [("at least", 0.5)]
    assert found["vy=-0.06", "vy_ratio"] == found["vy=0.06", "vy_ratio"] == half
    assert found["yaw=-0.25", "yaw_rate_ratio"] == found["yaw=0.25", "yaw_rate_ratio"] == half


def test_the_gates_on_standing():
    found = limits("stand")
    assert found["start=shaken 60s", "survival"] == found["start=leaning 60s", "survival"] == [("at least", 0.99)]
    assert ("start=shaken 20s", "survival") not in found


def test_the_gates_on_pushes():
    """And better than holding home."""
    found = limits("push")
    for case, share in (("5N", 0.95), ("8N", 0.75), ("10N", 0.60)):
        assert found[case, "survival"] == [("more than", share), ("more than", 0.75)]
    assert ("12N", "survival") not in found


def gate(**changes):
    return [{"metric": "survival", "at_least": 0.9, "reason": "it must"} | changes]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"episodess": 3}, r"unknown field episodess: did you mean episodes\?"),
        ({"cases": [{"start": "rest", "frictoin": 1}]}, r"cases\.0\.frictoin: did you mean friction\?"),
        ({"cases": [{"start": "rest", "push": PUSH | {"force": 1}}]}, r"force: did you mean force_N\? valid here: "),
        ({"starts": {"rest": {"tilt": 1}}}, r"unknown field starts\.rest\.tilt: did you mean tilt_rad\?"),
        ({"episodes": 0}, r"episodes: must be greater than or equal to 1, not 0"),
        ({"quick": {"episodes": 0, "seconds": 1}}, r"quick\.episodes: must be greater than or equal to 1, not 0"),
        ({"seconds": 0}, r"seconds: must be greater than or equal to 0.02, not 0"),
        ({"cases": []}, r"cases: give at least 1"),
        ({"cases": [{"start": "rest", "vx_m_per_s": []}]}, r"cases\.0\.vx_m_per_s: give at least 1"),
        ({"cases": [{"start": "rest", "vx_m_per_s": "fast"}]}, r"vx_m_per_s\.0: must be a valid number, not \"fast\""),
        ({"cases": [{"start": "rest", "mass_scale": 0}]}, r"mass_scale\.0: must be greater than or equal to 0"),
        ({"cases": [{"start": "rest", "timestep_s": 0}]}, r"timestep_s\.0: must be greater than or equal to 0"),
        ({"cases": [{"start": "rest", "latency_steps": 6}]}, r"latency_steps\.0: must be less than or equal to 5"),
        (
            {"cases": [{"start": "rest", "leg_period_steps": [4, 0]}]},
            r"leg_period_steps\.1: must be greater than or equal to 1, not 0",
        ),
        ({"cases": [{"start": "rest", "engine": "warp"}]}, r"engine\.0: must be 'native' or 'mjx', not \"warp\""),
        ({"cases": [{"start": "sleep"}]}, r"starts from 'sleep'; the starts are: rest"),
        ({"cases": [{"start": "rest", "sensors": "noisy"}]}, r"'noisy' sensors; there are: ideal"),
        ({"cases": [{"start": "rest", "settings": "stale"}]}, r"has the settings 'stale'; there are: none"),
        (
            {"settings": {"stale": {"task.command.heading_hodl": True}}},
            r"settings stale: unknown field task\.command\.heading_hodl: did you mean heading_hold\?",
        ),
        (
            {"settings": {"stale": {"task.command.heading_hold": 3}}},
            r"settings stale: task\.command\.heading_hold: must be",
        ),
        (
            {"settings": {"stale": {"task.command.heading_hold.x": 3}}},
            r"settings stale: task\.command\.heading_hold\.x: nothing is nested at x; end the path before it",
        ),
        ({"schema_version": 3}, r"it has schema_version 3, newer than 2; update WildRobot"),
        ({"baselines": ["zero"]}, r"baselines\.0: must be 'hold-home' or 'random', not \"zero\""),
        ({"cases": [{"start": "rest"}, {"start": "rest", "vx_m_per_s": [0, 1]}]}, r"two cases are the same"),
        ({"cases": [{"start": "rest", "push": PUSH | {"at_s": 0.4}}]}, r"the push at 0\.4 s for 0\.2 s is not over"),
        ({"gates": gate(at_most=1.0)}, r"gates\.0: give exactly one of at_least, at_most, more_than, beats"),
        ({"gates": gate(at_least=None)}, r"gates\.0: give exactly one of"),
        ({"gates": gate(cases={"vx": 0.2})}, r"on survival selects by 'vx'; a case has: .*vx_m_per_s"),
        ({"gates": gate(cases={"vx_m_per_s": 0.3})}, r"on survival selects no case, by .*0\.3"),
        ({"gates": gate(at_least=None, beats="random")}, r"asks to beat random, which is not played"),
    ],
)
def test_mistakes_in_a_file_are_one_sentence(tmp_path, changes, message):
    path = written(tmp_path, **changes)
    with pytest.raises(UsageError, match=message) as error:
        load_suite(str(path))
    assert str(error.value).startswith(f"{path}: ")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("text", ["", "[1, 2]", "walk", "a: [", "starts: &a [*a]"])
def test_what_is_no_suite_at_all(tmp_path, text):
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    with pytest.raises(UsageError, match=r"mine\.yaml"):
        load_suite(str(path))


def test_a_file_of_version_1_is_read(tmp_path):
    """It called a metric a figure, and had no version."""
    sensors = {"biased": {"task.sensing.imu_tilt_rad": 0.03, "task.observation.noise.gyro": 0.1}}
    new = loaded(tmp_path, gates=gate(), sensors=sensors)
    tree = {"figures" if name == "metrics" else name: value for name, value in TREE.items() if name != "schema_version"}
    tree["gates"] = [{"figure": "survival", "at_least": 0.9, "reason": "it must"}]
    tree["sensors"] = {"biased": {"tilt_error_rad": 0.03, "gyro_noise_rad_per_s": 0.1}}
    (tmp_path / "tiny.yaml").write_text(json.dumps(tree))
    assert load_suite(str(tmp_path / "tiny.yaml")) == new


def test_cases_take_turns_in_their_settings(tmp_path):
    settings = {"hold": {"task.command.heading_hold": True}, "free": {"task.command.heading_hold": False}}
    cases = [{"start": "rest"}, {"start": "rest", "settings": ["hold", "free"]}]
    suite = loaded(tmp_path, settings=settings, cases=cases, gates=gate(cases={"settings": "free"}))
    assert names(suite) == {"nominal": "nominal", "settings=hold": "hold", "settings=free": "free"}
    assert [case.id for case in selected(suite.file.gates[0], suite.cases)] == ["settings=free"]


def test_no_such_suite(tmp_path):
    with pytest.raises(
        UsageError, match=r"run: not a readable suite \(No such file or directory\); .*: hardware, push, robust, "
    ):
        load_suite("run")
    with pytest.raises(UsageError, match=r"not a readable suite \(Is a directory\)"):
        load_suite(str(tmp_path))


def test_a_shortened_suite_may_leave_gates_without_cases(tmp_path):
    """What a gate selects by length is gone then."""
    changes = {"cases": [{"start": "rest", "seconds": [0.5, 0.7]}], "gates": gate(cases={"seconds": 0.7})}
    assert len(selected(loaded(tmp_path, **changes).file.gates[0], loaded(tmp_path, **changes).cases)) == 1
    short = loaded(tmp_path, {"quick": True}, **changes)
    assert selected(short.file.gates[0], short.cases) == []


def test_gates_select_by_words_and_by_several_values(tmp_path):
    changes = {
        "starts": {"rest": REST, "home": {}},
        "cases": [{"start": "rest"}, {"start": "home", "friction": [1, 2]}],
    }
    suite = loaded(tmp_path, gates=gate(cases={"start": "home", "friction": [2, 3]}), **changes)
    assert [case.id for case in selected(suite.file.gates[0], suite.cases)] == ["start=home friction=2"]
