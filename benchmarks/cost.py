"""The time that a finished study spent on training and on everything else.

    python benchmarks/cost.py reports/default

Reads the durations that papermill left in the executed notebooks, and the run
tables. Every process has one thread, so seconds are close to processor time.
Prints a table and writes ``cost.csv`` beside this file.
"""

import argparse
import json
from pathlib import Path

import nbformat
import pandas as pd

from vaelib.results import files
from vaelib.study import workspace

RESULTS = Path(__file__).with_name("cost.csv")
# Text by which a cell of the training notebook is recognised; the first match counts.
CELLS = {
    "importing": "import vaelib",
    "reading images": "load_pool",
    "training": "train(pool",
    "drawing": "figures.",
    "writing": "files.write",
}


def cost_of_notebook(path: Path) -> dict[str, float]:
    """Return the seconds that a notebook spent on each activity.

    ``training`` is the whole cell that trains and scores.
    """
    notebook = nbformat.read(path, as_version=4)
    spent = dict.fromkeys([*CELLS, "other cells"], 0.0)
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        matches = (activity for activity, text in CELLS.items() if text in cell.source)
        spent[next(matches, "other cells")] += cell.metadata.papermill.duration
    spent["starting kernels"] = notebook.metadata.papermill.duration - sum(spent.values())
    return spent


def cost_of_study(folder: Path) -> pd.Series:
    """Return the seconds of each activity, summed over a study's notebooks."""
    names = json.loads((folder / "study.json").read_text())["runs"]
    runs = [folder.parent / workspace.RUNS / name for name in names]
    total = pd.DataFrame([cost_of_notebook(run / "01_train.ipynb") for run in runs]).sum()
    models = pd.concat([files.read_csv(run / files.FILES["runs"]) for run in runs], keys=names)
    training = (models["seconds_per_epoch"] * models["epochs"]).sum()
    # Only a notebook's first model compiles: the time its fit took beyond that of the others.
    speed = (models["seconds"] / models["epochs"]).groupby(models["activation"]).median()
    first = models.groupby(level=0).first()
    expected = first["epochs"] * first["activation"].map(speed)
    compiling = (first["seconds"] - expected).clip(lower=0).sum()
    fitting = models["seconds"].sum()
    training_cells = total["training"]
    total["training"] = training
    total["compiling"] = compiling
    total["validating and probing"] = fitting - training - compiling
    total["scoring"] = training_cells - fitting
    total["comparing"] = sum(cost_of_notebook(folder / "02_compare.ipynb").values())
    return total.sort_values(ascending=False)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, nargs="?", default="reports/default")
    folder = parser.parse_args().folder
    if not (folder / "02_compare.ipynb").is_file():
        parser.error(f"folder: {folder} has no executed study; run `make report` first")
    seconds = cost_of_study(folder)
    table = pd.DataFrame({"seconds": seconds, "share": seconds / seconds.sum()})
    table.rename_axis("spent on").to_csv(RESULTS, float_format="%.4g")
    for name, row in table.iterrows():
        print(f"{name:>24} {row['seconds']:8.1f} s {row['share']:6.1%}")
    fitting = table.loc[["training", "validating and probing"], "share"].sum()
    print(f"{'fit, once compiled':>24} {'':>8}   {fitting:6.1%}")


if __name__ == "__main__":
    main()
