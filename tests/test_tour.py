"""The notebook docs/tour.ipynb runs from its first cell to its last, and stays small."""

from pathlib import Path

import nbclient
import nbformat
import pytest

ROOT = Path(__file__).resolve().parents[1]
TOUR = ROOT / "docs" / "tour.ipynb"


def test_its_outputs_are_small_and_tell_nothing_of_the_machine_that_made_them():
    text = TOUR.read_text(encoding="utf-8")
    assert len(text) < 200_000
    assert str(ROOT) not in text
    assert any(cell.get("outputs") for cell in nbformat.reads(text, as_version=4).cells)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning:jupyter_client", "ignore::ResourceWarning")
def test_it_runs_to_its_end():
    notebook = nbformat.read(TOUR, as_version=4)
    nbclient.NotebookClient(notebook, timeout=1800, resources={"metadata": {"path": str(ROOT)}}).execute()
    printed = "".join(
        output.get("text", "") for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs
    )
    assert "did you mean alive?" in printed
