"""The import rules of the house, checked on the text of every file: nothing is imported here."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("wildrobot", "adapters", "trainers")


def inside(name: str, *patterns: str) -> bool:
    """Whether a dotted name is, or lies within, a module that one of the patterns names."""
    return any(fnmatchcase(name, pattern) or fnmatchcase(name, f"{pattern}.*") for pattern in patterns)


@dataclass(frozen=True)
class Rule:
    """Modules inside `importers`, but not inside `exempt`, import nothing inside `forbidden`."""

    why: str
    importers: tuple[str, ...]
    forbidden: tuple[str, ...]
    exempt: tuple[str, ...] = ()

    def forbids(self, module: str, imported: str) -> bool:
        applies = inside(module, *self.importers) and not inside(module, *self.exempt)
        return applies and inside(imported, *self.forbidden)


@dataclass(frozen=True)
class Strangers:
    """Modules that `members` name are imported by no module of their package but themselves.

    Helpers that all may use lie beside them under other names, or are named in `shared`. `front` names the modules
    that may import every member, `allowed` the pairs (importer, imported) that are excepted.
    """

    why: str
    package: str
    members: tuple[str, ...]
    shared: tuple[str, ...] = ()
    front: tuple[str, ...] = ()
    allowed: tuple[tuple[str, str], ...] = ()

    def forbids(self, module: str, imported: str) -> bool:
        if not inside(module, self.package) or module in self.front:
            return False
        if not inside(imported, *self.members) or inside(imported, *self.shared):
            return False
        importer, member = (".".join(name.split(".")[:2]) for name in (module, imported))
        return importer != member and (importer, member) not in self.allowed


RULES: tuple[Rule | Strangers, ...] = (
    Rule(
        "the core knows no RL framework, nor who uses it",
        importers=("wildrobot",),
        forbidden=("adapters", "trainers", "brax", "gymnasium", "stable_baselines3", "torch"),
    ),
    Rule(
        "the task reads arrays, not an engine",
        importers=("wildrobot.task",),
        forbidden=("mujoco", "wildrobot.physics.native", "wildrobot.physics.mjx"),
    ),
    Rule(
        "an adapter neither trains nor scores",
        importers=("adapters",),
        forbidden=("trainers", "wildrobot.evaluation"),
    ),
    Rule(
        "Brax is known only to its adapter, its trainers and AMP",
        importers=PACKAGES,
        exempt=("adapters.brax_env", "trainers.brax", "trainers.amp"),
        forbidden=("brax",),
    ),
    Rule(
        "Stable-Baselines3 and torch are known only to their adapter and trainer",
        importers=PACKAGES,
        exempt=("adapters.sb3_vec_env", "trainers.sb3"),
        forbidden=("stable_baselines3", "torch"),
    ),
    Strangers(
        "an adapter knows no other adapter",
        package="adapters",
        members=("adapters.*_env",),
        allowed=(("adapters.sb3_vec_env", "adapters.gymnasium_env"),),
    ),
    Strangers(
        "a trainer knows no other trainer",
        package="trainers",
        members=("trainers.brax", "trainers.sb3"),
        front=("trainers.__main__",),
    ),
)


def absolute(name: str, level: int, package: str) -> str:
    """The dotted name of an import with `level` leading dots, written in `package`."""
    if level == 0:
        return name
    parents = package.split(".")[: len(package.split(".")) - level + 1]
    return ".".join([*parents, name] if name else parents)


def dynamic_import(call: ast.Call, names: set[str], package: str) -> str | None:
    """The module that `import_module("literal")` or `__import__("literal")` loads, None for any other call."""
    function = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", None)
    if function not in names:
        return None
    arguments = dict(zip(("name", "package"), call.args, strict=False))
    arguments |= {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg}
    literals = {key: value.value for key, value in arguments.items() if isinstance(value, ast.Constant)}
    name = literals.get("name")
    if not isinstance(name, str):
        return None
    relative = name.lstrip(".")
    return absolute(relative, len(name) - len(relative), str(literals.get("package", package)))


def imports_of(source: str, package: str) -> Iterator[tuple[int, str]]:
    """Yield (line, dotted name) for each import in a source text, wherever in the text it stands.

    Args:
        source: the text of a module.
        package: the package that its relative imports start from.
    """
    nodes = list(ast.walk(ast.parse(source)))
    loaders = {"import_module", "__import__"}
    loaders |= {
        alias.asname
        for node in nodes
        if isinstance(node, ast.ImportFrom) and node.module == "importlib"
        for alias in node.names
        if alias.name == "import_module" and alias.asname
    }
    for node in nodes:
        match node:
            case ast.Import(names=names):
                yield from ((node.lineno, alias.name) for alias in names)
            case ast.ImportFrom(module=module, names=names, level=level):
                origin = absolute(module or "", level, package)
                yield from ((node.lineno, origin if alias.name == "*" else f"{origin}.{alias.name}") for alias in names)
            case ast.Call():
                imported = dynamic_import(node, loaders, package)
                if imported is not None:
                    yield node.lineno, imported


def modules(root: Path) -> Iterator[tuple[Path, str, str]]:
    """Yield (path, dotted name, package) for each Python file of the packages below `root`."""
    for top in PACKAGES:
        for path in sorted((root / top).rglob("*.py")):
            *parents, last = path.relative_to(root).with_suffix("").parts
            package = ".".join(parents)
            yield path, package if last == "__init__" else f"{package}.{last}", package


def violations(root: Path) -> list[str]:
    """One line for each import below `root` that a rule forbids."""
    return [
        f"{path.relative_to(root)}:{line}: {module} imports {imported}, but {rule.why}"
        for path, module, package in modules(root)
        for line, imported in imports_of(path.read_text(encoding="utf-8"), package)
        for rule in RULES
        if rule.forbids(module, imported)
    ]


def test_no_file_breaks_a_rule() -> None:
    assert any(modules(ROOT)), "no file was found to check"
    found = violations(ROOT)
    assert not found, "\n" + "\n".join(found)


FORBIDDEN = [
    # the core
    ("wildrobot/env.py", "import adapters"),
    ("wildrobot/env.py", "from trainers import run"),
    ("wildrobot/policy/policy.py", "import brax.training.agents.ppo as ppo"),
    ("wildrobot/policy/policy.py", "import numpy, gymnasium"),
    ("wildrobot/evaluation/report.py", "from stable_baselines3.common import utils"),
    ("wildrobot/evaluation/__init__.py", "def score():\n    import torch"),
    # the task
    ("wildrobot/task/reward.py", "import mujoco"),
    ("wildrobot/task/reward.py", "from mujoco import mjx"),
    ("wildrobot/task/__init__.py", "import wildrobot.physics.native as engine"),
    ("wildrobot/task/action.py", "from ..physics import mjx"),
    ("wildrobot/task/action.py", "from ..physics.native import NativePhysics"),
    # the adapters
    ("adapters/brax_env.py", "from trainers.run import Run"),
    ("adapters/gymnasium_env.py", "from wildrobot import evaluation"),
    ("adapters/gymnasium_env.py", "import wildrobot.evaluation.metrics"),
    ("adapters/gymnasium_env.py", "from .brax_env import BraxEnv"),
    ("adapters/gymnasium_env.py", "from . import sb3_vec_env"),
    ("adapters/brax_env.py", "from adapters import gymnasium_env"),
    ("adapters/sb3_vec_env.py", "from adapters.brax_env import BraxEnv"),
    ("adapters/__init__.py", "from .brax_env import BraxEnv"),
    # the frameworks
    ("adapters/gymnasium_env.py", "import brax"),
    ("trainers/sb3/training.py", "from brax.io import model"),
    ("trainers/run.py", "import brax.training.checkpoint"),
    ("adapters/gymnasium_env.py", "import torch.nn as nn"),
    ("trainers/brax/ppo.py", "import stable_baselines3"),
    ("trainers/__main__.py", "import torch"),
    # the trainers
    ("trainers/brax/ppo.py", "from ..sb3 import training"),
    ("trainers/sb3/training.py", "from trainers.brax import ppo"),
    ("trainers/run.py", "import trainers.brax.ppo"),
    ("trainers/amp/loss.py", "from ..brax import networks"),
    # however it is written
    ("wildrobot/env.py", "if TYPE_CHECKING:\n    from brax.envs import Env"),
    ("wildrobot/env.py", "try:\n    import torch\nexcept ImportError:\n    torch = None"),
    ("wildrobot/env.py", "import importlib\nimportlib.import_module('trainers.run')"),
    ("wildrobot/env.py", "import importlib as il\nil.import_module(name='torch')"),
    ("wildrobot/env.py", "from importlib import import_module as load\nload('brax')"),
    ("wildrobot/env.py", "__import__('gymnasium')"),
    ("trainers/sb3/training.py", "import_module('.brax', package='trainers')"),
    ("trainers/run.py", "import_module('.brax', __package__)"),
]

ALLOWED = [
    ("wildrobot/env.py", "from .task import reward"),
    ("wildrobot/physics/native.py", "import mujoco.rollout"),
    ("wildrobot/physics/__init__.py", "from .native import NativePhysics"),
    ("wildrobot/task/reward.py", "from wildrobot.physics.base import PhysicsState"),
    ("wildrobot/task/reward.py", "from . import action"),
    ("wildrobot/policy/policy.py", "import torchlike, brax_tools"),
    ("adapters/brax_env.py", "import brax.envs\nfrom wildrobot.env import WildRobotEnv"),
    ("adapters/brax_env/__init__.py", "from .wrapper import wrap_env\nimport brax"),
    ("adapters/gymnasium_env.py", "import gymnasium\nfrom .shared import spaces"),
    ("adapters/sb3_vec_env.py", "from .gymnasium_env import GymnasiumEnv\nimport stable_baselines3, torch"),
    ("trainers/brax/ppo.py", "from brax.training.agents.ppo import train\nfrom . import compat"),
    ("trainers/brax/amp.py", "from trainers.amp import discriminator\nimport brax"),
    ("trainers/amp/loss.py", "import brax\nfrom trainers import run"),
    ("trainers/sb3/training.py", "import torch\nfrom adapters.sb3_vec_env import SB3VecEnv"),
    ("trainers/__main__.py", "def main():\n    from trainers import brax, sb3"),
    ("trainers/run.py", "from wildrobot.evaluation import report\nimport_module(name)"),
]


def write(root: Path, name: str, source: str) -> None:
    path = root / name
    path.parent.mkdir(parents=True)
    path.write_text(source, encoding="utf-8")


@pytest.mark.parametrize(("name", "source"), FORBIDDEN)
def test_a_forbidden_import_is_found(tmp_path: Path, name: str, source: str) -> None:
    write(tmp_path, name, source)
    found = violations(tmp_path)
    assert found, f"not found: {source}"
    assert all(line.startswith(f"{name}:") for line in found)


@pytest.mark.parametrize(("name", "source"), ALLOWED)
def test_other_imports_are_left_alone(tmp_path: Path, name: str, source: str) -> None:
    write(tmp_path, name, source)
    assert violations(tmp_path) == []


def test_a_violation_names_file_line_and_reason(tmp_path: Path) -> None:
    write(tmp_path, "wildrobot/task/reward.py", "import math\n\nimport mujoco\n")
    assert violations(tmp_path) == [
        "wildrobot/task/reward.py:3: wildrobot.task.reward imports mujoco, but the task reads arrays, not an engine"
    ]
