"""The notebooks run from top to bottom, on a machine without any data."""

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))


# what the last cell of each says or shows
ENDS = {
    "did_the_program_help": "brought back at least",
    "explain_a_score": "image/png",
    "explore_signals": "rank correlation",
    "retrain_and_compare": "romoted",
}


def test_every_notebook_is_known_here() -> None:
    assert [path.stem for path in NOTEBOOKS] == list(ENDS)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_notebook_runs_from_top_to_bottom(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RESPITE_HOME", raising=False)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", str(path.parents[1]))
    notebook = nbformat.read(path, as_version=4)

    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(path.parent)}}).execute()

    last = notebook.cells[-1].outputs
    assert any(ENDS[path.stem] in str(output) for output in last)
    assert all(not cell.get("outputs") for cell in nbformat.read(path, as_version=4).cells), "commit it without outputs"
