"""Ways to train the same VAE; each returns a function that trains one epoch.

All have the same images in memory, network, batch size, optimiser (Adam, 0.001) and
one thread. A network is given as the options of `VAE`.
"""

import itertools
import math
from collections.abc import Callable

import numpy as np
import torch_step

# Options of `VAE`, by the name of a network.
NETWORKS = {
    "784-128-64-32-16": {"hidden_units": (128, 64, 32), "latent_dim": 16},
    "784-400-20": {"hidden_units": (400,), "latent_dim": 20},
}
CONVOLUTIONS = {
    "-".join(map(str, channels)): {
        "architecture": "conv",
        "channels": channels,
        "latent_dim": 16,
        "likelihood": "gaussian",
    }
    for channels in ((16, 32, 64), (32, 64, 128))
}
_PATCH = 4 * 4  # pixels of a convolution, which halves height and width


def vaelib(images: np.ndarray, network: dict, batch: int) -> Callable[[], None]:
    """Train with this project's `fit`."""
    vae = _compiled(_model()(images.shape[1:], "relu", **network))
    return lambda: vae.fit(images, batch_size=batch, verbose=0)


def keras_fit(images: np.ndarray, network: dict, batch: int) -> Callable[[], None]:
    """Train the same model with Keras' own `fit`, a step for each mini-batch."""
    from vaelib.backend import keras, tf

    class PlainVAE(_model()):
        def train_step(self, data):
            noise = tf.random.normal([tf.shape(data)[0], self.latent_dim])
            weights = tf.fill([tf.shape(data)[0]], 1.0 / tf.cast(tf.shape(data)[0], tf.float32))
            with tf.GradientTape() as tape:
                terms = self.objective(data, noise, weights, training=True)
                loss = tf.reduce_sum(terms)
            gradients = tape.gradient(loss, self.trainable_variables)
            self.optimizer.apply_gradients(zip(gradients, self.trainable_variables, strict=True))
            for tracker, value in zip(self.metrics, (loss, terms[0], terms[1]), strict=True):
                tracker.update_state(value)
            return {tracker.name: tracker.result() for tracker in self.metrics}

    vae = _compiled(PlainVAE(images.shape[1:], "relu", **network))
    images = np.asarray(images)  # reals, where this project's `fit` trains on bytes
    return lambda: keras.Model.fit(vae, images, batch_size=batch, verbose=0)


def torch_tensor(images: np.ndarray, network: dict, batch: int) -> Callable[[], None]:
    """Train in an eager PyTorch loop over a tensor in memory."""
    import torch

    x, step = torch_step.tensor(images, network), torch_step.training(images.shape[1:], network)

    def epoch():
        for rows in torch.randperm(len(x)).split(batch):
            step(x[rows])

    return epoch


def torch_loader(images: np.ndarray, network: dict, batch: int) -> Callable[[], None]:
    """Train in an eager PyTorch loop over a `DataLoader`."""
    import torch

    x, step = torch_step.tensor(images, network), torch_step.training(images.shape[1:], network)
    data = torch.utils.data.TensorDataset(x)
    loader = torch.utils.data.DataLoader(data, batch_size=batch, shuffle=True)

    def epoch():
        for (rows,) in loader:
            step(rows)

    return epoch


def floor(images: np.ndarray, network: dict, batch: int) -> Callable[[], None]:
    """Compute only the matrix products and one fused pass over the parameters.

    Without activations, loss, noise, biases and images: what remains is needed by
    every implementation in float32. The products are NumPy's, which are faster
    here than PyTorch's, and the fused Adam is PyTorch's; both write into buffers
    that are allocated in advance.
    """
    import torch

    torch.set_num_threads(1)
    rng = np.random.default_rng(0)

    def matrix(rows, columns):
        return rng.standard_normal((rows, columns), dtype="float32")

    layers, weights = [], []
    for i, (rows, fan_in, fan_out) in enumerate(products(images.shape[1:], network, batch)):
        x, weight, y = matrix(rows, fan_in), matrix(fan_in, fan_out), matrix(rows, fan_out)
        gradient = np.zeros_like(weight)
        back = None if i == 0 else np.empty_like(x)  # the images' gradient is not needed
        layers.append((x, weight, y, gradient, back))
        weights.append(torch.from_numpy(weight).requires_grad_())
        weights[-1].grad = torch.from_numpy(gradient)
    adam = torch.optim.Adam(weights, lr=1e-9, fused=True)

    def epoch():
        for _ in range(-(-len(images) // batch)):
            for x, weight, y, _, _ in layers:
                np.matmul(x, weight, out=y)
            for x, weight, y, gradient, back in reversed(layers):
                np.matmul(x.T, y, out=gradient)
                if back is not None:
                    np.matmul(y, weight.T, out=back)
            adam.step()

    return epoch


def products(shape: tuple[int, ...], network: dict, batch: int) -> list[tuple[int, int, int]]:
    """Return the matrix products of a forward pass, each as rows, inputs and outputs.

    Mean and log-variance are one product of twice the width. A convolution's rows are the
    places of all images, and its inputs the pixels around each: the copies that this
    needs (im2col) are left out. Its mirror is the same product with inputs and outputs
    exchanged.
    """
    latent = network["latent_dim"]
    if "channels" not in network:
        pixels, hidden = math.prod(shape), network["hidden_units"]
        encoder = itertools.pairwise([pixels, *hidden, 2 * latent])
        decoder = itertools.pairwise([latent, *hidden[::-1], pixels])
        return [(batch, *widths) for widths in (*encoder, *decoder)]
    height, width, incoming = shape
    encoder = []
    for outgoing in network["channels"]:
        height, width = -(-height // 2), -(-width // 2)
        encoder.append((batch * height * width, _PATCH * incoming, outgoing))
        incoming = outgoing
    code = height * width * incoming
    decoder = [(rows, outputs, inputs) for rows, inputs, outputs in encoder[::-1]]
    return [*encoder, (batch, code, 2 * latent), (batch, latent, code), *decoder]


DENSE = {
    "vaelib fit": vaelib,
    "Keras fit": keras_fit,
    "PyTorch tensor": torch_tensor,
    "PyTorch DataLoader": torch_loader,
    "floor": floor,
    "floor, AVX-512": floor,
}
CONVOLUTIONAL = {
    "vaelib fit": vaelib,
    "Keras fit": keras_fit,
    "PyTorch channels last": torch_tensor,
    "floor": floor,
    "floor, AVX-512": floor,
}


def _model():
    from vaelib import VAE

    return VAE


def _compiled(vae):
    from vaelib.backend import keras

    vae.compile(optimizer=keras.optimizers.Adam(1e-3))
    return vae
