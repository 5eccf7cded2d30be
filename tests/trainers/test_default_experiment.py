"""Which experiment is trained where none is named."""

import jax
import pytest

from trainers.__main__ import default_experiment, main
from trainers.brax import amp, ppo
from trainers.brax.settings import BraxPpo
from trainers.sb3 import training


@pytest.fixture
def trained(monkeypatch):
    """The experiments that the trainers were given."""
    given = []
    for trainer in (amp, ppo, training):
        monkeypatch.setattr(trainer, "train", lambda experiment, *_, **__: given.append(experiment))
    return given


@pytest.mark.parametrize(("backend", "name"), [("cpu", "walk"), ("gpu", "gpu"), ("tpu", "walk")])
def test_the_default_experiment(backend, name):
    assert default_experiment(backend) == name


@pytest.mark.parametrize("trainer", ["brax", "brax-amp"])
def test_a_gpu_is_given_more_robots_on_mjx_and_one_line_says_so(trainer, trained, monkeypatch, capsys):
    monkeypatch.setattr(jax, "default_backend", lambda: "gpu")
    assert main([trainer, "brax_ppo.seed=7"]) == 0
    (experiment,) = trained
    settings = experiment.section(BraxPpo)
    assert (experiment.env.physics.engine, settings.num_envs, settings.seed) == ("mjx", 4096, 7)
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("JAX sees a GPU: training the experiment gpu (4,096 robots)")


@pytest.mark.parametrize(
    ("backend", "arguments"),
    [("cpu", ["brax-amp"]), ("gpu", ["brax-amp", "--config", "walk"]), ("gpu", ["sb3"])],
)
def test_elsewhere_and_by_name_it_is_the_walk_without_a_word(backend, arguments, trained, monkeypatch, capsys):
    monkeypatch.setattr(jax, "default_backend", lambda: backend)
    assert main(arguments) == 0
    assert trained[0].section(BraxPpo).num_envs == 512
    assert capsys.readouterr().err == ""
