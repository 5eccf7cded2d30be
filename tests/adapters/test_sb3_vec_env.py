"""The bridge to Stable-Baselines3: PPO learns through it what it learns through `DummyVecEnv`, to the bit."""

import copy
import gc
import pickle
import sys
from typing import Any

import numpy as np
import pytest
import torch
from gymnasium import spaces
from gymnasium.vector import AsyncVectorEnv, AutoresetMode, SyncVectorEnv
from gymnasium.wrappers.vector import RecordEpisodeStatistics
from stable_baselines3 import PPO
from stable_baselines3.common.evaluation import evaluate_policy
from stable_baselines3.common.monitor import Monitor
from stable_baselines3.common.vec_env import DummyVecEnv, VecMonitor, VecNormalize

from adapters.sb3_vec_env import Sb3VecEnv
from tests.adapters.counting_env import Counting, Pendulums, pendulum, still, to_step


def bridged(env: Any) -> Any:
    return Sb3VecEnv(env)


def trained(env: Any, policy: str = "MlpPolicy") -> Any:
    torch.manual_seed(0)
    model = PPO(policy, env, seed=3, n_steps=32, batch_size=32, n_epochs=2, device="cpu")
    return model.learn(3 * 32 * env.num_envs)


def test_ppo_learns_the_same_to_the_bit_as_through_dummy_vec_env():
    ours = trained(bridged(Pendulums(4, 17)))
    theirs = trained(DummyVecEnv([lambda: pendulum(17)] * 4))
    episodes = [(episode["r"], episode["l"]) for episode in theirs.ep_info_buffer]
    assert len(episodes) > 8
    assert any(length == 17 for _, length in episodes), "episodes are truncated"
    assert any(length < 17 for _, length in episodes), "and robots fall"
    assert [(episode["r"], episode["l"]) for episode in ours.ep_info_buffer] == episodes
    for key, weights in theirs.policy.state_dict().items():
        assert torch.equal(ours.policy.state_dict()[key], weights), key


def test_step_by_step_it_gives_what_dummy_vec_env_gives():
    pair: Any = (bridged(Pendulums(3, 12)), DummyVecEnv([lambda: pendulum(12)] * 3))
    for env in pair:
        env.seed(11)
    ours, theirs = (env.reset() for env in pair)
    np.testing.assert_array_equal(ours, theirs)
    rng, ends = np.random.default_rng(0), 0
    for _ in range(60):
        actions = rng.uniform(-2, 2, (3, 1)).astype(np.float32)
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


# --- what it is not for -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", [AutoresetMode.NEXT_STEP, AutoresetMode.DISABLED, None, "SameStep"])
def test_other_autoreset_modes_are_refused_with_the_remedy(mode):
    env = Counting()
    env.metadata = {"autoreset_mode": mode} if mode else {}
    with pytest.raises(ValueError, match=r"autoreset_mode=gymnasium\.vector\.AutoresetMode\.SAME_STEP"):
        Sb3VecEnv(env)


@pytest.mark.parametrize("kind", [SyncVectorEnv, AsyncVectorEnv])
def test_batches_of_single_environments_are_refused_with_the_remedy(kind):
    env = kind.__new__(kind)
    env.closed = True
    with pytest.raises(TypeError, match=rf"does not take {kind.__name__}.*DummyVecEnv or SubprocVecEnv"):
        Sb3VecEnv(env)


def test_wrappers_are_refused_with_the_remedy():
    with pytest.raises(TypeError, match=r"does not take the wrapper RecordEpisodeStatistics.*VecMonitor"):
        Sb3VecEnv(RecordEpisodeStatistics(Counting()))


BOX = spaces.Box(-1, 1, (1,), np.float32)


@pytest.mark.parametrize(
    "space", [spaces.Discrete(3), spaces.Tuple((BOX, BOX)), spaces.Dict({"a": BOX, "b": spaces.Dict({"c": BOX})})]
)
def test_other_spaces_are_refused_by_name(space):
    for what in ("observation", "action"):
        env = Counting()
        setattr(env, f"single_{what}_space", space)
        with pytest.raises(ValueError, match=rf"takes {what}s in a Box.*not in {type(space).__name__}"):
            Sb3VecEnv(env)


def test_what_single_robots_have_not_is_refused_by_name():
    bridge = bridged(Counting())
    for use, name in (
        (lambda: bridge.set_attr("gain", 2.0), r"set_attr\('gain'\)"),
        (lambda: bridge.env_method("observe"), r"env_method\('observe'\)"),
        (lambda: bridge.set_options({"level": 1}), r"set_options\(\)"),
    ):
        with pytest.raises(NotImplementedError, match=rf"has no {name}: Counting is one object that serves all 5"):
            use()


# --- steps ------------------------------------------------------------------------------------------------------------


def test_infos_of_an_end_hold_the_last_observation_and_final_info():
    bridge = bridged(Counting())
    obs, _, dones, infos = to_step(bridge, 3)
    np.testing.assert_array_equal(dones, [True, False, False, False, False])
    np.testing.assert_array_equal(obs[0], [1, 0], "the first of the next episode")
    assert infos[1:] == [{}] * 4
    np.testing.assert_array_equal(infos[0].pop("terminal_observation"), [0, 3])
    np.testing.assert_array_equal(infos[0].pop("pair"), [3, -3])
    assert infos[0] == {"TimeLimit.truncated": False, "length": 3, "inner": {"x": 1.5}}


