"""What is shown on a terminal: a user's words as they are, and nothing ugly when nobody reads on."""

import io
import os
import subprocess
import sys

import pytest

from trainers.progress import TrainingProgress
from wildrobot.console import output
from wildrobot.evaluation.show.progress import EvaluationProgress

NAMES = ["x[/b]", "runs/[bold]a[/bold]", "[red]", "a :bug: b", "[link=x]y"]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_shown_as_it_is(name, capsys):
    output().print(f"Numbers: {name}")
    TrainingProgress(10).say(f"saved {name}")
    shown = capsys.readouterr()
    assert name in shown.out
    assert name in shown.err


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("of", [EvaluationProgress, TrainingProgress])
def test_a_bar_shows_it_as_it_is(name, of, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr(sys, "stderr", written := io.StringIO())
    shown = of(10)
    with shown:
        if of is EvaluationProgress:
            shown.task(f"walk, {name}")(3)
        else:
            shown.say(name)
            shown.update(5, {})
    assert name in written.getvalue()


def test_a_display_that_nobody_sees_ends_nothing():
    """As `2>&1 | head -1` closes it: the training goes on."""
    code = "from wildrobot.console import display; d = display(); d.print('a'); d.print('b'); print('done')"
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=write, text=True)
    os.close(write)
    assert done.stdout == "done\n"


@pytest.mark.parametrize("arguments", [["trainers", "config"], ["wildrobot.evaluation", "--help"]])
def test_a_reader_that_leaves_gets_no_traceback(arguments):
    """As `command | head -1` does; the exit code is what a shell says of SIGPIPE."""
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run([sys.executable, "-m", *arguments], stdout=write, stderr=subprocess.PIPE, text=True)
    os.close(write)
    assert done.stderr == ""
    assert done.returncode == 141 or "--help" in arguments  # which argparse ends with 0 where the whole text is lost
