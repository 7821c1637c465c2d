"""Train one activation at every learning rate from every seed of a setting."""

import dataclasses
import platform
from collections.abc import Iterator

import numpy as np

from vaelib.data.images import ImageSet
from vaelib.models import bounds
from vaelib.models.vae import VAE
from vaelib.results.keys import SAME, RateChoice, Setting, Status
from vaelib.results.provenance import versions
from vaelib.training.configuration import TrainingConfiguration
from vaelib.training.evaluate import ScoredModel, score
from vaelib.training.fit import fit
from vaelib.training.probes import GradientProbe


def train(
    model: VAE,
    images: ImageSet,
    setting: Setting,
    training: TrainingConfiguration,
    first_point: int = 0,
) -> Iterator[ScoredModel]:
    """Train a model at every rate from every seed, then score some on test images.

    Test images are seen at the default learning rate and at the tuned one, which
    is the best on the validation images, and only after all models are trained.

    Parameters
    ----------
    model : VAE
        Compiled, of this setting, see `fit.build`; its weights are drawn anew.
    images : ImageSet
    setting : Setting
        Recorded in the rows.
    training : TrainingConfiguration
    first_point : int
        Number of the grid point of the first rate; the others follow.

    Yields
    ------
    ScoredModel
        For each rate and seed; until the next, `model` has its weights.
    """
    probe = GradientProbe(images.train[: training.probe_images], saturation=training.saturation)
    trained = {
        rate: [fit(model, images, rate, seed, training, probe) for seed in training.seeds]
        for rate in training.rates
    }
    tuned = best_rate({rate: [one.summary for one in group] for rate, group in trained.items()})
    facts = _facts(model, images, setting)
    for point, (rate, group) in enumerate(trained.items(), start=first_point):
        chosen = {
            RateChoice.DEFAULT.column: rate == training.learning_rate,
            RateChoice.TUNED.column: rate == tuned,
        }
        for one in group:
            scored = score(model, images, one, test_allowed=any(chosen.values()))
            key = {
                "dataset": images.name,
                "activation": model.activation,
                "point": point,
                "seed": one.seed,
            }
            for table in scored.tables.values():
                for position, (column, value) in enumerate(key.items()):
                    table.insert(position, column, value)
            runs = scored.tables["runs"]
            scored.tables["runs"] = runs.assign(learning_rate=rate, **chosen, **facts)
            yield scored


def _facts(model: VAE, images: ImageSet, setting: Setting) -> dict:
    """Return the columns of ``runs`` that all models of a setting share."""
    return {
        **dataclasses.asdict(setting),
        "decoder_activation": setting.decoder_activation or SAME,
        "train_size": len(images.train),
        "constant_elbo": bounds.constant_elbo(images.train, images.test, model.likelihood),
        "parameters": model.count_params(),
        "python": platform.python_version(),
        **versions(),
    }


def best_rate(summaries: dict[float, list[dict]]) -> float:
    """Return the learning rate that is best on the validation images.

    Parameters
    ----------
    summaries : dict of float to list of dict
        Of each rate's models, one for each seed; see `TrainedModel`.

    Returns
    -------
    float
        Of the rates at which most seeds finish, the one with the highest mean
        ELBO of the validation images.
    """

    def rank(rate: float) -> tuple[int, float]:
        values = [one["val_elbo"] for one in summaries[rate] if one["status"] == Status.FINISHED]
        return len(values), float(np.mean(values)) if values else 0.0

    return max(summaries, key=rank)
