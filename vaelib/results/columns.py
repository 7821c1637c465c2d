"""What the columns of the result tables mean: metrics, and values of a setting."""

import dataclasses
import enum
import math
from collections.abc import Sequence

from vaelib.formatting import listed


class Direction(enum.StrEnum):
    """Which values of a metric are better."""

    HIGHER = "higher"
    LOWER = "lower"
    NEITHER = "neither"


@dataclasses.dataclass(frozen=True)
class Metric:
    """A column of the report's table.

    Attributes
    ----------
    column : str
        In the tables.
    label : str
        On the page, without the unit.
    direction : Direction
    unit : str
        Empty for a pure number.
    digits : int
        Significant digits shown.
    judged : bool
        Whether every pair of activations gets a verdict on it.
    marks_best : bool
        Whether the table marks the best value, where there is a direction.
    of_reconstructions : bool
        Whether it scores reconstructions alone, whatever made them: then PCA has it, too.
    least, most : float
        Possible values, which an interval does not leave.
    most_column : str
        The column of ``runs`` with the largest possible value, where models differ in it.
    """

    column: str
    label: str
    direction: Direction
    unit: str = ""
    digits: int = 3
    judged: bool = False
    marks_best: bool = True
    of_reconstructions: bool = False
    least: float = -math.inf
    most: float = math.inf
    most_column: str = ""

    @property
    def title(self) -> str:
        """The label with the unit."""
        return f"{self.label} ({self.unit})" if self.unit else self.label

    @property
    def pca_column(self) -> str:
        """The column of the same metric of reconstructions by PCA; see `training.pca`."""
        return f"pca_{self.column}"


METRICS = (
    Metric("elbo", "test ELBO", Direction.HIGHER, "nats", digits=4, judged=True),
    Metric(
        "bound",
        "L\N{SUBSCRIPT ONE}\N{SUBSCRIPT ZERO}\N{SUBSCRIPT ZERO}",
        Direction.HIGHER,
        "nats",
        digits=4,
        marks_best=False,
    ),
    Metric("mse", "MSE", Direction.LOWER, judged=True, of_reconstructions=True, least=0),
    Metric("psnr", "PSNR", Direction.HIGHER, "dB", judged=True, of_reconstructions=True),
    Metric(
        "ssim", "SSIM", Direction.HIGHER, judged=True, of_reconstructions=True, least=-1, most=1
    ),
    Metric("sliced_wasserstein", "sliced Wasserstein", Direction.LOWER, marks_best=False, least=0),
    Metric("kl", "KL", Direction.NEITHER, "nats", least=0),
    Metric("active_units", "active units", Direction.NEITHER, least=0, most_column="latent_dim"),
    Metric("epochs", "epochs trained", Direction.NEITHER, least=1, most_column="most_epochs"),
    Metric("epochs_to_target", "epochs to target", Direction.LOWER, least=1),
    Metric("seconds_per_epoch", "seconds per epoch", Direction.LOWER, least=0),
    # A gap is no merit of its own: the smallest is not the best.
    Metric("gap", "generalisation gap", Direction.LOWER, "nats", judged=True, marks_best=False),
    Metric("gradient_flow", "gradient flow", Direction.NEITHER, least=0),
)
BY_COLUMN = {metric.column: metric for metric in METRICS}
JUDGED = tuple(metric for metric in METRICS if metric.judged)
OF_RECONSTRUCTIONS = tuple(metric for metric in METRICS if metric.of_reconstructions)

# Labels of columns whose names would mislead a reader.
_LABELS = {
    "kl_warmup": "KL warm-up",
    "decoder_activation": "decoder",
    "train_size": "training images",
}
# Columns whose values need no label.
_PLAIN = {
    "activation",
    "dataset",
    "measure",
    "moment",
    "nonlinear",
    "remedy",
    "training",
}
ARCHITECTURES = {"dense": "dense layers", "conv": "convolutions"}


def label(column: str) -> str:
    """Return the name of a setting's column in words."""
    return _LABELS.get(column, column.replace("_", " "))


def describe(column: str, value) -> str:
    """Return a value of a setting in words, such as ``depth 2``.

    Parameters
    ----------
    column : str
        Of the result tables, or what an analysis adds to them.
    value
        Its value.
    """
    return describe_all(column, [value])


def describe_all(column: str, values: Sequence) -> str:
    """Return several values of a setting in words, such as ``depth 2, 4 and 8``.

    Parameters
    ----------
    column : str
        See `describe`.
    values : sequence
    """
    if column == "batch_norm":
        return listed([f"{'with' if value else 'without'} batch normalisation" for value in values])
    if column == "train_size":
        return f"{listed([f'{value:,.0f}' for value in values])} training images"
    if column == "architecture":
        return listed([ARCHITECTURES.get(one, str(one)) for one in values])
    shown = listed([f"{one:g}" if isinstance(one, float) else str(one) for one in values])
    return shown if column in _PLAIN else f"{label(column)} {shown}"
