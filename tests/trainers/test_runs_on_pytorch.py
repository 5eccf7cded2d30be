"""Runs of Stable-Baselines3 and RSL-RL from outside: how they go on, end and refuse. A smoke batch is 512 steps."""

import json
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file
from stable_baselines3 import PPO

from tests.trainers.conftest import NATIVE
from tests.trainers.interruption import interrupted
from trainers import checkpoints
from trainers.__main__ import main
from trainers.digests import write_digests
from trainers.rollouts import FILE
from trainers.rsl_rl import checkpoints as of_rsl_rl
from trainers.rsl_rl import recording as rsl_rl_recording
from trainers.rsl_rl import training as rsl_rl_training
from trainers.sb3 import recording as sb3_recording
from trainers.sb3 import training as sb3_training
from wildrobot.errors import UsageError
from wildrobot.experiment import load_experiment
from wildrobot.policy import Policy

BATCH, ALL = 512, 4096


class Trainer(NamedTuple):
    """What differs between the two.

    Attributes:
      name: of the command, and with `_ppo` of the section.
      training: its module.
      framework, others: as `run.json` has it, and those that it says can go on.
      model: the framework's own file in a checkpoint.
      length: the override that asks for so many environment steps.
      enough: what a run says that has nothing left to do.
      learned: all that is learned, from a model file.
      stop_after: ends the training after so many control steps, in the middle of a rollout, as a signal does.
    """

    name: str
    training: ModuleType
    framework: str
    others: str
    model: str
    length: Callable[[int], str]
    enough: str
    learned: Callable[[Path], Any]
    stop_after: Callable[[pytest.MonkeyPatch, int], None]


def learned_by_sb3(model: Path) -> Any:
    policy = PPO.load(model, device="cpu").policy
    return policy.state_dict(), policy.optimizer.state_dict()["state"]


def learned_by_rsl_rl(model: Path) -> Any:
    saved = of_rsl_rl.read(model)
    return saved["actor_state_dict"], saved["critic_state_dict"], saved["optimizer_state_dict"]["state"]


def stop_sb3(patch: pytest.MonkeyPatch, calls: int) -> None:
    original, seen = sb3_recording.Recorder._on_step, []
    patch.setattr(
        sb3_recording.Recorder, "_on_step", lambda self: seen.append(0) or (original(self) and len(seen) != calls)
    )


def stop_rsl_rl(patch: pytest.MonkeyPatch, calls: int) -> None:
    original, seen = rsl_rl_recording.Recorder.process_env_step, []

    def stopping(*arguments: Any) -> None:
        seen.append(0)
        if len(seen) == calls:
            raise rsl_rl_recording.Stopped
        original(*arguments)

    patch.setattr(rsl_rl_recording.Recorder, "process_env_step", stopping)


TRAINERS = {
    "sb3": Trainer(
        "sb3",
        sb3_training,
        "sb3-ppo",
        "sb3-ppo or sb3-amp",
        "model.zip",
        lambda steps: f"sb3_ppo.total_timesteps={steps}",
        "already been trained for 4,096 steps; ask for more with sb3_ppo.total_timesteps",
        learned_by_sb3,
        stop_sb3,
    ),
    "rsl_rl": Trainer(
        "rsl_rl",
        rsl_rl_training,
        "rsl_rl-ppo",
        "rsl_rl-ppo",
        "model.pt",
        lambda steps: f"rsl_rl_ppo.max_iterations={steps // BATCH}",
        "already been trained for 8 iterations; ask for more with rsl_rl_ppo.max_iterations",
        learned_by_rsl_rl,
        stop_rsl_rl,
    ),
}


@pytest.fixture(scope="module", params=TRAINERS)
def trainer(request):
    return TRAINERS[request.param]


@pytest.fixture(scope="module")
def run(trainer, request):
    return request.getfixturevalue(f"{trainer.name}_run")


@pytest.fixture
def copy(run, tmp_path):
    return shutil.copytree(run, tmp_path / "copy")


def newest(run):
    return run / "checkpoints" / f"{ALL:012d}"


