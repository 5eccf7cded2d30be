"""What `export --web` writes, and what it refuses."""

import dataclasses
import hashlib
import json
import shutil
from pathlib import Path

import pytest

from tests.policy.networks import for_env
from tests.test_second_biped import experiment
from wildrobot.env import make_env
from wildrobot.errors import UsageError
from wildrobot.policy import bundle, load_policy
from wildrobot.policy.__main__ import main
from wildrobot.policy.web import site
from wildrobot.policy.web.simulation import simulation
from wildrobot.robot import load_robot

from .conftest import WALK

SOURCES = Path(site.__file__).parent
LIMIT_BYTES = 25e6


def test_the_folder_holds_all_that_the_page_needs(walk_page):
    files = {path.relative_to(walk_page).as_posix() for path in walk_page.rglob("*") if path.is_file()}
    assert {"index.html", "main.js", "simulation.json", "vendor/mujoco.wasm.gz", "bundle/policy.onnx"} <= files
    policy, difference = bundle.verify(walk_page / "bundle")
    assert policy.sha256 == load_policy(walk_page / "bundle").sha256 == load_policy(WALK).sha256
    assert difference <= 1e-5
    sums = json.loads((walk_page / "checksums.json").read_text())
    for name in ("simulation.json", "bundle/policy.onnx"):
        assert sums[name] == hashlib.sha256((walk_page / name).read_bytes()).hexdigest()
    assert [path.name for path in walk_page.parent.iterdir()] == ["walk"]


def test_nothing_in_it_names_another_place(walk_page):
    """Of the page's own files; what the libraries contain is held to nothing but their own requests."""
    for path in walk_page.iterdir():
        if path.is_file():
            text = path.read_text().replace("http://localhost:8000", "")
            assert "http:" not in text, path.name
            assert "https:" not in text, path.name


def test_the_physics_is_that_of_the_robot(walk_page):
    described, robot = json.loads((walk_page / "simulation.json").read_text()), load_robot(collision="full")
    assert (described["timestep_s"], described["substeps"], described["latency_steps"]) == (0.005, 4, 1)
    assert len(described["geom_contacts"]) == robot.model.ngeom
    assert described["sizes"]["ngeom"] == robot.model.ngeom
    assert described["home_targets_rad"] == robot.home_targets_rad.tolist()
    gains = described["servos"]["actuator_gainprm"]
    assert gains[4] == pytest.approx(21.1)  # proportional, of the first servo
    assert gains[1] == pytest.approx(11.1 / 5.8)  # volts per rad/s: none are left at the no-load speed


def test_the_libraries_are_small_and_those_that_are_listed():
    vendor, wanted = SOURCES / "vendor", json.loads((SOURCES / "npm" / "package.json").read_text())
    contents = json.loads((vendor / "contents.json").read_text())
    assert contents["packages"] == wanted["dependencies"]
    assert sum(path.stat().st_size for path in vendor.rglob("*") if path.is_file()) < LIMIT_BYTES
    locked = json.loads((SOURCES / "npm" / "package-lock.json").read_text())["packages"]
    for package, version in contents["packages"].items():
        assert locked[f"node_modules/{package}"]["version"] == version
        assert locked[f"node_modules/{package}"]["integrity"].startswith("sha512-")


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda vendor: (vendor / "three.js").write_text("alert()"), "missing or altered: three.js; install wildrobot"),
        (lambda vendor: (vendor / "mujoco.wasm.gz").unlink(), "missing or altered: mujoco.wasm; install wildrobot"),
        (lambda vendor: (vendor / "mujoco.wasm.gz").write_text("\0"), "cannot be read .*; install wildrobot again, or"),
        (lambda vendor: (vendor / "contents.json").unlink(), "cannot be read .*contents.json"),
    ],
)
def test_damaged_libraries_are_refused(damage, message, tmp_path, monkeypatch):
    shutil.copytree(SOURCES / "vendor", tmp_path / "web" / "vendor")
    shutil.copytree(SOURCES / "page", tmp_path / "web" / "page")
    damage(tmp_path / "web" / "vendor")
    monkeypatch.setattr(site, "_HERE", tmp_path / "web")
    with pytest.raises(UsageError, match=message):
        site.export(load_policy(WALK), tmp_path / "page")
    assert not (tmp_path / "page").exists()


def test_a_policy_of_another_robot_is_refused(tmp_path):
    policy = load_policy(WALK)
    other = dataclasses.replace(policy, interface=policy.interface.model_copy(update={"robot_digest": "b" * 64}))
    with pytest.raises(UsageError, match="trained for another robot"):
        site.export(other, tmp_path / "page")
    assert not (tmp_path / "page").exists()


@pytest.mark.parametrize(
    ("before", "after", "named"),
    [
        ("<worldbody>", '<include file="more.xml"/><worldbody>', "what it includes"),
        ("<worldbody>", '<asset><mesh name="hull" file="hull.obj"/></asset><worldbody>', "hull.obj"),
    ],
)
def test_a_robot_of_several_files_is_refused(before, after, named, tmp_path):
    own = Path(load_robot(experiment().env.robot).mjcf)
    shutil.copytree(own.parent, tmp_path / "robot")
    mjcf = tmp_path / "robot" / own.name
    mjcf.write_text(mjcf.read_text().replace(before, after, 1))
    (tmp_path / "robot" / "more.xml").write_text("<mujoco><custom/></mujoco>")
    corners = "v 0 0 0\nv 1 0 0\nv 0 1 0\nv 0 0 1\n"
    (tmp_path / "robot" / "hull.obj").write_text(corners + "f 1 3 2\nf 1 2 4\nf 1 4 3\nf 2 3 4\n")
    interface = for_env(make_env(experiment().env)).interface
    moved = interface.model_copy(update={"robot": str(tmp_path / "robot" / "strider.yaml")})
    with pytest.raises(UsageError, match=rf"needs other files \({named}\), and a page holds the MJCF alone"):
        simulation(moved)


def test_the_command(tmp_path, capsys):
    assert main(["export", str(WALK), "--web", str(tmp_path / "page")]) == 0
    said = capsys.readouterr().out
    assert f"python -m http.server --bind 127.0.0.1 --directory {tmp_path / 'page'}" in said
    assert main(["export", str(WALK), "--web", str(tmp_path / "page")]) == 2
    assert "already holds files, and nothing is overwritten" in capsys.readouterr().err
    with pytest.raises(SystemExit, match="2"):
        main(["export", str(WALK), "--web", str(tmp_path / "a"), "--onnx", str(tmp_path / "b")])
    assert "not allowed with argument" in capsys.readouterr().err
