"""The bridge to Stable-Baselines3: PPO learns through it what it learns through `DummyVecEnv`, to the bit."""

import gc
import sys
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
import torch
from gymnasium.vector import AutoresetMode, SyncVectorEnv, VectorEnv
from gymnasium.wrappers.vector import DictInfoToList, RecordEpisodeStatistics
from stable_baselines3 import PPO
from stable_baselines3.common.evaluation import evaluate_policy
from stable_baselines3.common.monitor import Monitor
from stable_baselines3.common.vec_env import DummyVecEnv, VecMonitor

from adapters.sb3_vec_env import Sb3VecEnv
from tests.adapters.counting_env import Counting, monitored, still, to_step

SAME_STEP = AutoresetMode.SAME_STEP


def bridged(env: VectorEnv) -> Any:
    return Sb3VecEnv(env)


def trained(env: Any, policy: str = "MlpPolicy") -> Any:
    torch.manual_seed(0)
    model = PPO(policy, env, seed=3, n_steps=32, batch_size=32, n_epochs=2, device="cpu")
    return model.learn(3 * 32 * env.num_envs)


@pytest.mark.parametrize(("name", "limit"), [("CartPole-v1", 17), ("Pendulum-v1", 25)])
def test_ppo_learns_the_same_to_the_bit_as_through_dummy_vec_env(name, limit):
    ours = trained(bridged(monitored(name, 4, max_episode_steps=limit)))
    theirs = trained(DummyVecEnv([lambda: Monitor(gym.make(name, max_episode_steps=limit))] * 4))
    episodes = [(episode["r"], episode["l"]) for episode in theirs.ep_info_buffer]
    assert len(episodes) > 8
    assert any(length == limit for _, length in episodes), "episodes are truncated"
    assert name != "CartPole-v1" or any(length < limit for _, length in episodes), "and robots fall"
    assert [(episode["r"], episode["l"]) for episode in ours.ep_info_buffer] == episodes
    for key, weights in theirs.policy.state_dict().items():
        assert torch.equal(ours.policy.state_dict()[key], weights), key


def test_step_by_step_it_gives_what_dummy_vec_env_gives():
    make: Any = [lambda: Monitor(gym.make("CartPole-v1", max_episode_steps=12))] * 3
    pair: Any = (bridged(SyncVectorEnv(make, autoreset_mode=SAME_STEP)), DummyVecEnv(make))
    for env in pair:
        env.seed(11)
    ours, theirs = (env.reset() for env in pair)
    np.testing.assert_array_equal(ours, theirs)
    rng, ends = np.random.default_rng(0), 0
    for _ in range(60):
        actions = rng.integers(0, 2, 3)
        ours, theirs = (env.step(actions) for env in pair)
        for one, other in zip(ours[:3], theirs[:3], strict=True):
            np.testing.assert_array_equal(one, other)
            assert (one.dtype, one.shape) == (other.dtype, other.shape)
        for done, one, other in zip(ours[2], ours[3], theirs[3], strict=True):
            assert one.get("TimeLimit.truncated", False) == other["TimeLimit.truncated"]
            if not done:
                assert one == {}
                continue
            ends += 1
            assert set(one) == set(other)
            np.testing.assert_array_equal(one["terminal_observation"], other["terminal_observation"])
            assert all(one["episode"][key] == other["episode"][key] for key in "rl")
    assert ends > 10


@pytest.mark.parametrize(
    ("mode", "reason"),
    [
        (AutoresetMode.NEXT_STEP, "as if it were a transition"),
        (AutoresetMode.DISABLED, "never does"),
        (None, "does not say"),
        ("SameStep", "unknown autoreset mode 'SameStep'"),
    ],
)
def test_other_autoreset_modes_are_refused_with_reason_and_remedy(mode, reason):
    env = Counting()
    env.metadata = {"autoreset_mode": mode} if mode else {}
    with pytest.raises(ValueError, match=rf"{reason}.*autoreset_mode=gymnasium\.vector\.AutoresetMode\.SAME_STEP"):
        Sb3VecEnv(env)


