"""The claims as articles make them: the sentence, who says so, and where."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Reference:
    """An article, or what else is read as one.

    Attributes
    ----------
    authors, title, where : str
    year : int or None
        None for a page without a date.
    url : str
    """

    authors: str
    title: str
    where: str
    url: str
    year: int | None = None


@dataclasses.dataclass(frozen=True)
class Source:
    """What a reference says about a claim.

    Attributes
    ----------
    reference : Reference
    place : str
        Where in it, such as a section.
    says : str
    quoted : bool
        Whether these are its words; else it is a paraphrase.
    contrary : bool
        Whether it says the opposite of the claim.
    """

    reference: Reference
    place: str
    says: str
    quoted: bool = True
    contrary: bool = False


@dataclasses.dataclass(frozen=True)
class Statement:
    """A claim.

    Attributes
    ----------
    number : int
        From 1.
    text : str
        In a sentence.
    about : str
        What it means, and what is measured here.
    sources : tuple of Source
    """

    number: int
    text: str
    about: str
    sources: tuple[Source, ...]


_GLOROT = Reference(
    authors="Glorot, Bordes and Bengio",
    year=2011,
    title="Deep Sparse Rectifier Neural Networks",
    where="AISTATS, PMLR 15",
    url="https://proceedings.mlr.press/v15/glorot11a.html",
)
_AGARAP = Reference(
    authors="Agarap",
    year=2026,
    title="Deep Learning using Rectified Linear Units",
    where="arXiv:1803.08375, version 3",
    url="https://arxiv.org/abs/1803.08375v3",
)
_KRIZHEVSKY = Reference(
    authors="Krizhevsky, Sutskever and Hinton",
    year=2012,
    title="ImageNet Classification with Deep Convolutional Neural Networks",
    where="NeurIPS 25",
    url="https://proceedings.neurips.cc/paper/2012/file/c399862d3b9d6b76c8436e924a68c45b-Paper.pdf",
)
_PYTORCH = Reference(
    authors="The PyTorch examples",
    title="Basic VAE Example",
    where="github.com/pytorch/examples",
    url="https://github.com/pytorch/examples/blob/1614cbadb7ff530dc09201e150c805705a0b9456/vae/README.md",
)
_LECUN = Reference(
    authors="LeCun, Bottou, Orr and Müller",
    year=1998,
    title="Efficient BackProp",
    where="Neural Networks: Tricks of the Trade, Springer",
    url="https://doi.org/10.1007/3-540-49430-8_2",
)
_DEEPVIDHYA = Reference(
    authors="Deepvidhya",
    year=2023,
    title="Exploring the Power of ReLU Activation Function in Neural Networks",
    where="deepvidhya.blogspot.com",
    url="https://deepvidhya.blogspot.com/2023/06/exploring-power-of-relu-activation.html",
)
_MROPENGATE = Reference(
    authors="Mr. Opengate",
    year=2017,
    title="Deep Learning: the role of the activation function",
    where="mropengate.blogspot.com, in Chinese",
    url="https://mropengate.blogspot.com/2017/02/deep-learning-role-of-activation.html",
)
_HENDRYCKS = Reference(
    authors="Hendrycks and Gimpel",
    year=2016,
    title="Gaussian Error Linear Units (GELUs)",
    where="arXiv:1606.08415",
    url="https://arxiv.org/abs/1606.08415",
)
_BROWNLEE = Reference(
    authors="Brownlee",
    year=2019,
    title="How to Fix Vanishing Gradients Using the Rectified Linear Activation Function",
    where="machinelearningmastery.com",
    url="https://machinelearningmastery.com/how-to-fix-vanishing-gradients-using-the-rectified-linear-activation-function/",
)

RECONSTRUCTS_BEST = Statement(
    number=1,
    text="Among sigmoid, tanh and ReLU, ReLU reconstructs best.",
    about=(
        "The claim is about these three only. The squared error of posterior means ignores what "
        "the code costs; the ELBO counts it."
    ),
    sources=(
        Source(
            _GLOROT,
            "abstract, of classifiers",
            "rectifying neurons are an even better model of biological neurons and yield equal or "
            "better performance than hyperbolic tangent networks",
        ),
        Source(
            _AGARAP,
            "abstract",
            "Tanh yielded the highest peak signal to noise ratio in image reconstruction",
            contrary=True,
        ),
    ),
)
RELU_TRAINS_FASTER = Statement(
    number=2,
    text="ReLU trains faster (fewer optimiser steps to a given quality; time per step).",
    about=(
        "Faster has two meanings: fewer optimiser steps, or less time for a step. Steps are "
        "counted to the best loss that both reach, and only where that is clearly better than a "
        "constant image. The time of a step comes from a benchmark of all activations in one "
        "process, as what is timed while a study runs is the load of the machine."
    ),
    sources=(
        Source(
            _KRIZHEVSKY,
            "section 3.1",
            "Deep convolutional neural networks with ReLUs train several times faster than their "
            "equivalents with tanh units.",
        ),
        Source(
            _PYTORCH,
            "vae/README.md",
            "It uses ReLUs and the adam optimizer, instead of sigmoids and adagrad. These changes "
            "make the network converge much faster.",
        ),
        Source(
            _GLOROT,
            "page 318",
            "Computations are also cheaper: there is no need for computing the exponential "
            "function in activations, and sparsity can be exploited.",
        ),
    ),
)
TANH_TRAINS_FASTER = Statement(
    number=3,
    text="tanh trains faster than sigmoid.",
    about="Tanh is centred on zero, which should help the optimiser.",
    sources=(
        Source(
            _LECUN,
            "section 4.4",
            "Symmetric sigmoids such as hyperbolic tangent often converge faster than the standard "
            "logistic function.",
        ),
    ),
)
GRADIENTS_VANISH = Statement(
    number=4,
    text="The gradients of sigmoid and tanh vanish with depth, those of ReLU do not.",
    about=(
        "Each layer multiplies the gradient by the slope of its activation, at most 1/4 for "
        "sigmoid and 1 for tanh, and by weights, whose size the start decides. Depth is how often "
        "each hidden layer is repeated. A posterior that collapsed has small gradients for a "
        "reason of its own."
    ),
    sources=(
        Source(
            _GLOROT,
            "page 318",
            "In networks of rectifiers, gradients flow well along the active units: the "
            "non-linearity lets none vanish, as it does with sigmoid and tanh units.",
            quoted=False,
        ),
        Source(
            _AGARAP,
            "abstract",
            "Sigmoid failed to converge in deep convolutional vision tasks due to the vanishing "
            "gradient problem",
        ),
    ),
)
OVERFITS_LESS = Statement(
    number=5,
    text="ReLU overfits less.",
    about=(
        "A gap depends on how far the training images are fitted, so generalisation gaps are "
        "compared at an equal fit, and on the same split."
    ),
    sources=(
        Source(
            _DEEPVIDHYA,
            "under benefits",
            "ReLU promotes sparse activation, where only a subset of neurons is activated while "
            "the rest remains dormant. This property helps in achieving more efficient and concise "
            "representations of data, which is beneficial in reducing overfitting and improving "
            "generalization.",
        ),
        Source(
            _MROPENGATE,
            "section 2, translated",
            "ReLU sets the outputs of some neurons to zero, which makes the network sparse and "
            "eases overfitting.",
            quoted=False,
        ),
    ),
)
LINEAR_LEARNS_LESS = Statement(
    number=6,
    text="A linear network cannot learn what the non-linear ones learn.",
    about="A network without non-linear activations can only learn a linear code.",
    sources=(
        Source(
            _HENDRYCKS,
            "section 1",
            "the activation choice has remained a necessary architecture decision for neural "
            "networks lest the network be a deep linear classifier",
        ),
    ),
)
VANISHING_IS_CURED = Statement(
    number=7,
    text="Deeper models, other optimisers and other activations cure vanishing gradients.",
    about=(
        "Only settings in which the gradient vanished are considered. The source names other "
        "activations and other optimisers; for deeper models none is cited."
    ),
    sources=(
        Source(
            _BROWNLEE,
            "introduction",
            "Many fixes and workarounds have been proposed and investigated, such as alternate "
            "weight initialization schemes, unsupervised pre-training, layer-wise training, and "
            "variations on gradient descent. Perhaps the most common change is the use of the "
            "rectified linear activation function",
        ),
    ),
)
GELU_IS_BEST = Statement(
    number=8,
    text=(
        "GELU beats ReLU and ELU on the MNIST autoencoder of the GELU paper (Hendrycks & Gimpel "
        "2016)."
    ),
    about=(
        "The paper trained an autoencoder of this shape with Adam at rates of 0.001 and 0.0001. "
        "Here it is a VAE, on fewer digits; the settings say whether most models had ended."
    ),
    sources=(
        Source(
            _HENDRYCKS,
            "section 3.2",
            "the GELU accommodates different learning rates and significantly outperforms the "
            "other nonlinearities",
        ),
    ),
)
STATEMENTS = (
    RECONSTRUCTS_BEST,
    RELU_TRAINS_FASTER,
    TANH_TRAINS_FASTER,
    GRADIENTS_VANISH,
    OVERFITS_LESS,
    LINEAR_LEARNS_LESS,
    VANISHING_IS_CURED,
    GELU_IS_BEST,
)
