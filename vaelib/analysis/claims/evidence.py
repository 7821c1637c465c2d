"""What result tables say about a pair of activations, setting by setting."""

import enum
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pandas as pd

from vaelib.analysis import comparisons, verdicts
from vaelib.analysis.claims.effects import Effect, Pairs
from vaelib.analysis.verdicts import Verdict
from vaelib.results import files
from vaelib.results.columns import Direction, describe
from vaelib.results.keys import MODEL_KEYS, SAME, SETTING_KEYS

IDENTITY = ["study", *MODEL_KEYS]
# What a setting is, apart from the activation, which is one in both halves.
SETTING = ["dataset", "learning_rate", *SETTING_KEYS, "study"]
# The rate that each activation does best with, in the place of one rate for all.
TUNED = "best of each"


class Outcome(enum.StrEnum):
    """What one row of evidence says about a claim."""

    HOLDS = "holds"
    CONTRADICTED = "contradicted"
    OPEN = "open"


_COLUMNS = {
    "runs": {*MODEL_KEYS, *SETTING_KEYS, "learning_rate", "status", "val_elbo", "elbo", "mse"}
    | {"seconds_per_epoch", "gradient_flow_start", "gradient_flow"},
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


def finished(studies: Studies) -> pd.DataFrame:
    """Return the finished runs of all studies, one activation in both halves.

    Where a study tried several learning rates, each activation's runs at the
    rate with the best mean validation ELBO, among those that the test images
    were scored for, come once more as the learning rate `TUNED`.
    """
    if not studies:
        return pd.DataFrame(columns=[*IDENTITY, *_COLUMNS["runs"] - set(MODEL_KEYS)])
    runs = pd.concat([t["runs"].assign(study=s) for s, t in studies.items()], ignore_index=True)
    same = comparisons.decoder_activations(runs) == runs["activation"]
    runs = comparisons.finished_runs(runs[same]).assign(decoder_activation=SAME)
    rest = [key for key in SETTING if key != "learning_rate"]
    by = runs.groupby(rest, dropna=False)["learning_rate"]
    tested = runs[(by.transform("nunique") > 1) & runs["elbo"].notna()]
    by = tested.groupby([*rest, "activation", "learning_rate"], dropna=False)["val_elbo"]
    tested = tested.assign(mean=by.transform("mean"))
    by = tested.groupby([*rest, "activation"], dropna=False)["mean"]
    tuned = tested[tested["mean"] == by.transform("max")].drop(columns="mean")
    runs = runs.assign(learning_rate=runs["learning_rate"].astype(object))
    return pd.concat([runs, tuned.assign(learning_rate=TUNED)], ignore_index=True)


def histories(studies: Studies) -> pd.DataFrame:
    """Return the learning curves of all studies."""
    if not studies:
        return pd.DataFrame(columns=["study", *_COLUMNS["history"]])
    return pd.concat([t["history"].assign(study=s) for s, t in studies.items()], ignore_index=True)


def settings(
    runs: pd.DataFrame, without: Sequence[str] = ()
) -> Iterator[tuple[dict, pd.DataFrame]]:
    """Yield each setting, a value for each of `SETTING` but `without`, and its runs."""
    keys = [key for key in SETTING if key not in without]
    if not runs.empty:
        for values, group in runs.groupby(keys, sort=False, dropna=False):
            yield dict(zip(keys, values, strict=True)), group


def judged(
    studies: Studies,
    effect: Effect,
    direction: Direction,
    pairs: Callable[[set[str]], Pairs],
) -> pd.DataFrame:
    """Judge pairs of activations by an effect in every setting that has them.

    Parameters
    ----------
    studies : mapping
        See `read`.
    effect : callable
        See `effects`.
    direction : Direction
        Which values are better.
    pairs : callable
        From the activations of a setting to those to compare, of which the
        first is said to be better; empty where they are not all there.

    Returns
    -------
    pandas.DataFrame
        A row for each setting and pair: the columns of `SETTING`, ``measure``,
        ``margin``, those of `verdicts.judge` (the family is the setting), and
        ``outcome``: `Outcome.HOLDS` where a is better than b, `CONTRADICTED`
        where it is worse or practically tied, else `OPEN`.
    """
    runs, history = finished(studies), histories(studies)
    parts = []
    for setting, group in settings(runs):
        chosen = pairs(set(group["activation"]))
        if not chosen:
            continue
        differences, margin, more = effect(group, history.merge(group[IDENTITY]), chosen)
        part = verdicts.judge(differences, margin, direction).assign(margin=margin, **more)
        part["outcome"] = part["verdict"].map(_OUTCOMES)
        for i, (key, value) in enumerate(setting.items()):
            part.insert(i, key, value)
        parts.append(part)
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=["outcome"])


def labels(rows: pd.DataFrame) -> list[str]:
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
