"""Data sets of batches: what they hold, checked batch by batch."""

import itertools
from collections.abc import Callable, Iterator

import numpy as np

from vaelib.backend import keras, tf
from vaelib.exceptions import require


def is_dataset(x) -> bool:
    """Whether `x` gives batches, epoch after epoch."""
    return isinstance(x, tf.data.Dataset | keras.utils.PyDataset)


class Batches:
    """Checked batches of a data set.

    Parameters
    ----------
    dataset : tf.data.Dataset or keras.utils.PyDataset
        Of batches of images; with labels in a tuple, or in a dictionary with
        ``image``. Labels are not used.
    check : callable
        Of a batch and what messages call it; returns its images as float32.
    field : str
        What messages call the data set.
    steps : int, optional
        Batches of an epoch; by default all that there are.
    restart : bool
        Whether every epoch begins at the first batch, also with `steps`; else
        an epoch goes on where the last one ended, as in `keras.Model.fit`.

    Attributes
    ----------
    size : int
        Images in the first batch; no other has more.
    steps : int or None
        Batches of an epoch; None where they are counted only at its end.

    Raises
    ------
    ValueError
        For a data set that is empty, or has no end and no `steps`.
    """

    def __init__(
        self,
        dataset,
        check: Callable,
        field: str,
        steps: int | None = None,
        restart: bool = False,
    ):
        length = _length(dataset)
        if steps is None:
            require(
                length != tf.data.INFINITE_CARDINALITY,
                field,
                "a data set without an end",
                "one that ends, or steps_per_epoch and validation_steps",
            )
        self._dataset = dataset
        self._check = check
        self._field = field
        self._given = steps
        self._goes_on = steps is not None and not restart
        self._iterator: Iterator | None = None
        self.steps = steps if steps is not None else length if length > 0 else None
        first = next(_elements(dataset), None)
        require(first is not None, field, "an empty data set", "at least one batch")
        self.size = len(images_of(first, f"{field}, batch 1"))
        self._checked(first, 1)

    def __iter__(self) -> Iterator[np.ndarray]:
        """Yield the batches of an epoch, float32 [size or fewer, height, width, channels]."""
        elements = self._iterator
        if elements is None:
            elements = _elements(self._dataset)
        if self._goes_on:
            self._iterator = elements
        number = 0
        for number, element in enumerate(itertools.islice(elements, self._given), start=1):
            yield self._checked(element, number)
        if self._given is not None:
            require(
                number == self._given,
                self._field,
                f"a data set that ended after {number} of {self._given} steps of an epoch",
                "no more steps than it has batches, or repeat()",
            )

    def _checked(self, element, number: int) -> np.ndarray:
        where = f"{self._field}, batch {number}"
        images = self._check(images_of(element, where), where)
        if len(images) > self.size:
            allowed = f"at most {self.size}, as in the first"
            require(False, where, f"{len(images)} images", allowed)
        return images


def images_of(element, where: str = "x"):
    """Return the images of a data set's element, which may also contain labels."""
    if isinstance(element, tuple | list):
        element = element[0]
    if isinstance(element, dict):
        keys = ", ".join(map(str, element))
        require("image" in element, where, f"a dictionary of {keys}", "one with 'image'")
        element = element["image"]
    return element


def _length(dataset) -> int:
    """Return the batches of an epoch, or a negative constant of `tf.data`."""
    if isinstance(dataset, tf.data.Dataset):
        return int(dataset.cardinality())
    batches = dataset.num_batches
    return tf.data.INFINITE_CARDINALITY if batches is None else batches


def _elements(dataset) -> Iterator:
    """Return an iterator over the elements of a data set, for one epoch."""
    return iter(dataset) if isinstance(dataset, tf.data.Dataset) else _batches_of(dataset)


def _batches_of(dataset: keras.utils.PyDataset) -> Iterator:
    count = dataset.num_batches
    for index in itertools.count() if count is None else range(count):
        yield dataset[index]
    dataset.on_epoch_end()
