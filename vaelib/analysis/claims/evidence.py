"""Evidence about pairs of activations from result tables, setting by setting."""

import dataclasses
import enum
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pandas as pd

from vaelib.analysis import comparisons, verdicts
from vaelib.analysis.claims.effects import Effect
from vaelib.analysis.claims.pairs import PairSelector
from vaelib.analysis.verdicts import Verdict
from vaelib.results import files
from vaelib.results.columns import Direction, describe
from vaelib.results.keys import MODEL_KEYS, SAME, SETTING_KEYS

IDENTITY = ["study", *MODEL_KEYS]
# Keys of a setting. The activation is not one; it is the same in encoder and decoder.
SETTING = ["dataset", "learning_rate", *SETTING_KEYS, "study"]
# In the place of one learning rate for all: the best for each activation.
TUNED = "best of each"


class Outcome(enum.StrEnum):
    """What one row of evidence says about a claim."""

    HOLDS = "holds"
    CONTRADICTED = "contradicted"
    OPEN = "open"


_COLUMNS = {
    "runs": {
        *MODEL_KEYS,
        *SETTING_KEYS,
        "learning_rate",
        "status",
        "val_elbo",
        "elbo",
        "mse",
        "seconds_per_epoch",
        "gradient_flow_start",
        "gradient_flow",
    },
    "history": {*MODEL_KEYS, "epoch", "loss", "val_loss", "val_reconstruction"},
}
_OUTCOMES = {
    Verdict.BETTER: Outcome.HOLDS,
    Verdict.WORSE: Outcome.CONTRADICTED,
    Verdict.TIED: Outcome.CONTRADICTED,
    Verdict.OPEN: Outcome.OPEN,
}

Studies = Mapping[str, Mapping[str, pd.DataFrame]]


def read(reports: str | Path) -> tuple[dict[str, dict[str, pd.DataFrame]], dict[str, str]]:
    """Read the tables of every study in a folder of reports.

    Returns
    -------
    studies : dict of str to dict of str to pandas.DataFrame
        By the study's name: ``runs`` and ``history``; see `results`.
    skipped : dict of str to str
        By the folder's name, what is missing.
    """
    studies, skipped = {}, {}
    for path in sorted(Path(reports).glob("*/runs.csv")):
        tables, lacking = {}, []
        for name, columns in _COLUMNS.items():
            file = path.with_name(files.FILES[name])
            tables[name] = files.read_csv(file) if file.is_file() else pd.DataFrame()
            missing = sorted(columns - set(tables[name]))
            if missing:
                lacking.append(f"{file.name} lacks {', '.join(missing)}")
        if lacking:
            skipped[path.parent.name] = "; ".join(lacking)
        else:
            studies[path.parent.name] = tables
    return studies, skipped


def comparable_runs(studies: Studies) -> pd.DataFrame:
    """Return the finished runs of all studies with one activation in encoder and decoder.

    Where a study tried several learning rates, each activation's runs at the
    rate with the best mean validation ELBO, among those that the test images
    were scored for, are repeated with the learning rate `TUNED`.
    """
    if not studies:
        return pd.DataFrame(columns=[*IDENTITY, *_COLUMNS["runs"] - set(MODEL_KEYS)])
    runs = pd.concat([t["runs"].assign(study=s) for s, t in studies.items()], ignore_index=True)
    same = comparisons.decoder_activations(runs) == runs["activation"]
    runs = comparisons.finished_runs(runs[same]).assign(decoder_activation=SAME)
    tuned = _best_rate_of_each(runs).assign(learning_rate=TUNED)
    runs = runs.assign(learning_rate=runs["learning_rate"].astype(object))
    return pd.concat([runs, tuned], ignore_index=True)


def learning_curves(studies: Studies) -> pd.DataFrame:
    """Return the learning curves of all studies."""
    if not studies:
        return pd.DataFrame(columns=["study", *_COLUMNS["history"]])
    return pd.concat([t["history"].assign(study=s) for s, t in studies.items()], ignore_index=True)


