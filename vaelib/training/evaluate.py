"""Score a trained model: rows of the result tables, and reconstructions."""

import dataclasses

import numpy as np
import pandas as pd

from vaelib import metrics
from vaelib.data.images import ImageSet
from vaelib.models.vae import VAE
from vaelib.results.keys import Status
from vaelib.training.fit import Fit

# What is known of the test images; a diverged model has no number for it.
_SCORED = ("elbo", "mse", "psnr", "ssim", "kl", "active_units", "identical", "train_elbo", "gap")
# Columns with their types, so that a table without rows joins the others.
_OF_IMAGE = {"image": int, "elbo": float, "mse": float, "psnr": float, "ssim": float}
_OF_UNIT = {"unit": int, "kl": float, "active": bool}


@dataclasses.dataclass(frozen=True)
class Run:
    """A trained model's rows, and arrays for figures.

    Attributes
    ----------
    tables : dict of str to pandas.DataFrame
        ``runs``, ``history``, ``gradients``, ``latents`` and ``scores``; see
        `results.FILES`.
    reconstructions : array of float32 [n, height, width, channels] or None
        Of the test images; None where they were not to be seen.
    """

    tables: dict[str, pd.DataFrame]
    reconstructions: np.ndarray | None


def score(model: VAE, images: ImageSet, one: Fit, seen: bool = True) -> Run:
    """Turn a trained model into rows, scored on the test images if they may be seen."""
    model.seed = one.seed
    model.set_weights(one.weights)
    scores = pd.DataFrame(columns=list(_OF_IMAGE)).astype(_OF_IMAGE)
    latents = pd.DataFrame(columns=list(_OF_UNIT)).astype(_OF_UNIT)
    summary = dict.fromkeys(_SCORED, np.nan)
    reconstructions = None
    if seen and one.summary["status"] == Status.FINISHED:
        means, log_variances = model.encode(images.test)
        reconstructions = model.decode(means)
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
        latents = pd.DataFrame({"unit": np.arange(len(kl)), "kl": kl, "active": active})
        train_elbo, elbo = float(np.mean(model.elbo(images.train))), float(scores["elbo"].mean())
        summary = {
            **scores[["elbo", "mse", "psnr", "ssim"]].mean(),
            "kl": kl.sum(),
            "active_units": int(active.sum()),
            "identical": int(metrics.identical(images.test, reconstructions).sum()),
            "train_elbo": train_elbo,
            "gap": train_elbo - elbo,
        }
    tables = {
        "runs": pd.DataFrame([{**one.summary, **summary}]),
        "history": one.history.copy(),
        "gradients": one.gradients.copy(),
        "latents": latents,
        "scores": scores,
    }
    return Run(tables, reconstructions)
