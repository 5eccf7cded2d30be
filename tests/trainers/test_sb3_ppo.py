"""Training end to end on the smoke configuration, and the exported policy against SB3's own inference."""

import json
import pickle
import shutil
import signal
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest
import torch
from safetensors.numpy import load_file
from stable_baselines3 import PPO

from tests.trainers.interruption import interrupted
from trainers.__main__ import main
from trainers.digests import write_digests
from trainers.sb3 import checkpoints, training
from trainers.sb3.learning_rate import LearningRate
from trainers.sb3.recording import Recorder
from trainers.sb3.rollout_start import FILE
from trainers.sb3.settings import Sb3Ppo
from wildrobot.errors import UsageError
from wildrobot.experiment import load_experiment
from wildrobot.policy import Policy, act

NATIVE = "env.physics.engine=native"


@pytest.fixture(scope="module")
def run(sb3_run):
    return sb3_run


def lines(run):
    return [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]


def test_a_run_leaves_everything_behind(run):
    names = {entry.name for entry in run.iterdir()}
    assert names == {
        ".lock", "config.yaml", "run.json", "metrics.jsonl", "tensorboard", "checkpoints", "policy.safetensors"
    }  # fmt: skip
    assert json.loads((run / "run.json").read_text())["trainer"] == "sb3-ppo"
    assert [line["steps"] for line in lines(run)] == list(range(512, 4097, 512))
    info = Policy.load(run / "policy.safetensors").info
    assert (info.framework, info.environment_steps) == ("sb3-ppo", 4096)
    assert sorted(path.name for path in (run / "checkpoints").iterdir()) == ["000000002048", "000000004096"]


def test_what_both_trainers_know_has_the_same_name(run):
    """The names that Brax's trainer logs; see its test."""
    logged = set().union(*lines(run))
    assert {"episode/sum_reward", "episode/length", "episode/vx_error_m_per_s", "episode/reward/velocity"} <= logged
    assert {"training/sps", "training/policy_loss", "training/learning_rate", "training/policy_dist_mean_std"} <= logged


def test_the_learning_rate_follows_the_divergence(run):
    """Every update's rate is the one before it, changed as the divergence of the update before says."""
    logged = [(line["training/learning_rate"], line["sb3/train/approx_kl"]) for line in lines(run)[1:]]
    factors = [1.5 if kl < 0.005 else 1 / 1.5 if kl > 0.02 else 1.0 for _, kl in logged]
    assert set(factors) != {1.0}, "otherwise this says nothing"
    for (rate, _), (later, _), factor in zip(logged, logged[1:], factors, strict=False):
        assert later == pytest.approx(rate * factor)


def test_the_exported_policy_computes_what_sb3_computes(run, sizes):
    """SB3's own checkpoint, normaliser and `predict`, with some actions at the bounds of the box."""
    newest = run / "checkpoints" / "000000004096"
    model = PPO.load(newest / "model.zip")
    normalizer = pickle.loads((newest / "normalizer.pkl").read_bytes())
    policy = Policy.load(run / "policy.safetensors")
    random = np.random.default_rng(0)
    state = policy.observation_mean + 50.0 * policy.observation_std * random.normal(size=(256, sizes.state)).astype(
        np.float32
    )
    observation = {
        "state": state,
        "privileged_state": random.normal(size=(256, sizes.privileged_state)).astype(np.float32),
    }
    expected, _ = model.predict(normalizer.normalize_obs(observation), deterministic=True)
    assert (np.abs(expected) == 1.0).any(), "some are clipped"
    assert (np.abs(expected) < 1.0).any(), "some are not"
    np.testing.assert_allclose(policy.apply(state), expected, atol=1e-5)
    actions = act(policy.structure, policy.parameters, jnp.asarray(state), None)
    np.testing.assert_allclose(actions, expected, atol=1e-5)


