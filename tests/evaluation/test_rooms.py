"""What may import what: the rooms in their order, and the judge without the packages that only draw."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "wildrobot" / "evaluation"
ROOMS = ("play", "measure", "judge", "show")
"""Each imports only those before it."""


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_none_that_comes_after_it(room):
    later = [
        f"wildrobot.evaluation.{each}" for each in (*ROOMS[ROOMS.index(room) + 1 :], "evaluate", "diagnose", "style")
    ]
    for path in (PACKAGE / room).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [f"{names[0]}.{alias.name}" for alias in node.names] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            for name in names:
                assert not name.startswith(tuple(later)), f"{path.relative_to(ROOT)} imports {name}"


BLOCKED = """
import sys
for name in ("jinja2", "markupsafe", "plotly", "matplotlib", "PIL"):
    sys.modules[name] = None
from wildrobot.evaluation.__main__ import main
sys.exit(main(sys.argv[1:]))
"""


def test_the_judge_needs_no_package_that_draws(run, tiny, tmp_path):
    """Tables, gates and JSON of a run folder, in a process in which those packages cannot be imported."""
    done = subprocess.run(
        [sys.executable, "-c", BLOCKED, run, "--suites", tiny], cwd=ROOT, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    assert "Gates of my-run: pass (2 of 2 passed)" in done.stdout
    assert "no report is written: the report needs jinja2 and plotly; run" in done.stdout
    assert "no picture is drawn: the picture needs matplotlib; run" in done.stdout
    assert {path.name for path in run.iterdir()} == {"evaluation.json", "metrics.jsonl", "policy.safetensors"}
