"""The diagnosis on the page: as a section of the report, and alone."""

from tests.evaluation.diagnose.test_verdict import diagnosis, result
from tests.evaluation.report import sample
from wildrobot.evaluation.show.report import diagnosis as section
from wildrobot.evaluation.show.report import page

FOUND = diagnosis(result("reads_<wrong>", "robot", "exact", 2.0), result("sound", "task", "exact", 0.5))


def test_the_report_has_it_where_there_is_one():
    with_it = page.render(sample.evaluation(("brax-seed-1",), episodes=2), diagnoses={"brax-seed-1": FOUND})
    assert '<section id="diagnosis"' in with_it
    assert '<a href="#diagnosis">' in with_it
    assert "Reads_&lt;wrong&gt;" not in with_it
    assert "Reads &lt;wrong&gt;" in with_it
    assert "1 examination of the task found nothing" in with_it


def test_a_page_of_its_own_loads_nothing(tmp_path):
    written = section.write(tmp_path / "new" / "diagnosis.html", FOUND).read_text()
    assert "Suspect the robot" in written
    assert "Try next:</strong> Look at it." in written
    assert "<script" not in written
    assert "http" not in written.replace("http-equiv", "")


def test_a_bar_shows_the_value_beside_its_limits():
    (shown,) = section.section(FOUND).findings
    (row,) = shown.rows
    # From 0 to 2, of which 4 % to 96 % of the width: the limit 1 in the middle.
    assert row.bar == section.Bar(value=96.0, low=None, high=50.0)
    assert section._bar(None, 0.0, 1.0) is None
    assert section._bar(0.0, 0.0, 0.0) is None
