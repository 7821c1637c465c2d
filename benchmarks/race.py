"""Models and minutes to the verdict: a race beside the full grid.

    python benchmarks/race.py

On the models of the published full study, whose replicates are put in many orders; and on
simulated ones, with the means and the noise of the published studies: replicate effects
that all activations share, and normal residuals. Minutes are those that the models were
trained on one core, divided by two. Prints a table and writes ``race.csv`` beside this file.
"""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

from vaelib.analysis import race, verdicts
from vaelib.analysis.verdicts import Verdict
from vaelib.results import files
from vaelib.results.columns import Direction

RESULTS = Path(__file__).with_name("race.csv")
PUBLISHED = Path(__file__).parent.parent / "reports" / "published"
SHARE = 0.01  # of the best's lead over a constant image: the margin
CORES = 2


def published(name: str) -> tuple[pd.DataFrame, pd.DataFrame, float]:
    """Return ELBOs and seconds, replicates by activations, and the margin in nats."""
    runs = files.read_csv(PUBLISHED / name / files.FILES["runs"])
    runs = runs[runs["scored"]]
    elbo, seconds = (
        runs.pivot_table(index="seed", columns="activation", values=column)
        for column in ("elbo", "seconds")
    )
    return elbo, seconds, SHARE * (elbo.mean().max() - runs["constant_elbo"].mean())


def full_conclusion(elbo: pd.DataFrame, margin: float) -> set[str]:
    """Return the best activation and those that the full grid does not tell from it."""
    best = elbo.mean().idxmax()
    pairs = verdicts.compare(elbo, margin, Direction.HIGHER, resamples=10)
    against = verdicts.matrix(pairs, list(elbo)).loc[best]
    return set(against.index[against != Verdict.BETTER])


def simulate(elbo: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Draw replicates with the means and the noise of these, where models are missing too."""
    means = elbo.mean()
    effect = (elbo - means).mean(axis=1)
    residual = (elbo - means).sub(effect, axis="index").std(ddof=1)
    shape = (14, len(means))
    shared = rng.normal(0, effect.std(ddof=1), (14, 1))
    return pd.DataFrame(
        means.to_numpy() + shared + rng.normal(0, residual, shape), columns=elbo.columns
    )


def compare(draws, seconds: pd.Series, margin: float, best: str) -> dict:
    """Return what races took, as shares of full grids, and how both concluded."""
    rows = []
    for elbo in draws:
        values = elbo.reset_index(drop=True).astype(object)
        looks = race.looks_of(len(values))
        found = race.decide(values, looks, margin)
        trained = {name: stage.replicates for stage in found.stages for name in stage.started}
        full = full_conclusion(elbo, margin)
        rows.append(
            {
                "models": found.models,
                "share": found.models / elbo.size,
                "minutes": sum(seconds[name] * n for name, n in trained.items()) / 60 / CORES,
                "full_minutes": seconds.sum() * len(elbo) / 60 / CORES,
                "same_conclusion": set(found.alive) == full,
                "best_kept": best in found.alive,
            }
        )
    table = pd.DataFrame(rows)
    low, high = table["models"].quantile([0.05, 0.95])
    return {
        "models_full": int(elbo.size),
        "models": table["models"].median(),
        "models_5": low,
        "models_95": high,
        "share": table["share"].mean(),
        "minutes_full": table["full_minutes"].mean(),
        "minutes": table["minutes"].mean(),
        "same_conclusion": table["same_conclusion"].mean(),
        "best_kept": table["best_kept"].mean(),
    }


def measure(draws: int, seed: int) -> pd.DataFrame:
    """Return a row for each source of models."""
    rng = np.random.default_rng([seed])
    rows = {}
    for name, source in (("default", "full"), ("tuned", "tuned")):
        elbo, seconds, margin = published(source)
        costs, best = seconds.mean(), elbo.mean().idxmax()
        if elbo.notna().all(axis=None):
            orders = (elbo.iloc[rng.permutation(len(elbo))] for _ in range(draws))
            rows[f"{name}, published"] = compare(orders, costs, margin, best)
        simulated = (simulate(elbo, rng) for _ in range(draws))
        rows[f"{name}, simulated"] = compare(simulated, costs, margin, best)
    return pd.DataFrame(rows).T.rename_axis("models of")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--draws", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    measured = measure(given.draws, given.seed)
    print(measured.T.round(3).to_string())
    measured.to_csv(RESULTS, float_format="%.4g")