def contents(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def lines(run):
    return [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]


def figures(run):
    """What the log says, but for how long it took."""
    timed = ("wall_s", "training/sps", "sb3/time", "rsl_rl/Perf")
    return [{name: line[name] for name in line if not name.startswith(timed)} for line in lines(run)]


def test_a_run_leaves_everything_behind(run, trainer):
    names = {entry.name for entry in run.iterdir()}
    assert names == {
        ".lock", "config.yaml", "run.json", "metrics.jsonl", "tensorboard", "checkpoints", "policy.safetensors"
    }  # fmt: skip
    assert json.loads((run / "run.json").read_text())["trainer"] == trainer.framework
    assert [line["steps"] for line in lines(run)] == list(range(BATCH, ALL + 1, BATCH))
    info = Policy.load(run / "policy.safetensors").info
    assert (info.framework, info.environment_steps) == (trainer.framework, ALL)
    assert sorted(path.name for path in (run / "checkpoints").iterdir()) == ["000000002048", "000000004096"]


def test_a_run_that_was_interrupted_ends_as_one_that_was_not(run, trainer, tmp_path):
    """To the bit: weights, optimiser, normaliser, robots, random numbers and the log."""
    other = tmp_path / "other"
    with pytest.MonkeyPatch.context() as patch:
        trainer.stop_after(patch, 2 * 16 + 3)
        with pytest.raises(SystemExit):
            trainer.training.train(load_experiment(run / "config.yaml"), other)
    assert Policy.load(other / "policy.safetensors").info.environment_steps == 2 * BATCH, "complete rollouts alone"
    trainer.training.resume(other)
    assert figures(other) == figures(run)
    ours, theirs = (dict(np.load(newest(each) / FILE)) for each in (other, run))
    assert ours.keys() == theirs.keys()
    for name, value in ours.items():
        np.testing.assert_array_equal(value, theirs[name], err_msg=name)
    torch.testing.assert_close(
        *(trainer.learned(newest(each) / trainer.model) for each in (other, run)), rtol=0, atol=0
    )
    ours, theirs = (load_file(each / "policy.safetensors") for each in (other, run))
    assert ours.keys() == theirs.keys()
    for name, value in ours.items():
        np.testing.assert_array_equal(value, theirs[name], err_msg=name)


def test_one_that_is_interrupted_before_its_first_update_leaves_no_checkpoint(trainer, tmp_path, monkeypatch, capsys):
    trainer.stop_after(monkeypatch, 3)
    with pytest.raises(SystemExit):
        trainer.training.train(load_experiment("smoke", [NATIVE]), tmp_path / "run")
    assert "interrupted before the first update; nothing has been learned" in capsys.readouterr().err
    assert not (tmp_path / "run" / "checkpoints").exists()


@pytest.mark.parametrize(
    ("changed", "older", "reason"),
    [
        ("gamma=0.9", False, "gamma has changed"),
        (None, True, "the version that wrote the checkpoint did not keep them"),
    ],
)
def test_a_run_that_cannot_go_on_to_the_bit_says_so(copy, trainer, changed, older, reason, capsys):
    if older:
        (newest(copy) / FILE).unlink()
        write_digests(newest(copy))
    overrides = [f"{trainer.name}_ppo.{changed}"] if changed else []
    trainer.training.resume(copy, [trainer.length(ALL + BATCH), *overrides])
    (said,) = [line for line in capsys.readouterr().err.splitlines() if "fresh episodes" in line]
    assert said.startswith(f"{copy}: all robots begin fresh episodes, since ")
    assert said.endswith(reason)
    assert lines(copy)[-1]["steps"] == ALL + BATCH


def test_episodes_of_other_robots_are_refused(copy, trainer):
    arrays = dict(np.load(newest(copy) / FILE))
    name = next(name for name in arrays if name.endswith("qpos"))
    np.savez(newest(copy) / FILE, **arrays | {name: arrays[name][:, :-1]})
    write_digests(newest(copy))
    with pytest.raises(UsageError, match=r"cannot go on from this checkpoint, its rollout_start\.npz cannot be used"):
        trainer.training.resume(copy, [trainer.length(ALL + BATCH)])


def test_a_run_that_cannot_go_on_is_left_as_it_was(copy, trainer, capsys):
    before, section = contents(copy), f"{trainer.name}_ppo"
    for overrides, message in (
        ([], trainer.enough),
        ([trainer.length(BATCH)], trainer.enough),
        (
            [trainer.length(2 * ALL), f"{section}.activation=relu", f"{section}.learning_rate=0.001"],
            f"{section}.activation, {section}.learning_rate cannot change when a run goes on",
        ),
        ([f"{section}.activatio=relu"], "did you mean activation?"),
    ):
        assert main([trainer.name, "--resume", str(copy), *overrides]) == 2
        assert message in capsys.readouterr().err
        assert contents(copy) == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--resume", "{tmp}"], "is no run folder"),
        (["--resume", "{tmp}", "--config", "smoke"], "leave out the others"),
        (
            ["--config", "smoke", "{section}.num_envs=31", "{section}.{size}=7"],
            "= 496 must be a multiple of {size} = 7",
        ),
        (["{section}.gama=0.5"], "did you mean gamma?"),
    ],
)
def test_bad_input_is_one_sentence_and_exit_code_2(trainer, arguments, message, tmp_path, capsys):
    size = {"sb3": "batch_size", "rsl_rl": "num_mini_batches"}[trainer.name]
    names = {"tmp": tmp_path, "section": f"{trainer.name}_ppo", "size": size}
    assert main([trainer.name, *(argument.format(**names) for argument in arguments)]) == 2
    error = capsys.readouterr().err
    assert message.format(**names) in error
    assert len(error.strip().splitlines()) == 1


