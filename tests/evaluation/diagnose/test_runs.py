"""Examinations of logs and policies, with numbers worked out by hand."""

import dataclasses
from typing import Any

import numpy as np
import pytest

import wildrobot.evaluation.diagnose.examinations  # noqa: F401 - registers them
from tests.policy.networks import info, network
from wildrobot.evaluation.diagnose.evidence.draws import Draws
from wildrobot.evaluation.diagnose.evidence.envelope import METRICS, envelope, why_not_comparable
from wildrobot.evaluation.diagnose.evidence.played import Played
from wildrobot.evaluation.diagnose.evidence.run import Policies, Provenance, RunLog, Settings
from wildrobot.evaluation.diagnose.registry import EXAMINATIONS
from wildrobot.experiment import load_experiment
from wildrobot.policy import Layer
from wildrobot.records import TrainerFacts

FACTS = TrainerFacts("brax-amp", 0.97, 3e-4, 0.01, 1.5)


def values(name, *evidence):
    result = EXAMINATIONS[name].result({type(each): each for each in evidence})
    return {check.subject: (check.value, check.passed) for check in result.checks}


def log(metrics: dict[str, Any], steps: Any = None) -> RunLog:
    count = len(next(iter(metrics.values())))
    steps = np.linspace(100_000, 1_000_000, count).astype(int) if steps is None else np.array(steps)
    return RunLog(steps, {name: np.array(each, float) for name, each in metrics.items()}, 1_000_000)


def test_horizon():
    draws = Draws(
        load_experiment("walk").env, np.zeros((1, 3)), np.zeros(1, bool), np.ones(1, int), np.zeros((1, 2)), True
    )
    # 0.02 s / 0.03 = 0.667 s, and half a stride at 0.9 Hz is 0.556 s.
    assert values("horizon", Settings((FACTS,)), draws) == {"brax-amp": (pytest.approx(0.6667, abs=1e-4), True)}
    assert values("horizon", Settings((FACTS._replace(discount=0.5),)), draws) == {
        "brax-amp": (pytest.approx(0.04), False)
    }


def test_learning_rate():
    assert values("learning_rate", Settings((FACTS._replace(learning_rate=0.03),))) == {"brax-amp": (0.03, False)}


def test_layers_that_were_not_trained():
    policy = network()
    assert all(passed for _, passed in values("untouched_layers", Policies(policy, ())).values())
    reset = tuple(Layer(layer.kernel, 0 * layer.bias) for layer in policy.layers[:2])
    spoiled = dataclasses.replace(policy, layers=(*reset, policy.layers[2]))
    assert values("untouched_layers", Policies(spoiled, ())) == {"biases that are all zero": (2.0, False)}


def test_a_checkpoint_that_is_like_the_oldest():
    newest = dataclasses.replace(network(), info=info(environment_steps=2000))
    assert values("untouched_layers", Policies(newest, (network(),)))["weights as in the oldest checkpoint"] == (
        3.0,
        False,
    )


def test_a_normaliser_that_has_learned_nothing():
    policy = network()
    assert values("normaliser_learned", Policies(policy, ())) == {"mean 0 and deviation 1": (0.0, True)}
    frozen = dataclasses.replace(
        policy, observation_mean=np.zeros(5, np.float32), observation_std=np.ones(5, np.float32)
    )
    assert values("normaliser_learned", Policies(frozen, ())) == {"mean 0 and deviation 1": (1.0, False)}


def played(reward=200.0, length=800, saturation=0.05):
    rng, policy = np.random.default_rng(0), network()
    obs = policy.observation_mean + policy.observation_std * rng.normal(size=(2000, 5))
    return Played(policy, np.full(8, reward), np.full(8, length), saturation, obs)


def test_a_normaliser_that_fits():
    ratio, passed = values("normaliser_fits", played())["median ratio of deviations"]
    assert passed
    assert ratio == pytest.approx(1.0, abs=0.1)
    wide = dataclasses.replace(played(), obs=played().obs * 5)
    assert values("normaliser_fits", wide)["median ratio of deviations"] == (pytest.approx(0.2, abs=0.02), False)


def test_the_saved_policy_earns_what_was_logged():
    # 0.25 per step played; of the last 50,000 steps, three lines of the log, 260 / 3000.
    lines = {"episode/sum_reward": [10.0] * 39 + [240.0], "episode/length": [1000.0] * 40}
    assert values("saved_policy_acts_as_trained", played(), log(lines)) == {
        "reward per step, played / logged": (pytest.approx(0.25 / (260 / 3000)), False)
    }
    steady = log({"episode/sum_reward": [240.0] * 40, "episode/length": [1000.0] * 40})
    assert values("saved_policy_acts_as_trained", played(), steady) == {
        "reward per step, played / logged": (pytest.approx(0.25 / 0.24), True)
    }


def test_the_best_is_kept():
    rising = log({"episode/sum_reward": np.linspace(0, 100, 20)})
    assert values("best_kept", rising) == {"return when it was saved / best": (1.0, True)}
    early = dataclasses.replace(rising, policy_steps=500_000)
    ((value, passed),) = values("best_kept", early).values()
    assert not passed
    assert value == pytest.approx(0.42, abs=0.03)


def test_a_log_of_two_processes():
    assert values("log_is_sound", log({"a": [0] * 6}, [1, 2, 3, 2, 3, 4])) == {"steps that do not grow": (1.0, False)}


