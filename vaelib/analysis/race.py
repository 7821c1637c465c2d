"""The race: which activations are retired, when, and what that says about each pair.

A group-sequential design. All activations are trained with the first replicates; those
shown to be worse than the leader are retired, the others get more replicates. At every
look, paired differences are tested with moderated t-tests (see `moderated`); at the last
one with the exact signed-rank test, where it has enough replicates to decide, as it is not
misled by a single replicate that is far out.

The chance that anywhere in a race one of two equal activations is called worse is at most
5 %. It is shared equally by the looks (Pocock 1977, with Bonferroni's bound), and at a look
by the pairs of those that are left: the two-sided p must be under ``0.05 / looks / pairs``.
As activations are retired, fewer pairs are left and the level rises, as in step-down range
tests (Newman 1939). Those let errors add up over groups of equal activations that differ
from each other; here a statement is only ever made about the group of the leader, and
before the first false one all of that group are left. Simulated with eleven activations,
equal ones or groups of equal ones, the chance is 0 to 5 %: of normal noise, of noise with
long tails, and of noise five times as large for one activation or three times for half of
them; see the tests, which also state the power. Counting every verdict in the table of all
pairs (`verdicts.of_race`), it is 1 to 4 % of 300 races for each of these noises.

Intervals are repeated confidence intervals (Jennison & Turnbull 1989), of the level of the
test of a pair at a look: that of the test which retired an activation, else that of all
pairs. Simulated, all intervals of a race hold at once in 95 % of races or more.
"""

import dataclasses
import itertools
from collections.abc import Collection, Mapping, Sequence

import numpy as np
import pandas as pd
from scipy import special

from vaelib.analysis import margins, moderated, paired_tests
from vaelib.analysis.moderated import Prior
from vaelib.analysis.paired_tests import SIGNIFICANCE
from vaelib.results.columns import Direction

FIRST_LOOK = 4
_GROWTH = 1.5  # of the number of replicates from look to look


@dataclasses.dataclass(frozen=True)
class Retirement:
    """An activation that was shown to be worse than the leader.

    Attributes
    ----------
    activation, leader : str
    difference, low, high : float
        Of the leader less the activation, with the confidence interval of that level.
    p, level : float
        Of the test, two-sided, and what it had to be under.
    """

    activation: str
    leader: str
    difference: float
    low: float
    high: float
    p: float
    level: float


@dataclasses.dataclass(frozen=True)
class Stage:
    """What was decided at a look.

    Attributes
    ----------
    replicates : int
        That all activations of the stage have.
    started : tuple of str
    retired : tuple of Retirement
    lost : tuple of str
        Retired because they failed, or because at most half of their models finished.
    """

    replicates: int
    started: tuple[str, ...]
    retired: tuple[Retirement, ...]
    lost: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class Race:
    """A race as far as the models that are there decide it.

    Attributes
    ----------
    looks : tuple of int
        Numbers of replicates at which it is looked at.
    stages : tuple of Stage
    alive : tuple of str
        The activations that are left, the best mean first.
    replicates : int
        That those must have: more than they have, where the race goes on.
    over : bool
    tied : bool
        Whether it is over because all that are left are practically tied.
    """

    looks: tuple[int, ...]
    stages: tuple[Stage, ...]
    alive: tuple[str, ...]
    replicates: int
    over: bool
    tied: bool

    @property
    def order(self) -> list[str]:
        """All activations: those that are left, then those retired last and by least."""
        names = list(self.alive)
        for stage in reversed(self.stages):
            retired = sorted(stage.retired, key=lambda one: one.difference)
            names += [*(one.activation for one in retired), *stage.lost]
        return names

    @property
    def models(self) -> int:
        """How many models the stages took."""
        before = 0
        total = 0
        for stage in self.stages:
            total += (stage.replicates - before) * len(stage.started)
            before = stage.replicates
        return total


