"""The documentation builds as a site, a broken link ends the build, and the Dockerfile is sound."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
OUTSIDE = ("README.md", "CONTRIBUTING.md", "LICENSE", "policies/README.md", "configs/walk.yaml")
"""Files that pages are made of or link to, besides those of the packages."""


def built(root: Path) -> subprocess.CompletedProcess[str]:
    """Builds the site as `make docs` does."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    (command,) = (line.split()[1:] for line in makefile.splitlines() if line.startswith("\t$(PY) -m sphinx "))
    return subprocess.run([sys.executable, *command], cwd=root, capture_output=True, text=True)


@pytest.fixture
def copy(tmp_path):
    shutil.copytree(ROOT / "docs", tmp_path / "docs")
    shutil.copytree(ROOT / "wildrobot", tmp_path / "wildrobot", ignore=shutil.ignore_patterns("*.npz", "__pycache__"))
    for name in OUTSIDE:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def test_the_site_builds_with_every_link_sound_and_nothing_from_elsewhere(copy):
    done = built(copy)
    assert done.returncode == 0, done.stderr
    page = (copy / "build" / "site" / "index.html").read_text(encoding="utf-8")
    assert "is it my robot, my task, or my trainer?" in page
    assert 'src="http' not in page
    assert 'rel="stylesheet" type="text/css" href="http' not in page
    assert "Licence" in page


def test_a_broken_link_or_heading_ends_the_build(copy):
    with (copy / "docs" / "guide.md").open("a", encoding="utf-8") as guide:
        guide.write("\n[gone](nowhere.md), [no heading](evaluation.md#no-such), [no file](../wildrobot/nothing.py)\n")
    done = built(copy)
    assert done.returncode == 1
    assert all(name in done.stderr for name in ("nowhere.md", "no-such", "nothing.py"))


def test_the_dockerfile_has_what_its_set_up_needs():
    dockerfile = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    copied = next(line.split()[1:-1] for line in dockerfile.splitlines() if line.startswith("COPY Makefile"))
    assert [name for name in copied if not (ROOT / name).is_file()] == []
    assert {"pyproject.toml", "requirements.lock", "hatch_build.py", "README.md", "LICENSE"} <= set(copied)
    assert 'CMD ["make", "evaluate"]' in dockerfile


def test_hadolint_has_nothing_to_say_of_the_dockerfile():
    hadolint = Path(sys.executable).with_name("hadolint")
    if not hadolint.exists():
        pytest.skip("hadolint is of the extra dev; `make check` runs it")
    done = subprocess.run([str(hadolint), str(ROOT / "Dockerfile")], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "")
