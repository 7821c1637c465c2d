"""The causes of a bad result, read from the tables."""

import dataclasses
from collections.abc import Sequence

import pandas as pd

from vaelib import metrics
from vaelib.analysis.comparisons import decoder_activations, finished_runs
from vaelib.analysis.diagnosis import gradients as gradient_symptoms
from vaelib.analysis.diagnosis import symptoms
from vaelib.analysis.diagnosis.criteria import DEFAULTS, RelativeQuality, Thresholds
from vaelib.analysis.diagnosis.symptoms import Cause, Symptom
from vaelib.formatting import nats

_TABLES = ("runs", "history", "gradients", "latents")
_RESULT = ("elbo", "bad", "behind", "margin", "gain")
_DESCRIBED = (*_RESULT, "cause", "measured", "criterion")


@dataclasses.dataclass(frozen=True)
class Diagnosis:
    """The causes of the result that one activation has in one setting.

    Attributes
    ----------
    bad : bool
    symptoms : tuple of Symptom
        One for each `symptoms.Cause`, in their order, present or not.
    quality : RelativeQuality
        On the test images.
    """

    bad: bool
    symptoms: tuple[Symptom, ...]
    quality: RelativeQuality

    @property
    def causes(self) -> tuple[Cause, ...]:
        """Causes of a bad result; one that may explain others comes first."""
        if not self.bad:
            return ()
        return tuple(symptom.cause for symptom in self.symptoms if symptom.present)


def diagnose(
    runs: pd.DataFrame,
    history: pd.DataFrame,
    gradients: pd.DataFrame,
    latents: pd.DataFrame,
    reference: pd.DataFrame | None = None,
    margin: float | None = None,
    thresholds: Thresholds = DEFAULTS,
) -> Diagnosis:
    """Find the causes of a group's result.

    A group is bad when a run diverged, when its ELBO is near that of a constant
    image, or below the best group of its setting by more than a margin. Its
    causes are all those whose symptom is present, or underfitting if none is.

    Parameters
    ----------
    runs, history, gradients, latents : pandas.DataFrame
        The rows of one group, one activation in one setting, in the tables of
        `results.files`; one model for each ``seed``.
    reference : pandas.DataFrame, optional
        The best group's rows of ``runs``. Without it, a group is bad only when it
        diverged or is near the ELBO of a constant image.
    margin : float, optional
        Nats below the best that do not matter; by default
        `Thresholds.margin_share` of the best's gain over a constant image.
    thresholds : Thresholds

    Returns
    -------
    Diagnosis
    """
    finished = finished_runs(runs)
    best = finished_runs(runs.iloc[:0] if reference is None else reference)
    test, train = (
        RelativeQuality(
            finished[column].mean(),
            _mean_on_its_splits(best, finished, column),
            runs[floor].mean(),
            margin,
            thresholds,
        )
        for column, floor in (("elbo", "constant_elbo"), ("train_elbo", "constant_train_elbo"))
    )
    # Of what came after, no weights were kept.
    gradients = gradients[
        gradients["epoch"] <= gradients["seed"].map(runs.set_index("seed")["kept_epoch"])
    ]
    flow = metrics.gradient_flow(gradients)
    collapse = symptoms.collapse(latents, test)
    activations = {
        "encoder": runs["activation"].iloc[0],
        "decoder": decoder_activations(runs).iloc[0],
    }
    found = [
        symptoms.divergence(runs, history, thresholds),
        gradient_symptoms.exploding(gradients, flow, thresholds),
        gradient_symptoms.dead(gradients, collapse.present, thresholds),
        gradient_symptoms.saturation(gradients, activations, thresholds),
        gradient_symptoms.vanishing(flow, thresholds, collapse.present),
        collapse,
        symptoms.overfitting(train, test),
    ]
    bad = found[0].present or test.bad
    unexplained = bad and not any(symptom.present for symptom in found)
    trend = _trend(history[history["seed"].isin(finished["seed"])], finished["ended"].all())
    found.append(symptoms.underfitting(train, unexplained, trend))
    return Diagnosis(bad, tuple(found), test)


