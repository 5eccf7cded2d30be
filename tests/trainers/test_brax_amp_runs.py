"""Runs of PPO + AMP from outside: what they leave behind, how they go on, and how they end when something breaks."""

import json
import resource
import shutil

import jax
import numpy as np
import pytest

from tests.trainers.conftest import NATIVE
from trainers.__main__ import main
from trainers.brax import amp
from trainers.brax.amp import checkpoints, guard
from trainers.brax.amp.loop import make_loop
from trainers.brax.amp.state_files import read_state
from trainers.brax.settings import BraxPpo
from trainers.digests import write_digests
from wildrobot.env import make_env
from wildrobot.errors import UsageError
from wildrobot.experiment import load_experiment
from wildrobot.policy import Policy, load_policy


@pytest.fixture(scope="module")
def loop(amp_run):
    experiment = load_experiment(amp_run / "config.yaml")
    return make_loop(experiment, make_env(experiment.env))


@pytest.fixture(scope="module")
def like(loop):
    """The tree that a state of the run is."""
    return loop.abstract_state()


def newest(run):
    return next(checkpoints.newest_first(run / "checkpoints"))


def steps_kept(run):
    return [int(path.name) for path in checkpoints.newest_first(run / "checkpoints")]


def test_a_run_leaves_everything_behind(amp_run):
    lines = [json.loads(line) for line in (amp_run / "metrics.jsonl").read_text().splitlines()]
    assert [line["steps"] for line in lines] == [1024, 2048, 3072, 4096]
    assert {"episode/sum_reward", "training/kl_mean", "style/reward_std", "style/motion_distance_rad"} <= set(lines[-1])
    assert np.isfinite([*lines[-1].values()]).all()
    info = Policy.load(amp_run / "policy.safetensors").info
    assert (info.framework, info.environment_steps) == ("brax-amp", 4096)
    assert steps_kept(amp_run) == [4096, 2048]


def test_a_damaged_checkpoint_is_skipped_and_the_one_before_leads_to_the_same_end(amp_run, like, tmp_path, capsys):
    """To the bit: parameters, optimisers, normalisers, discriminator, replay, robots and keys."""
    run = tmp_path / "run"
    shutil.copytree(amp_run, run)
    victim = max((path for path in newest(run).rglob("*") if path.is_file()), key=lambda path: path.stat().st_size)
    data = bytearray(victim.read_bytes())
    data[len(data) // 2] ^= 1
    victim.write_bytes(data)
    # As a power cut leaves files that were written shortly before.
    for name in ("run.json", "policy.safetensors"):
        (run / name).write_bytes(bytes(100))
    with (run / "metrics.jsonl").open("ab") as log:
        log.write(b'{"steps": 5120, "wal' + bytes(300))
    next((run / "tensorboard").iterdir()).write_bytes(bytes(10))
    amp.resume(run)
    error = capsys.readouterr().err
    assert f"{newest(run)}: is damaged, 1 of its files are not as they were written" in error
    assert f"{run / 'run.json'}: is damaged; taking the copy in" in error
    ends = [checkpoints.load(newest(path), like) for path in (amp_run, run)]
    assert newest(run).name == newest(amp_run).name
    jax.tree.map(np.testing.assert_array_equal, *ends)
    logs = [(path / "metrics.jsonl").read_text().splitlines() for path in (amp_run, run)]
    ours, theirs = (json.loads(log[-1]) for log in logs)
    assert ours.keys() == theirs.keys()
    assert all(ours[name] == theirs[name] for name in ours if name not in ("wall_s", "training/sps"))


def test_an_unfinished_checkpoint_does_not_count(amp_run, tmp_path):
    """As a kill leaves it: before the digests are written."""
    run = tmp_path / "run"
    shutil.copytree(amp_run, run)
    (newest(run) / "digests.json").unlink()
    assert steps_kept(run) == [2048]


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ([], r"has already been trained for 4,096 steps; ask for more with brax_ppo.num_timesteps="),
        (
            ["brax_ppo.num_timesteps=9000", "amp.style_weight=3"],
            r"only brax_ppo.num_timesteps and brax_ppo.num_evals can .*, and amp.style_weight has",
        ),
    ],
)
def test_what_cannot_go_on(amp_run, overrides, message):
    before = (amp_run / "run.json").read_text()
    with pytest.raises(UsageError, match=message):
        amp.resume(amp_run, overrides)
    assert (amp_run / "run.json").read_text() == before


