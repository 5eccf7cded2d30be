"""How commands end."""

import subprocess
import sys

from wildrobot.cli import exit_code
from wildrobot.errors import UsageError


def raises(error):
    def work():
        raise error

    return work


def test_exit_codes(capsys):
    assert exit_code(lambda: None) == 0
    assert exit_code(lambda: 1) == 1
    assert exit_code(raises(UsageError("no such policy; give another"))) == 2
    assert exit_code(raises(KeyboardInterrupt), interrupted="interrupted; nothing was written") == 130
    assert capsys.readouterr().err == "error: no such policy; give another\ninterrupted; nothing was written\n"


def test_after_ctrl_c_the_process_ends_at_once():
    """Without what Python does at its exit, as JAX's threads are still at work."""
    code = "import atexit; from wildrobot.cli import leave; atexit.register(print, 'at exit'); print('x'); leave({})"
    for number, output in ((130, "x\n"), (2, "x\nat exit\n")):
        done = subprocess.run([sys.executable, "-c", code.format(number)], capture_output=True, text=True)
        assert (done.returncode, done.stdout) == (number, output)
