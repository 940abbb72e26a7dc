#!/usr/bin/env python3
"""Runs the code cells of a notebook in order, in one process, without Jupyter; the first error ends it.

    TENBIN_STUDY_FOLDER=FOLDER Tests/Python/run_notebook.py NOTEBOOK.ipynb

FOLDER holds trials.csv, layers.csv, evaluations.csv and study.sqlite. pandas and matplotlib are needed; how many
figures were drawn, and how many marks they hold, is printed.
"""

import json
import os
import pathlib
import sys

os.environ["MPLBACKEND"] = "Agg"


def main():
    path = pathlib.Path(sys.argv[1]).resolve()
    names = {"__name__": "__main__"}
    os.chdir(path.parent)
    for number, cell in enumerate(json.loads(path.read_text())["cells"]):
        if cell["cell_type"] == "code":
            exec(compile("".join(cell["source"]), f"{path.name}, cell {number}", "exec"), names)
    import matplotlib.pyplot as plt

    figures = [plt.figure(number) for number in plt.get_fignums()]
    marks = [sum(len(axes.get_children()) for axes in figure.axes) for figure in figures]
    print(f"{len(figures)} figures, {marks} marks")
    if len(figures) < 3 or min(marks) < 10:
        sys.exit("a figure is missing or empty")


if __name__ == "__main__":
    main()
