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
        try:
            with signals.noted(late=lambda: print("late", flush=True)) as stop:
                print("ready", flush=True)
                for _ in range({most}):
                    if stop.is_set():
                        print("saved", flush=True)
                        raise SystemExit(stop.exit_code)
                    time.sleep(0.05)
                time.sleep(100)
        finally:
            time.sleep({leaves_s})
    try:
        cli.leave(cli.exit_code(work))
    finally:
        time.sleep({leaves_s})
"""
RAISED = """
    import time
    from wildrobot import cli
    def work():
        try:
            print("ready", flush=True)
            time.sleep(100)
        finally:
            time.sleep(0.3)
            print("tidied up", flush=True)
    code = cli.exit_code(work, interrupted="interrupted; said once")
    time.sleep(0.3)
    cli.leave(code)
"""


def noted(grace_s=10.0, most=1000, leaves_s=0.0):
    """Work that looks `most` times whether it is asked to end, and then needs twice so long to leave."""
    return NOTED.format(grace_s=grace_s, most=most, leaves_s=leaves_s)


def ended(code, *signals_sent, ignored=(), again=False):
    """Exit code and output of a process that gets these signals once it is ready, some of which its parent ignores.

    With `again`, the last one until it has ended.
    """

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
            time.sleep(0.3)
        while again and process.poll() is None:
            process.send_signal(signals_sent[-1])
            time.sleep(0.01)
        return process.wait(timeout=20), process.stdout.read()
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize(("number", "code"), [("SIGINT", 130), ("SIGTERM", 143), ("SIGHUP", 129)])
def test_each_signal_ends_work_at_its_next_sound_moment(number, code):
    assert ended(noted(), getattr(signal, number)) == (code, "saved\n")


@pytest.mark.parametrize(("number", "code"), [("SIGINT", 130), ("SIGTERM", 143), ("SIGHUP", 129)])
def test_a_command_says_how_it_ended(number, code):
    assert ended(RAISED, getattr(signal, number)) == (code, "tidied up\ninterrupted; said once\n")


@pytest.mark.parametrize(("number", "code"), [("SIGTERM", 143), ("SIGHUP", 129)])
@pytest.mark.parametrize(
    ("work", "said"), [(noted(leaves_s=0.4), "saved\n"), (RAISED, "tidied up\ninterrupted; said once\n")]
)
def test_schedulers_and_closing_terminals_may_ask_again_until_the_process_has_ended(work, said, number, code):
    assert ended(work, getattr(signal, number), again=True) == (code, said)


def test_what_a_shell_starts_in_the_background_can_be_interrupted():
    """`command &` in a script ignores SIGINT from the start."""
    assert ended(noted(), signal.SIGINT, ignored=[signal.SIGINT]) == (130, "saved\n")


def test_what_nohup_starts_outlives_its_terminal():
    sent = [signal.SIGHUP, signal.SIGTERM]
    assert ended(noted(), *sent, ignored=[signal.SIGHUP]) == (143, "saved\n")


def test_work_that_takes_too_long_is_ended():
    assert ended(noted(grace_s=0.2, most=0), signal.SIGTERM) == (143, "late\n")


def test_a_second_ctrl_c_ends_at_once():
    assert ended(noted(grace_s=30, most=0), signal.SIGINT, signal.SIGINT) == (130, "")