def test_a_run_of_another_trainer_cannot_go_on(brax_run):
    with pytest.raises(UsageError, match=r"was trained by brax-ppo, and here only brax-amp runs can go on"):
        amp.resume(brax_run)


def test_a_run_whose_state_an_older_version_wrote_cannot_go_on(amp_run, tmp_path):
    run = shutil.copytree(amp_run, tmp_path / "run")
    (newest(run) / "state" / "0.npz").rename(newest(run) / "state" / "manifest.ocdbt")
    write_digests(newest(run))
    message = r"cannot go on, because it holds no state as this version writes it; train into a new .* --from \".*run\""
    with pytest.raises(UsageError, match=message):
        amp.resume(run, ["brax_ppo.num_timesteps=9000"])


def test_a_full_disk_stops_the_run_and_keeps_the_last_checkpoint(tmp_path, monkeypatch, capsys, like):
    """From the second checkpoint on, no file may grow beyond 64 KiB."""
    run, save = tmp_path / "run", checkpoints.save

    def save_on_a_full_disk(folder, steps, state, policy):
        limit = resource.getrlimit(resource.RLIMIT_FSIZE)
        if steps > 2048:
            resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 16, limit[1]))
        try:
            return save(folder, steps, state, policy)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limit)

    monkeypatch.setattr(checkpoints, "save", save_on_a_full_disk)
    with pytest.raises(SystemExit) as stopped:
        amp.train(load_experiment("smoke", [NATIVE]), run)
    assert stopped.value.code == 1
    error = capsys.readouterr().err
    assert "cannot write" in error
    assert f"The last checkpoint is {newest(run)}" in error
    assert f'python -m trainers brax-amp --resume "{run}"' in error
    assert steps_kept(run) == [2048]
    checkpoints.load(newest(run), like)


def test_what_is_not_finite_stops_the_run_and_can_be_played_again(tmp_path, capsys, monkeypatch):
    """Updates with which the parameters leave the floats."""
    run = tmp_path / "run"
    monkeypatch.setattr("optax.apply_updates", lambda params, _: jax.tree.map(lambda each: each * np.inf, params))
    with pytest.raises(SystemExit) as stopped:
        amp.train(load_experiment("smoke", [NATIVE]), run)
    assert stopped.value.code == 1
    error = capsys.readouterr().err
    assert "not finite in the next one were its" in error
    dump = next((run / "dumps").iterdir())
    assert f'python -m trainers replay "{dump}"' in error
    assert {entry.name for entry in dump.iterdir()} == {
        "config.yaml", "policy.safetensors", "model.mjb", "report.json", "state"
    }  # fmt: skip
    assert main(["replay", str(dump)]) == 0
    *_, then, now = capsys.readouterr().out.splitlines()
    assert then.startswith("not finite then: ")
    assert "parameters" in then
    assert then.split(":")[1].strip() == now.split(":")[1].strip()


def test_the_dump_of_a_run_that_goes_on_to_the_same_step_takes_the_place_of_the_one_before(
    amp_run, loop, like, tmp_path
):
    experiment, policy = load_experiment(amp_run / "config.yaml"), load_policy(amp_run, trust=False)
    state = checkpoints.load(newest(amp_run), like)
    for parts in (["losses"], ["rewards"]):
        path = guard.dump(tmp_path, experiment, loop, state, policy, parts)
        assert json.loads((path / "report.json").read_text()) == {"environment_steps": 4096, "not_finite": parts}
    assert [dump.name for dump in (tmp_path / "dumps").iterdir()] == ["000000004096"]
    jax.tree.map(np.testing.assert_array_equal, read_state(path / "state", like), state)


def test_a_checkpoint_holds_a_policy_for_every_other_command(amp_run):
    policy = load_policy(newest(amp_run), trust=False)
    assert policy.info == Policy.load(amp_run / "policy.safetensors").info


