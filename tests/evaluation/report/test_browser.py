"""The page in a real browser."""

from pathlib import Path

import imageio.v2
import numpy as np
import pytest
from playwright.sync_api import Browser, Page

from tests.evaluation.report import sample
from wildrobot.evaluation.judge.result import from_tree
from wildrobot.evaluation.show.report.page import write

_UNDRAWN = "document.querySelectorAll('.plot:not([data-state])').length"


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """One second of H.264."""
    path = tmp_path_factory.mktemp("film") / "film.mp4"
    frames = [np.full((48, 64, 3), 10 * shade, np.uint8) for shade in range(25)]
    imageio.v2.mimwrite(path, frames, fps=25, macro_block_size=2, pixelformat="yuv420p")  # type: ignore[arg-type]
    return path.read_bytes()


class Watched:
    """A page and all that it complained of or asked for."""

    def __init__(self, page: Page, address: str) -> None:
        self.page, self.complaints, self.requests = page, list[str](), list[str]()
        page.on("console", lambda message: self.complaints.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda request: self.requests.append(request.url.split(",")[0]))
        page.goto(address)

    def wait_until_drawn(self) -> None:
        for _ in range(300):
            if not self.page.evaluate(_UNDRAWN):
                return
            self.page.wait_for_timeout(50)
        raise AssertionError("not every plot was drawn")


@pytest.fixture(scope="module")
def watched(browser: Browser, film: bytes, tmp_path_factory: pytest.TempPathFactory) -> Watched:
    path = write(tmp_path_factory.mktemp("report"), sample.evaluation(episodes=8), {"brax-seed-1": film})
    found = Watched(browser.new_page(viewport={"width": 1280, "height": 900}), path.as_uri())
    return found


def test_every_plot_is_drawn_when_it_is_scrolled_to(watched: Watched) -> None:
    plots = watched.page.locator(".plot")
    assert plots.count() == 17
    assert watched.page.evaluate(_UNDRAWN) > 0  # those further down wait
    for index in range(plots.count()):
        plot = plots.nth(index)
        plot.scroll_into_view_if_needed()
        plot.locator("svg.main-svg path, svg.main-svg line").first.wait_for(state="attached")
        box = plot.locator("svg.main-svg").first.bounding_box()
        assert box
        assert box["width"] > 300
        assert box["height"] > 60
        label = plot.get_attribute("aria-label")
        assert label
        assert len(label) > 15


def test_a_comparison_can_be_chosen_by_suite_and_metric(watched: Watched) -> None:
    page = watched.page
    watched.wait_until_drawn()
    group = page.locator("[data-group='compared-0']")
    groups, chance = group.locator("[data-drawing^='compare/']"), group.locator("[data-drawing^='improvement/']")
    group.locator("select[name=suite]").select_option("push")
    group.locator("select[name=metric]").select_option("survival")
    assert "survival of each group in the suite push" in str(groups.get_attribute("aria-label"))
    drawn = chance.locator(".ytick").count()
    group.locator("select[name=suite]").select_option("walk")
    assert "in the suite walk" in str(groups.get_attribute("aria-label"))
    assert chance.locator(".ytick").count() > drawn  # more metrics, in the suite that is chosen


def test_a_choice_by_keyboard_changes_the_plots(watched: Watched) -> None:
    page = watched.page
    watched.wait_until_drawn()
    case, policy = page.locator("select[name=case]"), page.locator("select[name=policy]")
    tracking = page.locator("[data-drawing='tracking/{case}']")
    before = tracking.get_attribute("aria-label")
    assert tracking.locator(".scatterlayer .trace").count() == 10  # two policies, holding home: 3 each; the command
    case.focus()
    page.keyboard.press("ArrowDown")
    assert tracking.get_attribute("aria-label") != before
    page.keyboard.press("Tab")
    assert policy.evaluate("select => select === document.activeElement")
    page.keyboard.press("ArrowDown")
    assert policy.input_value() == "brax-seed-1"
    assert tracking.locator(".scatterlayer .trace").count() == 4


def test_the_data_of_a_plot_can_be_read_as_a_table(watched: Watched) -> None:
    watched.wait_until_drawn()
    ladder = watched.page.locator("figure", has=watched.page.locator("[data-drawing^='ladder/']"))
    ladder.locator("summary").focus()
    watched.page.keyboard.press("Enter")
    ladder.locator("td").first.wait_for()
    assert ladder.locator("tbody tr").count() == 18  # three robots, six forces
    assert ladder.locator("th").all_inner_texts()[:3] == ["policy", "force [N]", "survival [%]"]


