"""Which configurations are accepted, what they inherit, what is refused, and in which words."""

import pytest
from pydantic import ValidationError

from trainers.amp.settings import Amp
from trainers.brax.settings import BraxPpo
from trainers.sb3.settings import Sb3Ppo
from wildrobot.config import VERSION, builtin_names, dump_yaml
from wildrobot.errors import UsageError
from wildrobot.experiment import load_experiment


@pytest.mark.parametrize("name", builtin_names())
def test_every_configuration_loads_and_survives_a_round_trip(name, tmp_path):
    experiment = load_experiment(name)
    (tmp_path / "copy.yaml").write_text(dump_yaml(experiment))
    assert load_experiment(tmp_path / "copy.yaml") == experiment


def test_there_are_the_documented_ones():
    assert builtin_names() == ["gpu", "ideal", "pushed", "smoke", "walk"]


def test_what_is_dumped_is_complete_says_its_version_and_what_fields_mean():
    text = dump_yaml(load_experiment("smoke"))
    assert text.startswith(f"version: {VERSION}\n")
    assert "extends" not in text
    assert "  discounting: 0.97\n" in text, "which smoke.yaml leaves out"
    assert [line.split("#")[1].strip() for line in text.splitlines() if "unroll_length" in line] == [
        "control steps per robot and batch"
    ]


def test_overrides_by_dotted_path_take_yaml():
    experiment = load_experiment("walk", ["brax_ppo.learning_rate=1e-3", "env.task.command.vx_m_per_s=[0, 0.2]"])
    assert experiment.section(BraxPpo).learning_rate == 1e-3
    assert experiment.env.task.command.vx_m_per_s == (0.0, 0.2)


def test_a_configuration_is_immutable():
    with pytest.raises(ValidationError, match="frozen"):
        load_experiment("walk").section(BraxPpo).seed = 3  # pyright: ignore[reportAttributeAccessIssue]


def test_the_settings_of_one_trainer_are_changed_alone():
    before = load_experiment("walk")
    after = before.with_section(before.section(BraxPpo).model_copy(update={"seed": 5}))
    assert (before.section(BraxPpo).seed, after.section(BraxPpo).seed) == (0, 5)
    assert after.section(Sb3Ppo) == before.section(Sb3Ppo)


class TestExtends:
    @pytest.fixture
    def write(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)

        def write(name, text):
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_text(f"version: {VERSION}\n{text}")
            return tmp_path / name

        return write

    def test_mappings_are_merged_and_all_else_replaces(self, write):
        path = write("mine.yaml", "extends: walk\nenv: {task: {command: {vx_m_per_s: [0, 0.1]}}}\namp: {clips: [a]}\n")
        mine, walk = load_experiment(path), load_experiment("walk")
        assert mine.env.task.command.vx_m_per_s == (0.0, 0.1)
        assert mine.env.task.command.vy_m_per_s == walk.env.task.command.vy_m_per_s
        assert mine.section(Amp).clips == ("a",)
        assert mine.section(BraxPpo) == walk.section(BraxPpo)

    def test_a_chain_of_files_beside_and_above_each_other(self, write):
        write("base.yaml", "extends: smoke\nbrax_ppo: {seed: 1, discounting: 0.9}\n")
        path = write("inner/mine.yaml", "extends: ../base.yaml\nbrax_ppo: {seed: 2}\n")
        settings = load_experiment(path, ["brax_ppo.gae_lambda=0.5"]).section(BraxPpo)
        assert (settings.seed, settings.discounting, settings.gae_lambda) == (2, 0.9, 0.5)
        assert settings.num_envs == load_experiment("smoke").section(BraxPpo).num_envs

    def test_a_file_may_be_called_like_the_shipped_one_that_it_extends(self, write):
        write("configs/walk.yaml", "extends: walk\nbrax_ppo: {seed: 7}\n")
        assert load_experiment("configs/walk.yaml").section(BraxPpo).seed == 7

    def test_a_row_of_null_takes_a_term_away(self, write):
        path = write("mine.yaml", "extends: walk\nenv: {task: {reward: {feet_close: null}}}\n")
        assert load_experiment(path).env.task.reward.feet_close is None  # pyright: ignore[reportAttributeAccessIssue]

    def test_a_field_is_said_to_come_from_the_file_that_holds_it(self, write):
        base = write("base.yaml", "extends: walk\nbrax_ppo: {seed: x}\n")
        mine = write("mine.yaml", "extends: base.yaml\nsb3_ppo: {seed: y}\n")
        with pytest.raises(UsageError) as error:
            load_experiment(mine)
        assert sorted(str(error.value).splitlines()) == sorted(
            [
                f'{base}: brax_ppo.seed: must be a valid integer, not "x"',
                f'{mine}: sb3_ppo.seed: must be a valid integer, not "y"',
            ]
        )

    @pytest.mark.parametrize(
        ("extended", "message"),
        [
            (
                "nowhere",
                r"mine\.yaml: extends .*nowhere: not a readable .*No such file.*names: gpu, ideal, pushed, smoke, walk",
            ),
            ("mine.yaml", r"mine\.yaml: extends itself: .*mine\.yaml -> .*mine\.yaml; end the circle"),
            ("other.yaml", r"mine\.yaml: extends itself: .*mine\.yaml -> .*other\.yaml -> .*mine\.yaml"),
            ("../{folder}/mine.yaml", r"mine\.yaml: extends itself: .*mine\.yaml -> .*mine\.yaml; end the circle"),
            ("[walk]", r"mine\.yaml: extends must be a name or a path, not \['walk'\]"),
        ],
    )
    def test_what_cannot_be_extended(self, write, tmp_path, extended, message):
        write("other.yaml", "extends: mine.yaml\n")
        path = write("mine.yaml", f"extends: {extended.format(folder=tmp_path.name)}\n")
        with pytest.raises(UsageError, match=message) as error:
            load_experiment(path)
        assert len(str(error.value).splitlines()) == 1