def test_infos_of_an_end_hold_the_last_observation_and_final_info():
    bridge = bridged(Counting())
    obs, rewards, dones, infos = to_step(bridge, 3)
    np.testing.assert_array_equal(dones, [True, False, False, False, False])
    assert infos[1:] == [{}] * 4
    np.testing.assert_array_equal(infos[0].pop("terminal_observation"), [0, 3])
    pair = infos[0].pop("pair")
    np.testing.assert_array_equal(pair, [3, -3])
    pair[:] = 0
    np.testing.assert_array_equal(bridge.vector_info["final_info"]["pair"][0], [3, -3], "a copy was given")
    assert infos[0] == {"TimeLimit.truncated": False, "length": 3, "inner": {"x": 1.5, "odd": 3}, "engine": "toy"}
    np.testing.assert_array_equal(obs[:2], [[1, 0], [0, 3]])
    np.testing.assert_array_equal(rewards, np.full(5, 3))


def test_truncated_means_truncated_and_not_terminated():
    _, _, dones, infos = to_step(Sb3VecEnv(Counting()), 6)
    np.testing.assert_array_equal(dones, [True, False, False, True, True])
    assert [infos[robot]["TimeLimit.truncated"] for robot in (0, 3, 4)] == [False, False, True]
    assert infos[0]["inner"] == {"x": 1.5, "odd": 3}
    assert infos[4]["inner"] == {"x": 3.0}, "an inner mask is respected"


def test_reset_infos_are_those_of_the_newest_start_and_stay_out_of_infos():
    bridge = bridged(Counting())
    bridge.seed(7)
    bridge.reset()
    assert bridge.reset_infos == [{"start": 7}] * 5
    infos = [bridge.step(still(bridge))[3] for _ in range(3)][-1]
    assert "start" not in infos[0]
    assert bridge.reset_infos == [{"start": 8}] + [{"start": 7}] * 4


def test_what_a_vector_wrapper_adds_at_an_end_is_given_to_the_ended_robot():
    bridge = bridged(RecordEpisodeStatistics(Counting()))
    infos = to_step(bridge, 4)[3]
    assert (infos[1]["episode"]["r"], infos[1]["episode"]["l"]) == (10, 4)
    assert infos[0] == {}
    assert "episode" not in bridge.reset_infos[1]


def test_final_info_goes_before_what_a_vector_wrapper_adds():
    bridge = bridged(RecordEpisodeStatistics(Counting(), stats_key="length"))
    assert to_step(bridge, 3)[3][0]["length"] == 3


def test_what_is_said_at_every_step_stays_batched():
    bridge = bridged(Counting())
    infos = to_step(bridge, 3)[3]
    assert all("power" not in info for info in infos)
    np.testing.assert_array_equal(bridge.vector_info["power"], np.full(5, 3))


class Silent(Counting):
    """Leaves an entry out of its infos."""

    left_out = "final_obs"

    def step(self, actions: Any) -> Any:
        *rest, info = super().step(actions)
        return *rest, {key: value for key, value in info.items() if key != self.left_out}


def test_an_end_without_final_obs_is_refused():
    bridge = bridged(Silent())
    with pytest.raises(ValueError, match=r"info\['final_obs'\]"):
        to_step(bridge, 3)


@pytest.mark.parametrize("left_out", ["_final_obs", "final_info", "_final_info"])
def test_an_end_may_lack_masks_and_final_info(left_out):
    env = Silent()
    env.left_out = left_out
    _, _, dones, infos = to_step(bridged(env), 3)
    assert dones[0]
    assert ("length" in infos[0]) == (left_out != "final_info")


def test_a_list_of_infos_is_refused_with_the_remedy():
    with pytest.raises(TypeError, match="remove DictInfoToList"):
        Sb3VecEnv(DictInfoToList(Counting(1))).reset()


