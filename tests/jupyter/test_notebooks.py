"""Every notebook runs from its first cell to its last, without an error."""

import os
import pathlib
import time
import unittest

import nbformat
from nbclient import NotebookClient

NOTEBOOKS = pathlib.Path(__file__).resolve().parents[2] / "notebooks"


class Notebooks(unittest.TestCase):
    """One test per notebook; none if there are none."""


def _test(path):
    def run(self):
        notebook = nbformat.read(path, as_version=4)
        nbformat.validate(notebook)
        start = time.monotonic()
        client = NotebookClient(
            notebook,
            kernel_name="kerai",
            timeout=600,
            resources={"metadata": {"path": str(path.parent)}},
        )
        client.execute()
        for cell in notebook.cells:
            if cell.cell_type == "code" and cell.source.strip():
                self.assertIsNotNone(cell.execution_count, cell.source)
        nbformat.validate(notebook)
        print(f"{path.name}: {time.monotonic() - start:.1f} s ", end="", flush=True)
        # Whoever wants to look at the results says where.
        if folder := os.environ.get("KERAI_TEST_NOTEBOOKS"):
            nbformat.write(notebook, pathlib.Path(folder) / path.name)

    return run


for _path in sorted(NOTEBOOKS.rglob("*.ipynb")):
    if ".ipynb_checkpoints" not in _path.parts:
        setattr(Notebooks, "test_" + _path.stem.replace("-", "_"), _test(_path))


if __name__ == "__main__":
    unittest.main()
