"""Which models of a study are compared: those that differ in activation and seed only."""

import dataclasses
from collections.abc import Sequence

import pandas as pd

from vaelib.analysis import verdicts
from vaelib.analysis.verdicts import Verdict
from vaelib.results.columns import JUDGED, describe
from vaelib.results.keys import MODEL_KEYS, SAME, SETTING_KEYS, RateChoice, Status

_SETTING = ["dataset", *SETTING_KEYS]
COLUMNS = (*_SETTING, "rate_choice")


@dataclasses.dataclass(frozen=True)
class Comparison:
    """Models that differ only in their activation, seed and tuned rate.

    Attributes
    ----------
    fields : dict
        Value of each of `COLUMNS`.
    varying : tuple of str
        The columns by which it differs from the study's other comparisons.
    """

    fields: dict
    varying: tuple[str, ...]

    @property
    def label(self) -> str:
        """Its values of the varying columns, in words; empty for a single comparison."""
        return ", ".join(describe(name, self.fields[name]) for name in self.varying)

    @property
    def setting(self) -> str:
        """The label without the choice of the learning rate."""
        names = [name for name in self.varying if name != "rate_choice"]
        return ", ".join(describe(name, self.fields[name]) for name in names)


def finished_runs(runs: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the models that did not diverge."""
    return runs[runs["status"] == Status.FINISHED]


def decoder_activations(runs: pd.DataFrame) -> pd.Series:
    """Return the name of each model's decoder activation, also where it is the encoder's."""
    decoder = runs["decoder_activation"]
    return decoder.where(decoder.notna() & (decoder != SAME), runs["activation"])


def of_study(runs: pd.DataFrame) -> list[Comparison]:
    """Return the comparisons within a study, in the order of its grid.

    Parameters
    ----------
    runs : pandas.DataFrame
        See `training.sweep.train`. Where there were several learning rates, models
        are compared at the default and at the tuned ones.
    """
    choices = list(RateChoice)
    if runs[RateChoice.DEFAULT.column].all():
        choices = [RateChoice.DEFAULT]
    found = runs[_SETTING].drop_duplicates().astype(object).to_dict("records")
    rows = [{**row, "rate_choice": choice} for choice in choices for row in found]
    candidates = list(COLUMNS)
    # Data sets of different sizes do not make the number of images a setting.
    if runs.groupby("dataset")["train_size"].nunique().max() == 1:
        candidates.remove("train_size")
    varying = tuple(name for name in candidates if len({row[name] for row in rows}) > 1)
    return [Comparison(row, varying) for row in rows]


def runs_by_setting(runs: pd.DataFrame, compared: list[Comparison]) -> dict[str, pd.DataFrame]:
    """Return each setting's models at all learning rates, by the setting's label."""
    return {
        one.setting: runs[_matching(runs, one)]
        for one in compared
        if one.fields["rate_choice"] == RateChoice.DEFAULT
    }


def select(tables: dict[str, pd.DataFrame], comparison: Comparison) -> dict[str, pd.DataFrame]:
    """Return the rows of a comparison's models.

    Parameters
    ----------
    tables : dict of str to pandas.DataFrame
        Of a whole study; see `results.files.read`.
    comparison : Comparison

    Returns
    -------
    dict of str to pandas.DataFrame
        One model for each activation and seed.
    """
    runs = tables["runs"]
    at_rate = runs[comparison.fields["rate_choice"].column].astype(bool)
    keys = runs.loc[_matching(runs, comparison) & at_rate, MODEL_KEYS]
    return {
        name: table.merge(keys) if len(table) else table.copy() for name, table in tables.items()
    }


def judge(runs: pd.DataFrame, margins: dict[str, float]) -> pd.DataFrame:
    """Give a verdict on every pair of activations, on each metric that is judged.

    Parameters
    ----------
    runs : pandas.DataFrame
        Of one comparison; see `select`.
    margins : dict of str to float
        By metric.

    Returns
    -------
    pandas.DataFrame
        ``metric``, ``margin`` and the columns of `verdicts.compare`; the pairs
        of one metric are one family.
    """
    finished = finished_runs(runs)
    parts = []
    for metric in JUDGED:
        margin = margins[metric.column]
        values = finished.pivot_table(index="seed", columns="activation", values=metric.column)
        pairs = verdicts.compare(values, margin, metric.direction)
        pairs.insert(0, "metric", metric.column)
        pairs.insert(1, "margin", margin)
        parts.append(pairs)
    return pd.concat(parts, ignore_index=True)


def verdicts_against_others(pairs: pd.DataFrame, activation: str, metric: str) -> pd.DataFrame:
    """Return the verdicts of one activation against the others.

    Parameters
    ----------
    pairs : pandas.DataFrame
        See `judge`.
    activation, metric : str

    Returns
    -------
    pandas.DataFrame
        Index: the other activation; columns ``verdict`` and ``needed``.
    """
    family = pairs[pairs["metric"] == metric]
    as_first = family[family["a"] == activation].set_index("b")
    as_second = family[family["b"] == activation].set_index("a")
    as_second = as_second.replace({"verdict": {one: one.opposite for one in Verdict}})
    return pd.concat([as_first, as_second]).rename_axis("other")[["verdict", "needed"]]


def labelled_groups(table: pd.DataFrame, columns: Sequence[str]) -> list[tuple[str, pd.DataFrame]]:
    """Group a table by some of `COLUMNS`; return each group's label and rows."""
    if not columns:
        return [("", table)]
    groups = table.groupby(list(columns), sort=False)
    return [(", ".join(map(describe, columns, values)), rows) for values, rows in groups]


def _matching(runs: pd.DataFrame, comparison: Comparison) -> pd.Series:
    """Return which models have a comparison's setting, at any learning rate."""
    equal = [runs[name] == comparison.fields[name] for name in _SETTING]
    return pd.concat(equal, axis=1).all(axis=1)