def test_checkpoints_of_before_a_run_went_back_do_not_crowd_out_the_new_one(amp_run, tmp_path, like):
    """Three unfinished ones of later steps, as a killed run may leave."""
    run = tmp_path / "run"
    shutil.copytree(amp_run, run)
    for steps in (5000, 6000, 7000):
        (run / "checkpoints" / f"{steps:012d}").mkdir()
    checkpoints.save(run / "checkpoints", 4500, checkpoints.load(newest(amp_run), like), load_policy(run, trust=False))
    assert steps_kept(run) == [4500, 4096, 2048]
    assert len(list((run / "checkpoints").iterdir())) == 3


def test_the_replay_of_what_is_no_dump(tmp_path, capsys):
    assert main(["replay", str(tmp_path)]) == 2
    assert "is no dump" in capsys.readouterr().err


def test_a_batch_that_the_devices_cannot_share_is_refused(monkeypatch):
    experiment = load_experiment("smoke")
    monkeypatch.setattr(jax, "devices", lambda: [None] * 3)
    with pytest.raises(UsageError, match=r"num_envs=32 cannot be split over 3 devices; choose a multiple of 3"):
        make_loop(experiment, make_env(experiment.env))


def test_a_symmetric_actor_goes_on_symmetric_and_at_its_own_width(amp_run, tmp_path, capsys):
    run = tmp_path / "run"
    still = ["brax_ppo.num_timesteps=256", "brax_ppo.num_evals=2", "brax_ppo.learning_rate=1e-6"]
    actor = str(amp_run / "policy.safetensors")
    assert main(["brax-amp", "--config", "smoke", "--from", actor, "--run", str(run), NATIVE, *still]) == 0
    assert "units, symmetric, with swish goes on, the critic is new" in capsys.readouterr().err
    policy, before = (Policy.load(each / "policy.safetensors") for each in (run, amp_run))
    assert policy.structure == before.structure
    settings = load_experiment(run / "config.yaml").section(BraxPpo)
    assert settings.symmetric
    assert settings.policy_hidden_layer_sizes == (16, 16)
    for ours, theirs in zip(policy.layers, before.layers, strict=True):
        # What sees the mirror image depends on the normaliser, too, which has gone on.
        np.testing.assert_allclose(ours.kernel, theirs.kernel, atol=1e-2)


def test_all_that_a_run_has_learned_goes_on_in_a_new_one(amp_run, tmp_path, capsys):
    run = tmp_path / "run"
    few = [NATIVE, "brax_ppo.num_timesteps=256", "brax_ppo.num_evals=2", "brax_ppo.seed=1"]
    # So slow that what it starts from can still be seen; Adam's moments are those of its last ten steps or so.
    still = ["brax_ppo.learning_rate=1e-9", "brax_ppo.learning_rate_schedule=ADAPTIVE_KL", "brax_ppo.desired_kl=1e-6"]
    assert main(["brax-amp", "--config", "smoke", "--from", str(amp_run), "--run", str(run), *few, *still]) == 0
    source = newest(amp_run)
    said = f"symmetric, with swish goes on, as do critic, optimiser and discriminator of {source}"
    assert said in capsys.readouterr().err
    before, after = (np.load(path / "state" / "0.npz") for path in (source, newest(run)))
    assert before.files == after.files
    counts = {name: (int(before[name]), int(after[name])) for name in before.files if name.endswith("count@")}
    assert any(name.startswith("amp/") for name in counts)
    assert all(old < new for old, new in counts.values())
    for name in before.files:
        if name.startswith("learner/params"):
            np.testing.assert_allclose(after[name], before[name], atol=3e-2, err_msg=name)
    # The robots and their random numbers are the new run's own.
    assert int(after["learner/env_steps/lo@"]) == 256
    assert not np.array_equal(before["key@0"], after["key@0"])


def test_a_critic_of_another_size_cannot_go_on(amp_run, tmp_path, capsys):
    arguments = ["brax-amp", "--config", "smoke", "--from", str(amp_run), "--run", str(tmp_path / "run"), NATIVE]
    assert main([*arguments, "brax_ppo.value_hidden_layer_sizes=[8,8]"]) == 2
    assert not (tmp_path / "run").exists()
    error = capsys.readouterr().err
    assert "cannot start from all that it has learned, because its learner/optimizer_state" in error
    assert f'start with new ones beside the actor: --from "{newest(amp_run) / "policy.safetensors"}"' in error
