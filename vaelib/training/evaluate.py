"""Score a trained model: rows of the result tables, and reconstructions."""

import dataclasses

import numpy as np
import pandas as pd

from vaelib import metrics
from vaelib.data.images import ImageSet
from vaelib.models.bounds import ConstantImage
from vaelib.models.vae import VAE
from vaelib.results.keys import Status
from vaelib.results.pictures import Pictures
from vaelib.training import examples, pca
from vaelib.training.fit import TrainedModel

BOUND_SAMPLES = 100  # of the importance-weighted bound
# Images of what is costly: the importance-weighted bound, and distances of distributions.
_COSTLY_IMAGES = 1000

# Columns of ``runs`` that need the test images: NaN where they were not seen.
_SCORED = (
    "elbo",
    "bound",
    "mse",
    "psnr",
    "ssim",
    "sliced_wasserstein",
    "kl",
    "active_units",
    "identical",
    "train_elbo",
    "gap",
)
_BASELINE = (
    "constant_elbo",
    "constant_train_elbo",
    "constant_val_elbo",
    "constant_mse",
    "constant_psnr",
    "constant_ssim",
    "pixel_entropy",
    "train_sliced_wasserstein",
)
PCA_COLUMNS = ("pca_mse", "pca_psnr", "pca_ssim", "pca_components", "pca_images")
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
    pictures : Pictures or None
        What a run keeps of them; None where they were not seen.
    """

    tables: dict[str, pd.DataFrame]
    reconstructions: np.ndarray | None
    pictures: Pictures | None


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
    baseline = dict.fromkeys((*_BASELINE, *PCA_COLUMNS), np.nan)
    if test_allowed:
        components = pca.fit(images.train, model.latent_dim)
        of_components = components.score(images.test)
        baseline = constant_image(images, model.likelihood) | _linear(components, of_components)
    summary = dict.fromkeys(_SCORED, np.nan)
    reconstructions = pictures = None
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
        some = images.test[:_COSTLY_IMAGES]
        samples = model.sample(len(some), seed=trained.seed)
        train_elbo, elbo = float(np.mean(model.elbo(images.train))), float(scores["elbo"].mean())
        luck = baseline["constant_train_elbo"] - baseline["constant_elbo"]
        summary = {
            **scores[["elbo", "mse", "psnr", "ssim"]].mean(),
            "bound": float(np.mean(model.importance_bound(some, samples=BOUND_SAMPLES))),
            "sliced_wasserstein": metrics.sliced_wasserstein(samples, some),
            "kl": kl.sum(),
            "active_units": int(active.sum()),
            "identical": int(metrics.identical(images.test, reconstructions).sum()),
            "train_elbo": train_elbo,
            "gap": train_elbo - elbo - luck,
        }
        pictures = examples.pictures(
            model,
            images.test,
            images.test_labels,
            reconstructions,
            scores["ssim"].to_numpy(),
            components,
            of_components["mse"].to_numpy(),
            trained.snapshots,
        )
    tables = {
        "runs": pd.DataFrame([{**trained.summary, **baseline, **summary}]),
        "history": trained.history.copy(),
        "gradients": trained.gradients.copy(),
        "latents": latents,
        "scores": scores,
    }
    return ScoredModel(tables, reconstructions, pictures)


def constant_image(images: ImageSet, likelihood: str) -> dict[str, float]:
    """Score the best constant image on a split, and what bounds any score there.

    Parameters
    ----------
    images : ImageSet
    likelihood : {"bernoulli", "gaussian"}

    Returns
    -------
    dict of str to float
        Columns of ``runs``: ``constant_elbo`` (see `bounds.ConstantImage`),
        ``constant_mse``, ``constant_psnr`` and ``constant_ssim`` of the test images,
        the constant being the mean of the training images; ``constant_train_elbo``
        and ``constant_val_elbo``, of the training and the validation images;
        ``pixel_entropy``, see `metrics.pixel_entropy`, NaN for
        a Gaussian; ``train_sliced_wasserstein``, between training and test images.
    """
    fitted = ConstantImage.fit(images.train, likelihood)
    constant = np.broadcast_to(fitted.mean.astype("float32"), images.test.shape)
    some = images.test[:_COSTLY_IMAGES]
    values = (
        fitted.elbo(images.test),
        fitted.train_elbo,
        fitted.elbo(images.validation),
        float(metrics.mse(images.test, constant).mean()),
        float(np.nanmean(metrics.psnr(images.test, constant))),
        float(metrics.ssim(images.test, constant).mean()),
        metrics.pixel_entropy(images.test) if likelihood == "bernoulli" else np.nan,
        metrics.sliced_wasserstein(images.train[: len(some)], some),
    )
    return dict(zip(_BASELINE, values, strict=True))


def _linear(components: pca.PrincipalComponents, scores: pd.DataFrame) -> dict[str, float]:
    """Return the columns of ``runs`` on PCA: mean scores, how many components and images."""
    means = scores[["mse", "psnr", "ssim"]].mean()
    values = (*means, len(components.components), components.images)
    return dict(zip(PCA_COLUMNS, values, strict=True))
