"""The models that a study needs, given those that are there."""

import dataclasses
import functools
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import pandas as pd

from vaelib.analysis import race, tuning
from vaelib.analysis.race import Race
from vaelib.data.images import ImagePool, load_pool
from vaelib.models import activations
from vaelib.results import files, provenance
from vaelib.results.keys import Setting
from vaelib.study.blocks import PlannedModel
from vaelib.study.study import Study
from vaelib.study.tuning import Tuning
from vaelib.study.workspace import Workspace
from vaelib.training.configuration import ModelConfiguration, suited


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
    """

    tuning: list[PlannedModel]
    compared: dict[Contest, list[PlannedModel]]
    races: dict[Contest, Race]

    @property
    def models(self) -> list[PlannedModel]:
        """All models, those that are compared first."""
        return [model for models in self.compared.values() for model in models] + self.tuning


def pools_of(study: Study) -> dict[str, ImagePool]:
    """Return the images of each of a study's data sets, before they are split."""
    return {dataset: load_pool(dataset, image_size=study.image_size) for dataset in study.dataset}


class Planner:
    """Decides which models a study needs.

    Parameters
    ----------
    study : Study
    pools : mapping of str to ImagePool
        By the study's entry in ``dataset``.
    device : {"cpu", "gpu"}
        That models are trained on: those of another are not the same.
    """

    def __init__(self, study: Study, pools: Mapping[str, ImagePool], device: str = provenance.CPU):
        self.study = study
        self.pools = pools
        self.device = device
        self._environments = provenance.environments(device)
        self.contests = [
            Contest(source, setting)
            for source, pool in pools.items()
            for setting in suited(study.network("linear"), study.settings, pool.shape)[1]
        ]

    def planned(
        self, workspace: Workspace, failed: Collection[str] = ()
    ) -> tuple[Plan, dict[str, Path], dict[Path, list[str]]]:
        """Return the plan with all models that are there, where these are, and damaged runs.

        Parameters
        ----------
        workspace : Workspace
        failed : collection of str
            Identities of models that cannot be had.
        """
        runs, found, damaged = pd.DataFrame(), {}, {}
        while True:
            plan = self.plan(runs, failed)
            wanted = [model.identity for model in plan.models]
            now, damaged = workspace.find(wanted)
            if now.keys() <= found.keys():
                return plan, now, damaged
            found |= now
            folders = sorted({*found.values()})
            table = files.read_runs(folders).drop_duplicates("model")
            runs = table.set_index("model").loc[list(found)]

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
        decided = {*runs.index, *failed}
        serving, compared, races = [], {}, {}
        for contest in self.contests:
            tuning_models = self._tuning(contest)
            serving += tuning_models
            # What one activation is compared with does not depend on the tuning of others.
            tuned_later = {one.activation for one in tuning_models if one.identity not in decided}
            settings = self._chosen(contest, tuning_models, runs)
            models = {
                name: [
                    self._model(contest.source, name, setting, seed) for seed in self.study.seeds
                ]
                for name, setting in settings.items()
                if name not in tuned_later
            }
            compared[contest] = [model for own in models.values() for model in own]
            if self.study.design == "race" and (models or not tuned_later):
                found = self._race(models, runs, failed, tuned_later)
                races[contest] = found
                compared[contest] = _raced(models, found)
        return Plan(serving, compared, races)

    def _tuning(self, contest: Contest) -> list[PlannedModel]:
        """Return the models that serve to choose the settings of a contest."""
        tune = self.study.tune
        if tune is None:
            return []
        return [
            self._model(contest.source, name, setting, seed, False, tune.epochs)
            for name in self.study.activations
            for setting in _candidates(tune, name, contest.setting)
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
        tuned_later: Collection[str],
    ) -> Race:
        """Run the race of a contest on the models that are there."""
        there = [
            one.identity for own in models.values() for one in own if one.identity in runs.index
        ]
        study = self.study
        lost = [
            name
            for name in study.activations
            if name not in tuned_later
            and (name not in models or {one.identity for one in models[name]} & set(failed))
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
        network, _ = suited(study.network(activation), [], pool.shape)
        configuration = ModelConfiguration(
            split=study.split(pool),
            network=network,
            setting=setting,
            training=training,
            seed=seed,
            scored=scored,
        )
        train_size, *_ = pool.sizes(study.validation_fraction, study.test_fraction)
        pixels = (setting.train_size or train_size) * pool.images[0].size
        identity = configuration.identity(self._environments)
        return PlannedModel(source, pool.name, configuration, identity, pixels * training.epochs)


def _candidates(tune: Tuning, activation: str, setting: Setting) -> list[Setting]:
    """Return what an activation can be given: equal starts of two names only once."""

    def start(one: Setting) -> list[str]:
        halves = activation, one.decoder_activation or activation
        return [activations.get(half).initializer(one.initializer) for half in halves]

    return [
        one
        for one in tune.settings(setting)
        if one.initializer == setting.initializer or start(one) != start(setting)
    ]


def _raced(models: Mapping[str, Sequence[PlannedModel]], found: Race) -> list[PlannedModel]:
    """Return the models of the stages that a race had, and of the next."""
    counts = dict.fromkeys(models, 0)
    for stage in found.stages:
        counts |= dict.fromkeys(stage.started, stage.replicates)
    if not found.over:
        counts |= dict.fromkeys(found.alive, found.replicates)
    return [model for name, own in models.items() for model in own[: counts[name]]]
