"""What another processor changes: one study with the same seeds, trained on two of them.

    python benchmarks/processors.py reports/published/default reports/default

Weights before training are the same; in training, sums are rounded as the processor's vector
units do it, and what differs in the last bit grows. Prints, for each activation, how many
models of both reports are equal and by how much the others differ; writes the test ELBO of
all models in nats to ``processors.csv`` beside this file.
"""

import argparse
from pathlib import Path

import pandas as pd

from vaelib.results import files

RESULTS = Path(__file__).with_name("processors.csv")
KEYS = ["activation", "seed"]
ALIKE = 0.01  # nats: what differs by less was trained to the same bits, and scored by others


def compare(first: pd.DataFrame, second: pd.DataFrame) -> pd.DataFrame:
    """Return the test ELBO of the models of either report, with which weights they began."""
    columns = [*KEYS, "start", "elbo"]
    both = first[columns].merge(
        second[columns], on=KEYS, how="outer", suffixes=("_first", "_second")
    )
    started = both[["start_first", "start_second"]].dropna()
    if not started["start_first"].equals(started["start_second"]):
        raise ValueError("models of the same activation and seed have other weights at the start")
    return both.drop(columns=["start_first", "start_second"])


def summary(elbo: pd.DataFrame) -> pd.DataFrame:
    """Return, for each activation, models of both, equal ones, and differences in nats."""
    common = elbo.dropna()
    change = common["elbo_second"] - common["elbo_first"]
    grouped = change.abs().groupby(common["activation"])
    return pd.DataFrame(
        {
            "models": grouped.size(),
            "alike": grouped.agg(lambda changes: (changes < ALIKE).sum()),
            "median": grouped.median(),
            "largest": grouped.max(),
        }
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("reports", nargs=2, type=Path, help="folders of two reports of a study")
    first, second = (files.read(folder)["runs"] for folder in parser.parse_args().reports)
    elbo = compare(first, second)
    elbo.to_csv(RESULTS, index=False)
    print(summary(elbo).round(2).to_string())


if __name__ == "__main__":
    main()
