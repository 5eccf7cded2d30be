"""The readers of the frameworks' own checkpoints, and the command that converts them."""

import json
import pickle
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest
import torch
from brax.training.agents.ppo import checkpoint as brax_own
from gymnasium import spaces
from ml_collections import ConfigDict
from stable_baselines3 import PPO
from stable_baselines3.common.vec_env import DummyVecEnv

from trainers.__main__ import main
from trainers.brax import reading as brax_reading
from trainers.digests import write_digests
from trainers.kept import CONFIG, PROVENANCE
from trainers.rsl_rl import reading as rsl_rl_reading
from trainers.sb3 import reading as sb3_reading
from wildrobot.errors import UsageError
from wildrobot.policy import Policy, load_policy


@pytest.fixture(params=["brax", "sb3", "rsl_rl"])
def run(request):
    """A run of each trainer."""
    return request.getfixturevalue(f"{request.param}_run")


@pytest.fixture
def brax_copy(brax_run, tmp_path):
    """The newest checkpoint in a copy of its run."""
    return newest(shutil.copytree(brax_run, tmp_path / "run"))


@pytest.fixture
def sb3_copy(sb3_run, tmp_path):
    return newest(shutil.copytree(sb3_run, tmp_path / "run"))


@pytest.fixture
def rsl_rl_copy(rsl_rl_run, tmp_path):
    return newest(shutil.copytree(rsl_rl_run, tmp_path / "run"))


def newest(run):
    return max((Path(run) / "checkpoints").iterdir())