def looks_of(replicates: int) -> tuple[int, ...]:
    """Return the numbers of replicates at which a race is looked at: 4, 6, 9, 14, 21, ...

    Parameters
    ----------
    replicates : int
        At most, which is the last look.
    """
    looks, next_look = [], FIRST_LOOK
    while next_look <= 0.8 * replicates:
        looks.append(next_look)
        next_look = int(np.ceil(_GROWTH * next_look))
    return (*looks, replicates)


def pair_level(activations: int, looks: Sequence[int]) -> float:
    """Return what the two-sided p of a pair must be under at a look.

    Parameters
    ----------
    activations : int
        That are left; for verdicts on all pairs, those of the whole race.
    looks : sequence of int
    """
    return SIGNIFICANCE / len(looks) / max(1, activations * (activations - 1) / 2)


def decide(
    values: pd.DataFrame,
    looks: Sequence[int],
    margin: float,
    failed: Collection[str] = (),
    direction: Direction = Direction.HIGHER,
) -> Race:
    """Run the race on the models that are there.

    Parameters
    ----------
    values : pandas.DataFrame
        Columns: activations; index: all seeds, in order. None where a model is not
        trained yet, NaN where it diverged.
    looks : sequence of int
        Numbers of replicates; see `looks_of`.
    margin : float
        A difference of at most this does not matter.
    failed : collection of str
        Activations that will have no further models.
    direction : Direction

    Returns
    -------
    Race
        Up to the first look at which models are missing.
    """
    sign = 1.0 if direction == Direction.HIGHER else -1.0
    trained = values.map(lambda value: value is not None).astype(bool)
    numbers = sign * values.where(trained, np.nan).astype(float)
    alive, stages = list(values.columns), []
    for look in looks:
        started = tuple(alive)
        missing = [name for name in alive if not trained[name].iloc[:look].all()]
        if set(missing) - set(failed):
            return Race(tuple(looks), tuple(stages), started, look, False, False)
        seen = numbers.iloc[:look]
        finished = seen[alive].notna().sum()
        lost = [name for name in alive if name in missing or finished[name] <= look / 2]
        alive = [name for name in alive if name not in lost]
        retired = []
        while len(alive) > 1:
            worse = _worse(seen[alive], margin, values.shape[1], looks)
            if not worse:
                break
            retired += worse
            alive = [name for name in alive if name not in {one.activation for one in worse}]
        stages.append(Stage(look, started, tuple(retired), tuple(lost)))
        tied = len(alive) > 1 and _all_tied(seen[alive], margin, values.shape[1], looks)
        if len(alive) <= 1 or tied or look == looks[-1]:
            break
    order = seen[alive].mean().sort_values(ascending=False, kind="stable")
    return Race(tuple(looks), tuple(stages), tuple(order.index), look, True, tied)


def of_runs(
    runs: pd.DataFrame,
    activations: Sequence[str],
    seeds: Sequence[int],
    margin: float,
    given: Mapping[str, float],
    failed: Collection[str] = (),
) -> Race:
    """Run the race of one comparison, by the ELBO of test images.

    Parameters
    ----------
    runs : pandas.DataFrame
        Rows of the models that are there.
    activations, seeds : sequence
        Of the study, in order.
    margin, given
        See `margins.of_runs`.
    failed : collection of str
        Activations that will have no further models.
    """
    looks = looks_of(len(seeds))
    untrained = np.full((len(seeds), len(activations)), None)  # which pandas would make NaN
    values = pd.DataFrame(untrained, index=list(seeds), columns=list(activations))
    for row in runs.itertuples():
        values.loc[row.seed, row.activation] = row.elbo
    resolved = margins.of_runs(runs, margin, given, seeds[: looks[0]])
    return decide(values, looks, resolved["elbo"], failed)


