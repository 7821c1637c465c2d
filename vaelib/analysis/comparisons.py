"""Which models of a study may be compared: those that differ in nothing else."""

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
    """Models that differ in nothing but their activation, seed and tuned rate.

    Attributes
    ----------
    fields : dict
        Value of each of `COLUMNS`.
    varying : tuple of str
        The columns that tell it from the study's other comparisons.
    """

    fields: dict
    varying: tuple[str, ...]

    @property
    def label(self) -> str:
        """What tells it from the others, in words; empty for a single one."""
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
    """Return the comparisons that a study holds, in the order of its grid.

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
    # All images of a data set may be another number than of the next: no setting.
    if runs.groupby("dataset")["train_size"].nunique().max() == 1:
        told = [name for name in COLUMNS if name != "train_size"]
    else:
        told = list(COLUMNS)
    varying = tuple(name for name in told if len({row[name] for row in rows}) > 1)
    return [Comparison(row, varying) for row in rows]


def by_setting(runs: pd.DataFrame, compared: list[Comparison]) -> dict[str, pd.DataFrame]:
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


def against(pairs: pd.DataFrame, name: str, metric: str) -> pd.DataFrame:
    """Return the verdicts of one activation against the others.

    Parameters
    ----------
    pairs : pandas.DataFrame
        See `judge`.
    name, metric : str

    Returns
    -------
    pandas.DataFrame
        Index: the other activation; columns ``verdict`` and ``needed``.
    """
    ours = pairs[pairs["metric"] == metric]
    first = ours[ours["a"] == name].set_index("b")
    second = (
        ours[ours["b"] == name]
        .set_index("a")
        .replace({"verdict": {one: one.opposite for one in Verdict}})
    )
    return pd.concat([first, second]).rename_axis("other")[["verdict", "needed"]]


def split_by(table: pd.DataFrame, names: Sequence[str]) -> list[tuple[str, pd.DataFrame]]:
    """Split a table by some of `COLUMNS`; return each part's label and rows."""
    if not names:
        return [("", table)]
    parts = table.groupby(list(names), sort=False)
    return [(", ".join(map(describe, names, values)), rows) for values, rows in parts]


def _matching(runs: pd.DataFrame, comparison: Comparison) -> pd.Series:
    """Tell which models have a comparison's setting, at any learning rate."""
    equal = [runs[name] == comparison.fields[name] for name in _SETTING]
    return pd.concat(equal, axis=1).all(axis=1)
