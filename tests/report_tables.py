"""Hand-made summaries, verdicts and facts of a report."""

import numpy as np
import pandas as pd

from vaelib.analysis.verdicts import Verdict
from vaelib.results.columns import METRICS, Direction

BOUNDS = ("low", "high", "new_low", "new_high")
DISTANCES = tuple(f"behind_{bound}" for bound in BOUNDS)


def summary(*rows: dict) -> pd.DataFrame:
    """Return a summary of four models each; what a row does not give is 1 and a tie."""
    table = []
    for row in rows:
        full = {"activation": "relu", "runs": 4, "diverged": 0, "reached": 4, "ended": 4}
        full |= {"with_gradient": 4}
        full |= dict.fromkeys(DISTANCES, np.nan) | {"falling": 0.0}
        for metric in METRICS:
            full[metric.column] = full[f"{metric.column}_low"] = 1.0
            marked = metric.marks_best and metric.direction != Direction.NEITHER
            full |= {f"{metric.column}_high": 1.0, f"{metric.column}_tie": marked}
        table.append(full | row)
    table = pd.DataFrame(table)
    if "behind" not in rows[0]:
        table["behind"] = (table["elbo"].iloc[0] - table["elbo"]).where(table.index > 0)
    return table


def model(name: str, elbo: float, tie: bool = False, width: float = 0.5, **other) -> dict:
    """Return a row of `summary` with an ELBO and its interval."""
    bounds = {"elbo_low": elbo - width, "elbo_high": elbo + width}
    return {"activation": name, "elbo": elbo, "elbo_tie": tie, **bounds, **other}


def facts(
    dataset: str = "mnist5k",
    seeds: int = 4,
    label: str = "",
    margin: float = 1.0,
    pca: dict | None = None,
    **study,
) -> dict:
    """Return the facts of a study of two comparisons."""
    study = {
        "epochs": 20,
        "patience": None,
        "seeds": list(range(seeds)),
        "design": "full",
        "margin": 0.01,
        "activations": ["elu", "selu", "tanh"],
        "target_loss": None,
        "likelihood": None,  # chosen for the images
        "output_activation": "sigmoid",
        "latent_dim": 16,
        **study,
    }
    first = {
        "dataset": dataset,
        "train_size": 4000,
        "label": label,
        "margins": {"elbo": margin, "mse": 0.0005},
        "race": None,
        "target_loss": 130.0,
        "learning_rate": 0.001,
        "initializer": "keras",
        "pixel_entropy": 46.2,
        "constant_elbo": -208.0,
        "train_sliced_wasserstein": 0.02,
        "pca": pca,
    }
    images = {dataset: {"shape": (28, 28, 1), "redrawn": True, "likelihood": "bernoulli"}}
    second = {**first, "label": "depth 2"}
    return {"study": study, "comparisons": [first, second], "images": images}


def verdicts(*rows: tuple, metric: str = "elbo") -> pd.DataFrame:
    """Return verdicts from rows of a, b, the verdict of a against b, and the seeds needed."""
    rows = [row if len(row) == 4 else (*row, np.nan) for row in rows]
    table = pd.DataFrame(rows, columns=["a", "b", "verdict", "needed"]).assign(metric=metric)
    difference = table["verdict"].map({Verdict.BETTER: 5.0, Verdict.WORSE: -5.0}).fillna(0.5)
    return table.assign(difference=difference, p=1e-4, **dict.fromkeys(("n", *BOUNDS), 1.0))


def diverging(**diverged_at: list[float]) -> pd.DataFrame:
    """Return an activation's two seeds at each of two rates; diverged at those given."""
    return pd.DataFrame(
        [
            {
                "activation": name,
                "seed": seed,
                "learning_rate": rate,
                "status": "diverged" if rate in rates and seed == 1 else "finished",
            }
            for name, rates in diverged_at.items()
            for rate in (0.1, 0.001)
            for seed in (0, 1)
        ]
    )


# The scores of principal components; a single replicate leaves no interval.
PCA = {"components": 16, "images": 4000, "mse": 0.0271, "psnr": 16.0, "ssim": 0.5}
PCA |= {"mse_low": 0.027, "mse_high": 0.0272}
BEST = model("elu", -100.25, tie=True)
TIED = model("selu", -100.5, tie=True)
WORST = model("tanh", -110.0)