@pytest.mark.parametrize(("kl", "passed"), [([0.01] * 4, True), ([3.0] * 4, False), ([1e-7] * 4, False)])
def test_update_size(kl, passed):
    for name in ("training/kl_mean", "sb3/train/approx_kl", "rsl_rl/kl_mean"):
        assert values("update_size", log({name: kl}))["median divergence per update"][1] is passed


def test_discriminator():
    def found(ours, theirs):
        return [
            passed
            for _, passed in values(
                "discriminator", log({"style/logit_policy": ours, "style/logit_reference": theirs})
            ).values()
        ]

    assert found([0, -1, -2, -3], [0, 1, 2, 2.5]) == [True]
    assert found([0.1] * 4, [0.4] * 4) == [True, False]  # as it was made
    assert found([0.4] * 4, [0.1] * 4) == [False, False]
    assert found([-20] * 4, [20] * 4) == [False]


def test_curves():
    good = {"training/explained_variance": [-1.0, 0.0, 0.5, 0.8], "training/policy_dist_mean_std": [0.7, 0.5, 0.4, 0.3]}
    assert values("critic", log(good)) == {"explained variance": (0.8, True)}
    assert values("exploration", log(good)) == {"mean deviation at the end": (0.3, True)}
    assert not values("critic", log({"training/explained_variance": [0.5, 0.0, -0.1, -0.3]}))["explained variance"][1]
    assert not values("exploration", log({"training/policy_dist_mean_std": [1.0, 2.0]}))["mean deviation at the end"][1]
    assert not values("learning", log({"episode/sum_reward": [10.0] * 10}))["rise to the last quarter"][1]
    assert not values("action_saturation", played(saturation=0.6))["beyond 0.95"][1]
    # Of the first moments nothing is said.
    assert values("learning", log({"episode/sum_reward": [10.0, 1.0]}, [10, 20])) == {}


def limit(share, at_limit, overall=0.02):
    """Of a log whose samples at the limit have this mean error."""
    return log(
        {
            "training/share_at_limit": [share] * 4,
            "training/value_error_at_limit": [share * at_limit] * 4,
            "training/value_error": [overall] * 4,
        }
    )


def test_a_time_limit_that_is_taken_for_a_fall():
    name = "at the limit less overall"
    assert values("time_limit_bootstrapped", limit(0.013, 0.05)) == {name: (pytest.approx(0.03), True)}
    assert values("time_limit_bootstrapped", limit(0.013, -1.2)) == {name: (pytest.approx(-1.22), False)}
    assert values("time_limit_bootstrapped", limit(0.0, 0.0)) == {}  # nobody came so far


def curves(stretch=1.0):
    """Of a training half way between the shipped ones, and so many times slower."""
    shipped = envelope()
    steps = np.arange(40_960, 6_000_000, 40_960)
    metrics = {
        name: np.interp(steps / stretch, shipped.steps, 0.5 * (shipped.least[name] + shipped.most[name]))
        for name in METRICS
    }
    return log(metrics, steps)


def test_a_learning_curve_beside_the_shipped_ones():
    sound = values("learning_curve", curves(), envelope())
    assert [passed for _, passed in sound.values()] == [True, True, True]
    assert "length at 5.5 million steps" in sound
    slow = values("learning_curve", curves(stretch=4.0), envelope())
    value, passed = slow["vx error m per s at 5.5 million steps"]
    assert not passed
    # 0.09 m/s after 1.4 million steps, and 0.038 at 5.5.
    assert value == pytest.approx(2.3, abs=0.2)
    assert values("learning_curve", log({"episode/length": [1.0] * 4}, [1, 2, 3, 4]), envelope()) == {}


def test_which_trainings_can_be_compared():
    walk, brax_amp = load_experiment("walk"), Provenance("brax-amp", False)
    assert why_not_comparable(walk, brax_amp) is None
    assert why_not_comparable(load_experiment("walk", ["env.task.reward.tilt.weight=-9"]), brax_amp) is None
    for experiment, of, reason in [
        (walk, Provenance("sb3-ppo", False), "this one by sb3-ppo"),
        (walk, Provenance("brax-amp", True), "this one from a policy"),
        (load_experiment("walk", ["env.task.episode_length_s=10"]), brax_amp, "this one's 500"),
        (load_experiment("walk", ["env.task.command.vx_m_per_s=[0,0.1]"]), brax_amp, "other velocities"),
    ]:
        assert reason in str(why_not_comparable(experiment, of))


def test_units_that_are_constant():
    sound = values("dead_units", played())
    assert [passed for _, passed in sound.values()] == [True, True]
    first, *rest = network("relu").layers
    bias = first.bias.copy()
    bias[:6] = -100.0  # six of eight units never rise above zero
    for activation in ("relu", "swish", "tanh"):
        dead = dataclasses.replace(network(activation), layers=(Layer(first.kernel, bias), *rest))
        found = values("dead_units", dataclasses.replace(played(), policy=dead))
        assert found["hidden layer 1"] == (0.75, False)
    assert values("dead_critic_units", log({"training/dead_critic_units": [0.0, 0.1, 0.1, 0.2]}))[
        "worst hidden layer"
    ] == (0.2, True)
    assert not values("dead_critic_units", log({"training/dead_critic_units": [0.9] * 4}))["worst hidden layer"][1]