def judge(values: pd.DataFrame, looks: Sequence[int], margin: float) -> pd.DataFrame:
    """Compare all pairs at the last look that both have reached.

    Parameters
    ----------
    values : pandas.DataFrame
        Index: the replicates in order; columns: all activations of the race. NaN where
        there is no model, or where it diverged.
    looks : sequence of int
    margin : float

    Returns
    -------
    pandas.DataFrame
        ``a``, ``b``; ``n``, common replicates; ``difference`` of a - b and its standard
        deviation ``spread``; ``low`` and ``high``, its repeated confidence interval;
        ``p``, ``side`` and ``p_equal``, of difference (two-sided), the sign of what was
        tested, and of equivalence within the margin, with ``level``, what each p must be
        under.
    """
    rows = []
    level = pair_level(values.shape[1], looks)
    for a, b in itertools.combinations(values.columns, 2):
        differences = paired_tests.difference(values[a].to_numpy(), values[b].to_numpy())
        row = {"a": a, "b": b, "n": len(differences), "level": level}
        if len(differences):
            row["difference"] = differences.mean()
        if len(differences) > 1:
            both = values[[a, b]].notna().to_numpy()
            last = both[slice(*looks[-2:]) if len(looks) > 1 else slice(None)].any(axis=0).all()
            row |= _compare(differences, level, level, Prior(), last)
            row["spread"] = differences.std(ddof=1)
            row["p_equal"] = paired_tests.equivalence_p(differences[None], margin)[0]
        rows.append(row)
    estimates = ["difference", "spread", "low", "high", "p", "side", "p_equal", "level"]
    return pd.DataFrame(rows, columns=["a", "b", "n", *estimates])


def _compare(
    differences: np.ndarray, level: float, all_pairs: float, prior: Prior, last: bool
) -> dict[str, float]:
    """Return the confidence interval of the mean, and the p and the side of the test."""
    mean, error, freedom = moderated.mean_error_freedom(differences, prior)
    reach = -error * special.stdtrit(freedom, level / 2)
    side = np.sign(mean)
    if last and 2.0 ** (1 - len(differences)) < all_pairs:
        p = paired_tests.signed_rank_p(differences[None])[0]
        side = paired_tests.signed_rank_side(differences[None])[0]
    elif error > 0:
        p = 2 * special.stdtr(freedom, -abs(mean) / error)
    else:
        p = float(mean == 0)
    return {"low": mean - reach, "high": mean + reach, "p": float(p), "side": float(side)}


def _worse(
    seen: pd.DataFrame, margin: float, activations: int, looks: Sequence[int]
) -> list[Retirement]:
    """Return the activations that are worse than the one with the best mean.

    What is practically tied with it is not retired, however sure the difference.
    """
    leader = seen.mean().idxmax()
    level, prior = pair_level(seen.shape[1], looks), moderated.prior_of(seen)
    of_all = pair_level(activations, looks)
    values = dict(zip(seen, seen.to_numpy().T, strict=True))
    best = values.pop(leader)
    found = []
    for name, others in values.items():
        differences = paired_tests.difference(best, others)
        if len(differences) < 2:
            continue
        compared = _compare(differences, level, of_all, prior, len(seen) == looks[-1])
        mean, side = float(differences.mean()), compared.pop("side")
        worse = compared["p"] < level and mean > 0 and side > 0
        if worse and not _tied(differences, margin, of_all):
            found.append(Retirement(name, leader, mean, **compared, level=level))
    return found


def _all_tied(seen: pd.DataFrame, margin: float, activations: int, looks: Sequence[int]) -> bool:
    """Return whether every pair is equivalent within the margin."""
    level = pair_level(activations, looks)
    pairs = itertools.combinations(seen.to_numpy().T, 2)
    return all(_tied(paired_tests.difference(a, b), margin, level) for a, b in pairs)


def _tied(differences: np.ndarray, margin: float, level: float) -> bool:
    """Return whether a mean is equivalent to 0 within the margin."""
    if len(differences) < 2:
        return False
    return bool(paired_tests.equivalence_p(differences[None], margin)[0] < level)
