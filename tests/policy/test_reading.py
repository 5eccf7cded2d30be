"""One function for policies of every kind: what it finds, whom it asks, and what it says when nobody knows."""

import importlib.util

import onnx
import pytest

from tests.policy.networks import network
from wildrobot.errors import UsageError
from wildrobot.plugins import plugins
from wildrobot.policy import load_policy, onnx_file, reading


@pytest.fixture
def readers(monkeypatch):
    """Replaces the installed readers."""

    def install(**functions):
        class Entry:
            def __init__(self, name):
                self.name = name

            def load(self):
                found = functions[self.name]
                if isinstance(found, ImportError):
                    raise found
                return found

        entries = {reading.READERS: [Entry(name) for name in functions]}
        monkeypatch.setattr(reading, "plugins", entries.__getitem__)

    return install


@pytest.mark.parametrize("inside", [False, True])
@pytest.mark.parametrize("kind", ["policy.safetensors", "policy.onnx"])
def test_files_of_ours_and_folders_that_hold_one(tmp_path, kind, inside):
    path = tmp_path / kind
    if kind == "policy.onnx":
        onnx.save(onnx_file.build(network()), path)
    else:
        network().save(path)
    assert load_policy(tmp_path if inside else str(path)).sha256 == network().sha256


def test_the_first_reader_that_knows_it_is_believed(tmp_path, readers):
    asked = []

    def reader(name, answer):
        return lambda path, *, trust: asked.append((name, path, trust)) or answer

    policy = network()
    readers(b=reader("b", policy), c=reader("c", network("elu")), a=reader("a", None))
    assert load_policy(tmp_path, trust=True) is policy
    assert asked == [("a", tmp_path, True), ("b", tmp_path, True)]


def test_a_reader_that_is_not_installed_is_passed_over(tmp_path, readers):
    policy = network()
    readers(a=ImportError("No module named 'torch'"), b=lambda path, *, trust: policy)
    assert load_policy(tmp_path) is policy


def test_nobody_knows_it(tmp_path, readers):
    readers(a=ImportError("No module named 'torch'"), b=lambda path, *, trust: None)
    with pytest.raises(UsageError) as error:
        load_policy(tmp_path)
    assert str(error.value).startswith(
        f"{tmp_path} is no policy of a known kind (tried: looked for policy.safetensors and policy.onnx, "
        "a (cannot be used here: No module named 'torch'), b); give a run folder"
    )


def test_the_installed_readers_are_those_of_both_frameworks():
    assert {entry.name for entry in plugins(reading.READERS)} == {"brax", "sb3", "rsl_rl"}


def test_a_path_that_does_not_exist(tmp_path):
    with pytest.raises(UsageError, match=r"nowhere does not exist; give a run folder"):
        load_policy(tmp_path / "nowhere")


def test_without_the_extra_it_says_what_to_install(tmp_path, monkeypatch):
    (tmp_path / "policy.onnx").touch()
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "onnx" else find(name))
    with pytest.raises(UsageError, match=r'needs onnx; run `pip install "wildrobot\[onnx\]"`'):
        load_policy(tmp_path)
