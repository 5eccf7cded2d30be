"""Damaged files of every kind that is read: the project's own error or a sound reading, soon and in little memory."""

import resource
import signal
import warnings
from collections import Counter

import pytest

from tests.readers import readers
from wildrobot.config import parse_yaml
from wildrobot.errors import LONGEST, UsageError

LONGEST_S, MOST_GROWTH_MIB = 20, 200


class Hangs(BaseException):
    """No `Exception`, which a reader could take for damage."""


@pytest.fixture
def alarm():
    """Ends a reading that hangs."""

    def hangs(*_):
        raise Hangs

    def alarm(seconds: float) -> None:
        # Of processor time: on a busy machine, what is quick may take long.
        signal.setitimer(signal.ITIMER_PROF, seconds)

    before = signal.signal(signal.SIGPROF, hangs)
    yield alarm
    alarm(0)
    signal.signal(signal.SIGPROF, before)


def outcomes(kind: str, count: int, folder, alarm) -> Counter[str]:
    """What became of so many mutants; another error than the project's own is raised, with the mutant's number."""
    reader, found = readers()[kind](), Counter[str]()
    path, longest = folder / reader.name, 0
    before_KiB = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for number in range(count):
        alarm(LONGEST_S)
        path.write_bytes(reader.mutant(number))
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # NumPy's and ONNX's of the damage
                reader.read(path)
            found["read"] += 1
        except UsageError as error:
            found["refused"] += 1
            longest = max(longest, len(str(error)))
        except Exception as error:
            raise AssertionError(f"mutant {number} of a {kind}: {error!r}") from error
        alarm(0)
    grown_MiB = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_KiB) / 1024
    assert longest <= LONGEST
    assert grown_MiB < MOST_GROWTH_MIB
    return found


@pytest.mark.parametrize("kind", readers())
def test_what_they_are_made_of_is_read(kind, tmp_path):
    reader = readers()[kind]()
    (tmp_path / reader.name).write_bytes(reader.sound)
    reader.read(tmp_path / reader.name)


@pytest.mark.parametrize("kind", readers())
def test_300_mutants_of_each_kind(kind, tmp_path, alarm):
    # One robot's description takes 30 ms.
    found = outcomes(kind, 100 if kind == "robot" else 300, tmp_path, alarm)
    assert found["refused"] > 50 or kind in ("metrics", "digests"), "which say what they can of what is left"


@pytest.mark.slow
@pytest.mark.parametrize("kind", readers())
def test_10_000_mutants_of_each_kind(kind, tmp_path, alarm, capsys):
    found = outcomes(kind, 10_000, tmp_path, alarm)
    with capsys.disabled():
        print(f"\n{kind}: {dict(found)}")


def test_aliases_that_blow_up_are_refused():
    """Nine lines would be 10^9 values."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    with pytest.raises(UsageError, match="aliases counted in full"):
        parse_yaml("\n".join(lines), "bomb.yaml")
    with pytest.raises(UsageError, match="aliases counted in full"):
        parse_yaml("&a [*a]", "circle.yaml")
    assert parse_yaml("a: &a [1, 2]\nb: *a", "fine.yaml") == {"a": [1, 2], "b": [1, 2]}


def test_a_message_keeps_its_beginning_and_its_end():
    message = str(UsageError(f"a.yaml: {'x' * 10_000}; give another file"))
    assert len(message) <= LONGEST
    assert message.startswith("a.yaml: xxx")
    assert message.endswith("xxx; give another file")
