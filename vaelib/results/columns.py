"""What the columns of the result tables mean."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Metric:
    """A column of the report's table.

    Attributes
    ----------
    column : str
        In the tables.
    label : str
        On the page, with the unit.
    best : str
        ``highest``, ``lowest``, or ``none`` where neither is better.
    digits : int
        Significant digits shown.
    """

    column: str
    label: str
    best: str
    digits: int = 3


METRICS = (
    Metric("elbo", "test ELBO (nats)", "highest", 4),
    Metric("mse", "MSE", "lowest"),
    Metric("psnr", "PSNR (dB)", "highest"),
    Metric("ssim", "SSIM", "highest"),
    Metric("kl", "KL (nats)", "none"),
    Metric("active_units", "active units", "none"),
    Metric("epochs_to_target", "epochs to target", "lowest"),
    Metric("seconds_per_epoch", "seconds per epoch", "lowest"),
    Metric("gap", "generalisation gap (nats)", "none"),
    Metric("gradient_ratio", "gradient ratio first/last", "none"),
)
