"""Writes what real numpy prints beside each script: run once, with numpy 2, whenever a script changes."""

import contextlib
import io
import os
import pathlib
import runpy
import sys
import tempfile
import warnings

import numpy

folder = pathlib.Path(__file__).resolve().parent
for script in sorted(folder.glob("*.py")):
    if script.name == "make.py" or (len(sys.argv) > 1 and script.stem not in sys.argv[1:]):
        continue
    numpy.set_printoptions(precision=8, threshold=1000, edgeitems=3, linewidth=75, suppress=False,
                           sign="-", floatmode="maxprec", formatter=None)
    text = io.StringIO()
    with contextlib.redirect_stdout(text), warnings.catch_warnings(), tempfile.TemporaryDirectory() as place:
        warnings.simplefilter("ignore")
        os.chdir(place)
        runpy.run_path(str(script))
        os.chdir(folder)
    script.with_suffix(".out").write_text(text.getvalue())
    print(script.name, len(text.getvalue().splitlines()), "lines")
