"""The tutorial notebook runs from its first cell to its last, on the suite's Neo4j."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOK = Path(__file__).parents[2] / "docs" / "tutorial.ipynb"

pytestmark = [pytest.mark.neo4j, pytest.mark.slow]


@pytest.mark.usefixtures("store")
def test_the_tutorial_runs(endpoint, tmp_path, monkeypatch):
    monkeypatch.setenv("TWIN_HOME", str(tmp_path))
    monkeypatch.setenv("TWIN_URI", endpoint.uri)
    monkeypatch.setenv("TWIN_USER", endpoint.user)
    for name, value in (("TWIN_PASSWORD", endpoint.password), ("TWIN_DATABASE", endpoint.database)):
        if value:
            monkeypatch.setenv(name, value)
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    assert not any(cell.get("outputs") for cell in notebook.cells)
    resources = {"metadata": {"path": str(tmp_path)}}
    NotebookClient(notebook, timeout=300, startup_timeout=300, kernel_name="python3", resources=resources).execute()
    shown = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    pages = [output["data"]["text/html"] for output in shown if "text/html" in output.get("data", {})]
    assert any("if B1-M01-UPS-A fails with B1-M01-UPS-B out: lost" in page for page in pages)
    assert any("single points of failure" in page for page in pages)
