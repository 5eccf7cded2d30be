"""How Stable-Baselines3 uses the bridge: seeds, attributes of robots, its own wrappers."""

from typing import Any

import numpy as np
import pytest
from gymnasium.vector import VectorEnv, VectorWrapper
from gymnasium.wrappers.vector import RecordEpisodeStatistics
from stable_baselines3.common.monitor import Monitor
from stable_baselines3.common.vec_env import VecCheckNan, VecMonitor, VecNormalize

from adapters.sb3_vec_env import Sb3VecEnv
from tests.adapters.counting_env import Counting, monitored, still, to_step


class Remote(Counting):
    """Keeps an attribute for each robot and is asked as Gymnasium's AsyncVectorEnv is."""

    def __init__(self) -> None:
        super().__init__()
        self.mass: list[Any] = [1, 2, 3, 4, 5]

    def get_attr(self, name: str) -> tuple[Any, ...]:
        return tuple(self.mass) if name == "mass" else (getattr(self, name),) * self.num_envs

    def set_attr(self, name: str, values: list[Any]) -> None:
        setattr(self, name, list(values))

    def call(self, name: str, *args: Any) -> tuple[Any, ...]:
        return tuple(mass * args[0] for mass in self.mass)


class Doubling(VectorWrapper):
    """A vector wrapper with an attribute of its own."""

    factor = 2


def bridged(env: VectorEnv) -> Any:
    return Sb3VecEnv(env)


def test_a_seed_and_options_are_used_once():
    env = Counting()
    bridge = bridged(env)
    assert bridge.seed(5) == [5, 6, 7, 8, 9]
    options = {"level": [1]}
    bridge.set_options(options)
    options["level"].append(2)
    bridge.reset()
    bridge.reset()
    bridge.set_options([{"level": 3}] * 5)
    bridge.reset()
    assert env.seen == [(5, {"level": [1]}), (None, None), (None, {"level": 3})]


@pytest.mark.parametrize("options", [[{"level": 1}], [{"level": robot} for robot in range(5)]])
def test_options_that_differ_between_robots_are_refused(options):
    with pytest.raises(ValueError, match="share options"):
        Sb3VecEnv(Counting()).set_options(options)


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


def test_attributes_of_one_object_answer_for_every_robot():
    env = Counting()
    bridge = bridged(Doubling(env))
    assert bridge.get_attr("gain") == [1.0] * 5
    assert bridge.get_attr("factor", [0, 3]) == [2, 2]
    bridge.set_attr("gain", 2.5)
    assert env.gain == 2.5
    bridge.set_attr("gain", 3.5, indices=range(5))
    assert env.gain == 3.5
    bridge.set_attr("note", "new")
    assert bridge.get_attr("note", 1) == ["new"]
    assert bridge.has_attr("gain")
    assert not bridge.has_attr("gian")
    with pytest.raises(AttributeError, match="gian"):
        bridge.get_attr("gian")
    with pytest.raises(IndexError):
        bridge.get_attr("gain", 5)
    assert bridge.env_method("double", 4, plus=1) == [9] * 5
    assert env.calls == 1
    with pytest.raises(AttributeError):
        bridge.env_method("treble")


def test_what_concerns_all_robots_is_not_done_for_some():
    env = Counting()
    bridge = bridged(env)
    with pytest.raises(ValueError, match=r"set 'gain' for robots \[0, 2\] only.*leave out `indices`"):
        bridge.set_attr("gain", 9.0, indices=[0, 2])
    with pytest.raises(ValueError, match="call 'double'"):
        bridge.env_method("double", 1, indices=0)
    bridge.set_attr("gain", 9.0, indices=[])
    assert bridge.env_method("double", 1, indices=[]) == []
    assert (env.gain, env.calls) == (1.0, 0)


def test_attributes_of_sub_environments_are_each_ones_own():
    env = monitored("CartPole-v1", 3)
    bridge = bridged(RecordEpisodeStatistics(env))
    bridge.set_attr("gravity", [1.0], indices=[1])
    assert bridge.get_attr("gravity") == [9.8, [1.0], 9.8]
    bridge.set_attr("gravity", 5.0)
    assert bridge.get_attr("gravity", [0, 2]) == [5.0, 5.0]
    assert callable(bridge.get_attr("reset", 0)[0]), "a method is not called when it is looked at"
    assert bridge.env_method("get_wrapper_attr", "gravity", indices=-1) == [5.0]
    with pytest.raises(AttributeError):
        bridge.get_attr("gian")
    assert bridge.get_attr("render_mode") == [None] * 3


def test_an_environment_that_asks_its_robots_itself_is_used_so():
    env = Remote()
    bridge = bridged(env)
    assert bridge.get_attr("mass", [4, 0]) == [5, 1]
    bridge.set_attr("mass", [7, 7], indices=1)
    assert env.mass == [1, [7, 7], 3, 4, 5]
    bridge.set_attr("mass", (2,))
    assert env.mass == [(2,)] * 5, "a value that is a sequence is still one robot's"
    bridge.set_attr("mass", 2)
    assert bridge.env_method("weigh", 10) == [20] * 5
    with pytest.raises(ValueError, match="call 'weigh'"):
        bridge.env_method("weigh", 10, indices=0)


def test_wrappers_are_found_around_robots_and_around_all():
    over_robots, over_all = bridged(monitored("CartPole-v1", 2)), bridged(Doubling(Counting()))
    assert over_robots.env_is_wrapped(Monitor) == [True, True]
    assert over_robots.env_is_wrapped(Doubling, 0) == [False]
    assert over_all.env_is_wrapped(Monitor) == [False] * 5
    assert over_all.env_is_wrapped(Doubling, [1, 2]) == [True, True]


def test_pictures_come_from_the_environment_and_closing_reaches_it():
    env = Counting(4, render=True)
    bridge = bridged(env)
    assert bridge.render_mode == "rgb_array"
    assert bridge.metadata["render_fps"] == 50
    assert [image.max() for image in bridge.get_images() if image is not None] == [0, 1, 2, 3]
    picture = bridge.render()
    assert picture is not None
    assert picture.shape == (8, 12, 3)
    assert Sb3VecEnv(Counting()).get_images() == [None] * 5
    bridge.close()
    bridge.close()
    assert env.closed


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
    raw = {"a": np.array([0, 3], np.float32), "b": np.array(3)} if dict_obs else np.array([0, 3], np.float32)
    want: Any = venv.normalize_obs(raw)
    np.testing.assert_array_equal(last["a"] if dict_obs else last, want["a"] if dict_obs else want)


def test_under_vec_check_nan_a_nan_is_found():
    env = Counting()
    venv = VecCheckNan(Sb3VecEnv(env), raise_exception=True)
    to_step(venv, 4)
    env.gain = np.nan
    with pytest.raises(ValueError, match="found nan in rewards"):
        venv.step(still(venv))