def diagnose_study(
    tables: dict[str, pd.DataFrame],
    setting: Sequence[str] = (),
    margin: float | None = None,
    thresholds: Thresholds = DEFAULTS,
) -> pd.DataFrame:
    """Diagnose every activation in every setting.

    Parameters
    ----------
    tables : dict of str to pandas.DataFrame
        See `results.files.read`.
    setting : sequence of str
        Columns that identify a setting in all tables, such as the data set: an
        activation is compared with the best one of its own setting.
    margin, thresholds
        See `diagnose`.

    Returns
    -------
    pandas.DataFrame
        A row for each cause, and one for an activation without any: the columns of
        `setting`, ``activation``, ``elbo``, ``bad``; nats below the best (``behind``),
        of which ``margin`` do not matter, and above a constant image (``gain``);
        ``cause``, empty for none, with what was ``measured`` and the ``criterion``.
        Settings in the order of ``runs``, in each the best ELBO first.
    """
    keys = [*setting, "activation"]
    groups = {name: dict(iter(tables[name].groupby(keys, sort=False))) for name in _TABLES}
    runs = groups["runs"]
    table = pd.DataFrame(list(runs), columns=keys)
    table["elbo"] = [finished_runs(rows)["elbo"].mean() for rows in runs.values()]
    found = []
    for key in runs:
        in_setting = (table[list(setting)] == list(key[:-1])).all(axis=1)
        elbos = table.loc[in_setting, "elbo"].dropna()
        best = runs[tuple(table.loc[elbos.idxmax(), keys])] if len(elbos) else None
        rows = (groups[name].get(key, tables[name].iloc[:0]) for name in _TABLES)
        own = dict(zip(keys, key, strict=True))
        found += [own | row for row in _described(diagnose(*rows, best, margin, thresholds))]
    described = pd.DataFrame(found, columns=[*keys, *_DESCRIBED])
    order = described.groupby(list(setting), sort=False).ngroup() if setting else 0
    ranked = described.assign(order=order).sort_values(
        ["order", "elbo"], ascending=[True, False], kind="stable"
    )
    return ranked.drop(columns="order").reset_index(drop=True)


def _mean_on_its_splits(best: pd.DataFrame, finished: pd.DataFrame, column: str) -> float:
    """Return a group's mean plus the mean paired difference of the best group from it.

    So it is behind the best by as much as in the table of results; without a common seed
    it is the best group's own mean.
    """
    pairs = best.merge(finished, on="seed", suffixes=("_best", "_own"))
    if pairs.empty:
        return best[column].mean()
    return finished[column].mean() + (pairs[f"{column}_best"] - pairs[f"{column}_own"]).mean()


def _described(found: Diagnosis) -> list[dict]:
    """Return `_DESCRIBED` of each cause, or once without any."""
    quality = found.quality
    result = (quality.elbo, found.bad, max(quality.deficit, 0.0), quality.tolerance, quality.gain)
    causes = [
        (one.cause, one.measured, one.criterion)
        for one in found.symptoms
        if one.cause in found.causes
    ] or [("", "", "")]
    return [dict(zip(_DESCRIBED, result + cause, strict=True)) for cause in causes]


def _trend(history: pd.DataFrame, ended: bool) -> str:
    """Describe how fast the validation loss fell over the last quarter of the epochs."""
    if ended and len(history):
        return "validation stopped improving"
    losses = history.groupby("epoch")["val_loss"].mean()
    span = max(1, len(losses) // 4)
    if len(losses) <= span:
        return ""
    fall = (losses.iloc[-1 - span] - losses.iloc[-1]) / span
    if round(fall, 1) <= 0:
        return "validation loss no longer falling"
    return f"validation loss still falling by {nats(fall)} nats an epoch"
