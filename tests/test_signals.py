"""How processes end that are asked to: as after Ctrl-C, whoever asks, and with the exit code of the signal."""

import signal
import subprocess
import sys
import textwrap
import time

import pytest

NOTED = """
    import sys, time
    from wildrobot import cli, signals
    signals.GRACE_S = {grace_s}
    def work():
        with signals.noted(late=lambda: print("late", flush=True)) as stop:
            print("ready", flush=True)
            for _ in range({most}):
                if stop.is_set():
                    print("saved", flush=True)
                    raise SystemExit(stop.exit_code)
                time.sleep(0.05)
            time.sleep(100)
    cli.leave(cli.exit_code(work))
"""
RAISED = """
    import time
    from wildrobot import cli
    def work():
        print("ready", flush=True)
        time.sleep(100)
    cli.leave(cli.exit_code(work, interrupted="interrupted; said once"))
"""


def ended(code, *signals_sent, ignored=(), apart_s=0.3):
    """Exit code and output of a process that gets these signals once it is ready, some of which its parent ignores."""

    def dispose():
        # Whatever started the tests, such as `nohup`, has no say.
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN if number in ignored else signal.SIG_DFL)

    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        preexec_fn=dispose,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == "ready\n"
        for number in signals_sent:
            process.send_signal(number)
            time.sleep(apart_s)
        return process.wait(timeout=20), process.stdout.read()
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize(("number", "code"), [("SIGINT", 130), ("SIGTERM", 143), ("SIGHUP", 129)])
def test_each_signal_ends_work_at_its_next_sound_moment(number, code):
    """Twice, as schedulers and closing terminals send it, but for Ctrl-C."""
    sent = [getattr(signal, number)] * (1 if number == "SIGINT" else 2)
    assert ended(NOTED.format(grace_s=10, most=1000), *sent, apart_s=0.01) == (code, "saved\n")


@pytest.mark.parametrize(("number", "code"), [("SIGINT", 130), ("SIGTERM", 143), ("SIGHUP", 129)])
def test_a_command_says_how_it_ended(number, code):
    assert ended(RAISED, getattr(signal, number)) == (code, "interrupted; said once\n")


def test_what_a_shell_starts_in_the_background_can_be_interrupted():
    """`command &` in a script ignores SIGINT from the start."""
    assert ended(NOTED.format(grace_s=10, most=1000), signal.SIGINT, ignored=[signal.SIGINT]) == (130, "saved\n")


def test_what_nohup_starts_outlives_its_terminal():
    sent = [signal.SIGHUP, signal.SIGTERM]
    assert ended(NOTED.format(grace_s=10, most=1000), *sent, ignored=[signal.SIGHUP]) == (143, "saved\n")


def test_work_that_takes_too_long_is_ended():
    assert ended(NOTED.format(grace_s=0.2, most=0), signal.SIGTERM) == (143, "late\n")


def test_a_second_ctrl_c_ends_at_once():
    assert ended(NOTED.format(grace_s=30, most=0), signal.SIGINT, signal.SIGINT) == (130, "")