def test_the_exported_policy_draws_what_sb3_draws(run, sizes):
    """SB3's `predict` with a seed, against the neutral file with the normal numbers of that seed."""
    newest = run / "checkpoints" / "000000004096"
    model = PPO.load(newest / "model.zip")
    normalizer = pickle.loads((newest / "normalizer.pkl").read_bytes())
    policy = Policy.load(run / "policy.safetensors")
    state = np.random.default_rng(0).normal(size=(256, sizes.state)).astype(np.float32)
    unseen = np.zeros((256, sizes.privileged_state), np.float32)
    observation = normalizer.normalize_obs({"state": state, "privileged_state": unseen})
    distribution: Any = model.policy.get_distribution(model.policy.obs_to_tensor(observation)[0]).distribution
    assert distribution.stddev.std(dim=1).max() > 1e-4, "every joint has its own deviation"
    torch.manual_seed(1)
    expected, _ = model.predict(observation, deterministic=False)
    torch.manual_seed(1)
    normal = torch.randn(expected.shape).numpy()
    actions = act(policy.structure, policy.parameters, jnp.asarray(state), jnp.asarray(normal))
    np.testing.assert_allclose(actions, expected, atol=1e-5)


def test_the_critic_sees_more_than_the_actor(run, sizes):
    model = PPO.load(run / "checkpoints" / "000000004096" / "model.zip")
    extractor = model.policy.mlp_extractor
    assert extractor.policy_net[0].in_features == sizes.state
    assert extractor.value_net[0].in_features == sizes.privileged_state > sizes.state
    first, second = (
        {
            "state": np.zeros((1, sizes.state), np.float32),
            "privileged_state": np.full((1, sizes.privileged_state), value, np.float32),
        }
        for value in (0.0, 1.0)
    )
    np.testing.assert_array_equal(
        model.predict(first, deterministic=True)[0], model.predict(second, deterministic=True)[0]
    )
    values = [model.policy.predict_values(model.policy.obs_to_tensor(each)[0]).item() for each in (first, second)]
    assert values[0] != values[1]


@pytest.fixture
def copy(run, tmp_path):
    shutil.copytree(run, tmp_path / "copy")
    return tmp_path / "copy"


