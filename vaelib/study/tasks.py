"""The models that a study needs, and the blocks in which notebooks train them."""

import dataclasses
import functools
from collections.abc import Collection, Iterable, Mapping, Sequence

import pandas as pd

from vaelib.analysis import race, tuning
from vaelib.analysis.race import Race
from vaelib.data.images import ImagePool
from vaelib.results import provenance
from vaelib.results.keys import SETTING_KEYS, Setting
from vaelib.study.study import Study
from vaelib.training.configuration import ModelConfiguration

# Training pixels times epochs in a block: what a killed notebook loses at most.
_MOST_WORK = 3e10
_LEAST_WORK = 1e9  # that is worth a notebook of its own


@dataclasses.dataclass(frozen=True)
class PlannedModel:
    """A model that a study needs.

    Attributes
    ----------
    source, dataset : str
        The study's entry, and its name in the tables.
    configuration : ModelConfiguration
    identity : str
        See `ModelConfiguration.identity`; with the name of the data set.
    work : int
        Training pixels times epochs, at most.
    """

    source: str
    dataset: str
    configuration: ModelConfiguration
    identity: str
    work: int

    @property
    def activation(self) -> str:
        """The activation of the encoder."""
        return self.configuration.network.activation


@dataclasses.dataclass(frozen=True, eq=False)
class Block:
    """Models that one notebook trains: every setting from every seed.

    Attributes
    ----------
    models : tuple of PlannedModel
        Of one data set and activation.
    label : str
        In messages: the activation, after the data set where there are several.
    parameters : dict
        Of the notebook, without ``earlier`` and ``output``.
    """

    models: tuple[PlannedModel, ...]
    label: str
    parameters: dict

    @property
    def work(self) -> int:
        """Training pixels times epochs, at most."""
        return sum(model.work for model in self.models)

    @property
    def run_name(self) -> str:
        """The name of the run's folder."""
        first = self.models[0]
        digest = provenance.hash_of([model.identity for model in self.models])[:12]
        return f"{first.dataset}-{first.activation}-{digest}"


@dataclasses.dataclass(frozen=True)
class Contest:
    """One comparison of a study: the activations on a data set, in a setting.

    Attributes
    ----------
    source : str
        The study's entry in ``dataset``.
    setting : Setting
        Of the grid, before anything is tuned.
    """

    source: str
    setting: Setting


@dataclasses.dataclass(frozen=True)
class Plan:
    """The models that a study needs, given those that are there.

    Attributes
    ----------
    tuning : list of PlannedModel
        That serve to choose.
    compared : dict of Contest to list of PlannedModel
        That are compared, as far as it is known which.
    races : dict of Contest to Race
        Of a study that is one.
    settled : bool
        Whether no further model can be needed.
    """

    tuning: list[PlannedModel]
    compared: dict[Contest, list[PlannedModel]]
    races: dict[Contest, Race]
    settled: bool

    @property
    def models(self) -> list[PlannedModel]:
        """All models, those that are compared first."""
        return [model for models in self.compared.values() for model in models] + self.tuning