def test_the_film_plays(watched: Watched) -> None:
    film = watched.page.locator("video")
    assert film.count() == 1  # of the policy that has one
    assert watched.page.locator("section").first.get_attribute("id") == "films"
    assert watched.page.locator("nav a").first.inner_text() == "Film"
    film.scroll_into_view_if_needed()
    assert film.get_attribute("poster")
    assert film.evaluate("film => film.play().then(() => film.videoWidth)") == 64
    watched.page.wait_for_timeout(400)
    assert film.evaluate("film => film.currentTime") > 0.1
    film.evaluate("film => film.pause()")


def test_nothing_is_wider_than_a_phone(watched: Watched) -> None:
    page = watched.page
    watched.wait_until_drawn()
    page.set_viewport_size({"width": 360, "height": 740})
    page.wait_for_timeout(300)
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    widths = page.evaluate("[...document.querySelectorAll('.main-svg')].map(svg => svg.getBoundingClientRect().right)")
    assert max(widths) <= 360
    page.set_viewport_size({"width": 1280, "height": 900})


def test_paper_is_light_and_shows_the_plots(watched: Watched) -> None:
    page = watched.page
    watched.wait_until_drawn()
    page.emulate_media(color_scheme="dark")
    colour = "getComputedStyle(document.body).backgroundColor"
    assert page.evaluate(colour) == "rgb(17, 20, 24)"
    tick = "getComputedStyle(document.querySelector('.xtick text')).fill"
    dark = page.evaluate(tick)
    page.emulate_media(media="print", color_scheme="dark")
    page.wait_for_selector("html.printing")
    assert page.evaluate(colour) == "rgb(255, 255, 255)"
    assert page.evaluate(tick) != dark
    widths = page.evaluate("[...document.querySelectorAll('.plot .main-svg')].map(svg => svg.clientWidth)")
    assert len(widths) >= 16
    assert 200 < min(widths) <= max(widths) <= 680  # A4 without its margins
    assert not page.locator("nav").is_visible()
    page.set_viewport_size({"width": 688, "height": 900})  # of A4, within its margins
    assert page.evaluate("document.documentElement.scrollWidth") == 688  # a wider page would be shrunk
    assert page.locator(".still").is_visible()
    assert not page.locator("video").is_visible()
    page.set_viewport_size({"width": 1280, "height": 900})
    page.emulate_media(media="screen", color_scheme="light")
    assert not page.locator(".still").is_visible()
    assert len(page.pdf(format="A4", prefer_css_page_size=True)) > 50_000


def test_it_asked_for_nothing_and_complained_of_nothing(watched: Watched) -> None:
    watched.wait_until_drawn()
    assert watched.complaints == []
    assert [url for url in watched.requests if not url.startswith("data:")] == [watched.page.url]


def test_a_page_without_the_optional_parts_works_too(browser: Browser, tmp_path: Path) -> None:
    tree = sample.document(("alone",), episodes=4)
    tree["policies"][0] |= {"learning_curve": None, "provenance": None}
    found = Watched(
        browser.new_page(viewport={"width": 360, "height": 740}), write(tmp_path, from_tree(tree, "here")).as_uri()
    )
    found.wait_until_drawn()
    assert found.complaints == []
    gait = found.page.locator("[data-drawing^='gait/']")
    found.page.locator("select[name=case]").select_option("turn_and_side/vy=0.06")
    assert gait.locator(".barlayer path").count() == 9
    found.page.close()


def test_paper_shows_plots_of_many_policies_whole(browser: Browser, tmp_path: Path) -> None:
    path = write(tmp_path, sample.evaluation(tuple("abcdef"), episodes=2))
    found = Watched(browser.new_page(viewport={"width": 360, "height": 740}), path.as_uri())
    found.wait_until_drawn()
    heights = "[...document.querySelectorAll('.plot .main-svg:first-child')].map(svg => svg.clientHeight)"
    assert max(found.page.evaluate(heights)) > 1016  # in CSS pixels, what A4 has between its margins
    found.page.emulate_media(media="print")
    found.page.wait_for_selector("html.printing")
    assert max(found.page.evaluate(heights)) == 900
    columns = found.page.locator(".panels").first.evaluate("panels => getComputedStyle(panels).gridTemplateColumns")
    assert len(columns.split()) == 2
    found.page.close()
