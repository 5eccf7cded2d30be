"""RSL-RL's contract over the Gymnasium adapter: what its stock runner and logger are given."""

import contextlib
import io
import sys
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from gymnasium import error
from gymnasium.vector import AutoresetMode
from rsl_rl.runners import OnPolicyRunner

from adapters.gymnasium_env import VectorWalkEnv
from adapters.rsl_rl_env import RslRlVecEnv
from tests.adapters.short_walk import LIMIT


def walking(core: Any, count: int = 4, **options: Any) -> RslRlVecEnv:
    robots = VectorWalkEnv(core, count, autoreset_mode=AutoresetMode.SAME_STEP, privileged=True)
    return RslRlVecEnv(robots, seed=0, **options)


def still(env: RslRlVecEnv) -> torch.Tensor:
    return torch.zeros(env.num_envs, env.num_actions)


@pytest.mark.parametrize(
    "options",
    [
        {"privileged": True},
        {"privileged": True, "autoreset_mode": AutoresetMode.DISABLED},
        {"autoreset_mode": AutoresetMode.SAME_STEP},
    ],
)
def test_robots_that_were_made_otherwise_are_refused(core, options):
    with pytest.raises(ValueError, match=r"made with AutoresetMode\.SAME_STEP and privileged=True"):
        RslRlVecEnv(VectorWalkEnv(core, 4, **options))


def test_observations_are_in_groups_and_asking_again_gives_the_same(core):
    env = walking(core)
    sizes = {name: value.shape for name, value in env.robots.state.obs.items()}
    first = env.get_observations()
    assert {name: tuple(first[name].shape) for name in ("policy", "critic")} == {
        "policy": sizes["state"],
        "critic": sizes["privileged_state"],
    }
    observed, rewards, dones, _ = env.step(still(env))
    assert (observed.batch_size, rewards.shape, dones.shape) == ((4,), (4,), (4,))
    assert (rewards.dtype, dones.dtype) == (torch.float32, torch.bool)
    for name in ("policy", "critic"):
        assert torch.equal(env.get_observations()[name], observed[name])
        assert not torch.equal(first[name], observed[name])


def test_time_limits_are_said_and_the_last_observation_is_kept(core):
    env = walking(core)
    before = env.get_observations()
    for _ in range(LIMIT - 1):
        before, _, dones, extras = env.step(still(env))
        assert not dones.any()
        assert set(extras) == {"time_outs"}
    after, _, dones, extras = env.step(still(env))
    assert dones.all()
    assert extras["time_outs"].all()
    assert torch.equal(extras["log"]["episode/length"], torch.full((4,), float(LIMIT)))
    # The base goes on by little in the last step, and is somewhere else in a new episode.
    jump, last = ((obs["critic"] - before["critic"]).abs().mean() for obs in (after, extras["final_obs"]))
    assert last < jump


def test_a_fall_is_no_time_out(core):
    env = walking(core)
    state = env.robots.episodes.state
    low = state.physics.qpos.at[0, 2].set(0.1)
    fallen = state._replace(physics=state.physics._replace(qpos=low))
    env.robots.episodes = env.robots.episodes._replace(state=fallen)
    _, _, dones, extras = env.step(still(env))
    assert dones.tolist() == [True, False, False, False]
    assert not extras["time_outs"].any()
    assert extras["log"]["episode/length"].tolist() == [1.0]


def test_lengths_of_episodes_can_be_set(core):
    env = walking(core)
    env.episode_length_buf = torch.tensor([0, LIMIT - 1, 3, LIMIT - 2])
    assert env.step(still(env))[2].tolist() == [False, True, False, False]
    assert env.episode_length_buf.tolist() == [1, 0, 4, LIMIT - 1]


@pytest.mark.parametrize("squash", ["clip", "tanh"])
def test_what_has_no_bounds_is_squashed(core, squash):
    env, raw = walking(core, squash=squash), torch.linspace(-3.0, 3.0, 17).repeat(4, 1)
    env.step(raw)
    expected = raw.clamp(-1.0, 1.0) if squash == "clip" else raw.tanh()
    np.testing.assert_allclose(env.robots.state.task.last_action, expected.numpy(), atol=1e-7)
    with pytest.raises(error.InvalidAction, match="the policy has diverged"):
        env.step(still(env) * float("nan"))


def test_the_stock_runner_and_logger_use_it(core, tmp_path):
    """RSL-RL as it comes, three updates: its own TensorBoard events hold the figures of the episodes."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    model = {"class_name": "MLPModel", "hidden_dims": [8], "obs_normalization": True}
    settings = {
        "num_steps_per_env": LIMIT,
        "save_interval": 100,
        "obs_groups": {"actor": ["policy"], "critic": ["critic"]},
        "algorithm": {"class_name": "PPO"},
        "actor": model | {"distribution_cfg": {"class_name": "GaussianDistribution"}},
        "critic": model,
    }
    with contextlib.redirect_stdout(io.StringIO()):
        runner = OnPolicyRunner(walking(core), settings, log_dir=str(tmp_path))
        runner.logger.git_status_repos.clear()
        runner.learn(3, init_at_random_ep_len=True)
    assert (tmp_path / "model_2.pt").is_file()
    events = EventAccumulator(str(tmp_path))
    events.Reload()
    assert {"episode/sum_reward", "Train/mean_reward", "Loss/value"} <= set(events.Tags()["scalars"])


def opcodes(env: Any, count: int) -> int:
    """How many Python instructions the adapter itself executes in an ordinary step of so many robots."""
    obs = {name: np.repeat(np.asarray(value)[:1], count, axis=0) for name, value in env.robots.state.obs.items()}
    no = np.zeros(count, bool)
    env.num_envs, env.robots = count, SimpleNamespace(step=lambda _: (obs, np.zeros(count, np.float32), no, no, {}))
    actions, own, executed = still(env), sys.modules[RslRlVecEnv.__module__].__file__, 0

    def trace(frame: Any, event: str, _: Any) -> Any:
        nonlocal executed
        frame.f_trace_opcodes = True
        executed += event == "opcode" and frame.f_code.co_filename == own
        return trace

    env.step(actions)
    before = sys.gettrace()
    sys.settrace(trace)
    try:
        env.step(actions)
    finally:
        sys.settrace(before)
    return executed


def test_an_ordinary_step_runs_no_python_per_robot(core):
    assert 50 < opcodes(walking(core), 4) == opcodes(walking(core), 10_000)
