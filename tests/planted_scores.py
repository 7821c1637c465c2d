"""Result tables with planted scores, for the tests of comparisons."""

import dataclasses
import math

import numpy as np
import pandas as pd

from vaelib.results import keys
from vaelib.results.columns import METRICS

SETTING = dataclasses.asdict(keys.Setting(decoder_activation=keys.SAME, train_size=100))


def study(elbo: dict, seconds: dict | None = None, losses: dict | None = None, **columns) -> dict:
    """Return tables of one model for each activation and ELBO; NaN where it diverged.

    Every metric has the ELBO's value but the seconds; a constant image scores 0.
    """
    runs, history = [], []
    for name, values in elbo.items():
        for seed, value in enumerate(values):
            scores = dict.fromkeys((m.column for m in METRICS), value)
            del scores["epochs_to_target"]
            scores["seconds_per_epoch"] = (seconds or {}).get(name, [1.0] * len(values))[seed]
            curve = (losses or {}).get(name, [2.0, 1.0])
            row = {
                "dataset": "digits",
                "activation": name,
                "seed": seed,
                "model": f"{name}{seed}{columns.get('depth', '')}",
                "status": "diverged" if math.isnan(value) else "finished",
                "scored": True,
                "ended": True,
                "val_elbo": -curve[-1],
                "train_sliced_wasserstein": 0.5,
                "pixel_entropy": 0.25,
                "gradient_flow_learning": 1.0,
                **{f"constant_{column}": 0.0 for column in ("elbo", "mse", "psnr", "ssim")},
                **SETTING,
                **scores,
                **columns,
            }
            runs.append(row)
            keys_of_model = {key: row[key] for key in keys.MODEL_KEYS}
            epochs = {"epoch": np.arange(1, len(curve) + 1), "val_loss": curve, "seconds": 1.0}
            history.append(pd.DataFrame({**keys_of_model, **epochs}))
    return {
        "runs": pd.DataFrame(runs),
        "history": pd.concat(history, ignore_index=True),
        "scores": pd.DataFrame(columns=[*keys.MODEL_KEYS, "image", "elbo"]),
    }


# Half the interval of two values with a difference of 1: t(0.975, 1) s / sqrt(2), s = 1 / sqrt(2).
T_OF_TWO = 12.7062047362 / 2
HISTORY = pd.DataFrame(
    [
        ("relu", 0, 1, 9.0),
        ("relu", 0, 2, 5.0),
        ("relu", 0, 3, 6.0),
        ("relu", 1, 1, 7.0),
        ("relu", 1, 2, 7.0),
        ("relu", 1, 3, 4.0),
        ("tanh", 0, 1, 9.0),
        ("tanh", 0, 2, 8.5),
        ("tanh", 0, 3, 8.0),
    ],
    columns=["activation", "seed", "epoch", "val_loss"],
)