def contents(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_run_goes_on_from_its_newest_checkpoint(run, copy, monkeypatch):
    learn, seen = PPO.learn, {}

    def spied(model, steps, **options):
        seen.update(steps=steps, weights=model.policy.state_dict()["action_net.weight"].clone())
        seen.update(moments=model.policy.optimizer.state_dict()["state"], rate=model.lr_schedule(0.0))
        return learn(model, steps, **options)

    monkeypatch.setattr(PPO, "learn", spied)
    checkpoint = PPO.load(copy / "checkpoints" / "000000004096" / "model.zip")
    before = pickle.loads((copy / "checkpoints" / "000000004096" / "normalizer.pkl").read_bytes())
    # A crash after the checkpoint: lines beyond it, and one that is half written.
    with (copy / "metrics.jsonl").open("a") as log:
        log.write('{"steps": 4608, "wall_s": 999.0}\n{"steps": 51')
    (copy / "checkpoints" / ".000000009999.part").mkdir()
    (copy / "checkpoints" / ".000000009999.part" / "model.zip").write_text("half")

    assert main(["sb3", "--resume", str(copy), "sb3_ppo.total_timesteps=5000"]) == 0

    assert seen["steps"] == 904
    assert torch.equal(seen["weights"], checkpoint.policy.state_dict()["action_net.weight"])
    assert len(seen["moments"]) == len(checkpoint.policy.optimizer.state_dict()["state"]) > 0
    assert seen["rate"] == checkpoint.policy.optimizer.param_groups[0]["lr"] == lines(run)[-1]["training/learning_rate"]
    after = pickle.loads((copy / "checkpoints" / "000000005120" / "normalizer.pkl").read_bytes())
    assert after.obs_rms["state"].count > before.obs_rms["state"].count > 4096, "the normaliser goes on"
    assert [line["steps"] for line in lines(copy)] == list(range(512, 5121, 512))
    assert lines(run)[-1]["wall_s"] < lines(copy)[-1]["wall_s"] < 900, "the clock goes on"
    assert load_experiment(copy / "config.yaml").section(Sb3Ppo).total_timesteps == 5000
    assert json.loads((copy / "run.json").read_text())["resumed"][0]["steps"] == 4096
    assert Policy.load(copy / "policy.safetensors").info.environment_steps == 5120


def figures(run):
    """What the log says, but for how long it took."""
    timed = ("wall_s", "training/sps", "sb3/time/fps", "sb3/time/time_elapsed", "sb3/time/iterations")
    return [{name: line[name] for name in line if name not in timed} for line in lines(run)]


def assert_same_policy(*runs):
    ours, theirs = (load_file(run / "policy.safetensors") for run in runs)
    assert ours.keys() == theirs.keys()
    for name, value in ours.items():
        np.testing.assert_array_equal(value, theirs[name], err_msg=name)


def stop_after(monkeypatch, calls):
    """Ends the training in the midst of a rollout, as a signal does."""
    original, seen = Recorder._on_step, []

    def stopping(self):
        seen.append(self.num_timesteps)
        return original(self) and len(seen) != calls

    monkeypatch.setattr(Recorder, "_on_step", stopping)


def test_a_run_that_was_interrupted_ends_as_one_that_was_not(run, tmp_path, monkeypatch):
    """To the bit: weights, optimiser, normaliser, robots, random numbers and the log."""
    other = tmp_path / "other"
    experiment = load_experiment(run / "config.yaml")
    with monkeypatch.context() as patch:
        stop_after(patch, calls=2 * experiment.section(Sb3Ppo).n_steps + 3)
        with pytest.raises(SystemExit):
            training.train(experiment, other)
    assert Policy.load(other / "policy.safetensors").info.environment_steps == 1024, "complete rollouts alone"
    training.resume(other)
    assert figures(other) == figures(run)
    ends = [folder / "checkpoints" / "000000004096" for folder in (other, run)]
    ours, theirs = (dict(np.load(end / FILE)) for end in ends)
    assert ours.keys() == theirs.keys()
    for name, value in ours.items():
        np.testing.assert_array_equal(value, theirs[name], err_msg=name)
    ours, theirs = (PPO.load(end / "model.zip", device="cpu").policy for end in ends)
    for module in (lambda policy: policy.state_dict(), lambda policy: policy.optimizer.state_dict()["state"]):
        torch.testing.assert_close(module(ours), module(theirs), rtol=0, atol=0)
    assert_same_policy(other, run)


@pytest.mark.parametrize(
    ("overrides", "older", "reason"),
    [
        (["sb3_ppo.gamma=0.9"], False, "since sb3_ppo.gamma has changed"),
        ([], True, "since the version that wrote the checkpoint did not keep them"),
    ],
)
def test_a_run_that_cannot_go_on_to_the_bit_says_so(copy, overrides, older, reason, capsys):
    newest = copy / "checkpoints" / "000000004096"
    if older:
        (newest / FILE).unlink()
        write_digests(newest)
    training.resume(copy, ["sb3_ppo.total_timesteps=4608", *overrides])
    assert f"{copy}: all robots begin fresh episodes, {reason}" in capsys.readouterr().err
    assert lines(copy)[-1]["steps"] == 4608


def test_episodes_of_other_robots_are_refused(copy):
    newest = copy / "checkpoints" / "000000004096"
    arrays = dict(np.load(newest / FILE))
    name = next(name for name in arrays if name.endswith("qpos"))
    np.savez(newest / FILE, **arrays | {name: arrays[name][:, :-1]})
    write_digests(newest)
    with pytest.raises(UsageError, match=r"cannot go on from this checkpoint, its rollout_start\.npz cannot be used"):
        training.resume(copy, ["sb3_ppo.total_timesteps=4608"])


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ([], "already been trained for 4,096 steps; ask for more with sb3_ppo.total_timesteps"),
        (["sb3_ppo.total_timesteps=1"], "already been trained for 4,096 steps"),
        (
            ["sb3_ppo.total_timesteps=9999", "sb3_ppo.activation=relu", "sb3_ppo.observation_clip=5"],
            "sb3_ppo.activation, sb3_ppo.observation_clip cannot change when a run goes on",
        ),
        (["sb3_ppo.total_timestep=1"], "did you mean total_timesteps?"),
    ],
)
def test_a_run_that_cannot_go_on_is_left_as_it_was(copy, overrides, message, capsys):
    before = contents(copy)
    assert main(["sb3", "--resume", str(copy), *overrides]) == 2
    assert message in capsys.readouterr().err
    assert contents(copy) == before


