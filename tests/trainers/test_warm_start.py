"""Training that starts from a policy of any framework, and what cannot be started from."""

import json
from dataclasses import replace

import numpy as np
import pytest
from safetensors.numpy import load_file

from tests.trainers.conftest import NATIVE
from trainers.__main__ import main
from trainers.brax.settings import BraxPpo
from trainers.rsl_rl.settings import RslRlPpo
from trainers.sb3.settings import Sb3Ppo
from trainers.warm_start import match_policy
from wildrobot.errors import UsageError
from wildrobot.experiment import load_experiment
from wildrobot.policy import Layer, Policy, load_policy

STILL = {
    "sb3": ["sb3_ppo.learning_rate=1e-5", "sb3_ppo.learning_rate_schedule=NONE", "sb3_ppo.total_timesteps=1024"],
    "brax": ["brax_ppo.learning_rate=1e-9", "brax_ppo.learning_rate_schedule=NONE", "brax_ppo.num_timesteps=1024"],
    "rsl_rl": ["rsl_rl_ppo.learning_rate=1e-5", "rsl_rl_ppo.schedule=fixed", "rsl_rl_ppo.max_iterations=2"],
}
"""A training so short and slow that the policy stays what it was, to 2e-3 in its weights."""


@pytest.mark.parametrize(
    ("trainer", "source"),
    [
        ("sb3", "brax"),
        ("brax", "sb3"),
        ("rsl_rl", "brax"),
        ("sb3", "rsl_rl"),
        *(pytest.param(name, name, marks=pytest.mark.slow) for name in ("brax", "sb3", "rsl_rl")),
        pytest.param("brax", "rsl_rl", marks=pytest.mark.slow),
        pytest.param("rsl_rl", "sb3", marks=pytest.mark.slow),
    ],
)
def test_training_goes_on_from_a_policy(trainer, source, request, tmp_path, capsys):
    source_run = request.getfixturevalue(f"{source}_run")
    policy = Policy.load(source_run / "policy.safetensors")
    run = tmp_path / "run"
    command = [trainer, "--config", "smoke", "--from", str(source_run), "--run", str(run), NATIVE, *STILL[trainer]]
    assert main(command) == 0
    units = f"its actor of 16, 16 units with {policy.activation} goes on, the critic is new"
    assert f"starting from {source_run} ({source}-ppo, 4,096 steps): {units}" in capsys.readouterr().err
    trained = Policy.load(run / "policy.safetensors")
    assert trained.structure == policy.structure
    assert (trained.info.framework, trained.info.environment_steps) == (f"{trainer}-ppo", 4096 + 1024)
    for layer, before in zip((*trained.layers, trained.noise), (*policy.layers, policy.noise), strict=True):
        np.testing.assert_allclose(layer.kernel, before.kernel, atol=2e-3)
        np.testing.assert_allclose(layer.bias, before.bias, atol=2e-3)
    came_from = json.loads((run / "run.json").read_text())["started_from"]
    assert came_from == {
        "path": str(source_run),
        "sha256": policy.sha256,
        "framework": f"{source}-ppo",
        "environment_steps": 4096,
        "seed": 0,
        "code_version": policy.info.code_version,
    }
    settings = load_experiment(run / "config.yaml").section(
        {"brax": BraxPpo, "sb3": Sb3Ppo, "rsl_rl": RslRlPpo}[trainer]
    )
    assert settings.activation == policy.activation
    assert load_policy(run / "checkpoints", trust=True).sha256 == trained.sha256, "its checkpoint says the same"


def test_a_run_that_started_from_a_policy_can_be_resumed(brax_run, tmp_path):
    run = tmp_path / "run"
    assert main(["sb3", "--config", "smoke", "--from", str(brax_run), "--run", str(run), NATIVE, *STILL["sb3"]]) == 0
    assert main(["sb3", "--resume", str(run), "sb3_ppo.total_timesteps=1536"]) == 0
    trained = Policy.load(run / "policy.safetensors")
    assert trained.structure == Policy.load(brax_run / "policy.safetensors").structure
    assert trained.info.environment_steps == 4096 + 1536
    assert load_experiment(run / "config.yaml").section(Sb3Ppo).observation_clip is None
    logged = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    stds = [line["training/policy_dist_mean_std"] for line in logged if "training/policy_dist_mean_std" in line]
    assert all(0.0 < std < 2.0 for std in stds), "of a deviation that depends on the observation"
    assert stds


