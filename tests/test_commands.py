"""`wildrobot COMMAND`: what each is, what its help lists, and how a shell completes it."""

import subprocess
import sys
from pathlib import Path

import pytest

from wildrobot import __main__ as commands
from wildrobot import __version__
from wildrobot.__main__ import COMMANDS, main
from wildrobot.arguments import called
from wildrobot.config import field_rows
from wildrobot.experiment import load_experiment
from wildrobot.plugins import plugins

ROOT = Path(__file__).resolve().parents[1]
NAMES = ("train", "evaluate", "compare", "play", "export", "motion")


def shown(capsys, *arguments: str) -> str:
    """What a command that ends by itself has printed."""
    with pytest.raises(SystemExit, match="0"):
        main(arguments)
    return capsys.readouterr().out


def test_help_says_what_each_command_does(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "120")
    lines = [line.split(maxsplit=1) for line in shown(capsys, "--help").splitlines()]
    said = {line[0]: line[1] for line in lines if len(line) == 2}
    assert [name for name in said if name in NAMES] == list(NAMES)
    assert said["train"] == "Train a policy into a run folder, or convert one to a policy file"
    assert all(len(said[name]) > 20 for name in NAMES)


def test_help_needs_none_of_what_the_commands_need():
    code = "import sys; from wildrobot.__main__ import main\ntry: main(['--help'])\nexcept SystemExit: pass\n"
    code += "print(sorted({'jax', 'mujoco', 'pydantic'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("name", NAMES)
def test_every_command_is_called_by_the_name_that_was_typed(name, capsys):
    assert shown(capsys, name, "--help").startswith(f"usage: wildrobot {name} [-h]")
    assert called("python -m trainers") == "python -m trainers", "once it is done, the name is forgotten"


def test_a_command_that_there_is_not_is_named_with_the_choices(capsys):
    with pytest.raises(SystemExit, match="2"):
        main(["tran"])
    assert "invalid choice: 'tran' (choose from 'train'," in capsys.readouterr().err


def test_version(capsys):
    assert shown(capsys, "--version") == f"wildrobot {__version__}\n"


def test_exit_codes_come_through(capsys, tmp_path):
    assert main(["evaluate", str(tmp_path / "nothing")]) == 2
    assert main(["export", str(tmp_path / "nothing"), "--onnx", str(tmp_path / "bundle")]) == 2
    assert capsys.readouterr().err.count("error: ") == 2


def test_compare_is_the_judge_with_a_report_of_its_own_and_no_gates(monkeypatch):
    from wildrobot.evaluation import compare

    given = []
    monkeypatch.setattr(compare, "evaluate", lambda arguments: given.extend(arguments) or 0)
    assert main(["compare", "runs/a", "runs/b", "--quick"]) == 0
    assert given[:2] == ["--no-gate", "--report"]
    assert given[2].startswith("runs/compare-")
    assert given[3:] == ["runs/a", "runs/b", "--quick"]


@pytest.mark.parametrize("trainer", ["brax", "brax-amp", "sb3", "rsl_rl"])
def test_help_of_a_trainer_lists_every_field_with_value_unit_and_range(trainer, capsys):
    listed = {line.split()[0]: line for line in shown(capsys, "train", trainer, "--help").splitlines() if line.split()}
    rows = field_rows(load_experiment("walk"))
    assert len(rows) > 150
    assert [row.path for row in rows if row.path not in listed] == []
    assert listed["env.task.gait.frequency_hz"].split()[1:] == ["0.9", "1/s", "[0.01,", "100]"]
    assert listed["env.physics.engine"].split()[1:] == ["auto", "-", "auto", "|", "native", "|", "mjx"]


def test_units_come_from_names_and_descriptions():
    units = {row.path: row.unit for row in field_rows(load_experiment("walk"))}
    assert units["env.task.action.scale_rad.hip_pitch"] == "rad"
    assert units["env.task.command.vx_m_per_s"] == "m/s"
    assert units["env.task.observation.noise.gyro"] == "rad/s"
    assert units["env.task.observation.noise.gravity"] == "-"
    assert units["env.task.reward.velocity.weight"] == "1/s"
    assert units["brax_ppo.desired_kl"] == "nat"
    assert units["env.variants.mass_scale"] == "-"


@pytest.fixture(scope="module")
def completed(tmp_path_factory):
    """Completes words in a real bash, by the script that the command prints."""
    script = subprocess.run(
        [sys.executable, "-m", "wildrobot", "completion", "bash"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    path = tmp_path_factory.mktemp("completion") / "wildrobot.bash"
    path.write_text(script.stdout)

    def complete(*words: str) -> list[str]:
        code = (
            f'source "{path}"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); '
            '_shtab_wildrobot wildrobot "${COMP_WORDS[COMP_CWORD]}" ""; printf "%s\\n" "${COMPREPLY[@]}"'
        )
        done = subprocess.run(["bash", "-c", code, "-", *words], cwd=ROOT, capture_output=True, text=True, check=True)
        return done.stdout.split()

    return complete


def test_a_shell_completes_commands_options_fields_and_files(completed):
    assert completed("wildrobot", "") == [*NAMES, "completion"]
    assert completed("wildrobot", "train", "b") == ["brax", "brax-amp"]
    assert completed("wildrobot", "train", "brax-amp", "--track", "") == ["wandb", "trackio"]
    assert completed("wildrobot", "train", "sb3", "--config", "s") == ["smoke"]
    assert completed("wildrobot", "train", "brax-amp", "--run", "x", "brax_ppo.see") == ["brax_ppo.seed="]
    assert completed("wildrobot", "evaluate", "polic") == ["policies"]
    assert "--onnx" in completed("wildrobot", "export", "--")


def test_without_its_package_completion_is_one_sentence(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "shtab", None)
    assert main(["completion", "bash"]) == 2
    assert 'pip install "wildrobot[completion]"' in capsys.readouterr().err


def test_a_module_with_nothing_but_a_main_is_a_command(monkeypatch, tmp_path, capsys):
    (tmp_path / "their_drive.py").write_text(
        '"""Drive the robot."""\n\n\ndef main(arguments):\n    return len(arguments)\n'
    )
    monkeypatch.syspath_prepend(tmp_path)
    drive = type(plugins(COMMANDS)[0])("drive", "their_drive", COMMANDS)
    monkeypatch.setattr(commands, "plugins", lambda group: (*plugins(group), drive))
    assert main(["drive", "a", "b"]) == 2
    assert "Drive the robot" in shown(capsys, "--help")
    assert main(["completion", "bash"]) == 0
    assert " drive " in capsys.readouterr().out
