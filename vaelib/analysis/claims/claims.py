"""How each claim of articles about activation functions is judged, as data.

What articles say is in `statements`. A claim of several statements is split into parts,
each with its own verdict. A definition is called with what was measured (see
`measurements.read`).
"""

import dataclasses
import functools
from collections.abc import Callable

import numpy as np
import pandas as pd

from vaelib.analysis.claims import effects, gradients, statements
from vaelib.analysis.claims.conclusions import NOTHING, Claim, conclude
from vaelib.analysis.claims.evidence import Compared, Judged, Timed
from vaelib.analysis.claims.gradients import REMEDIES, FlowState
from vaelib.analysis.claims.measurements import SETTING, Measurements
from vaelib.analysis.claims.pairs import each_against, fixed_pairs
from vaelib.analysis.claims.statements import Statement
from vaelib.analysis.diagnosis.criteria import DEFAULTS
from vaelib.formatting import percent
from vaelib.results.columns import BY_COLUMN

_TIE_IN_SPEED = percent(np.expm1(effects.SPEED_MARGIN))
_CLEAR = percent(DEFAULTS.collapsed_gain)
_VANISHED = f"{DEFAULTS.gradient_flow:g}"
_SENSITIVITY = (0.5, 2.0)  # multiples of a threshold with which a verdict is repeated
_RELU_AGAINST_BOTH = fixed_pairs(("relu", "sigmoid"), ("relu", "tanh"))
_TANH_AGAINST_SIGMOID = fixed_pairs(("tanh", "sigmoid"))
_GELU_AGAINST_BOTH = fixed_pairs(("gelu", "relu"), ("gelu", "elu"))


@dataclasses.dataclass(frozen=True)
class Definition:
    """A claim, or a part of one, and how it is judged.

    Attributes
    ----------
    statement : Statement
        The whole claim.
    support : str
        What counts as support, and what as contradiction, in words.
    collect : callable
        From measurements to rows of evidence, each with an `evidence.Outcome`.
    part : str
        Which of its statements; empty for a claim of one.
    unit : tuple of str
        Columns whose values identify a case: its rows must agree.
    first : str or None
        The column by which conditions are described first; part of a case, too.
    nothing : str
        Why there may be no rows of evidence.
    threshold : float or None
        That decides the rows, given to `collect` by this name; None without one.
    """

    statement: Statement
    support: str
    collect: Callable[..., pd.DataFrame]
    part: str = ""
    unit: tuple[str, ...] = SETTING
    first: str | None = None
    nothing: str = NOTHING
    threshold: float | None = None

    def __call__(self, measurements: Measurements) -> Claim:
        """Judge the claim by what was measured."""
        given = {} if self.threshold is None else {"threshold": self.threshold}
        evidence = self.collect(measurements, **given)
        verdict, conditions = conclude(evidence, self.unit, self.first)
        others = {
            factor * self.threshold: self._repeated(measurements, factor * self.threshold)
            for factor in (_SENSITIVITY if given else ())
        }
        return Claim(
            statement=self.statement,
            part=self.part,
            support=self.support,
            verdict=verdict,
            conditions=conditions,
            evidence=evidence,
            sensitivity=others,
            nothing=self.nothing,
        )

    def _repeated(self, measurements: Measurements, threshold: float):
        rows = self.collect(measurements, threshold=threshold)
        return conclude(rows, self.unit, self.first)[0]


reconstructs_best = Definition(
    statement=statements.RECONSTRUCTS_BEST,
    support=(
        "In a setting, the squared error of ReLU's reconstructions of test images is lower than "
        "both others', by the verdicts of the studies. A tie, or a lower error of one of them, "
        "contradicts it."
    ),
    collect=Judged(["mse"], _RELU_AGAINST_BOTH),
)


def _steps(statement: Statement, pairs, who: str, others: str) -> Definition:
    """Return the part about optimiser steps of a claim that `who` is faster than others."""
    return Definition(
        statement=statement,
        part="steps",
        support=(
            f"In a setting, {who} takes fewer steps than {others} to the best validation loss "
            f"that both of a pair reach, if that is clearly above a constant image (by {_CLEAR} of "
            f"what the best gains). A tie (within {_TIE_IN_SPEED}) or an advantage of the other "
            "contradicts it."
        ),
        collect=Compared(effects.steps, pairs),
    )


