"""Result tables of a study whose outcome is known."""

import itertools

import numpy as np
import pandas as pd

EPOCHS = 20
SETTING = {
    "dataset": "mnist5k",
    "learning_rate": 0.001,
    "depth": 1,
    "initializer": "keras",
    "optimizer": "adam",
    "train_size": 4000,
    "batch_norm": False,
    "weight_decay": 0.0,
}
RESULT = {
    "status": "finished",
    "val_elbo": -100.0,
    "elbo": np.nan,
    "mse": np.nan,
    "seconds_per_epoch": 0.1,
    "gradient_flow_start": 0.5,
    "gradient_flow": 0.5,
}


def falling(last: float, rate: float = 0.3, first: float = 200.0) -> np.ndarray:
    """Return a loss that falls exponentially from `first` towards `last`."""
    return last + (first - last) * np.exp(-rate * np.arange(1, EPOCHS + 1))


def study(activations, seeds: int = 9, outcome=None, **grid) -> dict[str, pd.DataFrame]:
    """Return the tables of a study.

    Parameters
    ----------
    activations : sequence of str
    seeds : int
    outcome : callable, optional
        From a row of ``runs`` to what is planted in it: columns, and ``loss``,
        ``val_loss`` and ``val_reconstruction``, arrays over epochs.
    **grid
        Lists of values for any key of a setting.
    """
    points = [dict(zip(grid, values, strict=True)) for values in itertools.product(*grid.values())]
    runs, history = [], []
    for point, setting in enumerate(points):
        for activation, seed in itertools.product(activations, range(seeds)):
            row = {**SETTING, **RESULT, **setting}
            row |= {"activation": activation, "point": point, "seed": seed}
            planted = {"decoder_activation": activation, **(outcome(row) if outcome else {})}
            curves = {"loss": falling(90), "val_loss": falling(100), "val_reconstruction": None}
            curves = {name: planted.pop(name, curve) for name, curve in curves.items()}
            if curves["val_reconstruction"] is None:
                curves["val_reconstruction"] = 0.9 * curves["val_loss"]
            runs.append({**row, **planted})
            keys = {key: row[key] for key in ("dataset", "activation", "point", "seed")}
            epochs = np.arange(1, len(curves["loss"]) + 1)
            history.append(pd.DataFrame({**keys, "epoch": epochs, **curves}))
    return {"runs": pd.DataFrame(runs), "history": pd.concat(history, ignore_index=True)}


def noise(row: dict) -> float:
    """Return a number in [-1, 1] that differs between seeds and activations."""
    return float(np.sin(10 * row["seed"] + 3 * len(row["activation"])))
