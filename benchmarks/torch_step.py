"""The usual training step of a VAE in PyTorch, after its tutorials: eager, with `nn` modules."""

import itertools
import math
from collections.abc import Callable

import numpy as np


def tensor(images: np.ndarray, network: dict):
    """Return images as a tensor: flat, or channels last for convolutions."""
    import torch

    x = torch.from_numpy(np.asarray(images))
    if "channels" not in network:
        return x.flatten(1)
    return x.permute(0, 3, 1, 2)  # of which channels last is the order in memory


def training(shape: tuple[int, int, int], network: dict) -> Callable:
    """Return a step on a mini-batch, with the defaults of `torch.optim.Adam`.

    Parameters
    ----------
    shape : tuple of int
        Of an image, channels last; for convolutions a multiple of all strides.
    network : dict
        Options of `VAE`, whose network this is.
    """
    import torch
    from torch import nn
    from torch.nn import functional as F  # noqa: N812, the customary name

    torch.set_num_threads(1)
    networks = _convolutional if "channels" in network else _dense
    encoder, features, decoder = networks(shape, network)
    latent = network["latent_dim"]
    mean, log_variance = nn.Linear(features, latent), nn.Linear(features, latent)
    model = nn.ModuleList([encoder, mean, log_variance, decoder])
    model = model.to(memory_format=torch.channels_last)
    adam = torch.optim.Adam(model.parameters(), lr=1e-3)

    def bernoulli_nll(x, logits):
        return F.binary_cross_entropy_with_logits(logits, x, reduction="sum")

    def gaussian_nll(x, logits):
        error = F.mse_loss(torch.sigmoid(logits), x, reduction="sum")
        variance = error.detach() / x.numel()  # the optimal one
        return 0.5 * (x.numel() * torch.log(2 * math.pi * variance) + error / variance)

    gaussian = network.get("likelihood") == "gaussian"
    negative_log_likelihood = gaussian_nll if gaussian else bernoulli_nll

    def step(x):
        h = encoder(x)
        mu, lv = mean(h), log_variance(h)
        logits = decoder(mu + torch.exp(0.5 * lv) * torch.randn_like(mu))
        kl = -0.5 * torch.sum(1 + lv - mu**2 - lv.exp())
        loss = (negative_log_likelihood(x, logits) + kl) / len(x)
        adam.zero_grad()
        loss.backward()
        adam.step()

    step.model = model
    return step


def _dense(shape, network: dict) -> tuple:
    from torch import nn

    pixels, hidden = math.prod(shape), network["hidden_units"]

    def stack(widths):
        layers = [
            (nn.Linear(inputs, outputs), nn.ReLU())
            for inputs, outputs in itertools.pairwise(widths)
        ]
        return nn.Sequential(*itertools.chain.from_iterable(layers))

    widths = [network["latent_dim"], *hidden[::-1]]
    decoder = nn.Sequential(stack(widths), nn.Linear(hidden[0], pixels))
    return stack([pixels, *hidden]), hidden[-1], decoder


def _convolutional(shape, network: dict) -> tuple:
    from torch import nn

    height, width, colours = shape
    channels = network["channels"]
    code = (channels[-1], height // 2 ** len(channels), width // 2 ** len(channels))
    pairs = list(itertools.pairwise([colours, *channels]))
    encoder = [(nn.Conv2d(*pair, 4, stride=2, padding=1), nn.ReLU()) for pair in pairs]
    mirror = [
        (nn.ReLU(), nn.ConvTranspose2d(*pair[::-1], 4, stride=2, padding=1)) for pair in pairs[::-1]
    ]
    decoder = [nn.Linear(network["latent_dim"], math.prod(code)), nn.Unflatten(1, code)]
    return (
        nn.Sequential(*itertools.chain.from_iterable(encoder), nn.Flatten()),
        math.prod(code),
        nn.Sequential(*decoder, *itertools.chain.from_iterable(mirror)),
    )
