"""Result tables of a study whose outcome is known."""

import itertools

import numpy as np
import pandas as pd

from vaelib.analysis import verdicts
from vaelib.analysis.claims.measurements import Measurements, gather
from vaelib.results.columns import BY_COLUMN

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
    "decoder_activation": "same",
    "depth": 1,
    "initializer": "keras",
    "optimizer": "adam",
    "train_size": 4000,
    "batch_norm": False,
    "weight_decay": 0.0,
    "architecture": "dense",
    "beta": 1.0,
    "kl_warmup": 0,
    "learning_rate": 0.001,
    "hidden_units": "128-64-32",
    "latent_dim": 16,
    "likelihood": "bernoulli",
    "output_activation": "sigmoid",
    "batch_size": 32,
    "most_epochs": EPOCHS,
    "patience": np.nan,
}
RESULT = {
    "status": "finished",
    "scored": True,
    "elbo": -100.0,
    "mse": 0.03,
    "constant_elbo": -200.0,
    "constant_val_elbo": -200.0,
    "active_units": 16.0,
    "gradient_flow_start": 0.5,
    "gradient_flow_learning": 0.5,
}
_OF_START = ("activation", "seed", "depth", "initializer", "hidden_units", "batch_norm")


def falling(last: float, rate: float = 0.3, first: float = 200.0) -> np.ndarray:
    """Return a loss that falls exponentially from `first` towards `last`."""
    return last + (first - last) * np.exp(-rate * np.arange(1, EPOCHS + 1))


def study(activations, seeds: int = 9, outcome=None, **grid) -> dict[str, pd.DataFrame]:
    """Return the tables of a study: ``runs``, ``history`` and ``verdicts``.

    Parameters
    ----------
    activations : sequence of str
    seeds : int
    outcome : callable, optional
        From a row of ``runs`` to what is planted in it: columns, and ``loss`` and
        ``val_loss``, arrays over epochs.
    **grid
        Lists of values for any key of a setting.
    """
    points = [dict(zip(grid, values, strict=True)) for values in itertools.product(*grid.values())]
    runs, history, judged = [], [], []
    for number, setting in enumerate(points):
        own = []
        for activation, seed in itertools.product(activations, range(seeds)):
            row = {**SETTING, **RESULT, **setting, "activation": activation, "seed": seed}
            planted = outcome(row) if outcome else {}
            curves = {"loss": falling(90), "val_loss": falling(100)}
            curves = {name: planted.pop(name, curve) for name, curve in curves.items()}
            row = {**row, "split": f"split {seed} of {row['train_size']}", **planted}
            row["start"] = "/".join(str(row[name]) for name in _OF_START)
            row["model"] = "/".join(str(row[name]) for name in ("activation", "seed", *SETTING))
            own.append(row)
            epochs = np.arange(1, len(curves["loss"]) + 1)
            history.append(pd.DataFrame({"model": row["model"], "epoch": epochs, **curves}))
        judged.append(_verdicts(pd.DataFrame(own)).assign(comparison=number))
        runs += own
    return {
        "runs": pd.DataFrame(runs),
        "history": pd.concat(history, ignore_index=True),
        "verdicts": pd.concat(judged, ignore_index=True),
    }


def measured(*studies: dict, tuned=(), times: dict | None = None) -> Measurements:
    """Return what studies measured, and a benchmark.

    Parameters
    ----------
    *studies : dict
        See `study`.
    tuned : sequence of str
        Columns that all of them tuned.
    times : dict of str to array of float, optional
        Microseconds by activation, one for each round.
    """
    table = pd.DataFrame(times or {}).rename_axis("round").reset_index()
    table = table.melt("round", var_name="activation", value_name="microseconds_per_step")
    return Measurements(gather([(tables, tuned) for tables in studies]), table)


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


def _verdicts(runs: pd.DataFrame) -> pd.DataFrame:
    """Judge the ELBOs, within 1 nat, and the squared errors, within 0.0005."""
    finished = runs[runs["status"] == "finished"]
    parts = []
    for metric, margin in (("elbo", 1.0), ("mse", 5e-4)):
        values = finished.pivot_table(index="seed", columns="activation", values=metric)
        pairs = verdicts.compare(values, margin, BY_COLUMN[metric].direction, resamples=200)
        nothing = {"new_low": np.nan, "new_high": np.nan}
        parts.append(pairs.assign(metric=metric, margin=margin, **nothing))
    return pd.concat(parts, ignore_index=True)
