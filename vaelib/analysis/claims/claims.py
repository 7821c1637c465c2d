"""The seven claims of articles about activation functions, each defined as data.

A definition is called with the studies (see `evidence.read`) and returns what they say.
"""

import dataclasses
from collections.abc import Callable

import numpy as np
import pandas as pd

from vaelib.analysis.claims import effects, gradients
from vaelib.analysis.claims.conclusions import Claim, conclude
from vaelib.analysis.claims.evidence import SETTING, PairedEvidence, Studies
from vaelib.analysis.claims.pairs import each_against, fixed_pairs
from vaelib.analysis.diagnosis.criteria import DEFAULTS
from vaelib.formatting import percent
from vaelib.results.columns import Direction

_TIE = percent(effects.MARGIN)
_TIE_IN_SPEED = percent(np.expm1(effects.SPEED_MARGIN))
_VANISHED = f"{DEFAULTS.gradient_flow:g}"
_RELU_AGAINST_BOTH = fixed_pairs(("relu", "sigmoid"), ("relu", "tanh"))
_TANH_AGAINST_SIGMOID = fixed_pairs(("tanh", "sigmoid"))


@dataclasses.dataclass(frozen=True)
class Definition:
    """A claim, and how it is judged.

    Attributes
    ----------
    number : int
    text : str
    support : str
        What counts as support, and what as contradiction, in words.
    collect : callable
        From studies to rows of evidence, each with an `evidence.Outcome`.
    unit : tuple of str
        Columns whose values identify a case: its rows must agree.
    first : str or None
        The column by which conditions are described first; part of a case, too.
    """

    number: int
    text: str
    support: str
    collect: Callable[[Studies], pd.DataFrame]
    unit: tuple[str, ...] = tuple(SETTING)
    first: str | None = None

    def __call__(self, studies: Studies) -> Claim:
        """Judge the claim by the studies."""
        evidence = self.collect(studies)
        verdict, conditions = conclude(evidence, self.unit, self.first)
        return Claim(self.number, self.text, self.support, verdict, conditions, evidence)


reconstructs_best = Definition(
    number=1,
    text="Among sigmoid, tanh and ReLU, ReLU reconstructs best.",
    support=(
        "In a setting, ReLU's reconstruction error is lower than both others'. A tie (within "
        f"{_TIE} of the error) or a lower error of one of them contradicts it."
    ),
    collect=PairedEvidence([effects.reconstruction], Direction.LOWER, _RELU_AGAINST_BOTH),
)

trains_faster = Definition(
    number=2,
    text="ReLU trains faster (fewer optimiser steps to a given quality; time per step).",
    support=(
        "In a setting, ReLU takes fewer steps than sigmoid and than tanh to the best quality that "
        "both of a pair reach; and, judged separately, less time per step. A tie (within "
        f"{_TIE_IN_SPEED}) or an advantage of one of them contradicts it."
    ),
    collect=PairedEvidence([effects.steps, effects.pace], Direction.LOWER, _RELU_AGAINST_BOTH),
    first="measure",
)

tanh_trains_faster = Definition(
    number=3,
    text="tanh trains faster than sigmoid.",
    support=(
        "In a setting, tanh takes fewer steps than sigmoid to the best quality that both reach; "
        "and, judged separately, less time per step. A tie (within "
        f"{_TIE_IN_SPEED}) or an advantage of sigmoid contradicts it."
    ),
    collect=PairedEvidence([effects.steps, effects.pace], Direction.LOWER, _TANH_AGAINST_SIGMOID),
    first="measure",
)

gradients_vanish = Definition(
    number=4,
    text="The gradients of sigmoid and tanh vanish with depth, those of ReLU do not.",
    support=(
        "In a setting with several depths, the gradient flow (root mean square at the first hidden "
        "layer over that at the last, multiplied over encoder and decoder) of the deepest network "
        f"is under {_VANISHED}, and less than in the shallowest, for sigmoid and for tanh; for "
        "ReLU it is above. The opposite for one activation contradicts it."
    ),
    collect=gradients.vanishing_with_depth,
    unit=("moment", *(key for key in SETTING if key != "depth")),
)

overfits_less = Definition(
    number=5,
    text="ReLU overfits less.",
    support=(
        "In a setting, when both fit the training images equally well, ReLU's generalisation gap "
        f"is smaller than sigmoid's and than tanh's. A tie (within {_TIE} of the loss) or a larger "
        "gap contradicts it. Where neither of a pair has a gap above that, nothing can be said."
    ),
    collect=PairedEvidence([effects.overfit], Direction.LOWER, _RELU_AGAINST_BOTH),
)

linear_learns_less = Definition(
    number=6,
    text="A linear network cannot learn what the non-linear ones learn.",
    support=(
        "In a setting, a non-linear activation reaches a better ELBO than linear. A tie (within "
        f"{_TIE}) or a better ELBO of linear contradicts it for that activation."
    ),
    collect=PairedEvidence(
        [effects.elbo], Direction.HIGHER, each_against("linear"), column_of_first="nonlinear"
    ),
    first="nonlinear",
)

vanishing_is_cured = Definition(
    number=7,
    text="Deeper models, other optimisers and other activations cure vanishing gradients.",
    support=(
        f"Where the gradient flow is under {_VANISHED}, it is above in a deeper network, with "
        "another optimiser (after training) or with another activation, all else being equal; if "
        "it is under there too, that remedy is contradicted."
    ),
    collect=gradients.remedies,
    unit=("activation", "moment", *SETTING),
    first="remedy",
)

CLAIMS = (
    reconstructs_best,
    trains_faster,
    tanh_trains_faster,
    gradients_vanish,
    overfits_less,
    linear_learns_less,
    vanishing_is_cured,
)