def _time(statement: Statement, pairs, who: str, others: str) -> Definition:
    """Return the part about the time of a step of a claim that `who` is faster than others."""
    return Definition(
        statement=statement,
        part="time",
        support=(
            f"In a benchmark of all activations, interleaved in one process, {who} takes less time "
            f"for a step than {others}. A tie (within {_TIE_IN_SPEED}) or an advantage of the "
            "other contradicts it. What was timed while a study ran decides nothing."
        ),
        collect=Timed(pairs),
        unit=("measure",),
    )


_RELU = (statements.RELU_TRAINS_FASTER, _RELU_AGAINST_BOTH, "ReLU", "sigmoid and than tanh")
_TANH = (statements.TANH_TRAINS_FASTER, _TANH_AGAINST_SIGMOID, "tanh", "sigmoid")
trains_in_fewer_steps, steps_are_faster = _steps(*_RELU), _time(*_RELU)
tanh_in_fewer_steps, tanh_steps_are_faster = _steps(*_TANH), _time(*_TANH)


def _vanishing(activation: str, expected: FlowState) -> Definition:
    """Return the part of claim 4 about an activation."""
    side = "under" if expected == FlowState.VANISHED else "above"
    less = ", and less than in the shallowest" if expected == FlowState.VANISHED else ""
    return Definition(
        statement=statements.GRADIENTS_VANISH,
        part=activation,
        support=(
            "In a setting with several depths, the gradient flow (root mean square at the first "
            "hidden layer over that at the last, multiplied over encoder and decoder) of the "
            f"deepest network is {side} {_VANISHED}{less}: before training, and while the model "
            "learns. The opposite contradicts it. A model whose posterior collapsed did not "
            "learn, and decides nothing."
        ),
        collect=functools.partial(
            gradients.vanishing_with_depth, activation=activation, expected=expected
        ),
        unit=tuple(key for key in SETTING if key != "depth"),
        first="moment",
        threshold=DEFAULTS.gradient_flow,
    )


gradients_vanish = (
    _vanishing("sigmoid", FlowState.VANISHED),
    _vanishing("tanh", FlowState.VANISHED),
    _vanishing("relu", FlowState.KEPT),
)

overfits_less = Definition(
    statement=statements.OVERFITS_LESS,
    support=(
        "In a setting, when both fit the training images equally well, ReLU's generalisation gap "
        "is smaller than sigmoid's and than tanh's. A tie (within the study's margin of the ELBO) "
        "or a larger gap contradicts it. Where neither of a pair has a gap above that, with 95 % "
        "confidence, nothing can be said."
    ),
    collect=Compared(effects.overfit, _RELU_AGAINST_BOTH),
)

linear_learns_less = Definition(
    statement=statements.LINEAR_LEARNS_LESS,
    support=(
        "In a setting, a non-linear activation reaches a better test ELBO than linear, by the "
        "verdicts of the studies. A tie, or a better ELBO of linear, contradicts it for that "
        "activation."
    ),
    collect=Judged(["elbo"], each_against("linear"), column_of_first="nonlinear"),
    first="nonlinear",
)


def _remedy(key: str) -> Definition:
    """Return the part of claim 7 about a remedy, of `gradients.REMEDIES`."""
    return Definition(
        statement=statements.VANISHING_IS_CURED,
        part=REMEDIES[key],
        support=(
            f"Where the gradient flow is under {_VANISHED}, it is above with the {REMEDIES[key]}, "
            "all else being equal, before training or while the model learns; if it is under there "
            "too, the remedy is contradicted."
        ),
        collect=functools.partial(gradients.remedies, key=key),
        unit=("activation", *SETTING),
        first="moment",
        nothing=f"no study has the {REMEDIES[key]} in a setting where the gradient vanished",
        threshold=DEFAULTS.gradient_flow,
    )


vanishing_is_cured = tuple(map(_remedy, REMEDIES))

gelu_is_best = tuple(
    Definition(
        statement=statements.GELU_IS_BEST,
        part=part,
        support=(
            "On a VAE of that shape (1000-500-250-30, batches of 64, Adam), GELU's "
            f"{BY_COLUMN[metric].label} is better than ReLU's and than ELU's, by the verdicts of "
            "the study. A tie, or an advantage of one of them, contradicts it."
        ),
        collect=Judged([metric], _GELU_AGAINST_BOTH, network="1000-500-250-30"),
    )
    for metric, part in (("mse", "squared error"), ("elbo", "ELBO"))
)

CLAIMS = (
    reconstructs_best,
    trains_in_fewer_steps,
    steps_are_faster,
    tanh_in_fewer_steps,
    tanh_steps_are_faster,
    *gradients_vanish,
    overfits_less,
    linear_learns_less,
    *vanishing_is_cured,
    *gelu_is_best,
)
