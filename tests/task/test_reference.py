from pathlib import Path

from wildrobot.task.__main__ import reference

DOCS = Path(__file__).parents[2] / "docs"


def test_the_documentation_is_that_of_the_functions():
    made = (DOCS / "task.md").read_text(encoding="utf-8").rstrip("\n")
    assert made == reference(), "run: python -m wildrobot.task > docs/task.md"
