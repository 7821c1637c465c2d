"""Keras' training loop, fed with blocks of mini-batches."""

import contextlib
from collections.abc import Iterator

import numpy as np
from pydantic import StrictBool

from vaelib.backend import keras, tf
from vaelib.data.pixels import Pixels, take
from vaelib.exceptions import require
from vaelib.models import datasets, input_pipeline
from vaelib.models.datasets import Batches
from vaelib.validation import Count, Share, Whole, shown, validated


class BlockTrainer(keras.Model):
    """A `keras.Model` whose `fit` trains a block of mini-batches in one call.

    A subclass has the attributes ``image_shape``, ``latent_dim``, ``seed`` and
    ``seed_state`` (the seed as a variable), and a method ``objective(images,
    noise, weights, training)`` that returns the reconstruction and the KL term
    of the loss, averaged over the images with the given weights. Its ``kl_weight``
    says by how much the KL term counts in what is minimised; ``loss`` in the log is
    always the plain sum of the two terms, the negative ELBO, and what is minimised is
    logged as ``objective`` where it is another sum.

    Attributes
    ----------
    block_length : int
        Maximal number of mini-batches in one compiled call. Callbacks for the
        end of a batch are called at the end of a block. It does not change any
        bit of the result.
    xla : bool
        Whether XLA compiles the blocks; else they are graphs of TensorFlow's kernels.
    """

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.block_length = 128
        self.xla = True
        self.loss_tracker = keras.metrics.Mean(name="loss", dtype="float32")
        self.reconstruction_tracker = keras.metrics.Mean(name="reconstruction", dtype="float32")
        self.kl_tracker = keras.metrics.Mean(name="kl", dtype="float32")
        self.objective_tracker = keras.metrics.Mean(name="objective", dtype="float32")
        self._feeds: dict[int, input_pipeline.Feed] = {}

    @property
    def metrics(self) -> list[keras.metrics.Metric]:
        terms = [self.loss_tracker, self.reconstruction_tracker, self.kl_tracker]
        return [*terms, self.objective_tracker] if self.weighted else terms

    @property
    def weighted(self) -> bool:
        """Whether what is minimised is another sum of the terms than the negative ELBO."""
        return False

    def kl_weight(self, training: bool):
        """Return the weight of the KL term in what is minimised, in training or validation."""
        return 1.0

    def train_step(self, data):
        """Train a block of mini-batches (from `fit`) or one plain batch."""
        return self._log(*self._compiled("_update")(self._block(data)))

    def test_step(self, data):
        """Evaluate a block of mini-batches or one plain batch."""
        return self._log(*self._compiled("_evaluated")(self._block(data)))

    def _compiled(self, step: str):
        """Return the loop of a step over a block, compiled.

        Keras' own ``jit_compile="auto"`` leaves XLA off on a CPU.
        """

        def loop(block):
            totals = tf.zeros(3 if self.weighted else 2)
            return input_pipeline.for_each_batch(block, getattr(self, step), totals)

        if self.run_eagerly:
            return loop
        return tf.function(loop, jit_compile=self.xla, autograph=False)  # nothing to convert

    def _update(self, images, noise, weights):
        with tf.GradientTape() as tape:
            terms = self._weighted(self.objective(images, noise, weights, training=True), True)
            loss = terms[2] if self.weighted else tf.reduce_sum(terms)
        variables = self.trainable_variables
        self.optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))
        return terms

    def _evaluated(self, images, noise, weights):
        return self._weighted(self.objective(images, noise, weights), False)

    def _weighted(self, terms, training: bool):
        """Append what is minimised to the terms, where that is another sum."""
        if not self.weighted:
            return terms
        return tf.stack([terms[0], terms[1], terms[0] + self.kl_weight(training) * terms[1]])

    def _block(self, data) -> dict:
        """Make a block of one mini-batch from a plain batch."""
        if isinstance(data, dict):
            return data
        images = tf.cast(datasets.images_of(data), tf.float32)
        size = tf.shape(images)[0]
        step = self.optimizer.iterations if self.optimizer else 0
        noise = tf.random.stateless_normal(
            [1, size, self.latent_dim],
            tf.stack([tf.convert_to_tensor(self.seed_state), tf.cast(step, tf.int32)]),
        )
        return {
            "images": images,
            "rows": tf.range(size)[None],
            "sizes": size[None],
            "batches": 1,
            "noise": noise,
        }

    def _log(self, totals, count):
        """Update the trackers with sums over images; return the log."""
        means = totals / count
        values = (means[0] + means[1], *tf.unstack(means))
        for tracker, value in zip(self.metrics, values, strict=True):
            tracker.update_state(value, sample_weight=count)
        return {tracker.name: tracker.result() for tracker in self.metrics}

    @validated
    def fit(
        self,
        x,
        y=None,
        batch_size: Count | None = None,
        epochs: Count = 1,
        verbose="auto",
        callbacks=None,
        validation_split: Share = 0.0,
        validation_data=None,
        shuffle: StrictBool = True,
        class_weight=None,
        sample_weight=None,
        initial_epoch: Whole = 0,
        steps_per_epoch: Count | None = None,
        validation_steps: Count | None = None,
        validation_batch_size: Count | None = None,
        validation_freq: Count | list[Count] = 1,
    ) -> keras.callbacks.History:
        """Train as `keras.Model.fit` does, in blocks of mini-batches.

        Every image is used once per epoch; the last mini-batch is smaller where
        the batch size does not divide the number of images.

        Parameters
        ----------
        x : array [n, height, width, channels], tf.data.Dataset or keras.utils.PyDataset
            Images in [0, 1]; a data set of batches may contain labels, which are
            not used. Every batch is checked.
        y, class_weight, sample_weight : None
            Refused: a VAE's target is its input, and every image counts once.
        validation_data : like `x`, optional
            A tuple's first element is taken.
        batch_size, epochs, verbose, callbacks, validation_split, shuffle, \
initial_epoch, steps_per_epoch, validation_steps, validation_batch_size, validation_freq
            As in `keras.Model.fit`; steps are for data sets.

        Returns
        -------
        keras.callbacks.History
            With ``loss``, ``reconstruction``, ``kl`` and, where what is minimised is
            not their sum, ``objective``; for validation the same with the prefix
            ``val_``; in nats per image.

        Raises
        ------
        ValueError
            For images of another shape or outside [0, 1].
        """
        self._refuse(y=y, class_weight=class_weight, sample_weight=sample_weight)
        x = self._source(x, "x", steps_per_epoch, batch_size)
        batch_size = batch_size or 32
        if validation_data is None and validation_split:
            held_out = 0 if isinstance(x, Batches) else int(len(x) * validation_split)
            require(
                held_out > 0, "validation_split", validation_split, "a share of an array's images"
            )
            validation_data = take(x, slice(-held_out, None))
            x = take(x, slice(-held_out))
        with contextlib.ExitStack() as stack:
            if validation_data is not None:
                if isinstance(validation_data, tuple):
                    validation_data = validation_data[0]
                held_out = self._source(
                    validation_data, "validation_data", validation_steps, restart=True
                )
                validation = input_pipeline.evaluation_feed(
                    self, held_out, validation_batch_size or max(batch_size, 256)
                )
                validation_data = stack.enter_context(self._feeding(validation))
            feed = input_pipeline.training_feed(self, x, batch_size, shuffle)
            if self.compiled and not self.optimizer.built:
                # Otherwise the step would be traced twice, to create the variables.
                self.optimizer.build(self.trainable_variables)
            self._begin_fit(x.steps if isinstance(x, Batches) else -(-len(x) // batch_size))
            return super().fit(
                stack.enter_context(self._feeding(feed)),
                epochs=epochs,
                verbose=verbose,
                callbacks=callbacks,
                validation_data=validation_data,
                initial_epoch=initial_epoch,
                validation_freq=validation_freq,
                shuffle=False,  # the feed shuffles
            )

    @validated
    def evaluate(
        self, x, y=None, batch_size: Count | None = None, steps: Count | None = None, **kwargs
    ):
        """Return loss, reconstruction and KL term in nats per image.

        As `keras.Model.evaluate`; the posterior samples depend only on the
        model's seed, so that two calls agree.
        """
        if "_use_cached_eval_dataset" in kwargs:  # set by Keras inside `fit`
            return super().evaluate(x, batch_size=None, **kwargs)
        self._refuse(y=y, sample_weight=kwargs.pop("sample_weight", None))
        source = self._source(x, "x", steps, batch_size, restart=True)
        feed = input_pipeline.evaluation_feed(self, source, batch_size or 256)
        with self._feeding(feed) as numbers:
            return super().evaluate(numbers, batch_size=None, **kwargs)

    def _begin_fit(self, steps: int | None) -> None:
        """Prepare for epochs of so many mini-batches; None where nobody knows."""

    @contextlib.contextmanager
    def _feeding(self, feed: input_pipeline.Feed) -> Iterator[tf.data.Dataset]:
        """Register a feed while Keras iterates over its numbers."""
        self._feeds[feed.key] = feed
        try:
            yield feed.numbers()
        finally:
            del self._feeds[feed.key]

    def _refuse(self, **arguments) -> None:
        """Refuse arguments of Keras that have no meaning for a VAE."""
        for field, value in arguments.items():
            require(
                value is None,
                field,
                shown(value),
                "none, as a VAE reconstructs its input and every image counts once",
            )
        strategy = self._distribute_strategy
        require(
            strategy is None,
            "strategy",
            type(strategy).__name__,
            "none, as the compiled blocks of mini-batches need one device",
        )
        if self.compiled:
            own = "none, as a VAE has its own"
            require(self._compile_metrics is None, "metrics", "those given to compile", own)
            loss, steps = self._compile_loss, self.steps_per_execution
            require(loss is None, "loss", "one given to compile", own)
            require(steps == 1, "steps_per_execution", steps, "1; see the attribute block_length")

    def make_train_function(self, force: bool = False):
        if self.train_function is None or force:
            step = super().make_train_function(force) or self.train_function
            self.train_function = lambda data: step([self._fetch(data)])
        return self.train_function

    def make_test_function(self, force: bool = False):
        if self.test_function is None or force:
            step = super().make_test_function(force) or self.test_function
            self.test_function = lambda data: step([self._fetch(data)])
        return self.test_function

    def _fetch(self, iterator):
        """Return the next block; plain batches, as from `train_on_batch`, are unchanged."""
        element = next(iterator)
        if isinstance(element, tf.Tensor) and element.dtype == tf.int64 and not element.shape.rank:
            number = int(element)
            return self._feeds[input_pipeline.key_of(number)].block(number)
        return element

    def _source(
        self, x, field: str, steps: int | None, batch_size: int | None = None, restart: bool = False
    ) -> np.ndarray | Pixels | Batches:
        """Return checked images, or the batches of a data set."""
        if datasets.is_dataset(x):
            require(batch_size is None, "batch_size", batch_size, "none with a data set of batches")
            return Batches(x, self.check_images, field, steps, restart)
        require(steps is None, "steps", steps, "none with an array, of which an epoch is all")
        return self.check_images(x, field)

    def check_images(self, images, field: str) -> np.ndarray | Pixels:
        """Return images as float32 [n, height, width, channels], checked.

        Takes an array, `Pixels`, which stay bytes, or a data set of batches, of which it
        returns all images.

        Raises
        ------
        ValueError
            For images of another shape, outside [0, 1], NaN or infinite.
        """
        if datasets.is_dataset(images):
            return np.concatenate(list(Batches(images, self.check_images, field)))
        require(
            not hasattr(images, "__next__"),
            field,
            "a generator",
            "an array, a tf.data.Dataset (see its from_generator) or a keras.utils.PyDataset",
        )
        if not isinstance(images, Pixels):
            images = np.asarray(images)
            require(images.dtype.kind in "biuf", field, images.dtype, "real numbers in [0, 1]")
            images = images.astype("float32", copy=False)
        require(
            images.ndim == 4 and images.shape[1:] == self.image_shape and len(images) > 0,
            field,
            f"shape {images.shape}",
            f"[n, {', '.join(map(str, self.image_shape))}]",
        )
        if isinstance(images, Pixels):  # all that a byte can be is in [0, 1]
            return images
        low, high = images.min(), images.max()
        bounded = low >= 0 and high <= 1
        if self.output_activation == "linear":
            bounded = np.isfinite(low) and np.isfinite(high)
        allowed = "finite values" if self.output_activation == "linear" else "[0, 1]"
        require(bounded, field, f"values from {low:g} to {high:g}", allowed)
        return images
