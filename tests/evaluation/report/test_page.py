import base64
import gzip
import json
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from tests.evaluation.report import comparisons, sample
from wildrobot.errors import UsageError
from wildrobot.evaluation.judge.result import from_tree, to_json
from wildrobot.evaluation.show.report.__main__ import main
from wildrobot.evaluation.show.report.page import write


class Page(HTMLParser):
    """What a reader's tools see: elements with their attributes, and the text outside of scripts and styles."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.raw: dict[str | None, str] = {}
        self._within: tuple[str, str | None] | None = None
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag in ("script", "style"):
            self._within = (tag, dict(attrs).get("id"))

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style"):
            self._within = None

    def handle_data(self, data: str) -> None:
        if self._within:
            self.raw[self._within[1]] = self.raw.get(self._within[1], "") + data
        else:
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).replace("\u00a0", " ").split())

    def every(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]

    @property
    def drawings(self) -> dict[str, Any]:
        return json.loads(gzip.decompress(base64.b64decode(self.raw["drawings"])))


def _page(folder: Path, tree: dict[str, Any], films: dict[str, bytes] | None = None) -> Page:
    return Page(write(folder, from_tree(tree, "here"), films or {}).read_text(encoding="utf-8"))


def _header(page: Page) -> str:
    return page.text[: page.text.index("A gate is a threshold")]


@pytest.fixture(scope="module")
def tree() -> dict[str, Any]:
    return sample.document(episodes=8)


@pytest.fixture(scope="module")
def page(tree: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Page:
    return _page(tmp_path_factory.mktemp("report"), tree)


def test_the_verdict_comes_first_and_in_words(page: Page, tree: dict[str, Any]) -> None:
    top = _header(page)
    for policy in tree["policies"][:2]:
        passed = sum(gate["passed"] for gate in policy["gates"])
        verdict = "Passes" if policy["passed"] else "Fails"
        assert f"{policy['name']} {verdict} {passed} of 7 gates passed" in top
    assert f"brax-ppo against sb3-ppo walk {comparisons.VERDICT} stand {comparisons.VERDICT}" in top
    assert "sb3-seed-0. 0.30 m/s is outside the trained range" in top


def test_details_of_a_verdict_stand_below_it_in_the_comparison(page: Page) -> None:
    assert comparisons.DETAILS[0] not in _header(page)
    below = page.text[page.text.index("Means over episodes") :]
    vx_error = comparisons.DETAILS[1].replace("-0.", "−0.")  # with real minus signs
    assert f"Walk {comparisons.VERDICT} {comparisons.DETAILS[0]} {vx_error} All metrics of walk" in below


def test_failed_gates_are_shown_and_passed_ones_are_behind_their_number(page: Page, tree: dict[str, Any]) -> None:
    rows = [attributes.get("class") for attributes in page.every("tr") if attributes.get("role") == "row"]
    results = [name for name in rows if name in ("pass", "fail")]
    wanted = []
    for policy in tree["policies"][:2]:
        passed = sum(gate["passed"] for gate in policy["gates"])
        wanted += ["fail"] * (7 - passed) + ["pass"] * passed
        told = f"{passed} of 7 gates passed." + ("" if passed == 7 else " What failed:")
        assert f"{policy['name']} {told}" in page.text
        assert f"{passed} passed gates of {policy['name']}" in page.text
    assert results == wanted
    assert "fail" in results
    assert not [
        attributes for attributes in page.every("details") if "open" in attributes and "more" in str(attributes)
    ]


def test_who_passes_all_has_one_line(tmp_path: Path, tree: dict[str, Any]) -> None:
    tree = json.loads(json.dumps(tree))
    for gate in tree["policies"][0]["gates"]:
        gate["passed"] = True
    text = _page(tmp_path, tree).text
    assert "brax-seed-1 7 of 7 gates passed. 7 passed gates of brax-seed-1 Gates" not in text
    assert "brax-seed-1 7 of 7 gates passed. 7 passed gates of brax-seed-1 Passed gates" in text


def test_a_suite_says_who_passes_it(page: Page, tree: dict[str, Any]) -> None:
    def passed(policy: int, suite: str) -> int:
        return sum(gate["passed"] for gate in tree["policies"][policy]["gates"] if gate["suite"] == suite)

    walk, stand = page.text.index("Does it walk at"), page.text.index("Does it stand quietly")
    first, second = passed(0, "walk"), passed(1, "walk")
    assert f"brax-seed-1: {first} of 5 gates sb3-seed-0: {second} of 5 gates" in page.text[walk:stand]
    robust = page.text[page.text.index("Which error of the model") : page.text.index("Does it walk the same")]
    assert "gates" not in robust  # it has none
    assert f"{sample.BASELINE}: " not in page.text


def test_many_notes_are_three_and_the_rest(tmp_path: Path) -> None:
    tree = sample.document(("alone",), episodes=2)
    tree["policies"][0]["notes"] = [f"remark {number}" for number in range(5)]
    tree["policies"][1]["notes"] = []
    page = _page(tmp_path, tree)
    assert "alone: 5 notes remark 0 remark 1 remark 2 2 more on alone remark 3 remark 4" in page.text
    assert len([one for one in page.every("div") if one.get("class") == "notice"]) == 1


def test_baselines_are_muted(page: Page) -> None:
    muted = [attributes for attributes in page.every("th") if attributes.get("class") == "quiet"]
    assert len(muted) == 5 + 4  # a row in each case of walk and of stand
    cells = [attributes for attributes in page.every("td") if attributes.get("class") == "quiet"]
    assert len(cells) > 5 * 9 + 4 * 4


def test_cases_say_what_collides(tmp_path: Path) -> None:
    tree = sample.document(("alone",), episodes=2)
    tree["suites"][0]["cases"][0]["collision"] = "feet"
    text = _page(tmp_path, tree).text
    assert "−0.10 m/s −0.1 0 0 rest 20 feet native" in text
    assert "0.10 m/s 0.1 0 0 rest 20 full native" in text


def test_sections_come_in_order(page: Page) -> None:
    sections = [attributes["id"] for attributes in page.every("section")]
    assert sections == [
        "gates", "suite-walk", "suite-stand", "suite-turn_and_side", "suite-push", "suite-robust", "suite-transfer",
        "motion", "training", "comparison", "provenance",
    ]  # fmt: skip


def test_tables_show_values_with_units_and_intervals(page: Page, tree: dict[str, Any]) -> None:
    entry = tree["policies"][0]["suites"]["walk"]["cases"]["vx=0.2"]["metrics"]["speed_m_per_s"]
    assert f"{entry['value']:.3f} {entry['low']:.3f}–{entry['high']:.3f}" in page.text
    assert "speed [m/s]" in page.text
    assert "survival [%]" in page.text
    assert "Does it walk at the commanded speed" in page.text
    assert "cost of transport" in page.text


def test_it_needs_no_network(page: Page) -> None:
    for tag, attributes in page.elements:
        for name in ("src", "href", "poster"):
            address = attributes.get(name) or ""
            assert address.startswith(("data:", "#")) or not address, (tag, address[:80])
    policy = next(m for m in page.every("meta") if m.get("http-equiv") == "Content-Security-Policy")
    assert (policy["content"] or "").startswith("default-src 'none';")


def test_it_can_be_used_without_seeing(page: Page) -> None:
    assert page.every("html")[0]["lang"] == "en"
    assert len(page.every("h1")) == 1
    assert len(page.every("main")) == len(page.every("header")) == len(page.every("nav")) == 1
    links = [attributes["href"] for attributes in page.every("a")]
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert links[0] == "#main"
    assert {f"#{name}" for name in ids} >= set(links)
    assert len(ids) == len(set(ids))
    plots = [attributes for attributes in page.every("div") if attributes.get("class") == "plot"]
    assert len(plots) == 17
    assert all(plot.get("aria-label") and plot.get("role") == "img" for plot in plots)
    assert len([one for one in page.every("details") if one.get("class") == "data"]) == len(plots)
    assert all(drawing["label"] and drawing["table"]["rows"] for drawing in page.drawings.values())
    regions = [attributes for attributes in page.every("div") if attributes.get("class") == "scroll"]
    assert all(region.get("tabindex") == "0" and region.get("aria-label") for region in regions)


def test_names_cannot_break_the_page(tmp_path: Path) -> None:
    name = '</script><script>alert("1")</script><b>&'
    tree = sample.document((name,), episodes=4)
    tree["policies"][0]["notes"] = [name]
    tree["policies"][0]["provenance"]["config"] = {name: name}
    page = _page(tmp_path, tree)
    assert len(page.every("script")) == 3
    assert not page.every("b")
    assert page.text.count(name) > 5
    trace = page.drawings["tracking/walk/vx=0.2"]["data"][2]
    assert trace["name"] == '&lt;/script&gt;&lt;script&gt;alert("1")&lt;/script&gt;&lt;b&gt;&amp;'


def _without_learning(tree: dict[str, Any]) -> None:
    for policy in tree["policies"]:
        policy["learning_curve"] = None


def _without_gates(tree: dict[str, Any]) -> None:
    for policy in tree["policies"]:
        policy["gates"] = []


def _walk_alone(tree: dict[str, Any]) -> None:
    tree["suites"] = tree["suites"][:1]
    for policy in tree["policies"]:
        policy["suites"] = {"walk": policy["suites"]["walk"]}
        policy["gates"] = [gate for gate in policy["gates"] if gate["suite"] == "walk"]
    tree["comparisons"] = []


@pytest.mark.parametrize(
    ("change", "gone"),
    [
        (_without_learning, "training"),
        (_without_gates, "gates"),
        (_walk_alone, "suite-push"),
    ],
)
def test_what_is_missing_is_left_out(
    tmp_path: Path, tree: dict[str, Any], change: Callable[[dict[str, Any]], None], gone: str
) -> None:
    tree = json.loads(json.dumps(tree))
    change(tree)
    page = _page(tmp_path, tree)
    assert gone not in [attributes["id"] for attributes in page.every("section")]
    assert f"#{gone}" not in [attributes["href"] for attributes in page.every("a")]
    drawn = [attributes["data-drawing"] for attributes in page.every("div") if attributes.get("class") == "plot"]
    for key in (key for key in drawn if key and "{" not in key):
        assert key in page.drawings


def test_one_policy_and_more(tmp_path: Path) -> None:
    one = _page(tmp_path / "one", sample.document(("alone",), episodes=4))
    assert "Evaluation of alone" in one.text
    assert not [attributes for attributes in one.every("section") if attributes["id"] == "comparison"]
    three = _page(tmp_path / "three", sample.document(("a", "b", "c"), episodes=4))
    for pair in ("a against b", "a against c"):
        assert f"{pair} walk {comparisons.VERDICT}" in _header(three)
        assert f"{pair} Means over episodes" in three.text
    assert [one["data-group"] for one in three.every("div") if "compared" in (one.get("data-group") or "")] == [
        "compared-0",
        "compared-1",
    ]
    four = _page(tmp_path / "four", sample.document(("a", "b", "c", "d"), episodes=4))
    assert "Evaluation of 4 policies" in four.text
    assert "Every training run counts once" in four.text


def test_the_command_draws_a_saved_result(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "e.json").write_text(to_json(sample.evaluation(episodes=2)))
    assert main([str(tmp_path / "e.json"), str(tmp_path / "page")]) == 0
    assert "Gates" in Page((tmp_path / "page" / "index.html").read_text(encoding="utf-8")).text
    assert main([str(tmp_path / "missing.json"), str(tmp_path / "page")]) == 2
    assert capsys.readouterr().err.startswith(f"error: {tmp_path / 'missing.json'}: not readable as JSON")


def test_the_page_is_replaced_whole(tmp_path: Path, tree: dict[str, Any]) -> None:
    evaluation = from_tree(tree, "here")
    path = write(tmp_path / "new" / "report", evaluation)
    assert path == tmp_path / "new" / "report" / "index.html"
    before = path.read_bytes()
    assert write(path.parent, evaluation).read_bytes() == before  # the same results give the same page
    assert [entry.name for entry in path.parent.iterdir()] == ["index.html"]
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(UsageError, match="choose a writable place"):
        write(tmp_path / "file", evaluation)
