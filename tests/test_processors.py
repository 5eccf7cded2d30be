"""How many threads a command starts, in containers of either version of control groups."""

import os

import pytest

from wildrobot.processors import available_threads


@pytest.fixture
def four_processors(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(4)))


def threads(tmp_path, own, files):
    """As many as are started where /proc/self/cgroup and /sys/fs/cgroup say this."""
    (tmp_path / "own").write_text(own)
    for name, text in files.items():
        file = tmp_path / "cgroups" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return available_threads(tmp_path / "cgroups", tmp_path / "own")


@pytest.mark.parametrize(
    ("own", "files", "expected"),
    [
        ("0::/\n", {"cpu.max": "50000 100000\n"}, 1),
        ("0::/\n", {"cpu.max": "250000 100000\n"}, 3),
        ("0::/\n", {"cpu.max": "max 100000\n"}, 4),
        ("0::/\n", {"cpu.max": "6400000 100000\n"}, 4),
        ("0::/a/b\n", {"a/cpu.max": "200000 100000\n", "a/b/cpu.max": "max 100000\n"}, 2),
        ("0::/on/the/host\n", {"cpu.max": "100000 100000\n"}, 1),
        (
            "4:cpu,cpuacct:/docker/1\n0::/\n",
            {"cpu,cpuacct/docker/1/cpu.cfs_quota_us": "150000\n", "cpu,cpuacct/docker/1/cpu.cfs_period_us": "100000\n"},
            2,
        ),
        ("1:cpu:/\n", {"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"}, 4),
        ("nonsense\n", {"cpu.max": "?"}, 4),
        ("", {}, 4),
    ],
)
def test_a_quota_bounds_the_threads(own, files, expected, four_processors, tmp_path):
    assert threads(tmp_path, own, files) == expected


def test_without_control_groups_the_affinity_counts(four_processors, tmp_path):
    assert available_threads(tmp_path, tmp_path / "none") == 4
