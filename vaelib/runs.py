"""Train one model of a study and turn it into rows of the result tables."""

import dataclasses
import platform
import time

import numpy as np
import pandas as pd

from vaelib import bounds, metrics
from vaelib.backend import keras
from vaelib.data import ImageSet
from vaelib.model import VAE
from vaelib.probes import GradientProbe
from vaelib.study import versions

# What a diverged model has no number for.
_SCORED = (
    *("elbo", "mse", "psnr", "ssim", "kl", "active_units"),
    *("train_elbo", "gap", "gradient_ratio"),
)


@dataclasses.dataclass(frozen=True)
class Run:
    """A trained model's rows, and arrays for figures.

    Attributes
    ----------
    tables : dict of str to pandas.DataFrame
        ``runs``, ``history``, ``gradients``, ``latents`` and ``scores``; see
        `results.FILES`.
    reconstructions : array of float32 [n, height, width, channels]
        Of the test images.
    """

    tables: dict[str, pd.DataFrame]
    reconstructions: np.ndarray


class _Clock(keras.callbacks.Callback):
    """Time the training part of every epoch, without validation and probes."""

    def on_train_begin(self, logs=None):
        self.seconds = []

    def on_epoch_begin(self, epoch, logs=None):
        self._start = time.perf_counter()

    def on_train_batch_end(self, batch, logs=None):
        self._end = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        self.seconds.append(self._end - self._start)


def train(
    model: VAE, images: ImageSet, seed: int, epochs: int, batch_size: int, probe: GradientProbe
) -> Run:
    """Train a compiled model from a seed, then score the test images once.

    Parameters
    ----------
    model : VAE
        Compiled; its weights are drawn anew.
    images : ImageSet
    seed : int
    epochs, batch_size : int
    probe : GradientProbe

    Returns
    -------
    Run
        Of status ``finished``, or ``diverged`` where the loss was no longer a
        number; then the scores are NaN.
    """
    model.initialize(seed)
    clock = _Clock()
    started = time.perf_counter()
    log = model.fit(
        images.train,
        epochs=epochs,
        batch_size=batch_size,
        validation_data=images.validation,
        callbacks=[clock, probe, keras.callbacks.TerminateOnNaN()],
        verbose=0,
    ).history
    seconds = time.perf_counter() - started
    history = pd.DataFrame(log)
    history.insert(0, "epoch", np.arange(1, len(history) + 1))
    history["seconds"] = clock.seconds
    gradients = pd.DataFrame(probe.rows)
    sound = np.isfinite(history[["loss", "val_loss"]]).all(axis=None)
    diverged = len(history) < epochs or not sound

    means, log_variances = model.encode(images.test)
    reconstructions = model.decode(means)
    with np.errstate(all="ignore"):  # a diverged model's numbers are NaN, and said to be
        scores = pd.DataFrame(
            {
                "image": np.arange(len(images.test)),
                "elbo": model.elbo(images.test),
                "mse": metrics.mse(images.test, reconstructions),
                "psnr": metrics.psnr(images.test, reconstructions),
                "ssim": metrics.ssim(images.test, reconstructions),
            }
        )
        kl = metrics.kl_per_unit(means, log_variances)
        active = metrics.active_units(means)
        train_elbo = float(np.mean(model.elbo(images.train)))
    latents = pd.DataFrame({"unit": np.arange(len(kl)), "kl": kl, "active": active})
    ratio = gradient_ratio(gradients)
    elbo = float(scores["elbo"].mean())
    summary = {
        "status": "diverged" if diverged else "finished",
        "elbo": elbo,
        "constant_elbo": bounds.constant_elbo(images.train, images.test, model.likelihood),
        "mse": scores["mse"].mean(),
        "psnr": scores["psnr"].mean(),
        "ssim": scores["ssim"].mean(),
        "kl": kl.sum(),
        "active_units": int(active.sum()),
        "identical": int(metrics.identical(images.test, reconstructions).sum()),
        "train_elbo": train_elbo,
        "gap": train_elbo - elbo,
        "gradient_ratio_start": ratio[0],
        "gradient_ratio": ratio[1],
        "epochs": len(history),
        # The first epoch of the first seed also compiles.
        "seconds_per_epoch": float(np.median(clock.seconds[1:] or clock.seconds)),
        "seconds": seconds,
        "parameters": model.count_params(),
        "python": platform.python_version(),
        **versions(),
    }
    if diverged:
        summary.update(dict.fromkeys(_SCORED, np.nan))
        scores = scores.iloc[:0]
        latents = latents.iloc[:0]
    tables = {
        "runs": pd.DataFrame([summary]),
        "history": history,
        "gradients": gradients,
        "latents": latents,
        "scores": scores,
    }
    for table in tables.values():
        table.insert(0, "activation", model.activation)
        table.insert(1, "seed", seed)
    return Run(tables, reconstructions)


def gradient_ratio(gradients: pd.DataFrame) -> tuple[float, float]:
    """Return how much of the gradient arrives at the first hidden layer.

    Parameters
    ----------
    gradients : pandas.DataFrame
        Rows of one model's `GradientProbe`.

    Returns
    -------
    start, end : float
        Gradient RMS at the pre-activations of the encoder's first hidden layer
        over that of the decoder's last, before training and after. NaN for a
        network without hidden layers.
    """
    hidden = gradients[gradients["layer"].str.match(r"(encoder|decoder)_\d+$")]
    if hidden.empty:
        return np.nan, np.nan
    by_depth = hidden.pivot_table(index="epoch", columns="depth", values="gradient_rms")
    ratios = by_depth.iloc[:, 0] / by_depth.iloc[:, -1]
    return float(ratios.iloc[0]), float(ratios.iloc[-1])
