"""What a finished study spent beyond training, in seconds and as shares.

    python benchmarks/cost.py reports/default

Reads the durations that papermill left in the executed notebooks, and the run
tables. Every process is held to one thread, so seconds are near those of a
processor. Prints a table and writes ``cost.csv`` beside this file.
"""

import argparse
import json
from pathlib import Path

import nbformat
import pandas as pd

from vaelib.results import files
from vaelib.results.keys import SETTING_KEYS

RESULTS = Path(__file__).with_name("cost.csv")
# What tells a cell of the notebooks, in this order.
CELLS = {
    "importing": "import matplotlib",
    "reading images": "load_images",
    "drawing": "plt.show()",
    "writing": "results.write",
}


def cost_of_notebook(path: Path) -> dict[str, float]:
    """Return seconds by what they were spent on; ``seeds`` is the training cell."""
    notebook = nbformat.read(path, as_version=4)
    spent = dict.fromkeys([*CELLS, "seeds", "other cells"], 0.0)
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        kinds = [kind for kind, mark in CELLS.items() if mark in cell.source]
        kind = "seeds" if "train(model" in cell.source else (kinds or ["other cells"])[0]
        spent[kind] += cell.metadata.papermill.duration
    spent["starting kernels"] = notebook.metadata.papermill.duration - sum(spent.values())
    return spent


def cost_of_study(folder: Path) -> pd.Series:
    """Return seconds by what they were spent on, summed over a study's notebooks."""
    finished = files.read(folder)["runs"]
    names = json.loads((folder / "study.json").read_text())["runs"]
    notebooks = [folder / "runs" / name / "01_train.ipynb" for name in names]
    total = pd.DataFrame([cost_of_notebook(path) for path in notebooks]).sum()
    training = (finished["seconds_per_epoch"] * finished["epochs"]).sum()
    # Only a setting's first model compiles: what its fit took longer than the next ones'.
    fits = finished.groupby(["dataset", "activation", *SETTING_KEYS])["seconds"]
    compiling = (fits.first() - fits.median()).clip(lower=0).sum()
    fitting = finished["seconds"].sum()
    total["training"] = training
    total["compiling"] = compiling
    total["validating and probing"] = fitting - training - compiling
    total["scoring"] = total.pop("seeds") - fitting
    total["comparing"] = sum(cost_of_notebook(folder / "02_compare.ipynb").values())
    return total.sort_values(ascending=False)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, nargs="?", default="reports/default")
    folder = parser.parse_args().folder
    if not (folder / "02_compare.ipynb").is_file():
        parser.error(f"folder: {folder} holds no executed study; run `make report` first")
    seconds = cost_of_study(folder)
    table = pd.DataFrame({"seconds": seconds, "share": seconds / seconds.sum()})
    table.rename_axis("spent on").to_csv(RESULTS, float_format="%.4g")
    for name, row in table.iterrows():
        print(f"{name:>24} {row['seconds']:8.1f} s {row['share']:6.1%}")
    fitting = table.loc[["training", "validating and probing"], "share"].sum()
    print(f"{'fit, once compiled':>24} {'':>8}   {fitting:6.1%}")


if __name__ == "__main__":
    main()
