"""Train the models of one activation and turn them into rows of the result tables."""

import dataclasses
import platform
from collections.abc import Iterator, Sequence

import numpy as np

from vaelib.data.images import ImageSet
from vaelib.models import bounds
from vaelib.models.vae import VAE
from vaelib.results.keys import SAME, RateChoice, Setting, Status
from vaelib.results.provenance import versions
from vaelib.training.evaluate import Run, score
from vaelib.training.fit import fit
from vaelib.training.probes import GradientProbe


def train(
    model: VAE,
    images: ImageSet,
    setting: Setting,
    rates: Sequence[float],
    seeds: Sequence[int],
    epochs: int,
    batch_size: int,
    probe: GradientProbe,
    first_point: int = 0,
) -> Iterator[Run]:
    """Train a model at every rate from every seed, then score some on test images.

    Test images are seen at the first rate, the default one, and at the one
    that is best on the validation images, the tuned one; not before all
    are trained.

    Parameters
    ----------
    model : VAE
        Compiled, of this setting; its weights are drawn anew.
    images : ImageSet
    setting : Setting
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
        "decoder_activation": setting.decoder_activation or SAME,
        "train_size": len(images.train),
        "constant_elbo": bounds.constant_elbo(images.train, images.test, model.likelihood),
        "parameters": model.count_params(),
        "python": platform.python_version(),
        **versions(),
    }
    for point, (rate, group) in enumerate(fits.items(), start=first_point):
        chosen = {
            RateChoice.DEFAULT.column: rate == rates[0],
            RateChoice.TUNED.column: rate == tuned,
        }
        for one in group:
            run = score(model, images, one, seen=any(chosen.values()))
            keys = {"dataset": images.name, "activation": model.activation, "point": point}
            for table in run.tables.values():
                for place, (column, value) in enumerate({**keys, "seed": one.seed}.items()):
                    table.insert(place, column, value)
            run.tables["runs"] = run.tables["runs"].assign(learning_rate=rate, **chosen, **facts)
            yield run


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
        values = [one["val_elbo"] for one in summaries[rate] if one["status"] == Status.FINISHED]
        return len(values), float(np.mean(values)) if values else 0.0

    return max(summaries, key=merit)
