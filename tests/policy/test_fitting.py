"""A policy's interface: what it may hold, which environment it makes, and what is refused where it does not fit."""

import pytest
from pydantic import ValidationError

from tests.policy.networks import for_env, interface
from wildrobot.env import WildRobotEnv, make_env
from wildrobot.errors import UsageError
from wildrobot.experiment import load_experiment
from wildrobot.policy import Policy, check_fits, config_for, interface_of
from wildrobot.policy.fitting import check_interface_fits
from wildrobot.policy.interface import History

NATIVE = ("env.physics.engine=native", "env.physics.threads=1")
HISTORY = "env.task.observation.history={steps: 2, entries: [gyro, last_action]}"
OTHER = (
    "env.task.action.latency_steps=[0, 2]",
    "env.task.action.scale_rad.hip_roll=0.25",
    "env.task.command.vx_m_per_s=[0.0, 0.3]",
    "env.task.command.yaw_rate_rad_per_s=[-0.4, 0.1]",
    "env.task.command.heading_hold=false",
    "env.task.gait.frequency_hz=1.4",
    "env.physics.timestep_s=0.002",
    "env.physics.substeps=5",
    HISTORY,
)


def made(*overrides: str) -> WildRobotEnv:
    return make_env(load_experiment("smoke", [*NATIVE, "env.task.observation.history.steps=0", *overrides]).env)


@pytest.fixture(scope="module")
def env() -> WildRobotEnv:
    return made()


@pytest.fixture(scope="module")
def policy(env) -> Policy:
    return for_env(env)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"history": History(steps=2, entries=("gyro",))}, "2 steps of gyro are 6 values, but the observation has 0"),
        ({"history": History(steps=1, entries=("smell",))}, "history has entries that are not observed: smell"),
        ({"observation_layout": (("gyro", 3), ("history", 2))}, "no history are 0 values, but the observation has 2"),
        ({"sensing": {"joint_period_steps": ((1, 1),)}}, "joint_period_steps has 1 values for 2 joints"),
        ({"sensing": {"joint_period_steps": ((7, 4), (1, 1))}}, "the lower bound 7 is above the upper bound 4"),
        ({"sensing": {"joint_period_steps": ((0, 4), (1, 1))}}, "greater than or equal to 1"),
    ],
)
def test_an_interface_that_contradicts_itself(changes, message):
    with pytest.raises(ValidationError, match=message):
        interface(**changes)


def test_a_history_without_entries():
    with pytest.raises(ValidationError, match="2 steps of 0 entries; give both or neither"):
        History(steps=2, entries=())


def test_the_interface_of_an_environment():
    held = "env.task.sensing.joint_period_steps={legs: [4, 7]}"
    found = interface_of(made(*OTHER, held))
    assert found.history == History(steps=2, entries=("gyro", "last_action"))
    assert dict(found.observation_layout)["history"] == 2 * (3 + found.action_size)
    assert found.action.latency_steps == (0, 2)
    assert found.action.control_period_s == pytest.approx(0.01)
    assert found.command.vx_m_per_s == (0.0, 0.3)
    assert found.command.heading_limit_rad_per_s == 0.4
    periods = dict(zip(found.action.joint_names, found.sensing.joint_period_steps, strict=True))
    assert (periods["left_knee_pitch"], periods["waist_yaw"]) == ((4, 7), (1, 1))


def test_any_environment_becomes_that_of_the_policy(env):
    """But for how old its sensors' readings are, which is no choice of the policy's."""
    wanted = interface_of(made(*OTHER))
    config = config_for(wanted, env.config.model_copy(update={"physics": made(*OTHER).config.physics}))
    assert interface_of(make_env(config)) == wanted
    same = config_for(interface_of(env), env.config)
    ours = env.config
    assert (same.physics, same.task.command, same.task.gait) == (ours.physics, ours.task.command, ours.task.gait)


def test_what_no_environment_can_be(env):
    ours = interface_of(env)
    limited = ours.model_copy(update={"command": ours.command.model_copy(update={"heading_limit_rad_per_s": 0.1})})
    with pytest.raises(UsageError, match=r"heading_limit_rad_per_s is 0\.1 in the policy, 0\.3 here"):
        config_for(limited, env.config)
    odd = (0.1, *ours.action.scale_rad[1:-1], 0.7)
    lame = ours.model_copy(update={"action": ours.action.model_copy(update={"scale_rad": odd})})
    with pytest.raises(UsageError, match=r"scales right_ankle_roll by 0\.7 rad and the other ankle_roll by 0\.3"):
        config_for(lame, env.config)
    slow = ours.model_copy(update={"action": ours.action.model_copy(update={"control_period_s": 0.013})})
    with pytest.raises(UsageError, match=r"steps of 0.005 s do not fill the policy's control period of 0.013 s"):
        config_for(slow, env.config)


def test_a_policy_that_fits(policy, env):
    check_fits(policy, env)


@pytest.mark.parametrize(
    ("changed", "mapping", "message"),
    [
        ({"robot_digest": "b" * 64}, {}, "another robot: its MJCF is bbbbbbbbbbbb, this one's is"),
        ({"observation_layout": (("gyro", 3), ("odour", 1))}, {}, r"another observation: entry 1 is \('odour', 1\)"),
        ({"observation_layout": (("gyro", 3),)}, {}, "another observation: 1 entries in the policy, . here"),
        ({}, {"scale_rad": (9.0,)}, "scale_rad differs, entry 0 is 9.0 in the policy"),
        ({}, {"latency_steps": (9, 9)}, "latency_steps differs, entry 0 is 9 in the policy"),
        ({}, {"control_period_s": 0.01}, "control_period_s differs, 0.01 in the policy, 0.02"),
        ({}, {"joint_names": ("tail",)}, "joint_names differs, entry 0 is tail in the policy, waist_yaw here"),
    ],
)
def test_a_policy_that_does_not_fit_is_refused_by_name(policy, env, changed, mapping, message):
    theirs = policy.interface.model_copy(
        update={"action": policy.interface.action.model_copy(update=mapping)} | changed
    )
    with pytest.raises(UsageError, match=message) as error:
        check_interface_fits(theirs, env, "9.9")
    assert str(error.value).endswith("play it with wildrobot 9.9, which made it, or train it again")


def test_another_history_is_one_sentence(env, policy):
    seeing = for_env(made(HISTORY))
    with pytest.raises(UsageError) as error:
        check_fits(seeing, env)
    assert str(error.value) == (
        "the policy sees 2 steps of gyro, last_action, and this environment gives no history; set "
        "env.task.observation.history to {steps: 2, entries: [gyro, last_action]}, or train it again"
    )
    with pytest.raises(UsageError, match=r"sees no history, and this environment gives 2 steps of gyro, last_action"):
        check_fits(policy, made(HISTORY))