@pytest.mark.parametrize(
    ("override", "message"),
    [
        (
            "env.task.gait.frequncy_hz=1",
            "unknown field env.task.gait.frequncy_hz: did you mean frequency_hz? valid here:",
        ),
        ("env.tsk.gait=1", "unknown field env.tsk: did you mean task? valid here: "),
        ("brax_pp.seed=1", "unknown field brax_pp: did you mean brax_ppo? valid here: version, env, "),
        ("brax_ppo.sed=1", "unknown field brax_ppo.sed: did you mean seed? valid here: seed, num_timesteps, "),
        ("brax_ppo.seed=abc", 'brax_ppo.seed: must be a valid integer, not "abc"'),
        ("brax_ppo.seed=1.5", "brax_ppo.seed: must be a valid integer"),
        ("brax_ppo.seed=true", "brax_ppo.seed: must be a valid integer, not true"),
        ("brax_ppo.num_envs=0", "brax_ppo.num_envs: must be greater than or equal to 1, not 0"),
        ("env.physics.timestep_s=0.5", "env.physics.timestep_s: must be less than or equal to 0.01, not 0.5"),
        ("env.physics.timestep_s=.nan", "env.physics.timestep_s: must be a finite number"),
        ("env.physics.engine=bullet", "env.physics.engine: must be 'auto', 'native' or 'mjx', not \"bullet\""),
        ("env.task.command.vx_m_per_s=[1, 0]", "vx_m_per_s: the lower bound 1.0 is above the upper bound 0.0"),
        ("env.task.command.standing_share=0.9", "must not exceed 1"),
        ("brax_ppo.seed.deeper=1", "unknown field brax_ppo.seed.deeper: nothing is nested there"),
        ("no-equals-sign", "'no-equals-sign' is not of the form dotted.path=value"),
        ("brax_ppo.seed=[", "not valid YAML"),
    ],
)
def test_a_bad_override_is_explained_in_one_line(override, message):
    with pytest.raises(UsageError) as error:
        load_experiment("walk", [override])
    assert message in str(error.value)
    assert len(str(error.value).splitlines()) == 1


def test_a_bad_file_is_named_with_its_field(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(dump_yaml(load_experiment("walk")).replace("  swing_share: 0.4", "  swing_shar: 0.4"))
    with pytest.raises(UsageError) as error:
        load_experiment(path)
    assert f"{path}: unknown field env.task.gait.swing_shar: did you mean swing_share?" in str(error.value)


@pytest.mark.parametrize(
    ("text", "message"), [("", "expected a mapping"), ("[1, 2]", "expected a mapping"), ("a: [", "not valid YAML")]
)
def test_files_that_are_no_configuration(tmp_path, text, message):
    path = tmp_path / "bad.yaml"
    path.write_text(text)
    with pytest.raises(UsageError, match=message):
        load_experiment(path)


def test_a_missing_file_is_told_with_the_names_there_are():
    with pytest.raises(UsageError, match=r"nowhere.*No such file.*names: gpu, ideal, pushed, smoke, walk"):
        load_experiment("nowhere")