class Planner:
    """Decides which models a study needs.

    Parameters
    ----------
    study : Study
    pools : mapping of str to ImagePool
        By the study's entry in ``dataset``.
    """

    def __init__(self, study: Study, pools: Mapping[str, ImagePool]):
        self.study = study
        self.pools = pools
        self._environment = provenance.environment()
        self.contests = [Contest(source, setting) for source in pools for setting in study.settings]

    def plan(self, runs: pd.DataFrame, failed: Collection[str] = ()) -> Plan:
        """Return the models that are needed, as far as that is decided.

        It depends on nothing but the models that are there: neither on the order in
        which they were trained, nor on how often that was interrupted.

        Parameters
        ----------
        runs : pandas.DataFrame
            Rows of finished models, indexed by ``model``.
        failed : collection of str
            Identities of models that cannot be had.
        """
        tuned = {contest: self._tuning(contest) for contest in self.contests}
        serving = [model for models in tuned.values() for model in models]
        if any(one.identity not in runs.index and one.identity not in failed for one in serving):
            return Plan(serving, {}, {}, False)
        compared, races, settled = {}, {}, True
        for contest in self.contests:
            settings = self._chosen(contest, tuned[contest], runs)
            models = {
                name: [
                    self._model(contest.source, name, setting, seed) for seed in self.study.seeds
                ]
                for name, setting in settings.items()
            }
            compared[contest] = [model for own in models.values() for model in own]
            if self.study.design == "race":
                found = self._race(models, runs, failed)
                races[contest] = found
                compared[contest] = _raced(models, found)
                settled &= found.over
        return Plan(serving, compared, races, settled)

    def blocks(self, models: Sequence[PlannedModel], workers: int = 1) -> list[Block]:
        """Divide models into blocks, each of which one notebook trains.

        Models of one activation are together where they are every combination of some
        settings and seeds, as far as the work of a block allows: several workers have at
        least two blocks each, so that none waits long for the last.
        """
        most = _MOST_WORK
        if workers > 1:
            share = sum(model.work for model in models) / (2 * workers)
            most = min(most, max(share, _LEAST_WORK))
        groups: dict[tuple, dict[Setting, list[PlannedModel]]] = {}
        for model in models:
            own = model.configuration
            key = model.source, model.activation, own.scored, own.training
            groups.setdefault(key, {}).setdefault(own.setting, []).append(model)
        blocks = []
        for by_setting in groups.values():
            by_seeds: dict[tuple, list[Setting]] = {}
            for setting, own in by_setting.items():
                seeds = tuple(model.configuration.seed for model in own)
                by_seeds.setdefault(seeds, []).append(setting)
            for settings in by_seeds.values():
                for grid in _grids(settings):
                    rows = [by_setting[setting] for setting in grid]
                    work = sum(row[0].work for row in rows)
                    step = max(1, int(most // work))
                    for start in range(0, len(rows[0]), step):
                        part = [row[start : start + step] for row in rows]
                        blocks.append(self._block(grid, part))
        return blocks

    def _block(self, grid: Sequence[Setting], rows: Sequence[Sequence[PlannedModel]]) -> Block:
        first = rows[0][0]
        own = first.configuration
        parameters = self.study.model_dump(include=set(notebook_fields()))
        parameters |= {name: _distinct(getattr(one, name) for one in grid) for name in SETTING_KEYS}
        parameters |= {
            "activation": first.activation,
            "dataset": first.source,
            "seeds": [model.configuration.seed for model in rows[0]],
            "epochs": own.training.epochs,
            "scored": own.scored,
        }
        label = first.activation
        if len(self.pools) > 1:
            label = f"{first.dataset} {label}"
        return Block(tuple(model for row in rows for model in row), label, parameters)

    def _tuning(self, contest: Contest) -> list[PlannedModel]:
        """Return the models that serve to choose the settings of a contest."""
        tune = self.study.tune
        if tune is None:
            return []
        return [
            self._model(contest.source, name, setting, seed, False, tune.epochs)
            for name in self.study.activations
            for setting in tune.settings(contest.setting)
            for seed in tune.replicates
        ]

    def _chosen(
        self, contest: Contest, serving: Sequence[PlannedModel], runs: pd.DataFrame
    ) -> dict[str, Setting]:
        """Return the setting that each activation is compared with."""
        tune = self.study.tune
        if tune is None:
            return dict.fromkeys(self.study.activations, contest.setting)
        settings = {one.identity: one.configuration.setting for one in serving}
        there = runs.loc[[one for one in settings if one in runs.index]]
        if there.empty:
            return {}
        numbers = {setting: n for n, setting in enumerate(tune.settings(contest.setting))}
        own = there.assign(candidate=[numbers[settings[one]] for one in there.index])
        table = tuning.candidates(own, ["candidate"])
        best = table[table["chosen"]].set_index("activation")["candidate"]
        order = list(numbers)
        return {name: order[best[name]] for name in self.study.activations if name in best}

    def _race(
        self,
        models: Mapping[str, Sequence[PlannedModel]],
        runs: pd.DataFrame,
        failed: Collection[str],
    ) -> Race:
        """Run the race of a contest on the models that are there."""
        there = [
            one.identity for own in models.values() for one in own if one.identity in runs.index
        ]
        study = self.study
        lost = [
            name
            for name in study.activations
            if name not in models or {one.identity for one in models[name]} & set(failed)
        ]
        return race.of_runs(
            runs.loc[there], study.activations, study.seeds, study.margin, study.margins, lost
        )

    @functools.cache  # noqa: B019 - a planner lives as long as its study
    def _model(
        self,
        source: str,
        activation: str,
        setting: Setting,
        seed: int,
        scored: bool = True,
        epochs: int | None = None,
    ) -> PlannedModel:
        pool, study = self.pools[source], self.study
        training = study.training
        if epochs is not None:
            training = dataclasses.replace(training, epochs=epochs)
        configuration = ModelConfiguration(
            split=study.split(pool),
            network=study.network(activation),
            setting=setting,
            training=training,
            seed=seed,
            scored=scored,
        )
        train_size, *_ = pool.sizes(study.validation_fraction, study.test_fraction)
        pixels = (setting.train_size or train_size) * pool.images[0].size
        identity = configuration.identity(self._environment)
        return PlannedModel(source, pool.name, configuration, identity, pixels * training.epochs)


def notebook_fields() -> list[str]:
    """Return the fields of a study that are parameters of the training notebook."""
    others = {
        "name",
        "activations",
        "design",
        "tune",
        "target_loss",
        "gallery_images",
        "margin",
        "margins",
    }
    return [name for name in Study.model_fields if name not in others]


def _raced(models: Mapping[str, Sequence[PlannedModel]], found: Race) -> list[PlannedModel]:
    """Return the models of the stages that a race had, and of the next."""
    counts = dict.fromkeys(models, 0)
    for stage in found.stages:
        counts |= dict.fromkeys(stage.started, stage.replicates)
    if not found.over:
        counts |= dict.fromkeys(found.alive, found.replicates)
    return [model for name, own in models.items() for model in own[: counts[name]]]


def _grids(settings: Sequence[Setting]) -> list[list[Setting]]:
    """Return the settings as one grid where they are every combination, else one by one."""
    values = [_distinct(getattr(one, name) for one in settings) for name in SETTING_KEYS]
    combinations = functools.reduce(lambda product, own: product * len(own), values, 1)
    return [list(settings)] if combinations == len(settings) else [[one] for one in settings]


def _distinct(values: Iterable) -> list:
    return list(dict.fromkeys(values))
