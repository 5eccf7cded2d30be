"""What is accepted, what is refused, and in which words."""

import pytest
from pydantic import ValidationError

from wildrobot.config import ConfigError, builtin_names, dump_yaml
from wildrobot.experiment import load_experiment


@pytest.mark.parametrize("name", builtin_names())
def test_every_configuration_loads_and_survives_a_round_trip(name, tmp_path):
    experiment = load_experiment(name)
    (tmp_path / "copy.yaml").write_text(dump_yaml(experiment))
    assert load_experiment(tmp_path / "copy.yaml") == experiment


def test_there_are_the_documented_ones():
    assert builtin_names() == ["smoke", "walk"]


def test_overrides_by_dotted_path_take_yaml():
    experiment = load_experiment("walk", ["brax_ppo.learning_rate=1e-3", "env.task.command.vx_m_per_s=[0, 0.2]"])
    assert experiment.brax_ppo.learning_rate == 1e-3
    assert experiment.env.task.command.vx_m_per_s == (0.0, 0.2)


def test_a_configuration_is_immutable():
    with pytest.raises(ValidationError, match="frozen"):
        load_experiment("walk").brax_ppo.seed = 3  # pyright: ignore[reportAttributeAccessIssue]


@pytest.mark.parametrize(
    ("override", "message"),
    [
        (
            "env.task.gait.frequncy_hz=1",
            "unknown field env.task.gait.frequncy_hz: did you mean frequency_hz? valid here:",
        ),
        (
            "env.tsk.gait=1",
            "unknown field env.tsk: did you mean task? valid here: physics, variants, starts, reference_starts, task",
        ),
        ("brax_ppo.seed=abc", 'brax_ppo.seed: must be a valid integer, not "abc"'),
        ("brax_ppo.seed=1.5", "brax_ppo.seed: must be a valid integer"),
        ("brax_ppo.seed=true", "brax_ppo.seed: must be a valid integer, not true"),
        ("brax_ppo.num_envs=0", "brax_ppo.num_envs: must be greater than or equal to 1, not 0"),
        ("env.physics.timestep_s=0.5", "env.physics.timestep_s: must be less than or equal to 0.01, not 0.5"),
        ("env.physics.timestep_s=.nan", "env.physics.timestep_s: must be a finite number"),
        ("env.physics.engine=bullet", "env.physics.engine: must be 'auto', 'native' or 'mjx', not \"bullet\""),
        ("env.task.command.vx_m_per_s=[1, 0]", "vx_m_per_s: the lower bound 1.0 is above the upper bound 0.0"),
        ("env.task.command.standing_share=0.9", "standing_share + straight_share must not exceed 1"),
        ("brax_ppo.seed.deeper=1", "unknown field brax_ppo.seed.deeper: nothing is nested there"),
        ("no-equals-sign", "'no-equals-sign' is not of the form dotted.path=value"),
        ("brax_ppo.seed=[", "not valid YAML"),
    ],
)
def test_a_bad_override_is_explained_in_one_line(override, message):
    with pytest.raises(ConfigError) as error:
        load_experiment("walk", [override])
    assert message in str(error.value)
    assert len(str(error.value).splitlines()) == 1


def test_a_bad_file_is_named_with_its_field(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(dump_yaml(load_experiment("walk")).replace("  swing_share: 0.4", "  swing_shar: 0.4"))
    with pytest.raises(ConfigError) as error:
        load_experiment(path)
    assert f"{path}: env.task.gait.swing_share is missing" in str(error.value)
    assert f"{path}: unknown field env.task.gait.swing_shar: did you mean swing_share?" in str(error.value)


@pytest.mark.parametrize(
    ("text", "message"), [("", "expected a mapping"), ("[1, 2]", "expected a mapping"), ("a: [", "not valid YAML")]
)
def test_files_that_are_no_configuration(tmp_path, text, message):
    path = tmp_path / "bad.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=message):
        load_experiment(path)


def test_a_missing_file_is_told_with_the_names_there_are():
    with pytest.raises(ConfigError, match=r"nowhere.*No such file.*names: smoke, walk"):
        load_experiment("nowhere")
