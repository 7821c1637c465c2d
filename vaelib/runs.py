"""Train the models of one activation and turn them into rows of the result tables."""

import dataclasses
import platform
import time
from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from vaelib import bounds, grid, metrics
from vaelib.backend import keras
from vaelib.data import ImageSet
from vaelib.model import VAE
from vaelib.probes import GradientProbe, gradient_ratio
from vaelib.provenance import versions

# What is known of the test images; a diverged model has no number for it.
_SCORED = ("elbo", "mse", "psnr", "ssim", "kl", "active_units", "identical", "train_elbo", "gap")
# Columns with their types, so that a table without rows joins the others.
_OF_IMAGE = {"image": int, "elbo": float, "mse": float, "psnr": float, "ssim": float}
_OF_UNIT = {"unit": int, "kl": float, "active": bool}
_MOMENTUM = 0.9  # of SGD


@dataclasses.dataclass(frozen=True)
class Fit:
    """A trained model before any test image is seen.

    Attributes
    ----------
    seed : int
    weights : list of array
        The model's, as of `keras.Model.get_weights`.
    history, gradients : pandas.DataFrame
    summary : dict
        ``status``: ``finished``, or ``diverged`` where the loss was no longer a
        number; ``val_elbo``, of the validation images after the last epoch.
    """

    seed: int
    weights: list[np.ndarray]
    history: pd.DataFrame
    gradients: pd.DataFrame
    summary: dict


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


def build(
    image_shape: Sequence[int],
    activation: str,
    setting: grid.Setting,
    hidden_units: Sequence[int],
    **fields,
) -> VAE:
    """Return the compiled model of a grid point.

    Parameters
    ----------
    image_shape, activation, hidden_units, **fields
        See `VAE`.
    setting : grid.Setting

    Returns
    -------
    VAE
    """
    vae = VAE(
        image_shape,
        activation=activation,
        hidden_units=[units for units in hidden_units for _ in range(setting.depth)],
        decoder_activation=setting.decoder_activation,
        initializer=setting.initializer,
        batch_norm=setting.batch_norm,
        **fields,
    )
    config = {"momentum": _MOMENTUM} if setting.optimizer == "sgd" else {}
    if setting.weight_decay:
        config["weight_decay"] = setting.weight_decay
    optimizer = keras.optimizers.get({"class_name": setting.optimizer, "config": config})
    if setting.weight_decay:
        optimizer.exclude_from_weight_decay(var_names=["bias", "beta", "gamma"])
    vae.compile(optimizer=optimizer)
    return vae


def train(
    model: VAE,
    images: ImageSet,
    setting: grid.Setting,
    rates: Sequence[float],
    seeds: Sequence[int],
    epochs: int,
    batch_size: int,
    probe: GradientProbe,
    first_point: int = 0,
) -> Iterator[Run]:
    """Train a model at every rate from every seed, then score some on test images.

    Test images are seen at the first rate, the fixed league's, and at the one
    that is best on the validation images, the tuned league's; not before all
    are trained.

    Parameters
    ----------
    model : VAE
        Compiled, of this setting; its weights are drawn anew.
    images : ImageSet
    setting : grid.Setting
    rates : sequence of float
        Learning rates.
    seeds : sequence of int
    epochs, batch_size : int
    probe : GradientProbe
    first_point : int
        Number of the grid point of the first rate; the others follow.

    Yields
    ------
    Run
        For each rate and seed; until the next, `model` has its weights.
    """
    fits = {
        rate: [fit(model, images, rate, seed, epochs, batch_size, probe) for seed in seeds]
        for rate in rates
    }
    tuned = best_rate({rate: [one.summary for one in group] for rate, group in fits.items()})
    facts = {
        **dataclasses.asdict(setting),
        "decoder_activation": setting.decoder_activation or "same",
        "train_size": len(images.train),
        "constant_elbo": bounds.constant_elbo(images.train, images.test, model.likelihood),
        "parameters": model.count_params(),
        "python": platform.python_version(),
        **versions(),
    }
    for point, (rate, group) in enumerate(fits.items(), start=first_point):
        leagues = {"learning_rate": rate, "fixed": rate == rates[0], "tuned": rate == tuned}
        for one in group:
            run = score(model, images, one, seen=leagues["fixed"] or leagues["tuned"])
            keys = {"dataset": images.name, "activation": model.activation, "point": point}
            for table in run.tables.values():
                for place, (column, value) in enumerate({**keys, "seed": one.seed}.items()):
                    table.insert(place, column, value)
            run.tables["runs"] = run.tables["runs"].assign(**leagues, **facts)
            yield run


def fit(
    model: VAE,
    images: ImageSet,
    rate: float,
    seed: int,
    epochs: int,
    batch_size: int,
    probe: GradientProbe,
) -> Fit:
    """Train a compiled model from a seed at a learning rate; see `train`."""
    model.initialize(seed)
    model.optimizer.learning_rate = rate
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
    start, end = gradient_ratio(gradients)
    summary = {
        "status": "diverged" if diverged else "finished",
        "val_elbo": np.nan if diverged else -history["val_loss"].iloc[-1],
        "gradient_ratio_start": start,
        "gradient_ratio": np.nan if diverged else end,
        "epochs": len(history),
        # The first epoch of the first seed also compiles.
        "seconds_per_epoch": float(np.median(clock.seconds[1:] or clock.seconds)),
        "seconds": seconds,
    }
    return Fit(seed, model.get_weights(), history, gradients, summary)


def best_rate(summaries: dict[float, list[dict]]) -> float:
    """Return the learning rate that is best on the validation images.

    Parameters
    ----------
    summaries : dict of float to list of dict
        Of each rate's models, one for each seed; see `Fit`.

    Returns
    -------
    float
        Of the rates at which most seeds finish, the one with the highest mean
        ELBO of the validation images.
    """

    def merit(rate: float) -> tuple[int, float]:
        values = [one["val_elbo"] for one in summaries[rate] if one["status"] == "finished"]
        return len(values), float(np.mean(values)) if values else 0.0

    return max(summaries, key=merit)


def score(model: VAE, images: ImageSet, one: Fit, seen: bool = True) -> Run:
    """Turn a trained model into rows, scored on the test images if they may be seen."""
    model.seed = one.seed
    model.set_weights(one.weights)
    scores = pd.DataFrame(columns=list(_OF_IMAGE)).astype(_OF_IMAGE)
    latents = pd.DataFrame(columns=list(_OF_UNIT)).astype(_OF_UNIT)
    summary = dict.fromkeys(_SCORED, np.nan)
    reconstructions = None
    if seen and one.summary["status"] == "finished":
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
