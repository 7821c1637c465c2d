"""Train a block of models: one activation in several settings, from several seeds."""

import dataclasses
import platform
from collections.abc import Iterator, Sequence

from vaelib.data.images import ImagePool, ImageSet
from vaelib.models.vae import VAE
from vaelib.results.keys import SAME, Setting
from vaelib.results.provenance import environments, versions
from vaelib.training.configuration import (
    ModelConfiguration,
    NetworkConfiguration,
    Split,
    TrainingConfiguration,
)
from vaelib.training.evaluate import ScoredModel, score
from vaelib.training.fit import build, fit
from vaelib.training.probes import GradientProbe


def train(
    pool: ImagePool,
    split: Split,
    network: NetworkConfiguration,
    settings: Sequence[Setting],
    training: TrainingConfiguration,
    seeds: Sequence[int],
    scored: bool = True,
) -> Iterator[tuple[VAE, ImageSet, ScoredModel]]:
    """Train a model in every setting from every seed, on the split of that seed.

    No bit of a model depends on what else is trained in the same block.

    Parameters
    ----------
    pool : ImagePool
    split : Split
        How each seed splits the pool.
    network : NetworkConfiguration
    settings : sequence of Setting
        Neighbours that differ in nothing but the learning rate share a compilation.
    training : TrainingConfiguration
    seeds : sequence of int
    scored : bool
        Whether test images are scored; else they are not looked at.

    Yields
    ------
    model : VAE
        With the weights of the model, until the next.
    images : ImageSet
        The split of its seed.
    run : ScoredModel
    """
    here = environments()
    built = None
    for setting in settings:
        if dataclasses.replace(setting, learning_rate=1.0) != built:
            built = dataclasses.replace(setting, learning_rate=1.0)
            model = build(pool.shape, network, setting)
            probe = None
        for seed in seeds:
            images = pool.split(
                seed, split.validation_fraction, split.test_fraction, setting.train_size
            )
            batch = images.train[: training.probe_images]
            if probe is None:
                probe = GradientProbe(batch, saturation=training.saturation)
            probe.images = batch
            trained = fit(model, images, setting.learning_rate, seed, training, probe)
            run = score(model, images, trained, test_allowed=scored)
            configuration = ModelConfiguration(
                split=split,
                network=network,
                setting=setting,
                training=training,
                seed=seed,
                scored=scored,
            )
            _identify(run, images, configuration, configuration.identity(here))
            run.tables["runs"] = run.tables["runs"].assign(
                train_size=len(images.train),
                parameters=model.count_params(),
                python=platform.python_version(),
                **versions(),
            )
            yield model, images, run


def _identify(
    run: ScoredModel, images: ImageSet, configuration: ModelConfiguration, identity: str
) -> None:
    """Add the keys to all tables of a model, and its configuration to ``runs``."""
    key = {
        "dataset": images.name,
        "activation": configuration.network.activation,
        "seed": configuration.seed,
        "model": identity,
    }
    for table in run.tables.values():
        for position, (column, value) in enumerate(key.items()):
            table.insert(position, column, value)
    setting = dataclasses.asdict(configuration.setting)
    setting["decoder_activation"] = configuration.setting.decoder_activation or SAME
    widths = configuration.network.widths(configuration.setting.architecture)
    run.tables["runs"] = run.tables["runs"].assign(
        **setting,
        scored=configuration.scored,
        most_epochs=configuration.training.epochs,
        patience=configuration.training.patience,
        hidden_units="-".join(map(str, widths)),
        latent_dim=configuration.network.latent_dim,
        likelihood=configuration.network.likelihood,
        output_activation=configuration.network.output_activation,
        saturation=configuration.training.saturation,
        batch_size=configuration.training.batch_size,
        split=images.fingerprint,
    )
