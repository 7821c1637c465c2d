"""Blocks of mini-batches: how images reach the compiled training step.

Training on a mini-batch of a small network takes less time than TensorFlow needs
to launch it. So one compiled call trains a whole block of mini-batches, in an inner
loop. Everything random is drawn outside the loop, from the model's seed
and the number of steps taken: the bits depend neither on the length of the
blocks nor on the epoch at which training was resumed.
"""

import itertools
from collections.abc import Callable, Iterable, Iterator

import numpy as np

from vaelib.backend import tf
from vaelib.data.pixels import WHITE, Pixels
from vaelib.models.datasets import Batches

_KEYS = itertools.count()
# Elements that Keras iterates over: the feed's key times this, plus the block's number.
_PER_FEED = 2**32


class Feed:
    """Blocks of successive epochs, fetched by number.

    Keras iterates over a data set of block numbers, which costs almost
    nothing; a generator inside tf.data would cost as much as ten mini-batches
    per epoch. The model turns each number into its block.

    Parameters
    ----------
    epoch : callable
        Returns the iterator over the blocks of a new epoch.
    count : int or None
        Blocks in an epoch; None where the number is unknown until the epoch ends
        (Keras then warns, as for any data set of unknown length).

    Attributes
    ----------
    key : int
        Part of every element, so that several feeds may be in use at the same time.
    """

    def __init__(self, epoch: Callable[[], Iterator[dict]], count: int | None):
        self.key = next(_KEYS)
        self._epoch = epoch
        self._count = count

    def numbers(self) -> tf.data.Dataset:
        """Return the data set of elements that Keras iterates over."""
        first = self.key * _PER_FEED
        if self._count is None:
            numbers = tf.data.Dataset.from_generator(
                self._number_blocks, output_signature=tf.TensorSpec([], tf.int64)
            )
        else:
            numbers = tf.data.Dataset.range(first, first + self._count)
        options = tf.data.Options()
        options.autotune.enabled = False  # shutting it down delays the end of every epoch
        return numbers.with_options(options)

    def _number_blocks(self) -> Iterator[int]:
        numbers = itertools.count(self.key * _PER_FEED)
        try:
            for block in self._epoch():
                self._block = block
                yield next(numbers)
        except ValueError as refusal:  # inside tf.data it would become many lines
            self._block = refusal
            yield next(numbers)

    def block(self, element: int) -> dict:
        """Return the block of an element that has just been drawn."""
        if self._count is None:
            if isinstance(self._block, ValueError):
                raise self._block
            return self._block
        if element % _PER_FEED == 0:
            self._blocks = self._epoch()
        return next(self._blocks)


def key_of(element: int) -> int:
    """Return the key of the feed that an element belongs to."""
    return element // _PER_FEED


def training_feed(model, images, batch_size: int, shuffle: bool = True) -> Feed:
    """Return a feed with a new random order in every epoch.

    Parameters
    ----------
    model : VAE
        Provides the seed, the number of steps taken and the maximal block length.
    images : array or Pixels [n, height, width, channels], or Batches
    batch_size : int
        Images in a mini-batch; ignored for `Batches`.
    shuffle : bool
        Whether to draw a new order of the images for every epoch; a data set
        keeps its own.

    Returns
    -------
    Feed
    """

    def generator():
        return np.random.default_rng([model.seed, int(model.optimizer.iterations)])

    return _feed(model, images, batch_size, shuffle, generator)


def evaluation_feed(model, images, batch_size: int) -> Feed:
    """Return a feed in order, with the same noise every time."""
    return _feed(model, images, batch_size, False, lambda: np.random.default_rng([model.seed]))


