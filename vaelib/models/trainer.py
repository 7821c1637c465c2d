"""Keras' training loop, fed with blocks of mini-batches."""

import contextlib
from collections.abc import Iterator

import numpy as np

from vaelib.backend import keras, tf
from vaelib.exceptions import require
from vaelib.models import input_pipeline


class BlockTrainer(keras.Model):
    """A `keras.Model` whose `fit` trains a block of mini-batches in one call.

    A subclass has the attributes ``image_shape``, ``latent_dim``, ``seed`` and
    ``seed_state`` (the seed as a variable), and a method ``objective(images,
    noise, weights, training)`` that returns the reconstruction and the KL term
    of the loss, averaged over the images with the given weights.

    Attributes
    ----------
    block_length : int
        Maximal number of mini-batches in one compiled call. Callbacks for the
        end of a batch are called at the end of a block. It does not change any
        bit of the result.
    """

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.block_length = 128
        self.loss_tracker = keras.metrics.Mean(name="loss", dtype="float32")
        self.reconstruction_tracker = keras.metrics.Mean(name="reconstruction", dtype="float32")
        self.kl_tracker = keras.metrics.Mean(name="kl", dtype="float32")
        self._feeds: dict[int, input_pipeline.Feed] = {}

    @property
    def metrics(self) -> list[keras.metrics.Metric]:
        return [self.loss_tracker, self.reconstruction_tracker, self.kl_tracker]

    def train_step(self, data):
        """Train a block of mini-batches (from `fit`) or one plain batch."""
        return self._log(*self._compiled("_update")(self._block(data)))

    def test_step(self, data):
        """Evaluate a block of mini-batches or one plain batch."""
        return self._log(*self._compiled("objective")(self._block(data)))

    def _compiled(self, step: str):
        """Return the loop of a step over a block, compiled with XLA.

        Keras' own ``jit_compile="auto"`` leaves XLA off on a CPU.
        """

        def loop(block):
            return input_pipeline.for_each_batch(block, getattr(self, step), tf.zeros(2))

        if self.run_eagerly:
            return loop
        return tf.function(loop, jit_compile=True, autograph=False)  # nothing to convert

    def _update(self, images, noise, weights):
        with tf.GradientTape() as tape:
            terms = self.objective(images, noise, weights, training=True)
            loss = tf.reduce_sum(terms)
        variables = self.trainable_variables
        self.optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))
        return terms

    def _block(self, data) -> dict:
        """Make a block of one mini-batch from a plain batch."""
        if isinstance(data, dict):
            return data
        images = tf.cast(input_pipeline.images_of(data), tf.float32)
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
        values = (tf.reduce_sum(means), means[0], means[1])
        for tracker, value in zip(self.metrics, values, strict=True):
            tracker.update_state(value, sample_weight=count)
        return {tracker.name: tracker.result() for tracker in self.metrics}

    def fit(
        self,
        x,
        y=None,
        batch_size: int | None = None,
        epochs: int = 1,
        verbose="auto",
        callbacks=None,
        validation_split: float = 0.0,
        validation_data=None,
        shuffle: bool = True,
        initial_epoch: int = 0,
        validation_batch_size: int | None = None,
        validation_freq: int = 1,
    ) -> keras.callbacks.History:
        """Train as `keras.Model.fit` does, in blocks of mini-batches.

        Every image is used once per epoch; the last mini-batch is smaller where
        the batch size does not divide the number of images.

        Parameters
        ----------
        x : array [n, height, width, channels] or tf.data.Dataset of batches
            Images in [0, 1]; a data set may contain labels, which are not used.
        y : None
            Refused: a VAE's target is its input.
        validation_data : like `x`, optional
            A tuple's first element is taken.
        batch_size, epochs, verbose, callbacks, validation_split, shuffle, \
initial_epoch, validation_batch_size, validation_freq
            As in `keras.Model.fit`.

        Returns
        -------
        keras.callbacks.History
            With ``loss``, ``reconstruction``, ``kl`` and, for validation, the same
            with the prefix ``val_``, in nats per image.

        Raises
        ------
        ValueError
            For images of another shape or outside [0, 1].
        """
        self._refuse(y)
        x = self.check_images(x, "x")
        batch_size = batch_size or 32
        if validation_data is None and validation_split:
            held_out = 0 if isinstance(x, tf.data.Dataset) else int(len(x) * validation_split)
            require(
                held_out > 0, "validation_split", validation_split, "a share of an array's images"
            )
            x, validation_data = x[:-held_out], x[-held_out:]
        with contextlib.ExitStack() as stack:
            if validation_data is not None:
                if isinstance(validation_data, tuple | list):
                    validation_data = validation_data[0]
                validation = input_pipeline.evaluation_feed(
                    self,
                    self.check_images(validation_data, "validation_data"),
                    validation_batch_size or max(batch_size, 256),
                )
                validation_data = stack.enter_context(self._feeding(validation))
            feed = input_pipeline.training_feed(self, x, batch_size, shuffle)
            if self.compiled and not self.optimizer.built:
                # Otherwise the step would be traced twice, to create the variables.
                self.optimizer.build(self.trainable_variables)
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

    def evaluate(self, x, y=None, batch_size: int = 256, **kwargs):
        """Return loss, reconstruction and KL term in nats per image.

        As `keras.Model.evaluate`; the posterior samples depend only on the
        model's seed, so that two calls agree.
        """
        if "_use_cached_eval_dataset" in kwargs:  # set by Keras inside `fit`
            return super().evaluate(x, batch_size=None, **kwargs)
        self._refuse(y)
        feed = input_pipeline.evaluation_feed(self, self.check_images(x, "x"), batch_size or 256)
        with self._feeding(feed) as numbers:
            return super().evaluate(numbers, batch_size=None, **kwargs)

    @contextlib.contextmanager
    def _feeding(self, feed: input_pipeline.Feed) -> Iterator[tf.data.Dataset]:
        """Register a feed while Keras iterates over its numbers."""
        self._feeds[feed.key] = feed
        try:
            yield feed.numbers()
        finally:
            del self._feeds[feed.key]

    def _refuse(self, y) -> None:
        """Refuse arguments of Keras that have no meaning for a VAE."""
        require(y is None, "y", "a target", "none, as a VAE reconstructs its input")
        if self.compiled:
            loss, steps = self._compile_loss, self.steps_per_execution
            require(loss is None, "loss", "one given to compile", "none, as a VAE has its own")
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

    def check_images(self, images, field: str):
        """Return images as float32 after checking their shape and range."""
        if isinstance(images, tf.data.Dataset):
            return images
        images = np.asarray(images, "float32")
        require(
            images.ndim == 4 and images.shape[1:] == self.image_shape and len(images) > 0,
            field,
            f"shape {images.shape}",
            f"[n, {', '.join(map(str, self.image_shape))}]",
        )
        low, high = images.min(), images.max()
        bounded = self.output_activation == "linear" or (low >= 0 and high <= 1)
        require(bounded, field, f"values from {low:g} to {high:g}", "[0, 1]")
        return images