@pytest.mark.parametrize("source", ["brax", pytest.param("sb3", marks=pytest.mark.slow)])
def test_an_rsl_rl_run_that_started_from_a_policy_goes_on_to_the_bit(source, request, tmp_path):
    """What its networks are besides its settings, the checkpoint says."""
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    start = ["rsl_rl", "--config", "smoke", "--from", str(request.getfixturevalue(f"{source}_run")), NATIVE]
    assert main([*start, "--run", str(whole), "rsl_rl_ppo.max_iterations=2"]) == 0
    assert main([*start, "--run", str(cut), "rsl_rl_ppo.max_iterations=1"]) == 0
    assert main(["rsl_rl", "--resume", str(cut), "rsl_rl_ppo.max_iterations=2"]) == 0
    ours, theirs = (load_file(run / "policy.safetensors") for run in (cut, whole))
    for name, value in ours.items():
        np.testing.assert_array_equal(value, theirs[name], err_msg=name)


def test_sizes_are_those_of_the_policy(brax_run):
    policy = Policy.load(brax_run / "policy.safetensors")
    experiment = match_policy(load_experiment("walk"), Sb3Ppo, policy, ["sb3_ppo.seed=1"])
    settings = experiment.section(Sb3Ppo)
    assert (settings.policy_hidden_layer_sizes, settings.value_hidden_layer_sizes) == ((16, 16), (128, 128, 128))
    assert (settings.activation, settings.observation_clip) == ("swish", None)
    assert experiment.env == load_experiment("walk").env


@pytest.mark.parametrize(
    ("source", "arguments", "message"),
    [
        (
            "brax",
            ["sb3", "sb3_ppo.activation=elu"],
            "sb3_ppo.activation cannot be chosen, because the policy that training starts from has swish; leave it out",
        ),
        ("sb3", ["brax", "brax_ppo.policy_hidden_layer_sizes=[8]"], "starts from has [16, 16]; leave it out"),
        ("brax", ["sb3", "sb3_ppo.observation_clip=5"], "starts from has none; leave it out"),
        ("sb3", ["rsl_rl", "rsl_rl_ppo.actor_hidden_dims=[8]"], "starts from has [16, 16]; leave it out"),
        ("sb3", ["brax", "brax_ppo.normalize_observations=false"], "starts from has True; leave it out"),
        ("brax", ["brax-amp", "brax_ppo.symmetric=true"], "starts from has False; leave it out"),
        (
            "brax",
            ["sb3", "env.task.action.latency_steps=[2,2]"],
            "latency_steps differs, entry 0 is 1 in the policy, 2 here",
        ),
        (
            "sb3",
            ["brax", "env.task.action.latency_steps=[2,2]"],
            "latency_steps differs, entry 0 is 1 in the policy, 2 here",
        ),
        ("sb3", ["sb3", "--resume", "runs/x"], "--resume goes on in the folder that it names"),
    ],
)
def test_what_does_not_fit_is_refused_before_training(source, arguments, message, request, tmp_path, capsys):
    source_run = request.getfixturevalue(f"{source}_run")
    trainer, *rest = arguments
    where = [] if "--resume" in rest else ["--config", "smoke", "--run", str(tmp_path / "run")]
    assert main([trainer, "--from", str(source_run), *where, *rest]) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_starting_from_an_sb3_checkpoint_asks_for_trust(sb3_run, tmp_path, capsys):
    assert main(["brax", "--from", str(sb3_run / "checkpoints"), "--run", str(tmp_path / "run")]) == 2
    assert "add --trust" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("change", ["noise_transform", "kernel"])
def test_actions_that_no_trainer_draws_are_refused(change, sb3_run):
    policy = Policy.load(sb3_run / "policy.safetensors")
    noise = policy.noise._replace(kernel=policy.noise.kernel + 1.0)
    odd = replace(policy, **({"noise": noise} if change == "kernel" else {"noise_transform": "softplus"}))
    with pytest.raises(UsageError, match=r"drawn neither as Brax draws them \(tanh, softplus\) nor as Stable-Base"):
        match_policy(load_experiment("smoke"), BraxPpo, odd)


def test_a_policy_without_hidden_layers_is_refused(sb3_run):
    policy = Policy.load(sb3_run / "policy.safetensors")
    sizes = (policy.layers[0].kernel.shape[0], policy.noise.bias.size)
    bare = Layer(np.zeros(sizes, np.float32), np.zeros(sizes[1], np.float32))
    with pytest.raises(UsageError, match="a policy without hidden layers"):
        match_policy(load_experiment("smoke"), Sb3Ppo, replace(policy, layers=(bare,), noise=bare))