def _feed(model, images, batch_size, shuffle, generator) -> Feed:
    if isinstance(images, Batches):
        return _batches_feed(model, images, generator)
    count, length = _shape_of_blocks(-(-len(images) // batch_size), model.block_length)
    # Of bytes the whole pool, once for all splits of it: they differ in rows alone.
    is_bytes = isinstance(images, Pixels)
    pool = images.of_pool(tf.constant) if is_bytes else tf.constant(images)
    every = images.rows if is_bytes else np.arange(len(images))

    def epoch():
        rng = generator()
        rows = every.astype("int32")
        if shuffle:
            rng.shuffle(rows)
        batches = (rows[start : start + batch_size] for start in range(0, len(rows), batch_size))
        for block in _pack(batches, length, batch_size, model.latent_dim, rng):
            yield {**block, "images": pool, "white": WHITE}

    return Feed(epoch, count)


def _batches_feed(model, batches: Batches, generator) -> Feed:
    """Return a feed of a data set's batches; each block contains its images."""
    count, length = None, model.block_length
    if batches.steps is not None:
        count, length = _shape_of_blocks(batches.steps, length)

    def epoch():
        rng = generator()
        for block in _pack(batches, length, batches.size, model.latent_dim, rng):
            images = block["rows"].reshape(length * batches.size, *block["rows"].shape[2:])
            rows = np.arange(len(images), dtype="int32").reshape(length, batches.size)
            yield {**block, "rows": rows, "images": images, "white": WHITE}

    return Feed(epoch, count)


def _shape_of_blocks(steps: int, longest: int) -> tuple[int, int]:
    """Return number and length of the blocks that share `steps` evenly."""
    # At least 2: XLA unrolls a block of one mini-batch, which changes the last bits.
    count = -(-steps // max(2, longest))
    return count, max(2, -(-steps // count))


def _pack(
    batches: Iterable[np.ndarray],
    length: int,
    batch_size: int,
    latent_dim: int,
    rng: np.random.Generator,
) -> Iterator[dict[str, np.ndarray]]:
    """Group mini-batches into blocks of one shape, padded with zeros.

    Yields
    ------
    dict
        ``rows`` [length, batch_size, ...], the mini-batches; ``sizes``
        [length], how many rows of each are real; ``batches``, how many
        mini-batches are; ``noise`` [length, batch_size, latent_dim], standard
        normal.
    """
    batches = iter(batches)
    while group := list(itertools.islice(batches, length)):
        rows = np.zeros((length, batch_size, *group[0].shape[1:]), group[0].dtype)
        noise = np.zeros((length, batch_size, latent_dim), "float32")
        sizes = np.zeros(length, "int32")
        for i, batch in enumerate(group):
            rows[i, : len(batch)] = batch
            noise[i] = rng.standard_normal((batch_size, latent_dim), dtype="float32")
            sizes[i] = len(batch)
        yield {"rows": rows, "noise": noise, "sizes": sizes, "batches": np.int32(len(group))}


def for_each_batch(block: dict, step: Callable, totals):
    """Run `step` on every real mini-batch of a block, in one compiled loop.

    Parameters
    ----------
    block : dict
        As made by `_pack`, with ``images``, the pool that ``rows`` index, as reals in
        [0, 1] or as bytes, of which ``white`` is 1.
    step : callable
        Takes images [batch, height, width, channels], noise [batch,
        latent_dim] and weights [batch], which are 1 / size for the images of
        the mini-batch and 0 for the padding; returns a tensor like `totals`.
    totals : tensor
        Zeros, to which what `step` returns is added, weighted by size.

    Returns
    -------
    totals : tensor
    count : scalar tensor of float32
        Number of images in the block.
    """
    batch_size = tf.shape(block["rows"])[1]

    def body(i, totals):
        size = tf.cast(block["sizes"][i], tf.float32)
        weights = tf.cast(tf.range(batch_size) < block["sizes"][i], tf.float32) / size
        images = tf.gather(block["images"], block["rows"][i])
        if images.dtype == tf.uint8:
            # By a constant XLA would multiply with its inverse, which changes last bits.
            images = tf.cast(images, tf.float32) / block["white"]
        return i + 1, totals + size * step(images, block["noise"][i], weights)

    _, totals = tf.while_loop(
        lambda i, _: i < block["batches"], body, (0, totals), parallel_iterations=1
    )
    return totals, tf.cast(tf.reduce_sum(block["sizes"]), tf.float32)