def by_setting(
    runs: pd.DataFrame, without: Sequence[str] = ()
) -> Iterator[tuple[dict, pd.DataFrame]]:
    """Yield each setting, a value for each of `SETTING` but `without`, and its runs."""
    keys = [key for key in SETTING if key not in without]
    if not runs.empty:
        for values, group in runs.groupby(keys, sort=False, dropna=False):
            yield dict(zip(keys, values, strict=True)), group


@dataclasses.dataclass(frozen=True)
class PairedEvidence:
    """Pairs of activations judged by effects, in every setting that has them.

    Attributes
    ----------
    effects : sequence of callable
        See `effects`.
    direction : Direction
        Which values are better.
    pairs : callable
        See `pairs`.
    column_of_first : str
        Name of the column with the first activation of each pair.
    """

    effects: Sequence[Effect]
    direction: Direction
    pairs: PairSelector
    column_of_first: str = "a"

    def __call__(self, studies: Studies) -> pd.DataFrame:
        """Return the rows of evidence, for one effect after the other; see `judge_pairs`."""
        parts = [judge_pairs(studies, one, self.direction, self.pairs) for one in self.effects]
        rows = pd.concat(parts, ignore_index=True)
        return rows.rename(columns={"a": self.column_of_first})


def judge_pairs(
    studies: Studies, effect: Effect, direction: Direction, pairs: PairSelector
) -> pd.DataFrame:
    """Judge pairs of activations by an effect in every setting that has them.

    Parameters
    ----------
    studies : mapping
        See `read`.
    effect, direction, pairs
        See `PairedEvidence`.

    Returns
    -------
    pandas.DataFrame
        A row for each setting and pair: the columns of `SETTING`, those of
        `verdicts.judge` (the family is the setting), ``margin``, ``measure``,
        ``larger_gap`` where the effect has one, and ``outcome``: `Outcome.HOLDS`
        where a is better than b, `CONTRADICTED` where it is worse or practically
        tied, else `OPEN`; also `OPEN` where the larger gap is within the margin.
    """
    runs, history = comparable_runs(studies), learning_curves(studies)
    parts = []
    for setting, group in by_setting(runs):
        selected = pairs(set(group["activation"]))
        if not selected:
            continue
        found = effect(group, history.merge(group[IDENTITY]), selected)
        part = verdicts.judge(found.differences, found.margin, direction)
        part = part.assign(margin=found.margin, measure=found.measure)
        part["outcome"] = part["verdict"].map(_OUTCOMES)
        if found.larger_gap is not None:
            part.insert(part.columns.get_loc("outcome"), "larger_gap", found.larger_gap)
            observed = part["larger_gap"] > found.margin
            part["outcome"] = part["outcome"].where(observed, Outcome.OPEN)
        for position, (key, value) in enumerate(setting.items()):
            part.insert(position, key, value)
        parts.append(part)
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=["outcome"])


def setting_labels(rows: pd.DataFrame) -> list[str]:
    """Name the setting of each row by its study and what varies there."""
    keys = [key for key in SETTING if key in rows and key != "study"]
    varying = {
        study: [key for key in keys if len(group[key].unique()) > 1]
        for study, group in rows.groupby("study")
    }
    names = []
    for row in rows.to_dict("records"):
        values = ", ".join(describe(key, row[key]) for key in varying[row["study"]])
        names.append(f"{row['study']}: {values}" if values else row["study"])
    return names


def _best_rate_of_each(runs: pd.DataFrame) -> pd.DataFrame:
    """Return the runs at each activation's best rate, where there were several."""
    rest = [key for key in SETTING if key != "learning_rate"]
    rates = runs.groupby(rest, dropna=False)["learning_rate"].transform("nunique")
    tested = runs[(rates > 1) & runs["elbo"].notna()]
    by_rate = tested.groupby([*rest, "activation", "learning_rate"], dropna=False)["val_elbo"]
    mean = by_rate.transform("mean")
    keys = [tested[key] for key in (*rest, "activation")]
    return tested[mean == mean.groupby(keys, dropna=False).transform("max")]
