"""The notebook runs from start to finish."""

import pathlib

import pytest

NOTEBOOK = pathlib.Path(__file__).parents[2] / "notebooks" / "colab.ipynb"


def test_the_notebook_runs(tmp_path):
    nbformat = pytest.importorskip("nbformat")
    nbclient = pytest.importorskip("nbclient")
    pytest.importorskip("ipykernel")
    pytest.importorskip("matplotlib")
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    saved = [cell for cell in notebook.cells if cell.get("outputs") or cell.get("execution_count")]
    assert not saved, "the notebook is kept without outputs"
    client = nbclient.NotebookClient(notebook, timeout=600, resources={"metadata": {"path": tmp_path}})
    client.execute()
    pictures = [
        output
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if "image/png" in output.get("data", {})
    ]
    assert len(pictures) == 3
