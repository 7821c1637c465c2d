"""Build the model of a setting and train it once."""

import dataclasses
import hashlib
import time

import numpy as np
import pandas as pd

from vaelib import metrics
from vaelib.backend import keras
from vaelib.data.images import ImageSet
from vaelib.models.vae import VAE
from vaelib.results import keys
from vaelib.training import examples
from vaelib.training.configuration import NetworkConfiguration, TrainingConfiguration
from vaelib.training.probes import GradientProbe
from vaelib.training.snapshots import Snapshots

_MOMENTUM = 0.9  # of SGD


@dataclasses.dataclass(frozen=True)
class TrainedModel:
    """A trained model, before any test image is seen.

    Attributes
    ----------
    seed : int
    weights : list of array
        As returned by `keras.Model.get_weights`.
    history : pandas.DataFrame
        A row for each epoch that was trained: the terms of the loss, and seconds.
    gradients : pandas.DataFrame
        Rows of the `GradientProbe`.
    snapshots : Snapshots
        Reconstructions of a few validation images on the way.
    summary : dict
        Columns of ``runs``: ``status``, see `results.keys.Status`; ``val_elbo``, of
        the validation images with the weights that are kept; ``epochs`` trained and
        ``kept_epoch``, whose weights are kept; ``ended``, whether validation had
        stopped improving; ``start``, a hash of the weights before training;
        ``gradient_flow_start``, ``gradient_flow_learning``, the median over the
        measurements up to the kept epoch, and ``gradient_flow`` with the weights that
        are kept; seconds.
    """

    seed: int
    weights: list[np.ndarray]
    history: pd.DataFrame
    gradients: pd.DataFrame
    snapshots: Snapshots
    summary: dict


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
    image_shape: tuple[int, int, int],
    network: NetworkConfiguration,
    setting: keys.Setting,
) -> VAE:
    """Return the compiled model of a setting.

    Parameters
    ----------
    image_shape : tuple of int
        Height, width and channels.
    network : NetworkConfiguration
    setting : keys.Setting

    Returns
    -------
    VAE
    """
    vae = VAE(
        image_shape,
        activation=network.activation,
        architecture=setting.architecture,
        hidden_units=network.hidden_units,
        channels=network.channels,
        depth=setting.depth,
        latent_dim=network.latent_dim,
        likelihood=network.likelihood,
        output_activation=network.output_activation,
        decoder_activation=setting.decoder_activation,
        initializer=setting.initializer,
        batch_norm=setting.batch_norm,
        beta=setting.beta,
        kl_warmup=setting.kl_warmup,
    )
    config = {"momentum": _MOMENTUM} if setting.optimizer == "sgd" else {}
    if setting.weight_decay:
        config["weight_decay"] = setting.weight_decay
    optimizer = keras.optimizers.get({"class_name": setting.optimizer, "config": config})
    if setting.weight_decay:
        optimizer.exclude_from_weight_decay(var_names=["bias", "beta", "gamma"])
    vae.compile(optimizer=optimizer)
    return vae


def fit(
    model: VAE,
    images: ImageSet,
    learning_rate: float,
    seed: int,
    training: TrainingConfiguration,
    probe: GradientProbe,
) -> TrainedModel:
    """Train a compiled model from a seed at a learning rate.

    Parameters
    ----------
    model : VAE
        Its weights are drawn anew.
    images : ImageSet
        Of which the test images are not seen.
    learning_rate : float
    seed : int
    training : TrainingConfiguration
        Gives the epochs, the patience and the batch size. While the KL term's weight
        rises, training does not end.
    probe : GradientProbe

    Returns
    -------
    TrainedModel
        With the weights of the best epoch on the validation images where there is a
        patience, else with the last ones.
    """
    model.initialize(seed)
    model.optimizer.learning_rate = learning_rate
    start = _hash(model.get_weights())
    clock = _Clock()
    snapshots = Snapshots(examples.of_validation(images))
    callbacks = [clock, probe, snapshots, keras.callbacks.TerminateOnNaN()]
    if training.patience is not None:
        stopping = keras.callbacks.EarlyStopping(
            "val_objective" if model.weighted else "val_loss",
            patience=training.patience,
            restore_best_weights=True,
            start_from_epoch=model.kl_warmup,
        )
        callbacks.append(stopping)
    started = time.perf_counter()
    log = model.fit(
        images.train,
        epochs=training.epochs,
        batch_size=training.batch_size,
        validation_data=images.validation,
        callbacks=callbacks,
        verbose=0,
    ).history
    seconds = time.perf_counter() - started
    # What is minimised follows from the terms; all models have the same columns.
    history = pd.DataFrame(log).drop(columns=["objective", "val_objective"], errors="ignore")
    history.insert(0, "epoch", np.arange(1, len(history) + 1))
    history["seconds"] = clock.seconds
    diverged = not np.isfinite(history[["loss", "val_loss"]]).all(axis=None)
    kept = len(history)
    if training.patience is not None and not diverged:
        kept = stopping.best_epoch + 1
    probe.record(kept)
    snapshots.record(kept)
    gradients = pd.DataFrame(probe.rows)
    flow = metrics.gradient_flow(gradients)["flow"]
    summary = {
        "status": keys.Status.DIVERGED if diverged else keys.Status.FINISHED,
        "val_elbo": np.nan if diverged else -history["val_loss"].iloc[kept - 1],
        "epochs": len(history),
        "kept_epoch": kept,
        "ended": bool(training.patience is not None and stopping.stopped_epoch > 0),
        "start": start,
        "gradient_flow_start": flow.loc[0],
        "gradient_flow_learning": np.nan if diverged else flow.loc[1:kept].median(),
        "gradient_flow": np.nan if diverged else flow.loc[kept],
        # The first epoch of the first model also compiles.
        "seconds_per_epoch": float(np.median(clock.seconds[1:] or clock.seconds)),
        "seconds": seconds,
    }
    return TrainedModel(seed, model.get_weights(), history, gradients, snapshots, summary)


def _hash(weights: list[np.ndarray]) -> str:
    """Return 12 hexadecimal digits of the SHA-256 of weights."""
    digest = hashlib.sha256()
    for array in weights:
        digest.update(np.ascontiguousarray(array))
    return digest.hexdigest()[:12]
