"""The benchmark for accelerators runs where there is none, and goes on after a size that does not fit."""

import jax
import pytest

from benchmarks import accelerator
from benchmarks.__main__ import main
from trainers.brax.settings import BraxPpo

FOUND = accelerator.Figures(30_000.4, 20_000.0, 10_000.0, 5_000_000, 8_014.0, 770_000.0, 12.0)


def rows(printed: str) -> list[str]:
    return [line for line in printed.splitlines() if line.startswith("| ")]


def test_a_size_that_does_not_fit_is_said_and_the_others_measured(monkeypatch, capsys):
    def measured(experiment):
        if experiment.section(BraxPpo).num_envs == 16:
            raise jax.errors.JaxRuntimeError("RESOURCE_EXHAUSTED: out of memory")
        return FOUND

    monkeypatch.setattr(accelerator, "measured", measured)
    monkeypatch.setattr(accelerator, "enable_compilation_cache", lambda: None)
    accelerator.main([16, 8])
    _, large, small = rows(capsys.readouterr().out)
    assert large.startswith("| 16 | does not fit |")
    assert small == "| 8 | 30,000 | 20,000 | 10,000 | 5 | 8,014 | 770,000 | 12 |"


def test_any_other_failure_is_not_hidden(monkeypatch):
    def measured(_):
        raise jax.errors.JaxRuntimeError("INTERNAL: broken")

    monkeypatch.setattr(accelerator, "measured", measured)
    monkeypatch.setattr(accelerator, "enable_compilation_cache", lambda: None)
    with pytest.raises(jax.errors.JaxRuntimeError, match="INTERNAL"):
        accelerator.main([8])


@pytest.mark.parametrize("arguments", [["throughput", "--robots", "8"], ["accelerator", "--robots", "12"]])
def test_what_cannot_be_measured_is_refused(arguments, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["benchmarks", *arguments])
    with pytest.raises(SystemExit, match="2"):
        main()
    assert "--robots" in capsys.readouterr().err.splitlines()[-1]


@pytest.mark.slow
def test_it_runs_on_a_cpu_and_says_so(monkeypatch, capsys):
    monkeypatch.setattr(accelerator, "enable_compilation_cache", lambda: None)
    accelerator.main([8])
    printed = capsys.readouterr().out
    assert "these are the figures of a CPU" in printed
    figures = [float(cell.replace(",", "")) for cell in rows(printed)[-1].strip("| ").split(" | ")]
    assert figures[0] == 8
    assert min(figures[1:4]) > 0
