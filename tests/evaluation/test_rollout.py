"""What the judge plays and records."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from tests.evaluation import recordings
from tests.evaluation.suites import loaded
from wildrobot.evaluation.play.actions import baseline_rule, policy_rule
from wildrobot.evaluation.play.batch import make_batch
from wildrobot.evaluation.play.episodes import Episodes
from wildrobot.evaluation.play.rollout import Rollout

EPISODES, STEPS = 3, 60
PUSH = {"directions": 3, "at_s": 0.2, "duration_s": 0.1}
GENTLE, HARD, HEAVY = range(3)
"""The plays: pushed with 5 N; with 300 N, which nobody survives; a heavier robot that is to walk."""
CASES = [
    {"start": "rest", "push": PUSH | {"force_N": [5.0, 300.0]}},
    {"start": "rest", "vx_m_per_s": 0.2, "mass_scale": 1.1, "push": PUSH | {"force_N": 5.0}},
]


def batch_of(interface, suite):
    (setting,) = {case.setting for case in suite.cases}
    return make_batch(interface, suite, setting, [case.play for case in suite.cases], threads=1)


@pytest.fixture(scope="module")
def rollout(policy, tmp_path_factory):
    suite = loaded(tmp_path_factory.mktemp("suites"), seconds=STEPS * 0.02, cases=CASES)
    return Rollout(batch_of(policy.interface, suite))


@pytest.fixture(scope="module")
def progress():
    return []


@pytest.fixture(scope="module")
def played(rollout, policy, progress):
    return list(rollout.play(policy_rule(policy), progress.append).values())


@pytest.fixture(scope="module")
def core(rollout):
    """`reset` and `step`, compiled."""
    return jax.jit(rollout.batch.env.reset), jax.jit(rollout.batch.env.step)


@pytest.fixture(scope="module")
def drawn(rollout, policy):
    """Twice, with drawn actions."""
    return [list(rollout.play(policy_rule(policy, stochastic=True)).values()) for _ in range(2)]


def arrays(episodes):
    every = {field.name: getattr(episodes, field.name) for field in dataclasses.fields(Episodes)}
    return {name: value for name, value in every.items() if name not in ("control_period_s", "robot", "features")}


def assert_same(first, second):
    for name, value in arrays(first).items():
        np.testing.assert_array_equal(value, getattr(second, name), err_msg=name)


def test_shapes(played):
    samples = STEPS + 1
    each = {name: (samples, EPISODES, *shape) for name, shape in {
        "alive": (), "position_m": (2,), "velocity_m_per_s": (2,), "heading_rad": (), "yaw_rate_rad_per_s": (),
        "gravity": (3,), "action": (17,), "joint_velocity_rad_per_s": (17,), "torque_Nm": (17,),
        "foot_position_m": (2, 2), "foot_velocity_m_per_s": (2, 2), "foot_clearance_m": (2,), "foot_load_N": (2,),
    }.items()}  # fmt: skip
    for episodes in played:
        shapes = {name: value.shape for name, value in arrays(episodes).items()}
        assert shapes == each | {"command": (3,), "film_qpos": (samples, 24)}
        assert all(value.dtype == np.float32 for name, value in arrays(episodes).items() if name != "alive")
    np.testing.assert_allclose([episodes.command for episodes in played], [[0, 0, 0], [0, 0, 0], [0.2, 0, 0]])


def test_progress_is_told_up_to_the_end(played, progress):
    assert progress == [50 * 9, 10 * 9]


def test_the_same_seed_gives_the_same_episodes_to_the_bit(rollout, policy, played):
    for first, second in zip(played, rollout.play(policy_rule(policy)).values(), strict=True):
        assert_same(first, second)


def test_every_case_has_the_same_starts(played):
    for name in ("position_m", "gravity", "heading_rad", "foot_position_m", "foot_clearance_m", "torque_Nm"):
        first = getattr(played[GENTLE], name)[0]
        for other in (HARD, HEAVY):
            np.testing.assert_array_equal(first, getattr(played[other], name)[0], err_msg=name)
    for episodes in played:
        np.testing.assert_array_equal(episodes.velocity_m_per_s[0], 0.0)
        np.testing.assert_array_equal(episodes.joint_velocity_rad_per_s[0], 0.0)
        np.testing.assert_array_equal(episodes.action[0], 0.0)
    gravity = played[GENTLE].gravity[0]
    assert len(np.unique(gravity[:, 0])) == EPISODES, "but each episode its own"


@pytest.mark.parametrize("play", [GENTLE, HEAVY])
def test_the_recording_is_what_the_core_plays(rollout, core, policy, played, play):
    """Episode 1 alone, step by step, through the push at steps 10 to 14, towards 120 degrees."""
    env, (reset, step), episode = rollout.batch.env, core, 1
    key = jax.random.split(jax.random.key(0), EPISODES)[episode]
    command = jnp.array([0.2 if play == HEAVY else 0.0, 0.0, 0.0])
    variant = jnp.array(int(rollout.batch.variants[play * EPISODES]))
    assert (int(variant) > 0) == (play == HEAVY)
    state = reset(key, command=command, start=jnp.array(episode), variant=variant)
    angle = 2.0 * np.pi / 3.0
    for sample in range(1, 21):
        force = 5.0 * np.array([np.cos(angle), np.sin(angle), 0.0]) * (10 <= sample - 1 < 15)
        state = step(state, jnp.asarray(policy.apply(np.asarray(state.obs["state"]))), jnp.asarray(force, jnp.float32))
        now = env.readings(state)
        recorded = {name: value[sample, episode] for name, value in arrays(played[play]).items() if value.ndim > 2}
        np.testing.assert_allclose(now.base_position_m[:2], recorded["position_m"], atol=1e-5)
        np.testing.assert_allclose(now.base_velocity_heading_m_per_s[:2], recorded["velocity_m_per_s"], atol=1e-3)
        np.testing.assert_allclose(now.joint_velocity_rad_per_s, recorded["joint_velocity_rad_per_s"], atol=2e-2)
        np.testing.assert_allclose(now.torque_Nm, recorded["torque_Nm"], atol=1e-2)
        np.testing.assert_allclose(state.task.last_action, recorded["action"], atol=1e-5)
        np.testing.assert_allclose(now.gravity, recorded["gravity"], atol=1e-5)
        np.testing.assert_allclose(now.foot_position_m[:, :2], recorded["foot_position_m"], atol=1e-5)


def test_who_is_pushed_goes_there(played):
    """Towards 0, 120 and 240 degrees, by about force x time / mass = 300 x 0.1 / 4.13 m/s."""
    before, after = (played[HARD].position_m[sample].astype(np.float64) for sample in (10, 16))
    moved = after - before
    degrees = np.rad2deg(np.arctan2(moved[:, 1], moved[:, 0])) % 360
    assert np.abs((degrees - [0, 120, 240] + 180) % 360 - 180).max() < 15
    speed = np.hypot(*(played[HARD].position_m[16] - played[HARD].position_m[15]).T) / 0.02
    assert speed.min() > 0.5 * 300 * 0.1 / 4.13


def test_a_robot_that_falls_is_frozen_there(played):
    fallen = played[HARD]
    assert played[GENTLE].alive.all()
    assert not fallen.alive[-1].any()
    assert not (np.diff(fallen.alive.astype(int), axis=0) > 0).any(), "nobody rises again"
    for episode in range(EPISODES):
        fall = int(fallen.alive[:, episode].sum())
        assert 10 < fall < STEPS
        for name, value in arrays(fallen).items():
            if name not in ("alive", "command", "film_qpos"):
                after = value[fall:, episode]
                np.testing.assert_array_equal(after, np.broadcast_to(after[0], after.shape), err_msg=name)
        assert not np.array_equal(fallen.gravity[fall, episode], fallen.gravity[fall - 1, episode])


def test_the_weight_is_that_of_the_robot_that_played(played):
    assert played[GENTLE].robot.weight_N == pytest.approx(4.127652 * 9.81, rel=1e-4)
    assert played[HEAVY].robot.weight_N == pytest.approx(1.1 * played[GENTLE].robot.weight_N, rel=1e-6)


def test_neither_the_length_nor_the_other_cases_matter(env, policy, rollout, played, tmp_path):
    """The first half of a long episode is a short one, and it is the same whoever else is played."""
    suite = loaded(tmp_path, {"seconds": 0.6}, cases=CASES[1:])
    (short,) = Rollout(batch_of(policy.interface, suite)).play(policy_rule(policy)).values()
    long = played[HEAVY].until(0.6)
    for name, value in arrays(short).items():
        tolerance = 5e-2 if name in ("joint_velocity_rad_per_s", "torque_Nm", "foot_load_N") else 1e-3
        np.testing.assert_allclose(value, getattr(long, name), atol=tolerance, err_msg=name)


def test_ended_earlier():
    played = recordings.recording(11, 2, heading_rad=recordings.times(11)).until(0.6)
    assert played.alive.shape == (7, 2)
    assert played.film_qpos.shape == (7, 24)
    assert played.heading_rad[-1, 0] == pytest.approx(0.6)


def test_features_are_recorded_where_they_are_asked_for(rollout, policy, played):
    assert played[GENTLE].features is None
    recorded = list(Rollout(rollout.batch, record_features=True).play(policy_rule(policy)).values())
    for with_them, without in zip(recorded, played, strict=True):
        assert with_them.features is not None
        assert with_them.features.shape == (STEPS + 1, EPISODES, 55)
        np.testing.assert_array_equal(with_them.features[..., 17:34], with_them.joint_velocity_rad_per_s)
        np.testing.assert_allclose(with_them.features[..., 37:39], without.velocity_m_per_s, atol=1e-6)
    earlier = recorded[GENTLE].until(0.4).features
    assert earlier is not None
    assert earlier.shape == (21, EPISODES, 55)


def test_drawn_actions_are_the_same_each_time_and_not_the_mean_ones(played, drawn):
    for first, second, mean in zip(*drawn, played, strict=True):
        assert_same(first, second)
        assert np.abs(first.action[1:] - mean.action[1:]).max() > 0.1


def test_episode_i_has_the_same_chance_in_every_case(drawn):
    """Seen alike, it acts alike: up to the push, a robot in the first two cases does not know which one it is in."""
    first, second = (drawn[0][play].action[1:11] for play in (GENTLE, HARD))
    np.testing.assert_array_equal(first, second)
    assert np.abs(first[:, 0] - first[:, 1]).max() > 0.1, "but each episode its own"
    assert np.abs(np.diff(first[:, 0], axis=0)).max() > 0.1, "and each moment"


@pytest.mark.parametrize("kind", ["policy", "random"])
def test_what_is_drawn_does_not_depend_on_who_else_is_played(env, policy, kind):
    rule = baseline_rule("random", env.action_size) if kind == "random" else policy_rule(policy, stochastic=True)
    keys = jax.random.split(jax.random.key(3), 4)
    observations = jnp.tile(jnp.linspace(-1.0, 1.0, sum(size for _, size in env.observation_layout)), (4, 1))
    all_of_them = rule.function(rule.parameters, observations, keys)
    np.testing.assert_allclose(
        rule.function(rule.parameters, observations[2:3], keys[2:3])[0], all_of_them[2], atol=1e-6
    )  # fmt: skip
    assert len(np.unique(np.asarray(all_of_them)[:, 0])) == 4
    assert np.abs(all_of_them).max() <= 1.0


def test_holding_home_is_the_action_zero():
    rule = baseline_rule("hold-home", 17)
    assert not rule.sees_command
    actions = rule.function((), jnp.ones((2, 5)), jax.random.split(jax.random.key(0), 2))
    np.testing.assert_array_equal(actions, np.zeros((2, 17)))