def test_an_end_by_the_time_limit_is_said_and_a_fall_in_the_last_step_is_a_fall():
    infos = to_step(bridged(Counting()), 6)[3]
    assert [info.get("TimeLimit.truncated") for info in infos] == [False, None, None, False, True]


@pytest.mark.parametrize("dict_obs", [False, True])
def test_what_was_returned_is_the_callers_own(dict_obs):
    bridge, twin = bridged(Counting(dict_obs=dict_obs)), bridged(Counting(dict_obs=dict_obs))
    _ = bridge.reset(), twin.reset()
    kept = []
    for _ in range(9):  # whatever the caller writes into what it got
        (obs, rewards, dones, infos), want = bridge.step(still(bridge)), twin.step(still(twin))
        kept.append((want, copy.deepcopy(want)))
        parts = [obs["a"], obs["b"]] if dict_obs else [obs]
        wanted = [want[0]["a"], want[0]["b"]] if dict_obs else [want[0]]
        for array, other in zip([*parts, rewards, dones], [*wanted, *want[1:3]], strict=True):
            np.testing.assert_array_equal(array, other)
            array[:] = 1
        for info, clean, done in zip(infos, want[3], dones, strict=True):
            assert set(info) == set(clean)
            if "pair" in info:
                last = info["terminal_observation"]
                (last["a"] if dict_obs else last)[:] = 77
                info["inner"]["x"] = info["pair"][0] = -1
            info["mine"] = True
            assert done
    for one, other in kept:
        np.testing.assert_equal(one, other)


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


# --- as Stable-Baselines3 uses it -------------------------------------------------------------------------------------


def test_a_seed_is_used_once():
    env = Counting()
    bridge = bridged(env)
    assert bridge.seed(5) == [5, 6, 7, 8, 9]
    bridge.reset()
    bridge.reset()
    assert env.seeds == [5, None]


def test_a_failing_step_leaves_the_bridge_usable():
    env = Counting()
    bridge = bridged(env)
    bridge.reset()
    env.broken = True
    with pytest.raises(FloatingPointError, match="diverged"):
        bridge.step(still(bridge))
    env.broken = False
    with pytest.raises(RuntimeError, match="no actions"):
        bridge.step_wait()
    np.testing.assert_array_equal(bridge.step(still(bridge))[1], np.ones(5))
    np.testing.assert_array_equal(bridge.reset()[:, 1], np.zeros(5))


def test_an_attribute_answers_for_every_robot_and_no_robot_is_wrapped():
    bridge = bridged(Counting())
    assert bridge.get_attr("gain") == [1.0] * 5
    assert bridge.get_attr("gain", [0, 3]) == [1.0, 1.0]
    assert bridge.has_attr("gain")
    assert not bridge.has_attr("gian")
    with pytest.raises(IndexError):
        bridge.get_attr("gain", 5)
    assert bridge.env_is_wrapped(Monitor) == [False] * 5
    assert bridge.env_is_wrapped(Monitor, indices=-1) == [False]


def test_pictures_come_from_the_environment_and_closing_reaches_it():
    env = Counting(4, render=True)
    bridge = bridged(env)
    assert bridge.render_mode == "rgb_array"
    assert bridge.metadata["render_fps"] == 50
    assert [image.max() for image in bridge.get_images() if image is not None] == [0, 1, 2, 3]
    assert bridge.render().shape == (8, 12, 3)
    assert Sb3VecEnv(Counting()).get_images() == [None] * 5
    bridge.close()
    bridge.close()
    assert env.closed


def test_a_copy_and_a_pickle_go_on_alone():
    bridge = bridged(Counting())
    to_step(bridge, 2)
    for other in (copy.deepcopy(bridge), pickle.loads(pickle.dumps(bridge))):
        np.testing.assert_array_equal(other.step(still(other))[1], np.full(5, 3))
    np.testing.assert_array_equal(bridge.step(still(bridge))[1], np.full(5, 3))


def test_a_policy_learns_from_dictionaries_and_is_evaluated():
    venv = VecMonitor(Sb3VecEnv(Counting(dict_obs=True)))
    model = trained(venv, "MultiInputPolicy")
    rewards, lengths = evaluate_policy(model, venv, n_eval_episodes=5, return_episode_rewards=True)
    assert sorted(zip(rewards, lengths, strict=True)) == [(6, 3), (10, 4), (15, 5), (21, 6), (21, 6)]  # type: ignore[arg-type]


def test_under_vec_monitor_episodes_are_summed():
    monitor = VecMonitor(Sb3VecEnv(Counting()), info_keywords=("length",))
    infos = to_step(monitor, 4)[3]
    assert {key: infos[1]["episode"][key] for key in ("r", "l", "length")} == {"r": 10, "l": 4, "length": 4}
    assert "episode" not in infos[0]


@pytest.mark.parametrize("dict_obs", [False, True])
def test_under_vec_normalize_terminal_observations_are_normalised(dict_obs):
    keys = ["a"] if dict_obs else None
    venv = VecNormalize(Sb3VecEnv(Counting(dict_obs=dict_obs)), norm_obs_keys=keys)
    infos = to_step(venv, 3)[3]
    last = infos[0]["terminal_observation"]
    raw = {"a": np.array([0, 3], np.float32), "b": np.array([3])} if dict_obs else np.array([0, 3], np.float32)
    want: Any = venv.normalize_obs(raw)
    np.testing.assert_array_equal(last["a"] if dict_obs else last, want["a"] if dict_obs else want)
