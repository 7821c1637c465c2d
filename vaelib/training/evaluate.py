"""Score a trained model: rows of the result tables, and reconstructions."""

import dataclasses

import numpy as np
import pandas as pd

from vaelib import metrics
from vaelib.data.images import ImageSet
from vaelib.models.vae import VAE
from vaelib.results.keys import Status
from vaelib.training.fit import TrainedModel

# Columns of ``runs`` that need the test images: NaN where they were not seen.
_SCORED = ("elbo", "mse", "psnr", "ssim", "kl", "active_units", "identical", "train_elbo", "gap")
# Columns with their types, so that an empty table can be concatenated with others.
_SCORE_COLUMNS = {"image": int, "elbo": float, "mse": float, "psnr": float, "ssim": float}
_LATENT_COLUMNS = {"unit": int, "kl": float, "active": bool}


@dataclasses.dataclass(frozen=True)
class ScoredModel:
    """A trained model's rows of the result tables, and its reconstructions.

    Attributes
    ----------
    tables : dict of str to pandas.DataFrame
        ``runs``, ``history``, ``gradients``, ``latents`` and ``scores``; see
        `results.files.FILES`.
    reconstructions : array of float32 [n, height, width, channels] or None
        Of the test images; None where they were not seen.
    """

    tables: dict[str, pd.DataFrame]
    reconstructions: np.ndarray | None


def score(
    model: VAE, images: ImageSet, trained: TrainedModel, test_allowed: bool = True
) -> ScoredModel:
    """Turn a trained model into rows of the result tables.

    Parameters
    ----------
    model : VAE
        Takes the weights of `trained`.
    images : ImageSet
    trained : TrainedModel
    test_allowed : bool
        Whether the model may be scored on test images; a diverged model never is.

    Returns
    -------
    ScoredModel
    """
    model.seed = trained.seed
    model.set_weights(trained.weights)
    scores = pd.DataFrame(columns=list(_SCORE_COLUMNS)).astype(_SCORE_COLUMNS)
    latents = pd.DataFrame(columns=list(_LATENT_COLUMNS)).astype(_LATENT_COLUMNS)
    summary = dict.fromkeys(_SCORED, np.nan)
    reconstructions = None
    if test_allowed and trained.summary["status"] == Status.FINISHED:
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
        "runs": pd.DataFrame([{**trained.summary, **summary}]),
        "history": trained.history.copy(),
        "gradients": trained.gradients.copy(),
        "latents": latents,
        "scores": scores,
    }
    return ScoredModel(tables, reconstructions)
