"""A person's controls in, the robot's states out."""

import math

import jax.numpy as jnp
import numpy as np
import pytest

from wildrobot.errors import UsageError
from wildrobot.play.session import GETS_UP_AFTER_S, Session


def ticks(session: Session, seconds: float) -> None:
    for _ in range(round(seconds / session.period_s)):
        session.tick()


def test_it_walks_where_it_is_asked_to(session):
    session.change(command=(0.3, 0.0, 0.0))
    ticks(session, 6.0)
    now = session.snapshot
    assert not now.fallen
    assert now.qpos[0] > 0.9  # 6 s at 0.3 m/s, less the time to get there
    assert now.velocity[0] == pytest.approx(0.3, abs=0.1)
    assert now.command == (0.3, 0.0, 0.0)
    assert now.time_s == pytest.approx(6.0)
    session.change(command=(0.0, 0.0, 0.0))
    ticks(session, 3.0)
    assert abs(session.snapshot.velocity[0]) < 0.05


def test_a_command_is_brought_within_what_the_policy_was_trained_on(session):
    assert session.change(command=(9.0, -9.0, 0.1)).command == pytest.approx((0.4, -0.08, 0.1))


@pytest.mark.parametrize(
    "change",
    [{"command": (math.nan, 0.0, 0.0)}, {"latency_steps": 9}, {"play_rad": -1.0}, {"period_steps": {"legs": 0}}],
)
def test_a_control_that_makes_no_sense_changes_nothing(session, change):
    before = session.controls
    with pytest.raises(UsageError):
        session.change(**change)
    assert session.controls == before


def test_a_push_moves_it_to_where_it_is_pushed(session):
    ticks(session, 1.0)
    heading_rad = session.snapshot.heading_rad
    session.push(10.0, math.pi / 2, 0.2)
    session.tick()
    left = [-math.sin(heading_rad), math.cos(heading_rad), 0.0]
    assert session.snapshot.push_N == pytest.approx(10.0 * np.array(left), abs=1e-4)
    ticks(session, 0.18)
    assert session.snapshot.push_N[1] > 9.0  # the tenth tick of 20 ms
    assert session.snapshot.velocity[1] > 0.02
    session.tick()
    assert not session.snapshot.push_N.any()
    with pytest.raises(UsageError, match="0 to 60"):
        session.push(1000.0, 0.0)


def test_a_pull_lasts_until_it_lets_go_and_is_bounded(session):
    session.pull(np.array([500.0, 0.0, 0.0]))
    session.tick()
    session.tick()
    assert session.snapshot.push_N == pytest.approx([60.0, 0.0, 0.0])
    session.pull(np.array([math.nan, 0.0, 0.0]))  # is not taken
    session.pull(np.zeros(3))
    session.tick()
    assert not session.snapshot.push_N.any()


def test_one_that_has_fallen_gets_up_if_it_may(session):
    session.change(gets_up=False)
    session.pull(np.array([60.0, 0.0, 0.0]))
    ticks(session, 1.0)
    session.pull(np.zeros(3))
    ticks(session, GETS_UP_AFTER_S + 0.5)
    assert session.snapshot.fallen
    session.change(gets_up=True)
    session.tick()
    session.tick()
    assert not session.snapshot.fallen
    assert session.snapshot.qpos[2] == pytest.approx(0.46, abs=0.01)


def test_all_of_the_robot_can_be_changed_while_it_walks(session):
    session.change(command=(0.2, 0.0, 0.0))
    ticks(session, 2.0)
    steps = session.snapshot.steps
    session.change(robot=2, tilt_deg=(1.5, 0.0), play_rad=0.03, latency_steps=2, period_steps={"legs": 2, "arms": 9})
    session.tick()
    assert session.snapshot.down == pytest.approx([math.sin(math.radians(1.5)), 0.0, -math.cos(math.radians(1.5))])
    errors, sensors = session._state.task.errors, session._state.task.sensors
    assert np.asarray(errors.play_rad) == pytest.approx(0.03)
    assert sorted(set(np.asarray(errors.period_steps).tolist())) == [2, 9]
    assert int(session._state.task.latency_steps) == 2
    ticks(session, 0.5)
    now = int(session._state.task.step)
    # Nothing that the computer knows of the legs is older than two steps, of the arms than nine.
    assert now - int(np.min(sensors.read_at)) >= 1
    age = now - np.asarray(session._state.task.sensors.read_at)
    legs = session.worlds.robot.joint_groups["legs"]
    assert age[legs].max() <= 1
    assert age.max() <= 8
    assert session.snapshot.steps == steps + 26
    assert session._world.env.physics.variants.parameters[int(session._state.physics.variant)][1] > 1.0  # the heavy one


def test_another_policy_goes_on_from_where_the_first_is(session):
    session.change(command=(0.2, 0.0, 0.0))
    ticks(session, 3.0)
    before = session.snapshot
    session.change(policy=1)
    session.tick()
    now = session.snapshot
    assert session._pilot.policy is session.worlds.policies[1].policy
    assert np.abs(now.qpos - before.qpos).max() < 0.2  # a step of 20 ms, and no jump
    assert now.time_s == pytest.approx(before.time_s + 0.02)
    ticks(session, 3.0)
    assert not session.snapshot.fallen
    assert session.snapshot.qpos[0] > before.qpos[0] + 0.3


def test_a_network_that_gives_nan_holds_the_last_sound_action_and_says_so(session):
    session.change(command=(0.0, 0.0, 0.0))
    ticks(session, 1.0)
    held = session._pilot.action
    session.change(policy=2)
    ticks(session, 0.2)
    assert session.snapshot.note == "unusable, last targets held: action"
    targets_rad = session._world.env.action_map.targets_rad  # beyond the range of a joint, two actions are the same
    last = np.asarray(targets_rad(session._state.task.last_action))
    assert last == pytest.approx(np.asarray(targets_rad(jnp.asarray(held))), abs=1e-5)
    assert np.isfinite(session.snapshot.qpos).all()
    session.change(policy=0)
    ticks(session, 0.1)
    assert session.snapshot.note == ""


def test_a_sensor_that_gives_nan_holds_the_last_sound_action_and_says_so(session):
    ticks(session, 1.0)
    state = session._state
    seen = state.obs["state"].at[0].set(np.nan)  # the gyro is the first of all
    session._state = state._replace(obs={"state": seen})
    held = session._pilot.action
    session.tick()
    assert session.snapshot.note == "unusable, last targets held: gyro"
    assert np.asarray(session._state.task.last_action) == pytest.approx(held)
    session.tick()
    assert session.snapshot.note == ""
    ticks(session, 1.0)
    assert not session.snapshot.fallen


def test_paused_it_moves_by_single_steps(session):
    session.change(paused=True)
    assert not session.has_work
    before = session.snapshot.steps
    session.single_step()
    assert session.has_work
    session.tick()
    assert session.snapshot.steps == before + 1
    assert not session.has_work
    session.reset()
    assert session.has_work


def test_the_trace_holds_the_last_ten_seconds(session):
    ticks(session, 0.4)
    session.change(command=(0.1, 0.0, 0.0))
    ticks(session, 10.5)
    columns = session.trace.columns()
    assert len(columns["time_s"]) == 500
    assert columns["time_s"][-1] - columns["time_s"][0] == pytest.approx(9.98)
    assert columns["vx_asked"] == pytest.approx(0.1)
    assert set(columns["left"]) == {0.0, 1.0}  # it walks
    assert 0.0 < columns["torque_share"].max() <= 1.0
