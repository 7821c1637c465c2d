"""Blocks of models, each trained by one notebook, and the order in which they start."""

import dataclasses
import functools
from collections import Counter
from collections.abc import Iterable, Sequence

from vaelib.formatting import file_name
from vaelib.results import provenance
from vaelib.results.keys import SETTING_KEYS, Setting
from vaelib.study.study import Study
from vaelib.training.configuration import ModelConfiguration

# Training pixels times epochs in a block: what a killed notebook loses at most.
_MOST_WORK = 3e10
_LEAST_WORK = 1e9  # that is worth a notebook of its own
_LONGEST_NAME = 40  # characters of a data set in a run's: with four bytes each, half of the most


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
    def activation(self) -> str:
        """The activation of the encoders."""
        return self.models[0].activation

    @property
    def work(self) -> int:
        """Training pixels times epochs, at most."""
        return sum(model.work for model in self.models)

    @property
    def own_activations(self) -> dict[str, str]:
        """Texts of the files that activations come from, by name."""
        return {k: v for one in self.models for k, v in one.configuration.own_activations.items()}

    @property
    def run_name(self) -> str:
        """The name of the run's folder."""
        first = self.models[0]
        digest = provenance.hash_of([model.identity for model in self.models])[:12]
        dataset = file_name(first.dataset)[:_LONGEST_NAME]
        return f"{dataset}-{file_name(first.activation)}-{digest}"

    @property
    def shows(self) -> str:
        """Hash of what the notebook's figures are about, which is all but the seeds."""
        first = self.models[0]
        shown = dataclasses.replace(first.configuration, seed=0)
        return provenance.hash_of([first.source, dataclasses.asdict(shown)])


class Queue:
    """Blocks in the order in which they start: the longest first.

    Of blocks that show the same, the shortest waits until all others have ended, so that
    there is a notebook that shows every replicate.

    Parameters
    ----------
    blocks : iterable of Block

    Attributes
    ----------
    first : list of Block
        That wait for no other.
    """

    def __init__(self, blocks: Iterable[Block]):
        ordered = sorted(blocks, key=lambda block: block.work, reverse=True)
        self._open = Counter(block.shows for block in ordered)
        self._last = {block.shows: block for block in ordered}
        self.first = [
            block
            for block in ordered
            if self._open[block.shows] == 1 or block is not self._last[block.shows]
        ]

    def after(self, block: Block) -> list[Block]:
        """Return the blocks that can start now that one of them has ended, well or not."""
        self._open[block.shows] -= 1
        return [self._last[block.shows]] if self._open[block.shows] == 1 else []


def divide(study: Study, models: Sequence[PlannedModel], workers: int = 1) -> list[Block]:
    """Divide models into blocks, each of which one notebook trains.

    Models of one activation are together where they are every combination of some
    settings and seeds, as far as the work of a block allows: several workers have at
    least two blocks each, so that none waits long for the last.

    Parameters
    ----------
    study : Study
        Whose fields are the parameters of the notebooks.
    models : sequence of PlannedModel
    workers : int
        How many notebooks run at once.
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
                    blocks.append(_block(study, grid, part))
    return blocks


def notebook_fields() -> list[str]:
    """Return the fields of a study that are parameters of the training notebook."""
    others = {
        "name",
        "question",
        "activations",
        "design",
        "tune",
        "target_loss",
        "gallery_images",
        "margin",
        "margins",
        "own_activations",  # which the worker writes to files
    }
    return [name for name in Study.model_fields if name not in others]


def _block(study: Study, grid: Sequence[Setting], rows: Sequence[Sequence[PlannedModel]]) -> Block:
    first = rows[0][0]
    own = first.configuration
    parameters = study.model_dump(include=set(notebook_fields()))
    parameters |= {name: _distinct(getattr(one, name) for one in grid) for name in SETTING_KEYS}
    parameters |= {
        "activation": first.activation,
        "dataset": first.source,
        "seeds": [model.configuration.seed for model in rows[0]],
        "likelihood": own.network.likelihood,
        "epochs": own.training.epochs,
        "scored": own.scored,
    }
    several = len(study.dataset) > 1
    label = f"{first.dataset} {first.activation}" if several else first.activation
    return Block(tuple(model for row in rows for model in row), label, parameters)


def _grids(settings: Sequence[Setting]) -> list[list[Setting]]:
    """Return the settings as one grid where they are every combination, else one by one."""
    values = [_distinct(getattr(one, name) for one in settings) for name in SETTING_KEYS]
    combinations = functools.reduce(lambda product, own: product * len(own), values, 1)
    return [list(settings)] if combinations == len(settings) else [[one] for one in settings]


def _distinct(values: Iterable) -> list:
    return list(dict.fromkeys(values))
