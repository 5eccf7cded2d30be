"""Nothing is found where nothing is broken; and what is broken by hand in the evidence is found."""

import dataclasses

import numpy as np
import pytest

from wildrobot.evaluation.diagnose.evidence.draws import Draws
from wildrobot.evaluation.diagnose.evidence.statics import Statics
from wildrobot.evaluation.diagnose.evidence.trials import Trials
from wildrobot.evaluation.diagnose.examinations.motions import Motions
from wildrobot.evaluation.diagnose.registry import examined


def test_nothing_is_found(healthy):
    results = examined(healthy)
    assert len(results) >= 28
    assert [result.name for result in results if result.failed] == []


def read(**changes):
    return lambda s: dataclasses.replace(s, read=s.read._replace(**{k: f(s.read) for k, f in changes.items()}))


def trials(**changes):
    return lambda t: dataclasses.replace(t, **{name: change(t) for name, change in changes.items()})


def clips(**changes):
    return lambda m: Motions([dataclasses.replace(c, **{k: f(c) for k, f in changes.items()}) for c in m.clips])


def one_sided(d):
    return d.command * [1, 1, 1] - 2 * np.maximum(d.command, 0) * [0, 1, 0]


SPOILED = [
    ("gravity_reading", Statics, read(gravity=lambda r: -r.gravity)),
    ("gyro_reading", Statics, read(gyro_rad_per_s=lambda r: r.gyro_rad_per_s[:, [1, 0, 2]])),
    ("motion_reading", Statics, read(heading_rad=lambda r: r.heading_rad + 0.1)),
    ("ankle_stiffness", Statics, lambda s: dataclasses.replace(s, toppling_Nm_per_rad=50.0)),
    ("torque_reserve", Statics, lambda s: dataclasses.replace(s, torque_limit_Nm=0.4 * s.torque_limit_Nm)),
    ("grip", Statics, lambda s: dataclasses.replace(s, friction=0.02)),
    ("foot_loads", Trials, trials(load_N=lambda t: 0.25 * t.load_N)),
    ("joint_response", Trials, trials(qpos=lambda t: np.broadcast_to(t.qpos[:1], t.qpos.shape))),
    ("home_held", Trials, trials(qpos=lambda t: 0.5 * t.qpos)),
    ("standing_torque", Trials, trials(torque_Nm=lambda t: t.torque_Nm * 10)),
    ("endings", Trials, trials(terminated=lambda t: t.terminated | t.truncated)),
    ("endings", Trials, trials(truncated=lambda t: t.truncated & False)),
    ("latency_applied", Trials, trials(latency_steps=lambda t: t.latency_steps + 1)),
    ("reward_peak", Trials, trials(reward=lambda t: -t.reward)),
    ("living_pays", Trials, trials(reward=lambda t: t.reward - 1.0)),
    ("constant_observations", Trials, trials(obs=lambda t: np.where(np.arange(t.obs.shape[2]) == 5, 0.0, t.obs))),
    ("duplicate_observations", Trials, trials(obs=lambda t: t.obs[:, :, [*range(7), 6, *range(8, t.obs.shape[2])]])),
    ("joint_readings", Trials, trials(obs=lambda t: t.obs[:, :, [*range(7), 6, *range(8, t.obs.shape[2])]])),
    ("command_seen", Trials, trials(obs=lambda t: 0.0 * t.obs)),
    ("commands_drawn", Draws, lambda d: dataclasses.replace(d, command=one_sided(d))),
    ("both_sides_asked", Draws, lambda d: dataclasses.replace(d, command=one_sided(d))),
    ("starts_differ", Draws, lambda d: dataclasses.replace(d, repeats=False)),
    ("clip_speed", Motions, clips(command=lambda c: 0.5 * c.command)),
    ("soles_on_floor", Motions, clips(sole_height_m=lambda c: (-0.02, 0.0))),
    ("action_reach", Motions, clips(targets_rad=lambda c: 3.0 * c.targets_rad)),
]


@pytest.mark.parametrize(("name", "kind", "spoil"), SPOILED)
def test_what_is_broken_is_found(healthy, failed, name, kind, spoil):
    assert failed(name, healthy) == []
    assert failed(name, healthy | {kind: spoil(healthy[kind])})


def test_a_term_that_does_not_look_at_the_robot(healthy, failed):
    t = healthy[Trials]
    blind = dict(t.terms)
    blind["foot_contact"] = np.where(np.abs(t.plan.command).max(axis=1) > 0, 0.08, 0.0) * np.ones_like(t.reward)
    found = failed("blind_terms", healthy | {Trials: dataclasses.replace(t, terms=blind)})
    assert found == ["foot_contact: largest difference between robots"]


def test_standing_that_pays_more_than_walking(healthy, failed):
    t = healthy[Trials]
    reward = t.reward.copy()
    reward[:, t.of("clip")] *= 0.1
    spoiled = healthy | {Trials: dataclasses.replace(t, reward=reward)}
    assert failed("standing_pays", spoiled) == ["median over clips"]
    assert failed("constant_action_pays", spoiled) == ["best constant action / forward walk"]
