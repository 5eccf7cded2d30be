"""The page as a person uses it."""

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import imageio.v3
import pytest
from playwright.sync_api import Browser

from tests.policy.web.harness import Watched, served

WALKS = "Number(document.getElementById('reached-0').textContent) > 0.1"
STANDS = "Math.abs(Number(document.getElementById('reached-0').textContent)) < 0.06"


@pytest.fixture(scope="module")
def watched(browser: Browser, walk_address: str) -> Watched:
    return Watched(browser, walk_address).open()


def test_it_loads_and_the_robot_stands(watched):
    page = watched.page
    assert page.locator("#problem").is_hidden()
    assert page.inner_text("#versions").startswith("MuJoCo 3.")
    assert "wildrobot: brax-amp" in page.inner_text("#title")
    assert [watched.number("asked", index) for index in range(3)] == [0.0, 0.0, 0.0]
    assert abs(watched.number("reached", 0)) < 0.1


def test_keys_drive_it(watched):
    page = watched.page
    page.keyboard.down("w")
    page.keyboard.down("ArrowRight")
    watched.wait_for(WALKS)
    assert watched.number("asked", 0) == pytest.approx(0.6 * 0.42, abs=0.005)
    assert watched.number("asked", 2) == pytest.approx(0.6 * -0.3, abs=0.005)
    page.keyboard.up("ArrowRight")
    page.keyboard.down("Shift")
    watched.wait_for("document.getElementById('asked-0').textContent === '0.42'")
    page.keyboard.up("Shift")
    page.keyboard.up("w")
    watched.wait_for(STANDS)
    assert watched.number("asked", 0) == 0.0


def test_the_stick_drives_it_and_can_stay(watched):
    page = watched.page
    page.locator("#keep").check()
    box = page.locator("#walk").bounding_box()
    assert box
    middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(*middle)
    page.mouse.down()
    page.mouse.move(middle[0], middle[1] - 20)  # about half its way
    page.mouse.up()
    watched.wait_for("document.getElementById('asked-0').textContent !== '0.00'")
    assert watched.number("asked", 0) == pytest.approx(0.21, abs=0.015)
    page.get_by_role("button", name="Stop").click()
    watched.wait_for("document.getElementById('asked-0').textContent === '0.00'")
    page.locator("#keep").uncheck()
    page.mouse.move(*middle)
    page.mouse.down()
    page.mouse.move(middle[0] - 100, middle[1])  # beyond its rim, to the left
    watched.wait_for("document.getElementById('asked-1').textContent === '0.08'")
    page.mouse.up()
    watched.wait_for("document.getElementById('asked-1').textContent === '0.00'")


def test_a_push_moves_it_and_a_hard_one_throws_it(watched):
    page = watched.page
    page.keyboard.press("r")
    watched.wait_for(STANDS)
    page.locator("#force").fill("12")
    assert page.inner_text("#newtons") == "12 N"
    page.get_by_role("button", name="left", exact=True).click()
    watched.wait_for("Number(document.getElementById('reached-1').textContent) > 0.03")
    assert page.inner_text("#status") == ""
    page.locator("#force").fill("30")
    for _ in range(3):
        page.locator("#force").blur()
        page.keyboard.press(" ")  # again as last
        page.wait_for_timeout(300)
    watched.wait_for("document.getElementById('status').textContent.startsWith('It has fallen')")
    page.get_by_role("button", name="Reset").click()
    watched.wait_for("document.getElementById('status').textContent === ''")
    assert page.locator("#problem").is_hidden()


def test_paused_it_stays(watched):
    page = watched.page
    page.keyboard.press("p")
    page.keyboard.down("w")
    watched.wait_for("document.getElementById('rate').textContent === 'paused'")
    assert page.locator("#pause").get_attribute("aria-pressed") == "true"
    assert abs(watched.number("reached", 0)) < 0.1
    page.keyboard.press("p")
    watched.wait_for(WALKS)
    page.keyboard.up("w")


def test_it_asked_its_own_folder_alone_and_complained_of_nothing(watched):
    assert watched.complaints == []
    assert all(url.startswith(watched.address) for url in watched.requests if not url.startswith("data:"))
    assert any("mujoco.wasm.gz" in url for url in watched.requests)


def test_a_phone_has_no_scrolling_sideways(watched):
    page = watched.page
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    for name in ("#view", "#walk", "#turn", "#reset"):
        box = page.locator(name).bounding_box()
        assert box
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 360
        assert box["y"] + box["height"] <= 740
    view = page.locator("#view").bounding_box()
    assert view
    assert view["height"] > 200


