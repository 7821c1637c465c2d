"""Result tables of a study whose outcome is known."""

import itertools

import numpy as np
import pandas as pd

EPOCHS = 20
# Network and role of each layer, in the order of depth.
LAYERS = {
    "encoder_1": ("encoder", "hidden"),
    "encoder_2": ("encoder", "hidden"),
    "encoder_3": ("encoder", "hidden"),
    "mean": ("encoder", "output"),
    "log_variance": ("encoder", "output"),
    "decoder_1": ("decoder", "hidden"),
    "decoder_2": ("decoder", "hidden"),
    "decoder_3": ("decoder", "hidden"),
    "logits": ("decoder", "output"),
}
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


def gradients(flow: float = 1.0, seeds: int = 1, epochs: int = 9) -> pd.DataFrame:
    """Return the rows of a probe: the gradient is 1 everywhere, no unit is dead or saturated.

    Parameters
    ----------
    flow : float
        The gradient flow; the encoder's first layer has this gradient.
    seeds, epochs : int
    """
    rows = [
        {
            "seed": seed,
            "epoch": epoch,
            "depth": depth,
            "network": network,
            "layer": layer,
            "role": role,
        }
        for seed in range(seeds)
        for epoch in range(epochs + 1)
        for depth, (layer, (network, role)) in enumerate(LAYERS.items(), start=1)
    ]
    table = pd.DataFrame(rows).assign(gradient_norm=1.0, gradient_rms=1.0)
    table.loc[table["layer"] == "encoder_1", "gradient_rms"] = flow
    share = np.where(table["role"] == "hidden", 0.0, np.nan)
    return table.assign(dead=share, saturated=share)


def noise(row: dict) -> float:
    """Return a number in [-1, 1] that differs between seeds and activations."""
    return float(np.sin(10 * row["seed"] + 3 * len(row["activation"])))