def test_neighbouring_seeds_share_no_robot(monkeypatch, tmp_path):
    seeds = []
    monkeypatch.setattr(PPO, "learn", lambda model, *args, **options: seeds.append(model.env.venv._seeds))
    for seed in (0, 1):
        experiment = load_experiment("smoke", [NATIVE, f"sb3_ppo.seed={seed}"])
        with pytest.raises(SystemExit):  # nothing was learned
            training.train(experiment, tmp_path / str(seed))
    assert not set(seeds[0]) & set(seeds[1])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--resume", "{tmp}"], "is no run folder"),
        (["--resume", "{tmp}", "--config", "smoke"], "leave out the others"),
        (["--config", "smoke", "sb3_ppo.batch_size=100"], "= 512 must be a multiple of batch_size = 100"),
        (["sb3_ppo.n_step=5"], "did you mean n_steps?"),
    ],
)  # fmt: skip
def test_bad_input_is_one_sentence_and_exit_code_2(arguments, message, tmp_path, capsys):
    assert main(["sb3", *(argument.format(tmp=tmp_path) for argument in arguments)]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert len(error.strip().splitlines()) == 1


def test_a_run_of_another_trainer_does_not_go_on(tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    (other / "run.json").write_text('{"trainer": "brax-ppo"}')
    with pytest.raises(UsageError, match="was trained by brax-ppo, and here only sb3-ppo or sb3-amp runs can go on"):
        training.resume(other)


def test_a_run_without_a_checkpoint_does_not_go_on(copy):
    shutil.rmtree(copy / "checkpoints")
    with pytest.raises(UsageError, match="no checkpoint to go on from"):
        training.resume(copy)


def test_a_run_whose_newest_checkpoint_is_damaged_goes_on_from_the_one_before(copy, capsys):
    model = copy / "checkpoints" / "000000004096" / "model.zip"
    model.write_bytes(model.read_bytes()[:1000])
    training.resume(copy)
    assert "000000004096: is damaged, 1 of its files are not as they were written" in capsys.readouterr().err
    assert [line["steps"] for line in lines(copy)][-1] == 4096
    assert checkpoints.newest(copy / "checkpoints") == model.parent


def test_a_run_whose_checkpoint_cannot_be_read_does_not_go_on(copy):
    model = copy / "checkpoints" / "000000004096" / "model.zip"
    model.write_bytes(model.read_bytes()[:1000])
    write_digests(model.parent)
    message = r"000000004096: cannot go on from this checkpoint \(.*\); train into a new folder, .* --from \".*copy\""
    with pytest.raises(UsageError, match=message):
        training.resume(copy, ["sb3_ppo.total_timesteps=5000"])


class TestLearningRate:
    @pytest.fixture
    def settings(self):
        return load_experiment("smoke", ["sb3_ppo.learning_rate=0.001", "sb3_ppo.desired_kl=0.01"]).section(Sb3Ppo)

    def test_adaptive(self, settings):
        rate = LearningRate(settings)
        for kl, expected in ((0.021, 1e-3 / 1.5), (0.01, 1e-3 / 1.5), (0.004, 1e-3), (0.004, 1.5e-3)):
            rate.adapt(kl)
            assert rate(0.1) == pytest.approx(expected)

    def test_adaptive_within_bounds(self, settings):
        rate = LearningRate(settings)
        for _ in range(100):
            rate.adapt(1.0)
        assert rate(1.0) == 1e-5
        for _ in range(100):
            rate.adapt(0.0)
        assert rate(1.0) == 1e-2

    def test_linear(self, settings):
        rate = LearningRate(settings.model_copy(update={"learning_rate_schedule": "LINEAR"}))
        rate.adapt(1.0)
        assert rate(0.25) == pytest.approx(0.25e-3)
        assert rate(-0.01) == 0.0, "the last rollout may go beyond the last step"


@pytest.mark.slow
def test_sigterm_saves_and_the_run_goes_on(tmp_path):
    run = tmp_path / "run"
    arguments = ["sb3", "--config", "smoke", "--run", str(run), NATIVE, "sb3_ppo.total_timesteps=10000000"]
    error = interrupted(arguments, lambda: (run / "metrics.jsonl").exists() and len(lines(run)) >= 3, signal.SIGTERM)
    assert f"interrupted; the policy so far is {run / 'policy.safetensors'}" in error
    assert f'--resume "{run}"' in error
    done = Policy.load(run / "policy.safetensors").info.environment_steps
    assert main(["sb3", "--resume", str(run), f"sb3_ppo.total_timesteps={done + 512}"]) == 0
    assert Policy.load(run / "policy.safetensors").info.environment_steps > done