def test_it_is_drawn(browser, walk_address):
    """The picture has the floor, the sky and the robot in it."""
    watched = Watched(browser, walk_address, drawn=True).open()
    watched.page.keyboard.press("p")
    watched.wait_for("document.getElementById('rate').textContent === 'paused'")
    box = watched.page.locator("#view").bounding_box()
    picture = imageio.v3.imread(watched.page.screenshot(clip=box, timeout=120_000))[..., :3].astype(int)
    sky, middle = picture[8, 8], picture[60:200, 120:240]
    assert sky[2] > sky[0] + 10, "bluish"
    orange = (middle[..., 0] > middle[..., 2] + 80).sum()
    assert orange > 50, "the robot's marks"
    assert (middle.max(axis=2) < 60).sum() > 100, "its dark limbs"
    assert watched.complaints == []
    watched.page.close()


def test_a_sensor_that_fails_is_named_on_the_page(browser, walk_address):
    """As if the gyro's readings were not finite from 0.4 s on."""
    watched, gyro = Watched(browser, walk_address), "sensor(described.gyro)"
    watched.replace("simulation.js", f"gyro: {gyro}", f"gyro: this.time > 0.4 ? [NaN, 0, 0] : {gyro}")
    watched.open()
    watched.wait_for("!document.getElementById('problem').hidden")
    assert watched.problem == "Unusable, targets held: gyro. Reset starts afresh."
    watched.page.keyboard.press("r")
    watched.wait_for("document.getElementById('problem').hidden")
    watched.wait_for("!document.getElementById('problem').hidden")
    watched.page.close()


def resealed(folder: Path, name: str) -> None:
    """Whoever alters a file and its checksum."""
    sums = json.loads((folder / "checksums.json").read_text())
    sums[name] = hashlib.sha256((folder / name).read_bytes()).hexdigest()
    (folder / "checksums.json").write_text(json.dumps(sums))


def edited(name: str, before: str, after: str, *, reseal: bool = True) -> Callable[[Path], None]:
    def edit(folder: Path) -> None:
        text = (folder / name).read_text()
        assert before in text
        (folder / name).write_text(text.replace(before, after, 1))
        if reseal:
            resealed(folder, name)

    return edit


SPEC = "bundle/policy_spec.json"


@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        (
            edited("bundle/wildrobot.xml", "<mujoco", "<mujoco ", reseal=False),
            "bundle/wildrobot.xml is not as it was exported (its checksum differs); export the page again",
        ),
        (lambda folder: (folder / "bundle/policy.onnx").unlink(), "bundle/policy.onnx is missing (404); export"),
        (lambda folder: (folder / "vendor/mujoco.wasm.gz").unlink(), "vendor/mujoco.wasm.gz is missing (404); export"),
        (edited(SPEC, '"contract_version": 2', '"contract_version": 3'), "policy_spec.json is of version 3, and this"),
        (
            edited(SPEC, '"robot_digest": "', '"robot_digest": "0'),
            "The policy in bundle/ is of another robot",
        ),
        (
            edited(SPEC, '"file": "policy.onnx"', '"file": "../../x"'),
            "bundle/../../x lies outside of this page",
        ),
        (
            edited("simulation.json", '"nq": 24', '"nq": 25'),
            "This page cannot go on: MuJoCo 3.14.0 makes another",
        ),
    ],
    ids=["checksum", "no_model", "no_library", "version", "robot", "outside", "compiled"],
)
def test_what_is_wrong_with_the_folder_is_one_sentence(damage, expected, browser, walk_page, tmp_path):
    shutil.copytree(walk_page, tmp_path / "page")
    damage(tmp_path / "page")
    with served(tmp_path / "page") as address:
        watched = Watched(browser, address).open()
        assert watched.problem.startswith(expected)
        assert watched.problem.count(". ") == 0
        assert watched.page.locator("#loading").is_hidden()
        watched.page.close()


def test_opened_as_a_file_it_says_how_to_serve_it(browser, walk_page):
    page = browser.new_page(viewport={"width": 360, "height": 740})
    page.goto((walk_page / "index.html").as_uri())
    assert "needs a file server" in page.inner_text("#progress")
    assert "python -m http.server" in page.inner_text("#progress")
    assert page.locator("#panel").is_hidden()
    page.close()
