"""Tasks of a study: one run of the training notebook for each data set and activation."""

import dataclasses

from vaelib.data.images import ImageSet
from vaelib.study.study import Study


@dataclasses.dataclass(frozen=True, eq=False)
class Task:
    """One run of the training notebook: an activation on a data set.

    Attributes
    ----------
    dataset, activation : str
    label : str
        In messages: the activation, after the data set where there are several.
    identity : str
        Hash of all that determines the result; see `Study.identity`.
    parameters : dict
        Of the notebook, without ``output``.
    pixels : int
        Of all training images, which training time grows with.
    """

    dataset: str
    activation: str
    label: str
    identity: str
    parameters: dict
    pixels: int

    @property
    def run_name(self) -> str:
        """The name of the run's folder.

        It names the data set as the run's tables do, so that equal images under
        another name are another run.
        """
        return f"{self.dataset}-{self.activation}-{self.identity}"


def of_study(study: Study, images: dict[str, ImageSet]) -> list[Task]:
    """Return all tasks of a study, those of the first data set first.

    Parameters
    ----------
    study : Study
    images : dict of str to ImageSet
        By the study's entry in ``dataset``.
    """
    return [
        Task(
            dataset=split.name,
            activation=activation,
            label=f"{split.name} {activation}" if len(images) > 1 else activation,
            identity=study.identity(activation, split.fingerprint),
            parameters=study.training_parameters(activation, dataset),
            pixels=split.train.size,
        )
        for dataset, split in images.items()
        for activation in study.activations
    ]
