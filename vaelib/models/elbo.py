"""The evidence lower bound (ELBO): one posterior sample per image, two terms.

The one place that encodes, samples and decodes: training (`VAE.objective`),
evaluation (`VAE.elbo`) and the gradient probe all call `terms`. Bounds of more
than one sample, and of models without a posterior, are in `bounds`.
"""

from collections.abc import Callable

from vaelib.backend import tf
from vaelib.models import likelihoods


def reparameterize(mean, log_variance, noise):
    """Return samples of a diagonal Gaussian as a function of its parameters.

    The randomness is in `noise`, so that gradients reach the mean and the
    log-variance: the reparameterisation trick (Kingma and Welling 2014,
    section 2.4).

    Parameters
    ----------
    mean, log_variance : tensor [n, latent_dim]
    noise : tensor [..., n, latent_dim]
        Standard normal.

    Returns
    -------
    tensor like `noise`
        ``mean + exp(log_variance / 2) * noise``.
    """
    return mean + tf.exp(0.5 * log_variance) * noise


def terms(
    encoder: Callable,
    decoder: Callable,
    negative_log_likelihood: Callable,
    images,
    noise,
    training: bool = False,
):
    """Return the two terms of the negative ELBO of each image, in nats.

    Parameters
    ----------
    encoder : callable
        From images to the posterior's mean and log-variance, [n, latent_dim]
        each; takes ``training``.
    decoder : callable
        From codes [n, latent_dim] to logits of the shape of `images`; takes
        ``training``.
    negative_log_likelihood : callable
        Of images and logits; tensor [n].
    images : tensor [n, height, width, channels]
    noise : tensor [n, latent_dim]
        Standard normal; one posterior sample per image is made of it.
    training : bool
        Passed on to the networks.

    Returns
    -------
    reconstruction : tensor [n]
        ``-log p(x | z)``, an unbiased estimate of its mean over the posterior.
    kl : tensor [n]
        ``KL(q(z | x) || p(z))`` in closed form. The ELBO is minus the sum of
        the two (Kingma and Welling 2014, equation 7).
    """
    mean, log_variance = encoder(images, training=training)
    logits = decoder(reparameterize(mean, log_variance, noise), training=training)
    reconstruction = negative_log_likelihood(images, logits)
    kl = tf.reduce_sum(likelihoods.gaussian_kl(mean, log_variance), axis=-1)
    return reconstruction, kl
