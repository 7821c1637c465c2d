"""Ways to train the same VAE; each returns a function that trains one epoch.

All have the same images in memory, network, batch size, optimiser (Adam, 0.001) and
one thread. The PyTorch code follows its tutorials.
"""

import itertools
from collections.abc import Callable

import numpy as np

# Name of a network: hidden units of the encoder, latent units.
NETWORKS = {"784-128-64-32-16": ((128, 64, 32), 16), "784-400-20": ((400,), 20)}


def vaelib(images: np.ndarray, hidden, latent: int, batch: int) -> Callable[[], None]:
    """Train with this project's `fit`."""
    vae = _compiled(_model()(images.shape[1:], "relu", hidden, latent))
    return lambda: vae.fit(images, batch_size=batch, verbose=0)


def keras_fit(images: np.ndarray, hidden, latent: int, batch: int) -> Callable[[], None]:
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

    vae = _compiled(PlainVAE(images.shape[1:], "relu", hidden, latent))
    return lambda: keras.Model.fit(vae, images, batch_size=batch, verbose=0)


def torch_tensor(images: np.ndarray, hidden, latent: int, batch: int) -> Callable[[], None]:
    """Train in an eager PyTorch loop over a tensor in memory."""
    import torch

    x = torch.from_numpy(images.reshape(len(images), -1))
    step = _torch_step(x.shape[1], hidden, latent)

    def epoch():
        for rows in torch.randperm(len(x)).split(batch):
            step(x[rows])

    return epoch


def torch_loader(images: np.ndarray, hidden, latent: int, batch: int) -> Callable[[], None]:
    """Train in an eager PyTorch loop over a `DataLoader`."""
    import torch

    x = torch.from_numpy(images.reshape(len(images), -1))
    data = torch.utils.data.TensorDataset(x)
    loader = torch.utils.data.DataLoader(data, batch_size=batch, shuffle=True)
    step = _torch_step(x.shape[1], hidden, latent)

    def epoch():
        for (rows,) in loader:
            step(rows)

    return epoch


def floor(images: np.ndarray, hidden, latent: int, batch: int) -> Callable[[], None]:
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

    pixels = int(np.prod(images.shape[1:]))
    # Mean and log-variance are one product of twice the width.
    encoder = list(itertools.pairwise([pixels, *hidden, 2 * latent]))
    decoder = list(itertools.pairwise([latent, *hidden[::-1], pixels]))
    layers, weights = [], []
    for i, (fan_in, fan_out) in enumerate(encoder + decoder):
        x, weight, y = matrix(batch, fan_in), matrix(fan_in, fan_out), matrix(batch, fan_out)
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


CONTENDERS = {
    "vaelib fit": vaelib,
    "Keras fit": keras_fit,
    "PyTorch tensor": torch_tensor,
    "PyTorch DataLoader": torch_loader,
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


def _torch_step(pixels: int, hidden, latent: int) -> Callable:
    """Return the usual training step: eager, with the defaults of `torch.optim.Adam`."""
    import torch
    from torch import nn
    from torch.nn import functional as F  # noqa: N812, the customary name

    torch.set_num_threads(1)

    def stack(widths):
        layers = [
            (nn.Linear(inputs, outputs), nn.ReLU())
            for inputs, outputs in itertools.pairwise(widths)
        ]
        return nn.Sequential(*itertools.chain.from_iterable(layers))

    encoder = stack([pixels, *hidden])
    mean, log_variance = nn.Linear(hidden[-1], latent), nn.Linear(hidden[-1], latent)
    decoder = nn.Sequential(stack([latent, *hidden[::-1]]), nn.Linear(hidden[0], pixels))
    model = nn.ModuleList([encoder, mean, log_variance, decoder])
    adam = torch.optim.Adam(model.parameters(), lr=1e-3)

    def step(x):
        h = encoder(x)
        mu, lv = mean(h), log_variance(h)
        logits = decoder(mu + torch.exp(0.5 * lv) * torch.randn_like(mu))
        nll = F.binary_cross_entropy_with_logits(logits, x, reduction="sum")
        kl = -0.5 * torch.sum(1 + lv - mu**2 - lv.exp())
        loss = (nll + kl) / len(x)
        adam.zero_grad()
        loss.backward()
        adam.step()

    return step
