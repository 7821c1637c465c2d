"""What to run: a study, read from YAML and checked before anything runs."""

import difflib
import hashlib
import json
from importlib import metadata
from pathlib import Path
from typing import Annotated, Any, Literal

import pydantic
import yaml

from vaelib import activations

PACKAGE = Path(__file__).parent

# What a finished run depends on besides its settings and images.
_CODE = (
    *("activations", "backend", "blocks", "bounds", "data", "inference", "likelihoods"),
    *("metrics", "model", "networks", "probes", "runs", "trainer"),
)
_DISTRIBUTIONS = ("tensorflow", "keras", "numpy", "scikit-image", "scikit-learn")

Count = Annotated[int, pydantic.Field(gt=0, strict=True)]
Seed = Annotated[int, pydantic.Field(ge=0, lt=2**32, strict=True)]
Fraction = Annotated[float, pydantic.Field(gt=0, lt=1)]


def _number(value):
    """Refuse true and false, which pydantic takes for 1 and 0."""
    if isinstance(value, bool):
        raise ValueError("input should be a number")
    return value


Finite = Annotated[float, pydantic.BeforeValidator(_number), pydantic.Field(allow_inf_nan=False)]
Positive = Annotated[Finite, pydantic.Field(gt=0)]


class StudyError(ValueError):
    """A study that cannot be run; the message is one line."""


class Study(pydantic.BaseModel):
    """Images, network, activations and seeds of a comparison.

    Attributes
    ----------
    name : str
        Of the folder under ``reports/``; the file's name by default.
    dataset : str
        See `data.load_images`.
    validation_fraction, test_fraction : float
        Shares of all images, in (0, 1).
    train_size : int or None
        Training images to keep; all by default.
    split_seed : int
        Of the split, the same for every run.
    activations : list of str
        To compare; see `activations.get`.
    seeds : list of int
        One trained model each. A single number stands for so many, from 0.
    hidden_units : list of int
        Of the encoder; the decoder mirrors them.
    latent_dim : int
    likelihood : {"bernoulli", "gaussian"}
    output_activation : {"sigmoid", "linear"}
    initializer : {"keras", "matched"}
    optimizer : str
        Name of one of `keras.optimizers`.
    learning_rate : float
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
    """

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, pydantic.Field(pattern=r"^[A-Za-z0-9][\w.-]*$")] = "study"
    dataset: str = "mnist5k"
    validation_fraction: Fraction = 0.1
    test_fraction: Fraction = 0.1
    train_size: Count | None = None
    split_seed: Seed = 0
    activations: Annotated[list[str], pydantic.Field(min_length=1)] = ["sigmoid", "tanh", "relu"]
    seeds: Annotated[list[Seed], pydantic.Field(min_length=1)] = list(range(9))
    hidden_units: list[Count] = [128, 64, 32]
    latent_dim: Count = 16
    likelihood: Literal["bernoulli", "gaussian"] = "bernoulli"
    output_activation: Literal["sigmoid", "linear"] = "sigmoid"
    initializer: Literal["keras", "matched"] = "keras"
    optimizer: Literal["adam", "sgd", "rmsprop", "adamw", "nadam", "adamax", "adagrad"] = "adam"
    learning_rate: Positive = 1e-3
    batch_size: Count = 32
    epochs: Count = 20
    probe_images: Count = 256
    saturation: Fraction = 0.01
    target_loss: Finite | None = None
    gallery_images: Count = 8

    @pydantic.field_validator("activations", "hidden_units", mode="before")
    @classmethod
    def _listed(cls, value, info):
        """Take a single value or, from the command line, ``a,b`` for a list."""
        if isinstance(value, str):
            try:
                return yaml.safe_load(value if value.startswith("[") else f"[{value}]")
            except yaml.YAMLError:
                field = info.field_name
                raise _OneLine(f"{field}: {value!r} is not a list; allowed: a,b") from None
        return [value] if isinstance(value, int) else value

    @pydantic.field_validator("seeds", mode="before")
    @classmethod
    def _counted(cls, value, info):
        if isinstance(value, int) and not isinstance(value, bool):
            if not 1 <= value <= 1000:
                raise _OneLine(f"seeds: {value} is not allowed; allowed: 1 to 1000, or a list")
            return list(range(value))
        return cls._listed(value, info)

    @pydantic.field_validator("activations")
    @classmethod
    def _known(cls, value):
        try:
            entries = [activations.get(name) for name in value]
        except ValueError as error:
            raise _OneLine(str(error)) from None
        names = [entry.name for entry in entries]
        for entry in entries:
            if entry.function is not None:
                raise _OneLine(
                    f"activations: {entry.name!r} is registered in this process only, and a study "
                    "runs in others; allowed: names of keras.activations"
                )
        for i, name in enumerate(names):
            if name in names[:i]:
                first = value[names.index(name)]
                also = f" (an alias of {first!r})" if first != value[i] else ""
                raise _OneLine(
                    f"activations: {value[i]!r} is there twice{also}; allowed: each once"
                )
        return names

    @pydantic.field_validator("seeds")
    @classmethod
    def _distinct(cls, value):
        if len(set(value)) < len(value):
            raise _OneLine(f"seeds: {value} has a seed twice; allowed: each once")
        return value

    @pydantic.field_validator("dataset")
    @classmethod
    def _absolute(cls, value):
        """Notebooks run in another folder: give a file its whole path."""
        return str(Path(value).expanduser().absolute()) if value.endswith(".npz") else value

    @pydantic.model_validator(mode="after")
    def _consistent(self):
        if self.likelihood == "bernoulli" and self.output_activation != "sigmoid":
            raise _OneLine(
                f"output_activation: {self.output_activation!r} goes with likelihood: gaussian; "
                "allowed with bernoulli: 'sigmoid'"
            )
        if self.validation_fraction + self.test_fraction >= 1:
            raise _OneLine(
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
            raise StudyError(_one_line(first) + more) from None

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

    def training_parameters(self, activation: str) -> dict:
        """Return the parameters of the notebook that trains one activation."""
        parameters = self.model_dump(exclude={"name", "activations", "target_loss"})
        return {"activation": activation, **parameters}

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
        parameters = self.training_parameters(activation)
        for replaced in ("dataset", "validation_fraction", "test_fraction", "split_seed"):
            del parameters[replaced]  # the fingerprint stands for them
        content = [parameters, fingerprint, code_digest(), versions()]
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:12]


class _OneLine(ValueError):
    """Carries a finished message through pydantic."""


def _one_line(error: dict) -> str:
    cause = error.get("ctx", {}).get("error")
    if isinstance(cause, _OneLine):
        return str(cause)
    field = ".".join(str(part) for part in error["loc"] if isinstance(part, str))
    if error["type"] == "extra_forbidden":
        nearest = difflib.get_close_matches(field, Study.model_fields, n=1, cutoff=0.0)[0]
        return (
            f"{field}: unknown field (value {error['input']!r}); did you mean {nearest!r}? "
            f"allowed: {', '.join(Study.model_fields)}"
        )
    message = error["msg"][0].lower() + error["msg"][1:]
    return f"{field}: {error['input']!r} is not allowed; {message}"


def code_digest() -> str:
    """Return a hash of the modules and the notebook that make a run's result."""
    files = [PACKAGE / f"{name}.py" for name in _CODE]
    files.append(PACKAGE.parent / "notebooks" / "01_train.ipynb")
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()[:12]


def versions() -> dict[str, str]:
    """Return the versions of the libraries that a result depends on."""
    return {name: metadata.version(name) for name in _DISTRIBUTIONS}
