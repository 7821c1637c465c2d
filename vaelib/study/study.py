"""What to run: a study, read from YAML and checked before anything runs."""

from pathlib import Path
from typing import Annotated, Any, Literal

import pydantic
import yaml

from vaelib.data.sources import Source
from vaelib.exceptions import StudyError
from vaelib.results import keys, provenance
from vaelib.results.columns import MARGINS
from vaelib.study.fields import (
    Count,
    Finite,
    Fraction,
    Listed,
    NotNegative,
    OneLine,
    Optimizer,
    Positive,
    Seed,
    known_activation,
    one_line,
)

# Fields that may be lists, of which every combination is trained.
_GRID = (*keys.SETTING_KEYS, "learning_rates")


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
        One trained model each. A single number stands for so many, from 0.
    decoder_activation : one or several str or None
        Of the decoder's hidden layers; that of the encoder by default.
    hidden_units : list of int
        Of the encoder; the decoder mirrors them.
    depth : one or several int
        How many times each hidden layer stands, one after another.
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
        Also trained with. Tuned, every activation has the one of all these that
        is best on the validation images; only for that one and for the default
        rate are test images scored.
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
        By metric (elbo, mse, psnr, ssim, gap), the difference that does not
        matter; what is not named keeps its default.
    """

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, pydantic.Field(pattern=r"^[A-Za-z0-9][\w.-]*$")] = "study"
    dataset: Listed(str) = ["mnist5k"]
    validation_fraction: Fraction = 0.1
    test_fraction: Fraction = 0.1
    train_size: Listed(Count | None) = [None]
    split_seed: Seed = 0
    activations: Annotated[list[str], pydantic.Field(min_length=1)] = ["sigmoid", "tanh", "relu"]
    seeds: Annotated[list[Seed], pydantic.Field(min_length=1)] = list(range(9))
    decoder_activation: Listed(str | None) = [None]
    hidden_units: list[Count] = [128, 64, 32]
    depth: Listed(Count) = [1]
    batch_norm: Listed(pydantic.StrictBool) = [False]
    latent_dim: Count = 16
    likelihood: Literal["bernoulli", "gaussian"] = "bernoulli"
    output_activation: Literal["sigmoid", "linear"] = "sigmoid"
    initializer: Listed(Literal["keras", "matched"]) = ["keras"]
    optimizer: Listed(Optimizer) = ["adam"]
    weight_decay: Listed(NotNegative) = [0.0]
    learning_rate: Positive = 1e-3
    learning_rates: list[Positive] = []
    batch_size: Count = 32
    epochs: Count = 20
    probe_images: Count = 256
    saturation: Fraction = 0.01
    target_loss: Finite | None = None
    gallery_images: Count = 8
    margins: dict[str, NotNegative] = MARGINS

    @pydantic.field_validator("activations", "hidden_units", *_GRID, mode="before")
    @classmethod
    def _listed(cls, value, info):
        """Take a single value or, from the command line, ``a,b`` for a list."""
        if isinstance(value, str):
            try:
                return yaml.safe_load(value if value.startswith("[") else f"[{value}]")
            except yaml.YAMLError:
                field = info.field_name
                raise OneLine(f"{field}: {value!r} is not a list; allowed: a,b") from None
        return value if isinstance(value, list | tuple) else [value]

    @pydantic.field_validator("seeds", mode="before")
    @classmethod
    def _counted(cls, value, info):
        if isinstance(value, int) and not isinstance(value, bool):
            if not 1 <= value <= 1000:
                raise OneLine(f"seeds: {value} is not allowed; allowed: 1 to 1000, or a list")
            return list(range(value))
        return cls._listed(value, info)

    @pydantic.field_validator("activations", "decoder_activation")
    @classmethod
    def _known(cls, value, info):
        names = [
            name if name is None else known_activation(name, info.field_name) for name in value
        ]
        for name, given in zip(names, value, strict=True):
            if names.count(name) > 1 and name != given:
                raise OneLine(
                    f"{info.field_name}: {given!r} is an alias of {name!r}, which is there too; "
                    "allowed: each once"
                )
        return names

    @pydantic.field_validator("activations", "seeds", "dataset", *_GRID)
    @classmethod
    def _distinct(cls, value, info):
        for i, entry in enumerate(value):
            if entry in value[:i]:
                raise OneLine(f"{info.field_name}: {entry!r} is there twice; allowed: each once")
        return value

    @pydantic.field_validator("margins", mode="after")
    @classmethod
    def _margins(cls, value):
        for metric in value:
            if metric not in MARGINS:
                raise OneLine(f"margins: {metric!r} is unknown; allowed: {', '.join(MARGINS)}")
        return MARGINS | value

    @pydantic.field_validator("dataset", mode="before")
    @classmethod
    def _absolute(cls, value):
        """Notebooks run in another folder: give a file its whole path."""
        entries = [part.strip() for part in value.split(",")] if isinstance(value, str) else value
        if not isinstance(entries, list | tuple):
            entries = [entries]
        return [
            Source.parse(entry).location if isinstance(entry, str | Path) else entry
            for entry in entries
        ]

    @pydantic.model_validator(mode="after")
    def _consistent(self):
        names = [Source.parse(dataset).name for dataset in self.dataset]
        if len(set(names)) < len(names):
            raise OneLine(f"dataset: {self.dataset} has a name twice; allowed: names of their own")
        if self.likelihood == "bernoulli" and self.output_activation != "sigmoid":
            raise OneLine(
                f"output_activation: {self.output_activation!r} goes with likelihood: gaussian; "
                "allowed with bernoulli: 'sigmoid'"
            )
        if self.validation_fraction + self.test_fraction >= 1:
            raise OneLine(
                f"validation_fraction: {self.validation_fraction} with test_fraction: "
                f"{self.test_fraction} leaves no training images; allowed: a sum under 1"
            )
        return self

    @classmethod
    def create(cls, **fields: Any) -> "Study":
        """Build a study; what is wrong is told in one line.

        Raises
        ------
        StudyError
            Naming the first wrong field, its value and what is allowed.
        """
        try:
            return cls(**fields)
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
            Fields that take the place of the file's.

        Returns
        -------
        Study

        Raises
        ------
        StudyError
            For a file that is missing or not YAML, and as in `create`.
        """
        path = Path(path)
        try:
            content = yaml.safe_load(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "it is not text"
            raise StudyError(f"study: cannot read {str(path)!r}: {reason}") from None
        except (yaml.YAMLError, ValueError) as error:  # an impossible date is a ValueError
            reason = " ".join(str(error).split())
            raise StudyError(f"study: {str(path)!r} is not YAML: {reason}") from None
        content = {} if content is None else content
        if not isinstance(content, dict):
            raise StudyError(
                f"study: {str(path)!r} holds a {type(content).__name__}; allowed: fields and values"
            )
        fields = {str(field): value for field, value in content.items()}
        return cls.create(**{"name": path.stem, **fields, **overrides})

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
            del parameters[replaced]  # the fingerprint stands for them
        return provenance.digest(parameters, fingerprint)
