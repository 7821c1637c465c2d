"""What a bad result is to be put down to, read from the tables."""

import dataclasses
from collections.abc import Sequence

import pandas as pd

from vaelib import metrics
from vaelib.analysis.diagnosis import symptoms
from vaelib.analysis.diagnosis.criteria import DEFAULTS, Standing, Thresholds
from vaelib.analysis.diagnosis.symptoms import Cause, Symptom
from vaelib.formatting import nats
from vaelib.results.keys import Status


@dataclasses.dataclass(frozen=True)
class Diagnosis:
    """What ails one activation in one setting.

    Attributes
    ----------
    bad : bool
    symptoms : tuple of Symptom
        One for each of `symptoms.CAUSES`, in their order, present or not.
    standing : str
        The ELBO, and how far from the best it is.
    floor : str
        How far from the floor it is.
    trend : str
        Whether the validation loss was still falling at the end.
    """

    bad: bool
    symptoms: tuple[Symptom, ...]
    standing: str
    floor: str
    trend: str

    @property
    def causes(self) -> tuple[str, ...]:
        """What a bad result is put down to; what explains the others comes first."""
        return (
            tuple(symptom.cause for symptom in self.symptoms if symptom.present) if self.bad else ()
        )

    @property
    def sentence(self) -> str:
        """The causes with their numbers, in plain text."""
        if not self.bad:
            return f"no fault found: {self.standing}, {self.floor}"
        named = [f"{symptom.cause}: {symptom.text}" for symptom in self.symptoms if symptom.present]
        # A collapse has told the distance to the floor.
        floor = "" if Cause.COLLAPSE in self.causes else self.floor
        return "; ".join([*named, ", ".join(filter(None, (self.standing, floor, self.trend)))])


def diagnose(
    runs: pd.DataFrame,
    history: pd.DataFrame,
    gradients: pd.DataFrame,
    latents: pd.DataFrame,
    reference: pd.DataFrame | None = None,
    margin: float | None = None,
    thresholds: Thresholds = DEFAULTS,
) -> Diagnosis:
    """Tell what a group's result is to be put down to.

    A group is bad when a run diverged, when its ELBO is near the floor that a
    constant reconstruction reaches, or behind the best group of its setting by
    more than a margin. A bad group is put down to every cause whose symptom is
    present, and to plain underfitting if none is.

    Parameters
    ----------
    runs, history, gradients, latents : pandas.DataFrame
        The rows of one group, one activation in one setting, in the tables of
        `results.FILES`: every seed once, told apart by the column ``seed``.
    reference : pandas.DataFrame, optional
        The best group's rows of ``runs``. Without it, only divergence and the
        floor tell that a group is bad.
    margin : float, optional
        Nats behind the best that do not matter; by default
        `Thresholds.margin_share` of the best's lead over the floor.
    thresholds : Thresholds

    Returns
    -------
    Diagnosis
    """
    finished = _finished(runs)
    best = _finished(runs.iloc[:0] if reference is None else reference)
    floor = runs["constant_elbo"].mean()
    test, train = (
        Standing(finished[column].mean(), best[column].mean(), floor, margin, thresholds)
        for column in ("elbo", "train_elbo")
    )
    flow = metrics.gradient_flow(gradients)
    collapse = symptoms.collapse(latents, test)
    found = [
        symptoms.divergence(runs, history, thresholds),
        symptoms.exploding(gradients, flow, thresholds),
        symptoms.dead(gradients, collapse.present, thresholds),
        symptoms.saturation(gradients, thresholds),
        symptoms.vanishing(flow, thresholds),
        collapse,
        symptoms.overfitting(train, test),
    ]
    bad = found[0].present or test.bad
    found.append(
        symptoms.underfitting(train, bad and not any(symptom.present for symptom in found))
    )
    trend = _trend(history[history["seed"].isin(finished["seed"])])
    return Diagnosis(bad, tuple(found), str(test), test.from_floor(), trend)


def sentences(
    tables: dict[str, pd.DataFrame],
    setting: Sequence[str] = (),
    margin: float | None = None,
    thresholds: Thresholds = DEFAULTS,
) -> pd.DataFrame:
    """Diagnose every activation in every setting.

    Parameters
    ----------
    tables : dict of str to pandas.DataFrame
        See `results.read`.
    setting : sequence of str
        Columns that tell one setting from another in all tables, such as the
        data set: the best is looked for among the activations of one.
    margin, thresholds
        See `diagnose`.

    Returns
    -------
    pandas.DataFrame
        The columns of `setting`, ``activation``, ``elbo``, ``bad``, ``causes``
        (joined by commas) and ``sentence``, which begins with the activation's
        name. Settings in the order of ``runs``, in each the best ELBO first.
    """
    names = ("runs", "history", "gradients", "latents")
    keys = [*setting, "activation"]
    groups = {name: dict(iter(tables[name].groupby(keys, sort=False))) for name in names}
    table = pd.DataFrame(list(groups["runs"]), columns=keys)
    table["elbo"] = [_finished(rows)["elbo"].mean() for rows in groups["runs"].values()]
    found = []
    for key in groups["runs"]:
        rivals = table[(table[list(setting)] == list(key[:-1])).all(axis=1)].dropna(subset="elbo")
        reference = None
        if len(rivals):
            reference = groups["runs"][tuple(rivals.loc[rivals["elbo"].idxmax(), keys])]
        rows = (groups[name].get(key, tables[name].iloc[:0]) for name in names)
        found.append(diagnose(*rows, reference, margin, thresholds))
    table["bad"] = [diagnosis.bad for diagnosis in found]
    table["causes"] = [", ".join(diagnosis.causes) for diagnosis in found]
    table["sentence"] = [
        f"{name}: {diagnosis.sentence}"
        for name, diagnosis in zip(table["activation"], found, strict=True)
    ]
    order = table.groupby(list(setting), sort=False).ngroup() if setting else table["bad"] * 0
    ranked = table.assign(order=order).sort_values(["order", "elbo"], ascending=[True, False])
    return ranked.drop(columns="order").reset_index(drop=True)


def _finished(runs: pd.DataFrame) -> pd.DataFrame:
    return runs[runs["status"] == Status.FINISHED]


def _trend(history: pd.DataFrame) -> str:
    """Tell how fast the validation loss fell over the last quarter of the epochs."""
    losses = history.groupby("epoch")["val_loss"].mean()
    span = max(1, len(losses) // 4)
    if len(losses) <= span:
        return ""
    fall = (losses.iloc[-1 - span] - losses.iloc[-1]) / span
    if round(fall, 1) <= 0:
        return "validation loss no longer falling"
    return f"validation loss still falling by {nats(fall)} nats an epoch"
