"""Entry points: this project's from its source tree, the others from what is installed."""

from importlib import metadata

import pytest

from wildrobot import plugins as module
from wildrobot.plugins import plugins

GROUP = "wildrobot.settings"


@pytest.fixture
def installed(monkeypatch):
    """Replaces what is installed: this project as it was before, and a project of somebody else."""

    class Distribution:
        def __init__(self, name):
            self.name = name

    entries = [
        metadata.EntryPoint("brax_ppo", "gone:Gone", GROUP)._for(Distribution("wildrobot")),  # pyright: ignore
        metadata.EntryPoint("dreamer", "theirs:Dreamer", GROUP)._for(Distribution("theirs")),  # pyright: ignore
    ]
    monkeypatch.setattr(metadata, "entry_points", lambda *, group: entries if group == GROUP else [])
    plugins.cache_clear()
    yield
    plugins.cache_clear()


def test_in_a_source_tree_its_own_are_as_the_tree_says(installed):
    assert {entry.name: entry.value for entry in plugins(GROUP)} == {
        "brax_ppo": "trainers.brax.settings:BraxPpo",
        "amp": "trainers.amp.settings:Amp",
        "sb3_ppo": "trainers.sb3.settings:Sb3Ppo",
        "rsl_rl_ppo": "trainers.rsl_rl.settings:RslRlPpo",
        "dreamer": "theirs:Dreamer",
    }


def test_without_a_source_tree_they_are_as_installed(installed, monkeypatch, tmp_path):
    monkeypatch.setattr(module, "_PYPROJECT", tmp_path / "pyproject.toml")
    assert [entry.value for entry in plugins(GROUP)] == ["gone:Gone", "theirs:Dreamer"]


def test_every_one_loads():
    for group in (GROUP, "wildrobot.policy_readers"):
        for entry in plugins(group):
            assert entry.load() is not None