def replaced(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_a_checkpoint_is_read_as_the_policy_that_training_saved_with_it(run, monkeypatch):
    saved = Policy.load(run / "policy.safetensors").sha256
    folder = newest(run)
    assert load_policy(folder, trust=True).sha256 == saved
    assert load_policy(run / "checkpoints", trust=True).sha256 == saved, "the newest of all"
    monkeypatch.chdir(folder.parent)
    assert load_policy(folder.name, trust=True).sha256 == saved
    older = load_policy(min((run / "checkpoints").iterdir()), trust=True)
    assert older.info.environment_steps == int(min((run / "checkpoints").iterdir()).name)
    assert older.sha256 != saved


def test_the_model_itself_may_be_named(sb3_run, rsl_rl_run):
    for model in (newest(sb3_run) / "model.zip", newest(rsl_rl_run) / "model.pt"):
        saved = Policy.load(model.parents[2] / "policy.safetensors")
        assert load_policy(model, trust=True).sha256 == saved.sha256


def test_reading_brax_unpickles_nothing(brax_run, monkeypatch):
    def refuse(*_):
        raise AssertionError("pickle was used")

    for name in ("load", "loads", "Unpickler"):
        monkeypatch.setattr(pickle, name, refuse)
    assert brax_reading.read(newest(brax_run), trust=False) is not None


class Bomb:
    """What runs code when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


def test_nothing_of_sb3_is_unpickled_without_trust(sb3_copy, tmp_path):
    mark = tmp_path / "code ran"
    (sb3_copy / "normalizer.pkl").write_bytes(pickle.dumps(Bomb(mark)))
    with pytest.raises(UsageError, match=r"can run any code when they are read; .* add --trust"):
        load_policy(sb3_copy)
    assert not mark.exists()
    with pytest.raises(UsageError, match=r"normalizer\.pkl: holds a NoneType and no VecNormalize"):
        load_policy(sb3_copy, trust=True)
    assert mark.exists(), "otherwise this says nothing"


@pytest.mark.parametrize("read", [brax_reading.read, sb3_reading.read, rsl_rl_reading.read])
def test_what_is_of_another_kind_is_left_to_other_readers(read, run, tmp_path):
    for path in (tmp_path, run, run / "config.yaml", run / "nowhere"):
        assert read(path, trust=True) is None
    own = {"model.zip": sb3_reading.read, "model.pt": rsl_rl_reading.read}
    reads = next((own[name] for name in own if (newest(run) / name).exists()), brax_reading.read)
    assert (read(newest(run), trust=True) is not None) == (read is reads)


@pytest.mark.parametrize("copied", ["brax_copy", "sb3_copy", "rsl_rl_copy"])
class TestOutsideOfItsRun:
    """A checkpoint keeps what it needs of its run; one of an older version needs the run around it."""

    @pytest.fixture
    def older(self, copied, request):
        folder = request.getfixturevalue(copied)
        for name in (CONFIG, PROVENANCE):
            (folder / name).unlink()
        write_digests(folder)
        return folder

    def test_alone(self, copied, request, tmp_path):
        folder = request.getfixturevalue(copied)
        expected = load_policy(folder, trust=True).sha256
        alone = folder.rename(tmp_path / folder.name)
        assert load_policy(alone, trust=True).sha256 == expected

    def test_without_configuration(self, older):
        folder = older
        (folder.parents[1] / "config.yaml").unlink()
        with pytest.raises(UsageError, match=r"cannot read .*config\.yaml.*give a checkpoint inside the run folder"):
            load_policy(folder, trust=True)

    def test_of_another_trainer(self, copied, older):
        folder = older
        config = folder.parents[1] / "config.yaml"
        section = f"{copied.removesuffix('_copy')}_ppo"
        replaced(config, f"{section}:", "dreamer:")
        with pytest.raises(UsageError, match=rf"config\.yaml: has no section {section}"):
            load_policy(folder, trust=True)

    def test_with_an_unusable_configuration(self, older):
        folder = older
        replaced(folder.parents[1] / "config.yaml", "frequency_hz: 0.9", "frequency_hz: fast")
        with pytest.raises(UsageError, match=r"task\.gait\.frequency_hz: must be a valid number, not \"fast\""):
            load_policy(folder, trust=True)


def test_a_damaged_brax_checkpoint(brax_copy, tmp_path):
    """In a process of its own, all of whose output is seen: Orbax's threads would complain after the command's end."""
    for data in brax_copy.glob("ocdbt.process_0/d/*"):
        data.write_bytes(data.read_bytes()[:20])
    command = [sys.executable, "-m", "trainers", "convert", str(brax_copy), "--to", str(tmp_path / "a.safetensors")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"error: {brax_copy}: ")
    assert "of its files are not as they were written, such as ocdbt.process_0/d/" in line
    assert line.endswith("give another checkpoint of the run, or its policy.safetensors")


def test_an_incomplete_brax_checkpoint(brax_copy):
    (brax_copy / "_METADATA").unlink()
    with pytest.raises(UsageError, match=r"1 of its files .* such as _METADATA; give another checkpoint"):
        load_policy(brax_copy)


def test_an_unfinished_brax_checkpoint_is_not_the_newest(brax_copy):
    """As a Ctrl-C leaves it; named itself, it is refused."""
    (brax_copy / "digests.json").unlink()
    assert load_policy(brax_copy.parent).info.environment_steps == int(min(brax_copy.parent.iterdir()).name)
    with pytest.raises(UsageError, match=r"has no digests\.json, so it is unfinished .* its policy\.safetensors"):
        load_policy(brax_copy)


def rewritten(folder, change):
    """Writes a checkpoint anew, with changed parameters."""
    params, description = brax_own.load(folder), (folder / "ppo_network_config.json").read_text()
    shutil.rmtree(folder)
    brax_own.save(folder.parent, int(folder.name), change(params), ConfigDict({"network_factory_kwargs": {}}))
    (folder / "ppo_network_config.json").write_text(description)
    write_digests(folder)


def test_a_brax_checkpoint_with_nan(brax_copy):
    rewritten(brax_copy, lambda params: [params[0], jax.tree.map(lambda leaf: leaf * np.nan, params[1]), params[2]])
    with pytest.raises(UsageError, match=r"layer_0\.kernel contains NaN or infinity"):
        load_policy(brax_copy)


def test_a_brax_checkpoint_of_other_networks(brax_copy):
    rewritten(brax_copy, lambda params: [params[0], {"params": {"CNN_0": params[1]["params"]}}, params[2]])
    with pytest.raises(UsageError, match="is not as `python -m trainers brax` writes it"):
        load_policy(brax_copy)


def test_a_brax_checkpoint_of_another_robot(brax_copy, sizes):
    replaced(brax_copy / "ppo_network_config.json", f'"action_size": {sizes.action}', '"action_size": 12')
    write_digests(brax_copy)
    with pytest.raises(UsageError, match=f"gives 12 actions, and this robot's takes {sizes.state} and gives"):
        load_policy(brax_copy)


def test_a_brax_checkpoint_whose_description_is_damaged(brax_copy):
    (brax_copy / "ppo_network_config.json").write_text('{"action_size": 12')
    write_digests(brax_copy)
    with pytest.raises(UsageError, match="is not as `python -m trainers brax` writes it"):
        load_policy(brax_copy)


@pytest.mark.parametrize("name", ["model.zip", "normalizer.pkl"])
def test_a_truncated_file_of_sb3(sb3_copy, name):
    (sb3_copy / name).write_bytes((sb3_copy / name).read_bytes()[:1000])
    with pytest.raises(UsageError, match=rf"{name}: is damaged, or not of Stable-Baselines3 \(.*\); give another"):
        load_policy(sb3_copy, trust=True)


def test_an_rsl_rl_model_is_read_without_trust_and_runs_nothing(rsl_rl_copy, tmp_path):
    expected = Policy.load(rsl_rl_copy.parents[1] / "policy.safetensors").sha256
    assert load_policy(rsl_rl_copy).sha256 == expected
    mark = tmp_path / "code ran"
    torch.save({"actor_state_dict": Bomb(mark)}, rsl_rl_copy / "model.pt")
    with pytest.raises(UsageError, match=r"model\.pt: is damaged, or not of RSL-RL \(.*\); give another checkpoint"):
        load_policy(rsl_rl_copy / "model.pt")
    assert not mark.exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda saved: saved["actor_state_dict"]["mlp.4.bias"].fill_(torch.nan), r"layer_2\.bias contains NaN"),
        (
            lambda saved: saved["actor_state_dict"].pop("mlp.4.bias"),
            "is no model that `python -m trainers rsl_rl` made",
        ),
        (lambda saved: saved.pop("infos"), "is damaged, or not of RSL-RL"),
        (lambda saved: saved.update(actor_state_dict=3), "is damaged, or not of RSL-RL"),
    ],
)
def test_an_rsl_rl_model_that_is_another(rsl_rl_copy, change, message):
    saved = torch.load(rsl_rl_copy / "model.pt")
    change(saved)
    torch.save(saved, rsl_rl_copy / "model.pt")
    with pytest.raises(UsageError, match=message):
        load_policy(rsl_rl_copy / "model.pt")


def test_a_model_without_its_normaliser(sb3_copy):
    (sb3_copy / "normalizer.pkl").unlink()
    with pytest.raises(UsageError, match=r"the normaliser .* is not beside it; copy the normalizer\.pkl"):
        load_policy(sb3_copy / "model.zip", trust=True)


def test_an_sb3_model_with_nan(sb3_copy):
    model: Any = PPO.load(sb3_copy / "model.zip")
    model.policy.action_net.bias.data.fill_(np.nan)
    model.save(sb3_copy / "model.zip")
    with pytest.raises(UsageError, match=r"layer_2\.bias contains NaN or infinity"):
        load_policy(sb3_copy, trust=True)


def test_an_sb3_model_of_another_robot(sb3_copy, sizes):
    import gymnasium

    class Other(gymnasium.Env):
        observation_space, action_space = spaces.Box(-1.0, 1.0, (3,)), spaces.Box(-1.0, 1.0, (2,))

    PPO("MlpPolicy", DummyVecEnv([Other]), device="cpu").save(sb3_copy / "model.zip")
    with pytest.raises(UsageError, match=rf"layer_0\.kernel has the shape \(3, 64\) instead of \({sizes.state}, 64\)"):
        load_policy(sb3_copy, trust=True)


def test_a_zip_that_is_no_model(sb3_copy):
    with zipfile.ZipFile(sb3_copy / "model.zip", "w") as archive:
        archive.writestr("data", json.dumps({"num_timesteps": 1}))
    with pytest.raises(
        UsageError, match=r"model\.zip: is damaged, or not of Stable-Baselines3 \(KeyError\('policy'\)\)"
    ):
        load_policy(sb3_copy, trust=True)


def test_convert_writes_a_policy_file(run, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["convert", str(newest(run)), "--trust"]) == 0
    info = Policy.load("policy.safetensors").info
    assert (
        f"policy.safetensors: {info.framework}, {info.environment_steps:,} environment steps, seed 0"
        in capsys.readouterr().out
    )
    assert Policy.load("policy.safetensors").sha256 == Policy.load(run / "policy.safetensors").sha256
    before = Path("policy.safetensors").read_bytes()
    assert main(["convert", str(newest(run)), "--trust"]) == 2
    assert "policy.safetensors: exists, and nothing is overwritten; choose another with --to" in capsys.readouterr().err
    assert Path("policy.safetensors").read_bytes() == before


def test_convert_asks_for_trust(sb3_run, tmp_path, capsys):
    assert main(["convert", str(newest(sb3_run)), "--to", str(tmp_path / "a.safetensors")]) == 2
    assert "add --trust" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
