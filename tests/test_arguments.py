"""Words of a command line may stand before, between and after its options, and keep their order."""

import argparse

import pytest

from trainers import __main__ as trainers
from wildrobot.arguments import number, parse
from wildrobot.evaluation import __main__ as judge
from wildrobot.evaluation.style import __main__ as style
from wildrobot.motion import __main__ as motion


@pytest.mark.parametrize(
    "line",
    [
        "sb3 a.b=1 --run r c.d=2",
        "sb3 --run r a.b=1 c.d=2",
        "sb3 a.b=1 c.d=2 --run r",
        "sb3 --amp a.b=1 --run=r --trust c.d=2",
        "sb3 a.b=1 --run r -- c.d=2",
    ],
)
def test_overrides_of_a_training(line):
    parsed = parse(trainers.parser(), line.split(), words=("overrides",))
    assert (parsed.overrides, str(parsed.run)) == (["a.b=1", "c.d=2"], "r")


def test_clips_of_a_check():
    parsed = parse(motion.parser(), ["check", "a", "--markdown", "b"], words=("clips", "names"))
    assert (parsed.clips, parsed.markdown) == (["a", "b"], True)


@pytest.fixture
def runs(tmp_path, monkeypatch):
    """Run folders `a` and `b`, and one that is called like a suite, in the working directory."""
    monkeypatch.chdir(tmp_path)
    for name in ("a", "b", "walk"):
        (tmp_path / name).mkdir()


@pytest.mark.parametrize(
    ("line", "policies", "suites", "baselines"),
    [
        ("a --quick b", ["a", "b"], None, None),
        ("--suites stand a", ["a"], ["stand"], None),
        ("--suites stand mine.yaml a --quick b", ["a", "b"], ["stand", "mine.yaml"], None),
        ("a --suites stand walk b", ["a", "b"], ["stand", "walk"], None),
        ("--suites=stand a", ["a"], ["stand"], None),
        ("--suites stand --suites push a", ["a"], ["stand", "push"], None),
        ("--suites stand misspelt a", ["a"], ["stand", "misspelt"], None),
        ("--baselines a", ["a"], None, []),
        ("--baselines hold-home a b", ["a", "b"], None, ["hold-home"]),
        ("--baselines a --suites stand -- b", ["a", "b"], ["stand"], []),
        ("a --suites stand --seed 3 b", ["a", "b"], ["stand"], None),
    ],
)
@pytest.mark.usefixtures("runs")
def test_policies_and_lists_of_the_judge(line, policies, suites, baselines):
    lists = {"--suites": judge._is_policy, "--baselines": judge._is_policy}
    parsed = parse(judge.parser(), line.split(), words=("policies",), lists=lists)
    assert (parsed.policies, parsed.suites, parsed.baselines) == (policies, suites, baselines)


@pytest.mark.usefixtures("runs")
def test_policies_after_a_list_of_clips():
    parsed = parse(
        style._parser(), ["--reference", "human", "x=a", "--quick", "b"], words=("policies",),
        lists={"--reference": style._is_policy},
    )  # fmt: skip
    assert (parsed.policies, parsed.reference) == (["x=a", "b"], ["human"])


@pytest.mark.parametrize("line", ["a --nope b", "a --quick b --nope=3", "--suites --quick"])
@pytest.mark.usefixtures("runs")
def test_options_that_there_are_not(line, capsys):
    with pytest.raises(SystemExit) as end:
        parse(judge.parser(), line.split(), words=("policies",), lists={"--suites": judge._is_policy})
    assert end.value.code == 2
    assert "--nope" in (error := capsys.readouterr().err) or "--suites: expected at least one" in error


def test_words_where_a_command_has_none(capsys):
    parser = argparse.ArgumentParser()
    parser.add_argument("one")
    with pytest.raises(SystemExit):
        parse(parser, ["a", "b"], words=("words",))
    assert "unrecognized arguments: b" in capsys.readouterr().err


@pytest.mark.parametrize(("text", "value"), [("0", 0.0), ("2.5", 2.5), ("nan", None), ("-0.1", None), ("inf", None)])
def test_numbers_have_bounds(text, value):
    parser = argparse.ArgumentParser(exit_on_error=False)
    parser.add_argument("--share", type=number(0.0, 2.5))
    if value is not None:
        assert parser.parse_args([f"--share={text}"]).share == value
    else:
        with pytest.raises(argparse.ArgumentError, match=rf"must be from 0\.0 to 2\.5, not {text}"):
            parser.parse_args([f"--share={text}"])