def test_nothing_that_was_handed_out_changes_later_or_reaches_the_environment():
    bridge, twin = bridged(Counting(dict_obs=True)), bridged(Counting(dict_obs=True))
    kept: list[Any] = [(bridge.reset(),)]
    twin.reset()
    copies: list[Any] = [(kept[0][0]["a"].copy(),)]
    for _ in range(9):
        step = bridge.step(still(bridge))
        kept.append(step)
        copies.append((step[0]["a"].copy(), step[0]["b"].copy(), step[1].copy(), step[2].copy()))
    for one, copy in zip(kept[1:], copies[1:], strict=True):
        for got, want in zip((one[0]["a"], one[0]["b"], one[1], one[2]), copy, strict=True):
            np.testing.assert_array_equal(got, want)
    np.testing.assert_array_equal(kept[0][0]["a"], copies[0][0])

    bridge.reset()
    twin.reset()
    for _ in range(9):  # whatever the caller writes into what it got
        (obs, rewards, dones, infos), want = bridge.step(still(bridge)), twin.step(still(twin))
        np.testing.assert_array_equal(obs["a"], want[0]["a"])
        np.testing.assert_array_equal(dones, want[2])
        for info, clean, done in zip(infos, want[3], dones, strict=True):
            assert set(info) == set(clean)
            if done:
                np.testing.assert_array_equal(info["terminal_observation"]["a"], clean["terminal_observation"]["a"])
                info["terminal_observation"]["a"][:] = np.nan
                info["inner"]["x"] = info["pair"][0] = -1
            info["mine"] = True
        for array in (obs["a"], obs["b"], rewards, dones):
            array[:] = 1


def test_infos_of_robots_and_of_steps_are_different_dictionaries():
    bridge = bridged(Counting())
    first, second = to_step(bridge, 1)[3], bridge.step(still(bridge))[3]
    assert type(first) is list
    assert len({id(info) for info in first + second}) == 10


def test_types_are_those_of_stable_baselines3():
    obs, rewards, dones, _ = to_step(Sb3VecEnv(Counting(dtype=np.float64)), 1)
    assert (obs.dtype, rewards.dtype, dones.dtype) == (np.float64, np.float32, bool)
    obs = to_step(Sb3VecEnv(Counting(dict_obs=True)), 3)
    assert obs[0]["b"].dtype == np.int64
    assert obs[3][0]["terminal_observation"]["b"] == 3


def opcodes(bridge: Sb3VecEnv) -> tuple[int, np.ndarray]:
    """How many Python instructions one ordinary step executes, in whatever file, and its dones."""
    count = 0

    def trace(frame, event, _):
        nonlocal count
        frame.f_trace_opcodes = True
        count += event == "opcode"
        return trace

    bridge.reset()
    bridge.step(still(bridge))  # what happens once
    bridge.step_async(still(bridge))
    before = sys.gettrace()
    gc.disable()  # others' callbacks are no part of the step
    sys.settrace(trace)
    try:
        dones = bridge.step_wait()[2]
    finally:
        sys.settrace(before)
        gc.enable()
    return count, dones


@pytest.mark.parametrize("dict_obs", [False, True])
def test_an_ordinary_step_runs_no_python_per_robot(dict_obs):
    few, _ = opcodes(Sb3VecEnv(Counting(2, dict_obs=dict_obs)))
    many, dones = opcodes(Sb3VecEnv(Counting(10_000, dict_obs=dict_obs)))
    assert not dones.any()
    assert few > 50, "instructions were counted"
    assert many == few, "10 000 robots take the same instructions as two"


def test_a_policy_learns_from_dictionaries_and_is_evaluated():
    venv = VecMonitor(Sb3VecEnv(Counting(dict_obs=True)))
    model = trained(venv, "MultiInputPolicy")
    rewards, lengths = evaluate_policy(model, venv, n_eval_episodes=5, return_episode_rewards=True)
    assert sorted(zip(rewards, lengths, strict=True)) == [(6, 3), (10, 4), (15, 5), (21, 6), (21, 6)]  # type: ignore[arg-type]
