"""What to run: a study, checked before anything runs."""

import re
from pathlib import Path
from typing import Any

import pydantic

from vaelib.data.sources import Source
from vaelib.exceptions import StudyError
from vaelib.results import keys, provenance
from vaelib.results.columns import MARGINS
from vaelib.study import fields, yaml_file
from vaelib.validation import (
    Count,
    FieldError,
    Finite,
    Fraction,
    NotNegative,
    Positive,
    Seed,
    one_line,
)

_LONGEST_SUFFIX = 60  # characters


class Study(pydantic.BaseModel):
    """Images, network, activations, seeds and grid of a comparison.

    A field of type "one or several" may be a list; every combination of such
    lists is trained with every seed, and the report compares activations in
    each. The learning rates are the exception: see `learning_rates`.

    Attributes
    ----------
    name : str
        Of the folder under ``reports/``; the file's name by default.
    dataset : one or several str
        See `data.load_images`.
    validation_fraction, test_fraction : float
        Shares of all images, in (0, 1).
    train_size : one or several int or None
        Training images to keep; all by default.
    split_seed : int
        Of the split, the same for every run.
    activations : list of str
        To compare; see `activations.get`.
    seeds : list of int
        One trained model each. A single number n means 0 to n - 1.
    decoder_activation : one or several str or None
        Of the decoder's hidden layers; that of the encoder by default.
    hidden_units : list of int
        Of the encoder; the decoder mirrors them.
    depth : one or several int
        How often each hidden layer is repeated.
    batch_norm : one or several bool
    latent_dim : int
    likelihood : {"bernoulli", "gaussian"}
    output_activation : {"sigmoid", "linear"}
    initializer : one or several of {"keras", "matched"}
    optimizer : one or several str
        adam, sgd (with momentum 0.9), rmsprop, nadam, adamax or adagrad.
    weight_decay : one or several float
        Decoupled, of the kernels.
    learning_rate : float
        The default rate, with which all activations are trained.
    learning_rates : list of float
        Further rates to train with. An activation's tuned rate is the one of all
        these that is best on the validation images; test images are scored only
        at the tuned and the default rate.
    batch_size, epochs : int
    probe_images : int
        Images of the fixed batch whose gradients are recorded.
    saturation : float
        Slope under which an activation counts as saturated.
    target_loss : float or None
        Validation loss in nats whose first epoch is reported; by default the
        median over all runs of the loss they end with.
    gallery_images : int
        Test images shown under each activation.
    margins : dict of str to float
        Differences that do not matter, by metric (elbo, mse, psnr, ssim, gap);
        a metric that is not named keeps its default.
    """

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)

    name: fields.StudyName = "study"
    dataset: fields.Sources = ["mnist5k"]
    validation_fraction: Fraction = 0.1
    test_fraction: Fraction = 0.1
    train_size: fields.OneOrSeveral[Count | None] = [None]
    split_seed: Seed = 0
    activations: fields.Activations[str] = ["sigmoid", "tanh", "relu"]
    seeds: fields.Seeds = list(range(9))
    decoder_activation: fields.Activations[str | None] = [None]
    hidden_units: fields.Several[Count] = [128, 64, 32]
    depth: fields.OneOrSeveral[Count] = [1]
    batch_norm: fields.OneOrSeveral[pydantic.StrictBool] = [False]
    latent_dim: Count = 16
    likelihood: fields.Likelihood = "bernoulli"
    output_activation: fields.OutputActivation = "sigmoid"
    initializer: fields.OneOrSeveral[fields.Initializer] = ["keras"]
    optimizer: fields.OneOrSeveral[fields.Optimizer] = ["adam"]
    weight_decay: fields.OneOrSeveral[NotNegative] = [0.0]
    learning_rate: Positive = 1e-3
    learning_rates: fields.SeveralDistinct[Positive] = []
    batch_size: Count = 32
    epochs: Count = 20
    probe_images: Count = 256
    saturation: Fraction = 0.01
    target_loss: Finite | None = None
    gallery_images: Count = 8
    margins: fields.Margins = MARGINS

    @pydantic.model_validator(mode="after")
    def _consistent(self):
        names = [Source.parse(dataset).name for dataset in self.dataset]
        if len(set(names)) < len(names):
            raise FieldError(
                f"dataset: {self.dataset} has a name twice; allowed: names of their own"
            )
        if self.likelihood == "bernoulli" and self.output_activation != "sigmoid":
            raise FieldError(
                f"output_activation: {self.output_activation!r} goes with likelihood: gaussian; "
                "allowed with bernoulli: 'sigmoid'"
            )
        if self.validation_fraction + self.test_fraction >= 1:
            raise FieldError(
                f"validation_fraction: {self.validation_fraction} with test_fraction: "
                f"{self.test_fraction} leaves no training images; allowed: a sum under 1"
            )
        return self

    @classmethod
    def create(cls, **values: Any) -> "Study":
        """Build a study, or refuse it in one line.

        Raises
        ------
        StudyError
            Naming the first wrong field, its value and what is allowed.
        """
        try:
            return cls(**values)
        except pydantic.ValidationError as error:
            first, *others = error.errors()
            more = f" (and {len(others)} more)" if others else ""
            raise StudyError(one_line(first, cls.model_fields) + more) from None

    @classmethod
    def from_yaml(cls, path: str | Path, /, **overrides: Any) -> "Study":
        """Read a study.

        Parameters
        ----------
        path : str or path
            A YAML file with any of the fields.
        **overrides
            Fields that take the place of the file's. The study then has a name,
            and so a report, of its own, which tells them unless they have one.

        Returns
        -------
        Study

        Raises
        ------
        StudyError
            For a file that is missing or not YAML, and as in `create`.
        """
        given = {"name": Path(path).stem, **yaml_file.read_fields(path)}
        if overrides and "name" not in overrides:
            given["name"] = f"{given['name']}-{_suffix(overrides)}"
        return cls.create(**{**given, **overrides})

    def training_parameters(self, activation: str, dataset: str) -> dict:
        """Return the parameters of the notebook that trains one activation."""
        parameters = self.model_dump(exclude={"name", "activations", "target_loss", "margins"})
        return {"activation": activation, **parameters, "dataset": dataset}

    @property
    def models_in_a_run(self) -> int:
        """How many models one notebook trains."""
        settings = keys.settings(**{name: getattr(self, name) for name in keys.SETTING_KEYS})
        return len(settings) * len(self.rates) * len(self.seeds)

    @property
    def rates(self) -> list[float]:
        """Learning rates that are trained with, the default one first."""
        return keys.rates(self.learning_rate, self.learning_rates)

    def identity(self, activation: str, fingerprint: str) -> str:
        """Return the hash of all that determines the result of a run.

        Parameters
        ----------
        activation : str
        fingerprint : str
            Of the images after the split.

        Returns
        -------
        str
            Twelve hexadecimal digits.
        """
        parameters = self.training_parameters(activation, fingerprint)
        for replaced in ("dataset", "validation_fraction", "test_fraction", "split_seed"):
            del parameters[replaced]  # what they determine is in the fingerprint
        return provenance.digest(parameters, fingerprint)


def _suffix(overrides: dict) -> str:
    """Return the overrides as the end of a folder's name; long ones as a hash."""
    text = "-".join(f"{field}-{_plain(value)}" for field, value in sorted(overrides.items()))
    return text if len(text) <= _LONGEST_SUFFIX else provenance.hash_of(overrides)[:8]


def _plain(value: Any) -> str:
    """Return a value in the characters that a study's name may have."""
    values = value if isinstance(value, list | tuple) else [value]
    return "-".join(re.sub(r"[^\w.]+", "-", Path(str(one)).name).strip("-") for one in values)
