"""The built wheel holds all that it needs, and works in a foreign directory without the source tree."""

import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
MOVED = ("adapters", "trainers", "configs")
"""Packages of the checkout that the wheel has inside `wildrobot`."""
DATA = (".py", ".yaml", ".xml", ".npz", ".j2", ".css", ".js", ".html", ".json", ".gz", ".md", ".txt")


def run(*command: str, **options) -> str:
    """Run a command, and return what it printed; a failure shows that in the test's message."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, **options)
    assert done.returncode == 0, f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}"
    return done.stdout


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the contents of the wheel, like an installation of it."""
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT))
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


@pytest.fixture
def python(site: Path, tmp_path: Path):
    """Runs the interpreter on the installed wheel, from a foreign directory.

    `-S` leaves out the .pth file of the editable installation, so the source tree cannot stand in for the wheel;
    the third-party packages come by path. Before them stands another distribution that has packages of our names, and
    the working directory has some, too.
    """
    paths = sysconfig.get_paths()
    others = tmp_path / "others"
    for folder in (others, tmp_path):
        for package in MOVED:
            (folder / package).mkdir(parents=True)
            (folder / package / "__init__.py").write_text("raise ImportError('of somebody else')\n")
    (tmp_path / "configs" / "walk.yaml").write_text("of: somebody else\n")
    search = os.pathsep.join([str(others), str(site), paths["purelib"], paths["platlib"]])

    def run_python(*arguments: str) -> str:
        return run(sys.executable, "-S", *arguments, cwd=tmp_path, env={**os.environ, "PYTHONPATH": search})

    return run_python


def test_it_holds_every_file_of_the_packages_and_no_other(site: Path) -> None:
    packed = {path.relative_to(site).as_posix() for path in site.rglob("*") if path.is_file()}
    folders = {"wildrobot": "wildrobot"} | {package: f"wildrobot/{package}" for package in MOVED}
    expected = {
        f"{inside}/{path.relative_to(ROOT / package).as_posix()}"
        for package, inside in folders.items()
        for path in (ROOT / package).rglob("*")
        if path.suffix in DATA
    }
    assert {
        "wildrobot/configs/walk.yaml",
        "wildrobot/robot/wildrobot.xml",
        "wildrobot/adapters/episodes.py",
    } <= expected
    assert expected == {name for name in packed if ".dist-info/" not in name}


def test_the_trainers_start(python) -> None:
    said = python("-m", "wildrobot.trainers", "brax", "--help")
    assert "--run" in said
    assert "python -m wildrobot.trainers" in said
    assert "num_timesteps" in python("-m", "wildrobot.trainers", "config", "--config", "smoke")


def test_gymnasium_makes_the_environment(python) -> None:
    code = """
import gymnasium
env = gymnasium.make("wildrobot.adapters:WildRobot/Walk-v0", config="smoke")
print(type(env.unwrapped).__module__)
import wildrobot.adapters.brax_env, wildrobot.adapters.rsl_rl_env, wildrobot.adapters.sb3_vec_env
"""
    assert "wildrobot.adapters.gymnasium_env.single" in python("-c", code)


def test_policies_and_settings_come_by_entry_points(python) -> None:
    code = """
from wildrobot.plugins import plugins
for group in ("wildrobot.settings", "wildrobot.policy_readers"):
    print(*(entry.load().__module__ for entry in plugins(group)))
"""
    trainers = ("brax", "sb3", "rsl_rl")
    parts = ["amp.settings", *(f"{trainer}.{part}" for trainer in trainers for part in ("settings", "reading"))]
    assert set(python("-c", code).split()) == {f"wildrobot.trainers.{part}" for part in parts}


def test_the_judge_and_the_motions_start(python) -> None:
    assert '"wildrobot-evaluation"' in python("-m", "wildrobot.evaluation", "--json-schema")
    assert "accepted" in python("-m", "wildrobot.motion", "check", "stand")


def test_the_experiments_load(python, site: Path) -> None:
    code = """
from importlib.util import find_spec
from wildrobot.experiment import load_experiment
for name in ("walk", "smoke"):
    load_experiment(name)
print(find_spec("wildrobot.config").origin)
"""
    assert Path(python("-c", code).strip()).is_relative_to(site)