def test_a_run_of_another_trainer_does_not_go_on(trainer, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    (other / "run.json").write_text('{"trainer": "brax-ppo"}')
    with pytest.raises(UsageError, match=f"was trained by brax-ppo, and here only {trainer.others} runs can go on"):
        trainer.training.resume(other)


def test_a_run_without_a_checkpoint_does_not_go_on(copy, trainer):
    shutil.rmtree(copy / "checkpoints")
    with pytest.raises(UsageError, match="no checkpoint to go on from"):
        trainer.training.resume(copy)


def test_a_run_whose_newest_checkpoint_is_damaged_goes_on_from_the_one_before(copy, trainer, capsys):
    model = newest(copy) / trainer.model
    model.write_bytes(model.read_bytes()[:1000])
    trainer.training.resume(copy)
    assert "000000004096: is damaged, 1 of its files are not as they were written" in capsys.readouterr().err
    assert lines(copy)[-1]["steps"] == ALL
    assert checkpoints.newest(copy / "checkpoints", trainer.model) == model.parent


def test_a_run_whose_checkpoint_cannot_be_read_does_not_go_on(copy, trainer):
    model = newest(copy) / trainer.model
    model.write_bytes(model.read_bytes()[:1000])
    write_digests(model.parent)
    message = r"000000004096: cannot go on from this checkpoint \(.*\); train into a new folder, .* --from \".*copy\""
    with pytest.raises(UsageError, match=message):
        trainer.training.resume(copy, [trainer.length(ALL + BATCH)])


@pytest.mark.slow
def test_sigterm_saves_and_the_run_goes_on(trainer, tmp_path):
    run = tmp_path / "run"
    arguments = [trainer.name, "--config", "smoke", "--run", str(run), NATIVE, trainer.length(10_000_000)]
    error = interrupted(arguments, lambda: (run / "metrics.jsonl").exists() and len(lines(run)) >= 3, signal.SIGTERM)
    assert f"interrupted; the policy so far is {run / 'policy.safetensors'}" in error
    assert f'python -m trainers {trainer.name} --resume "{run}"' in error
    done = Policy.load(run / "policy.safetensors").info.environment_steps
    assert main([trainer.name, "--resume", str(run), trainer.length(done + BATCH)]) == 0
    assert Policy.load(run / "policy.safetensors").info.environment_steps > done
