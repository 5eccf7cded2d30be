"""The built wheel holds all that it needs, and works in a foreign directory without the source tree."""

import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("wildrobot", "adapters", "trainers", "configs")
DATA = (".py", ".yaml", ".xml", ".npz", ".j2", ".css", ".js")


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
    """Runs the interpreter on the installed wheel, from an empty directory.

    `-S` leaves out the .pth file of the editable installation, so the source tree cannot stand in for the wheel;
    the third-party packages come by path.
    """
    paths = sysconfig.get_paths()
    search = os.pathsep.join([str(site), paths["purelib"], paths["platlib"]])

    def run_python(*arguments: str) -> str:
        return run(sys.executable, "-S", *arguments, cwd=tmp_path, env={**os.environ, "PYTHONPATH": search})

    return run_python


def test_it_holds_every_file_of_the_packages_and_no_other(site: Path) -> None:
    packed = {path.relative_to(site).as_posix() for path in site.rglob("*") if path.is_file()}
    expected = {
        path.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.suffix in DATA
    }
    assert {"configs/walk.yaml", "configs/smoke.yaml", "wildrobot/robot/wildrobot.xml"} <= expected
    assert expected <= packed
    assert {name.split("/")[0] for name in packed if ".dist-info/" not in name} == set(PACKAGES)


def test_the_trainers_start(python) -> None:
    assert "--run" in python("-m", "trainers", "brax", "--help")


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
