"""Who may import whom: the contracts in pyproject.toml hold, and each of them can fail."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("wildrobot", "adapters", "trainers")
LINT = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True, no_logo=True))"

FORBIDDEN = [
    # The contract's first words, a module, and what it must not import.
    ("The core's packages", "wildrobot/physics/native.py", "from wildrobot.resets import bank"),
    ("The core's packages", "wildrobot/physics/base.py", "from wildrobot.task import command"),
    ("The core's packages", "wildrobot/task/command.py", "import wildrobot.motion.clip"),
    ("The core's packages", "wildrobot/policy/policy.py", "def judged():\n    from wildrobot import evaluation"),
    ("Training needs", "wildrobot/motion/library.py", "from wildrobot.motion.authoring import gait"),
    ("Evaluation: play", "wildrobot/evaluation/play/batch.py", "from wildrobot.evaluation import judge"),
    ("Play: the robot", "wildrobot/play/session.py", "from wildrobot.play.page import page"),
    ("viser is", "wildrobot/play/pilot.py", "import viser"),
    ("The core knows", "wildrobot/env.py", "import rsl_rl"),
    ("The core knows", "wildrobot/errors.py", "try:\n    import torch\nexcept ImportError:\n    torch = None"),
    ("The core knows", "wildrobot/files.py", "from trainers import run"),
    ("The task reads", "wildrobot/task/reward.py", "from mujoco import mjx"),
    ("The task reads", "wildrobot/task/reward.py", "from wildrobot.physics.native import NativePhysics"),
    ("An adapter neither", "adapters/brax_env.py", "from trainers.run import Run"),
    ("An adapter neither", "adapters/sb3_vec_env.py", "import wildrobot.evaluation.measure"),
    ("An adapter knows", "adapters/gymnasium_env/vector.py", "from adapters.brax_env import BraxEnv"),
    ("A trainer knows", "trainers/brax/ppo.py", "from trainers.sb3 import training"),
    ("A trainer knows", "trainers/rsl_rl/training.py", "from trainers.sb3 import training"),
    ("A trainer knows", "trainers/run.py", "import trainers.brax.ppo"),
    ("Inside a package", "trainers/amp/discriminator.py", "from trainers.amp import learner"),
    ("Brax is imported", "trainers/run.py", "import brax.training.checkpoint"),
    ("Brax is imported", "adapters/episodes.py", "import typing\nif typing.TYPE_CHECKING:\n    import brax"),
    ("Gymnasium is", "adapters/brax_env.py", "from gymnasium import spaces"),
    ("Stable-Baselines3 is", "adapters/gymnasium_env/vector.py", "import stable_baselines3"),
    ("Ray is imported", "trainers/study/work.py", "import ray"),
    ("Optuna is imported", "trainers/study/sweep/execute.py", "import optuna"),
    ("RSL-RL is", "trainers/sb3/training.py", "from rsl_rl.runners import OnPolicyRunner"),
    ("RSL-RL is", "trainers/pytorch.py", "import tensordict"),
    ("PyTorch is", "trainers/amp/imitation.py", "import torch.nn as nn"),
]


def lint(folder: Path) -> str:
    """What import-linter prints of the packages in a folder, as one line."""
    environment = os.environ | {"COLUMNS": "1000"}
    done = subprocess.run([sys.executable, "-c", LINT], cwd=folder, env=environment, capture_output=True, text=True)
    return done.stdout + done.stderr


def verdicts(output: str) -> dict[str, bool]:
    """Whether each contract is kept, by its name."""
    found = re.findall(r"^(.+?) (KEPT|BROKEN)( \(.*\))?$", output, flags=re.MULTILINE)
    return {name: word == "KEPT" for name, word, _ in found}


def test_every_contract_is_kept() -> None:
    output = lint(ROOT)
    assert "0 broken" in output, output


def test_every_folder_with_code_is_a_package_as_import_linter_sees_no_other() -> None:
    folders = {path.parent for package in PACKAGES for path in (ROOT / package).rglob("*.py")}
    assert sorted(folder for folder in folders if not (folder / "__init__.py").is_file()) == []


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What import-linter prints of a copy of the code with all of the forbidden imports."""
    copy = tmp_path_factory.mktemp("code")
    for package in PACKAGES:
        shutil.copytree(ROOT / package, copy / package, ignore=shutil.ignore_patterns("*.npz", "__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", copy)
    for _, name, source in FORBIDDEN:
        path = copy / name
        path.write_text(f"{path.read_text(encoding='utf-8')}\n{source}\n", encoding="utf-8")
    return lint(copy)


def test_every_contract_can_fail(broken: str) -> None:
    kept = verdicts(broken)
    assert kept, broken
    assert [name for name in kept if kept[name]] == []
    assert [name for name in kept if not any(name.startswith(start) for start, *_ in FORBIDDEN)] == []


@pytest.mark.parametrize(("contract", "name", "source"), FORBIDDEN)
def test_a_forbidden_import_is_named(broken: str, contract: str, name: str, source: str) -> None:
    _, _, after = broken.partition("\nBroken contracts\n")
    sections = re.split(r"\n([^\n]+)\n-+\n", after)
    headings = [index for index, text in enumerate(sections) if text.startswith(contract)]
    assert headings, f"{contract} is not broken"
    assert f".{Path(name).stem} -> " in sections[headings[0] + 1]
