"""What another processor changes: a study with the same seeds, trained on two of them.

    python benchmarks/processors.py reports/published/default reports/default

Weights before training are the same; in training, sums are rounded as the processor's vector
units do it, and what differs in the last bit grows. A study that chooses a start for each
activation may also choose another. Prints, for each activation, how many models of both
reports end alike and by how much the others differ; writes the test ELBO of all models in nats
to ``processors.csv`` beside this file, in the place of those of the same study.
"""

import argparse
from pathlib import Path

import pandas as pd

from vaelib import load_results

RESULTS = Path(__file__).with_name("processors.csv")
KEYS = ["activation", "seed"]
GIVEN = ["start", "learning_rate"]
ALIKE = 0.01  # nats: what differs by less was trained to nearly the same bits


def compare(first: pd.DataFrame, second: pd.DataFrame) -> pd.DataFrame:
    """Return the test ELBO of the models of either report, and whether both were given the same.

    That is, the same start and the same learning rate, which a study may choose.

    Parameters
    ----------
    first, second : pandas.DataFrame
        Tables ``runs`` of a study with one comparison.
    """
    columns = [*KEYS, *GIVEN, "elbo"]
    first, second = (runs.loc[runs["scored"], columns] for runs in (first, second))
    both = first.merge(second, on=KEYS, how="outer", suffixes=("_first", "_second"))
    given = [[f"{name}_{which}" for name in GIVEN] for which in ("first", "second")]
    alike = (both[given[0]].to_numpy() == both[given[1]].to_numpy()).all(axis=1).astype(int)
    return both.drop(columns=[*given[0], *given[1]]).assign(same_given=alike)


def summary(elbo: pd.DataFrame) -> pd.DataFrame:
    """Return, for each activation, how many models were given the same, and how they differ."""
    common = elbo[elbo["same_given"] == 1]
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
    first, second = map(load_results, parser.parse_args().reports)
    parts = []
    for number, setting in enumerate(first.labels):
        tables = (of.at(number).shown["runs"] for of in (first, second))
        elbo = compare(*tables)
        print(f"{setting}\n{summary(elbo).round(2).to_string()}")
        parts.append(elbo.assign(setting=setting))
    study = first.facts["study"]["name"]
    others = pd.read_csv(RESULTS).query("study != @study") if RESULTS.exists() else None
    table = pd.concat([others, pd.concat(parts).assign(study=study)])
    order = ["study", "setting", *KEYS]
    columns = [*order, "elbo_first", "elbo_second", "same_given"]
    table.fillna({"setting": ""}).sort_values(order)[columns].to_csv(
        RESULTS, index=False, float_format="%.8g"
    )


if __name__ == "__main__":
    main()
