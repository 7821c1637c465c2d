"""The variational autoencoder."""

import math
from typing import Literal

from pydantic import StrictBool

from vaelib.backend import keras, tf
from vaelib.exceptions import require
from vaelib.models import activations, conv, dense, elbo, layers, likelihoods
from vaelib.models.inference import Inference
from vaelib.models.trainer import BlockTrainer
from vaelib.validation import Count, ImageShape, Positive, Seed, Sizes, Whole, validated

OUTPUT_ACTIVATIONS = ("sigmoid", "linear")
ARCHITECTURES = {"dense": dense, "conv": conv}


@keras.saving.register_keras_serializable(package="vaelib")
class VAE(Inference, BlockTrainer):
    """A variational autoencoder of dense layers, or of convolutions.

    The posterior is a diagonal Gaussian, the prior a standard normal. The loss
    is the negative ELBO in nats, summed over pixels and latent units and
    averaged over images (Kingma and Welling 2014): ``loss = reconstruction +
    kl``, all three in the log. With another `beta`, or while the KL term's weight
    rises, ``reconstruction + weight * kl`` is minimised and logged as ``objective``.

    Parameters
    ----------
    image_shape : tuple of int
        Height, width and channels.
    activation : str
        Name of the activation of every hidden layer; see `activations.get`.
    decoder_activation : str, optional
        That of the decoder's hidden layers, if it is a different one.
    architecture : {"dense", "conv"}
        Dense hidden layers, or convolutions with stride 2; see `dense` and `conv`.
    hidden_units : sequence of int
        Units of a dense encoder's hidden layers; the decoder mirrors them. May be
        empty, for a linear model.
    channels : sequence of int
        Of a convolutional encoder's layers, which the decoder mirrors.
    depth : int
        How often each hidden layer is repeated.
    latent_dim : int
        Number of latent units.
    likelihood : {"bernoulli", "gaussian"}
        Of the pixels given the latent code. ``gaussian`` has one variance for
        all pixels: in training the optimal one of each batch (sigma-VAE,
        Rybkin et al. 2021), in evaluation the running mean of those.
    output_activation : {"sigmoid", "linear"}
        Maps the decoder's logits to the mean of a Gaussian likelihood.
    initializer : {"keras", "matched"}
        Keras' default kernel initialiser (Glorot uniform) in every layer, or
        the one that suits the activation in the hidden ones.
    batch_norm : bool
        Whether to normalise the values before every activation over the
        mini-batch (Ioffe and Szegedy 2015).
    beta : float
        Weight of the KL term in what is minimised, above 0 (Higgins et al. 2017).
    kl_warmup : int
        Epochs over which that weight rises from 0 to `beta`, step by step (Bowman et
        al. 2016, Sonderby et al. 2016).
    seed : int
        Of the weights, the order of the images and the noise. The same seed
        gives the same bits on the same machine.

    Attributes
    ----------
    encoder : keras.Model
        From images to the posterior's mean and log-variance.
    decoder : keras.Model
        From latent codes to logits [n, height, width, channels].
    watched_layers : tuple of layers.WatchedLayer
        The layers with kernels, from the images to the logits, with their role
        and their values before and after the activation function.
    kernel_layers : list of keras.layers.Layer
        The same layers as Keras knows them.

    Raises
    ------
    ValueError
        For a field that is not as described above.
    """

    @validated
    def __init__(
        self,
        image_shape: ImageShape,
        activation: str = "relu",
        hidden_units: Sizes = (128, 64, 32),
        latent_dim: Count = 16,
        likelihood: Literal[likelihoods.LIKELIHOODS] = "bernoulli",
        output_activation: Literal[OUTPUT_ACTIVATIONS] = "sigmoid",
        initializer: Literal[activations.INITIALIZERS] = "keras",
        batch_norm: StrictBool = False,
        decoder_activation: str | None = None,
        architecture: Literal[tuple(ARCHITECTURES)] = "dense",
        channels: Sizes = (16, 32, 64),
        depth: Count = 1,
        beta: Positive = 1.0,
        kl_warmup: Whole = 0,
        seed: Seed = 0,
        **kwargs,
    ):
        dtype = keras.dtype_policies.get(kwargs.pop("dtype", None) or layers.DTYPE)
        require(dtype.name == layers.DTYPE, "dtype", dtype.name, layers.DTYPE)
        super().__init__(dtype=dtype, **kwargs)
        require(
            likelihood == "gaussian" or output_activation == "sigmoid",
            "output_activation",
            repr(output_activation),
            "'sigmoid' under a bernoulli likelihood",
        )
        self.image_shape = image_shape
        self.activation = activations.get(activation).name
        self.decoder_activation = activations.get(
            activation if decoder_activation is None else decoder_activation, "decoder_activation"
        ).name
        require(
            architecture == "dense" or len(channels) > 0,
            "channels",
            "none",
            "one number or more for a conv architecture",
        )
        self.architecture = architecture
        self._activation_files = activations.digests(self.activation, self.decoder_activation)
        self.hidden_units = hidden_units
        self.channels = channels
        self.depth = depth
        self.latent_dim = latent_dim
        self.likelihood = likelihood
        self.output_activation = output_activation
        self.initializer = initializer
        self.batch_norm = batch_norm
        self.beta = beta
        self.kl_warmup = kl_warmup
        networks = ARCHITECTURES[architecture]
        widths = hidden_units if architecture == "dense" else channels
        sizes = image_shape, widths, latent_dim
        options = initializer, batch_norm, depth
        self.encoder, encoder_layers = networks.build_encoder(*sizes, self.activation, *options)
        self.decoder, decoder_layers = networks.build_decoder(
            *sizes, self.decoder_activation, *options
        )
        self.watched_layers = (*encoder_layers, *decoder_layers)
        # On a CPU, XLA trains convolutions 23 times slower than TensorFlow's own kernels.
        self.xla = architecture == "dense"
        if not self.xla:
            self.block_length = 16  # a step outweighs its start, and images may be large
        self.kernel_layers = [watched.layer for watched in self.watched_layers]
        self.norm_layers = layers.layers_of(layers.BatchNormalization, self.encoder, self.decoder)
        self.variance = self.add_weight(
            name="variance", dtype=layers.DTYPE, trainable=False, initializer="ones"
        )
        if kl_warmup:
            self.warmup_steps = self.add_weight(
                name="warmup_steps", dtype=layers.DTYPE, trainable=False, initializer="zeros"
            )
        self.seed_state = self.add_weight(
            name="seed", dtype="int32", trainable=False, initializer="zeros"
        )
        self.built = True
        self.initialize(seed)

    @validated
    def initialize(self, seed: Seed) -> None:
        """Reset the model to a seed, without compiling again.

        Draws the weights, and resets the optimiser, the variance and the
        metrics: afterwards the model equals ``VAE(..., seed=seed)``.

        Parameters
        ----------
        seed : int
            0 or more.
        """
        self.seed = seed
        self.seed_state.assign(self.seed)
        self.variance.assign(1.0)
        layers.draw_weights(self.kernel_layers, self.seed)
        layers.reset_norms(self.norm_layers)
        optimizer = getattr(self, "optimizer", None)
        if optimizer is not None and optimizer.built:
            fresh = type(optimizer).from_config(optimizer.get_config())
            fresh.build(self.trainable_variables)
            for old, new in zip(optimizer.variables, fresh.variables, strict=True):
                old.assign(new)
        self.reset_metrics()

    @property
    def weighted(self) -> bool:
        """Whether what is minimised is another sum of the terms than the negative ELBO."""
        return self.beta != 1 or self.kl_warmup > 0

    def kl_weight(self, training: bool):
        """Return the weight of the KL term in what is minimised.

        In training it rises with the steps taken where there is a `kl_warmup`; in
        validation it is always `beta`, so that epochs can be compared.
        """
        if not (training and self.kl_warmup):
            return self.beta
        steps = tf.cast(self.optimizer.iterations, tf.float32)
        return self.beta * tf.minimum(1.0, steps / tf.maximum(1.0, self.warmup_steps))

    def _begin_fit(self, steps: int | None) -> None:
        if self.kl_warmup:
            require(steps is not None, "kl_warmup", self.kl_warmup, "0 for data of unknown length")
            self.warmup_steps.assign(self.kl_warmup * steps)

    def decoded_mean(self, logits):
        """Return the mean of the pixels, given the decoder's logits."""
        return logits if self.output_activation == "linear" else tf.sigmoid(logits)

    def negative_log_likelihood(self, images, logits, variance=None):
        """Return -log p(images | code) in nats, tensor [n].

        `variance` is that of a Gaussian likelihood; by default the running
        mean over training batches.
        """
        if self.likelihood == "bernoulli":
            return likelihoods.bernoulli_nll(images, logits)
        error = likelihoods.squared_error(images, self.decoded_mean(logits))
        variance = self.variance if variance is None else variance
        return likelihoods.gaussian_nll(error, math.prod(self.image_shape), variance)

    def objective(self, images, noise, weights, training: bool = False):
        """Return the two terms of the negative ELBO, averaged over images.

        Parameters
        ----------
        images : tensor [n, height, width, channels]
        noise : tensor [n, latent_dim]
            Standard normal.
        weights : tensor [n]
            Of each image in the average; their sum is 1.
        training : bool
            Whether a Gaussian likelihood uses the variance that is optimal for
            these images, and updates the running mean with it.

        Returns
        -------
        tensor [2]
            Reconstruction and KL term in nats.
        """

        def negative_log_likelihood(images, logits):
            variance = None
            if training and self.likelihood == "gaussian":
                variance = self._update_variance(images, logits, weights)
            return self.negative_log_likelihood(images, logits, variance)

        with layers.only_rows(self.norm_layers, weights > 0):
            reconstruction, kl = elbo.terms(
                self.encoder, self.decoder, negative_log_likelihood, images, noise, training
            )
        return tf.stack([tf.reduce_sum(weights * reconstruction), tf.reduce_sum(weights * kl)])

    def _update_variance(self, images, logits, weights):
        """Return the optimal variance of a mini-batch; move the running mean towards it."""
        error = likelihoods.squared_error(images, self.decoded_mean(logits))
        variance = likelihoods.optimal_variance(error, weights, math.prod(self.image_shape))
        steps = self.optimizer.iterations
        self.variance.assign(likelihoods.running_variance(self.variance, variance, steps))
        return variance

    def call(self, images, training: bool = False):
        """Decode the posterior means; so `predict` reconstructs."""
        mean, _ = self.encoder(images, training=training)
        return self.decoded_mean(self.decoder(mean, training=training))

    def save(self, filepath, *args, **kwargs) -> None:
        """Save as `keras.Model.save` does, in the format ``.keras``.

        Raises
        ------
        ValueError
            For ``.h5``, a format from which only Keras' own layers are loaded.
        """
        legacy = str(filepath).endswith((".h5", ".hdf5"))
        require(not legacy, "filepath", repr(str(filepath)), "a name that ends in .keras")
        if self.compiled and not self.optimizer.built:
            # A loaded model has all the optimiser's variables, trained or not.
            self.optimizer.build(self.trainable_variables)
        super().save(filepath, *args, **kwargs)

    def export(
        self, filepath, format="tf_saved_model", verbose=None, input_signature=None, **kwargs
    ) -> None:
        """Export the reconstruction as `keras.Model.export` does, called before or not."""
        if input_signature is None:
            shape = (None, *self.image_shape)
            input_signature = [keras.InputSpec(shape=shape, dtype=layers.DTYPE, name="images")]
        super().export(filepath, format, verbose, input_signature, **kwargs)

    @classmethod
    def from_config(cls, config: dict, custom_objects=None) -> "VAE":
        """Return the model of `get_config`, whose activations must be registered."""
        config = dict(config)
        digests = config.pop("activation_files", {})
        for field in ("activation", "decoder_activation"):
            name = config[field]
            activations.require_as_saved(name, field, digests.get(name))
        return cls(**config)

    def get_config(self) -> dict:
        return {
            **super().get_config(),
            "image_shape": self.image_shape,
            "activation": self.activation,
            "hidden_units": self.hidden_units,
            "latent_dim": self.latent_dim,
            "likelihood": self.likelihood,
            "output_activation": self.output_activation,
            "initializer": self.initializer,
            "batch_norm": self.batch_norm,
            "decoder_activation": self.decoder_activation,
            "architecture": self.architecture,
            "channels": self.channels,
            "depth": self.depth,
            "beta": self.beta,
            "kl_warmup": self.kl_warmup,
            "activation_files": dict(self._activation_files),
            "seed": self.seed,
        }
