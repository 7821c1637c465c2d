"""A study that supports some claims of articles, contradicts others, or does both."""

import json
from pathlib import Path

import numpy as np
import planted

from vaelib import Study
from vaelib.results import files

ACTIVATIONS = ["sigmoid", "tanh", "relu", "linear"]


def several(row: dict) -> dict:
    """Plant the results of a row."""
    level = {"sigmoid": 120, "tanh": 110, "relu": 100, "linear": 115}[row["activation"]]
    loss = planted.falling(level - 10 + planted.noise(row))
    flow = {"sigmoid": 0.1, "tanh": 0.3, "relu": 0.9, "linear": 1}[row["activation"]]
    flow = flow ** row["depth"] * (1 + 0.1 * planted.noise(row))
    fit = (loss + np.append(loss[1:], loss[-1])) / 2  # at the end of each epoch
    scores = {"elbo": -level + planted.noise(row), "mse": level / 2000}
    flows = {"gradient_flow_start": flow, "gradient_flow_learning": flow}
    return {**scores, **flows, "loss": loss, "val_loss": fit + 10}


def write(reports: Path) -> None:
    """Write the tables of the study into a folder of reports."""
    folder = reports / "depth"
    folder.mkdir()
    tables = planted.study(ACTIVATIONS, outcome=several, depth=[1, 3])
    for name, table in tables.items():
        if name == "verdicts":
            files.write_csv(folder / files.VERDICTS, table)
        else:
            files.write_table(folder, name, table)
    study = Study.create(activations=ACTIVATIONS, seeds=9)
    facts = {"study": study.model_dump(mode="json")}
    (folder / files.FACTS).write_text(json.dumps(facts))
