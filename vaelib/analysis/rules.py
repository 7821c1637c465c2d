"""What a study says about how its models are compared."""

import dataclasses
from collections.abc import Callable, Collection, Mapping

import pandas as pd

from vaelib.analysis import margins, race, verdicts
from vaelib.analysis.race import Race
from vaelib.results.columns import Direction
from vaelib.results.keys import SETTING_KEYS


@dataclasses.dataclass(frozen=True)
class Rules:
    """What a study says about how its models are compared.

    Attributes
    ----------
    activations, seeds : tuple
        In order.
    race : bool
        Whether activations were retired on the way; see `race`.
    tuned : tuple of str
        Columns whose value was chosen for each activation.
    margin : float
    margins : dict of str to float
        See `margins.of_runs`.
    target_loss : float or None
        Validation loss in nats; None for each comparison's `summary.default_target`.
    keep_best : bool
        Whether models keep the weights of their best epoch, as with a patience.
    """

    activations: tuple[str, ...]
    seeds: tuple[int, ...]
    race: bool
    tuned: tuple[str, ...]
    margin: float
    margins: Mapping[str, float]
    target_loss: float | None
    keep_best: bool = False

    @classmethod
    def of(cls, study: Mapping) -> "Rules":
        """Return those of a study, as ``study.json`` has it."""
        tune = study["tune"] or {}
        return cls(
            activations=tuple(study["activations"]),
            seeds=tuple(study["seeds"]),
            race=study["design"] == "race",
            tuned=tuple(name for name in SETTING_KEYS if tune.get(name)),
            margin=study["margin"],
            margins=study["margins"],
            target_loss=study["target_loss"],
            keep_best=study.get("patience") is not None,  # earlier versions have none
        )

    def run_race(self, runs: pd.DataFrame, failed: Collection[str] = ()) -> Race | None:
        """Return the race of a comparison's models; None where the study is none."""
        if not self.race:
            return None
        return race.of_runs(runs, self.activations, self.seeds, self.margin, self.margins, failed)

    def judge_elbo(self, runs: pd.DataFrame) -> Callable[[pd.DataFrame], pd.DataFrame]:
        """Return the function from ELBOs, seeds by activations, to verdicts on all pairs."""
        margin = self.margins_of(runs)["elbo"]
        if not self.race:
            return lambda values: verdicts.compare(values, margin, Direction.HIGHER)
        looks = race.looks_of(len(self.seeds))
        return lambda values: verdicts.of_race(values, looks, margin, Direction.HIGHER)

    def margins_of(self, runs: pd.DataFrame) -> dict[str, float]:
        """Return the margins of a comparison, by the first replicates.

        Those that a race has of every activation: so the margin is that of the same
        study without a race.
        """
        first = race.looks_of(len(self.seeds))[0]
        return margins.of_runs(runs, self.margin, self.margins, self.seeds[:first])
