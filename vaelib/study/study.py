"""What to run: a study, checked before anything runs."""

import dataclasses
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import pydantic

from vaelib.data.sources import Source
from vaelib.exceptions import StudyError
from vaelib.formatting import count
from vaelib.results import keys, provenance
from vaelib.study import fields, own_activations, yaml_file
from vaelib.study.tuning import FIRST_TUNING_SEED, Tuning
from vaelib.training.configuration import NetworkConfiguration, Split, TrainingConfiguration
from vaelib.validation import (
    Count,
    FieldError,
    Finite,
    Fraction,
    NotNegative,
    Positive,
    Whole,
    one_line,
)

if TYPE_CHECKING:  # at run time it would load NumPy
    from vaelib.data.images import ImagePool

DEFAULT_QUESTION = "Which activation function should this VAE use?"
_LONGEST_SUFFIX = 60  # characters
_OF_CLAIMS = (
    *(".csv", ".html", ".ipynb"),
    *(f"-{table}.csv" for table in ("evidence", "settings", "flow")),
)
# Names in the folder of the reports that are no study's.
RESERVED = ("runs", "published", "index.html", *(f"claims{end}" for end in _OF_CLAIMS))


class Study(pydantic.BaseModel):
    """Images, network, activations, seeds and grid of a comparison.

    A field of type "one or several" may be a list; every combination of such
    lists is trained with every seed, and the report compares activations in
    each.

    Attributes
    ----------
    name : str
        Of the folder under ``reports/``; the file's name by default.
    question : str
        That the report answers: its title, a line of text.
    dataset : one or several str
        See `data.load_images`.
    image_size : int or [height, width] or None
        8 to 128 pixels, to which the images of every data set are resized; what does not
        fit is cropped. None chooses a size for pictures, and leaves arrays as they are.
    validation_fraction, test_fraction : float
        Shares of all images, in (0, 1).
    train_size : one or several int or None
        Training images to keep; all by default.
    activations : list of str
        To compare; see `activations.get`. ``mine.py:snake`` is the function ``snake`` of
        a Python file, whose path begins beside the study's file, or in the current
        folder where there is none; the file is executed at once.
    seeds : list of int
        The replicates: a seed draws the split of the images, the weights, the order
        and the noise, the same for every activation. A single number n means 0 to
        n - 1.
    design : {"full", "race"}
        Whether every activation is trained with every seed, and all pairs are
        compared with all of them, or those shown to be worse than the leader are
        retired on the way; see `analysis.race`.
    decoder_activation : one or several str or None
        Of the decoder's hidden layers; that of the encoder by default.
    architecture : one or several of {"dense", "conv"} or None
        Dense layers or convolutions; None for what suits the images: convolutions for
        colour images of 16 pixels and more.
    hidden_units : list of int
        Of a dense encoder; the decoder mirrors them.
    channels : list of int
        Of a convolutional encoder, whose layers halve height and width each.
    depth : one or several int
        How often each hidden layer is repeated.
    batch_norm : one or several bool
    latent_dim : int
    likelihood : {"bernoulli", "gaussian"} or None
        None for what suits the images: gaussian, with a shared variance, for colour.
    output_activation : {"sigmoid", "linear"}
    initializer : one or several of {"keras", "matched"}
    optimizer : one or several str
        adam, sgd (with momentum 0.9), rmsprop, nadam, adamax or adagrad.
    weight_decay : one or several float
        Decoupled, of the kernels.
    beta : one or several float
        Weight of the KL term in what is minimised. The ELBO is reported without it.
    kl_warmup : one or several int
        Epochs over which that weight rises from 0; below ``epochs``.
    learning_rate : one or several float
    batch_size : int
    epochs : int
        At most.
    patience : int or None
        Epochs without a better validation loss after which training ends; the best
        weights are kept. None trains all epochs, and keeps the last weights.
    tune : Tuning or None
        What is chosen for each activation before the comparison; see `Tuning`.
    probe_images : int
        Images of the fixed batch whose gradients are recorded.
    saturation : float
        Slope under which an activation counts as saturated.
    target_loss : float or None
        Validation loss in nats whose first epoch is reported; by default the
        median over all runs of the loss they end with.
    gallery_images : int
        Test images shown under each activation, at most 64; see
        `training.examples.choose`.
    margin : float
        Differences that do not matter, as a share of the best activation's lead over a
        constant image; see `analysis.margins`.
    margins : dict of str to float
        The same in the unit of a metric (elbo, mse, psnr, ssim, gap), in the place of
        that share.
    own_activations : dict of str to str
        Texts of the files that activations come from, by the activations' names; they
        are read from the files.
    """

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)

    name: fields.StudyName = "study"
    question: fields.Line = DEFAULT_QUESTION
    dataset: fields.Sources = ["mnist5k"]
    image_size: fields.Size | None = None
    validation_fraction: Fraction = 0.1
    test_fraction: Fraction = 0.1
    train_size: fields.OneOrSeveral[Count | None] = [None]
    activations: fields.Activations[str] = ["sigmoid", "tanh", "relu"]
    seeds: fields.Seeds = list(range(9))
    design: fields.Design = "full"
    decoder_activation: fields.Activations[str | None] = [None]
    architecture: fields.OneOrSeveral[fields.Architecture | None] = [None]
    hidden_units: fields.Several[Count] = [128, 64, 32]
    channels: Annotated[fields.Several[Count], pydantic.Field(min_length=1)] = [16, 32, 64]
    depth: fields.OneOrSeveral[Count] = [1]
    batch_norm: fields.OneOrSeveral[pydantic.StrictBool] = [False]
    latent_dim: Count = 16
    likelihood: fields.Likelihood | None = None
    output_activation: fields.OutputActivation = "sigmoid"
    initializer: fields.OneOrSeveral[fields.Initializer] = ["keras"]
    optimizer: fields.OneOrSeveral[fields.Optimizer] = ["adam"]
    weight_decay: fields.OneOrSeveral[NotNegative] = [0.0]
    beta: fields.OneOrSeveral[Positive] = [1.0]
    kl_warmup: fields.OneOrSeveral[Whole] = [0]
    learning_rate: fields.OneOrSeveral[Positive] = [1e-3]
    batch_size: Count = 32
    epochs: Count = 400
    patience: Count | None = 15
    tune: Tuning | None = None
    probe_images: Count = 256
    saturation: Fraction = 0.01
    target_loss: Finite | None = None
    gallery_images: Annotated[Count, pydantic.Field(le=fields.MOST_IMAGES)] = 8
    margin: Fraction = 0.01
    margins: fields.Margins = {}
    own_activations: dict[str, str] = {}

    @pydantic.model_validator(mode="before")
    @classmethod
    def _define_own_activations(cls, values: dict) -> dict:
        return own_activations.defined(values)

    @pydantic.model_validator(mode="after")
    def _consistent(self):
        if self.name in RESERVED:
            raise FieldError(
                f"name: {self.name!r} is what all studies have in common; allowed: another name"
            )
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
        fewest = min(self.epochs, self.tune.epochs or self.epochs) if self.tune else self.epochs
        if max(self.kl_warmup) >= fewest:
            raise FieldError(
                f"kl_warmup: {max(self.kl_warmup)} of {fewest} epochs; allowed: fewer than those"
            )
        if self.validation_fraction + self.test_fraction >= 1:
            raise FieldError(
                f"validation_fraction: {self.validation_fraction} with test_fraction: "
                f"{self.test_fraction} leaves no training images; allowed: a sum under 1"
            )
        if self.tune is not None:
            both = set(self.seeds) & set(self.tune.replicates)
            if both:
                raise FieldError(
                    f"seeds: {min(both)} serves to tune; allowed: below {FIRST_TUNING_SEED}"
                )
            for field in self.tune.grid:
                if len(getattr(self, field)) > 1:
                    raise FieldError(
                        f"tune: {field!r} is a list in the study, too; allowed: one value there"
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
            of_tuning = first["loc"][:1] == ("tune",) and len(first["loc"]) > 1
            known = Tuning.model_fields if of_tuning else cls.model_fields
            given = [name for name in known if name != "own_activations"]
            raise StudyError(one_line(first, given) + more) from None

    @classmethod
    def from_yaml(cls, path: str | Path, /, **overrides: Any) -> "Study":
        """Read a study.

        Parameters
        ----------
        path : str or path
            A YAML file with any of the fields but ``own_activations``. Paths of images
            begin in the current folder, those of activations beside the file.
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
        if (given | overrides).get("own_activations"):  # which would be executed
            raise StudyError(
                "own_activations: read from the files of activations; allowed: activations such "
                "as mine.py:snake"
            )
        try:
            given = own_activations.anchored(given, Path(path).parent)
        except FieldError as error:
            raise StudyError(str(error)) from None
        if overrides and "name" not in overrides:
            given["name"] = f"{given['name']}-{_suffix(overrides)}"
        return cls.create(**{**given, **overrides})

    @property
    def settings(self) -> list[keys.Setting]:
        """The grid: one setting for each comparison of the study on a data set."""
        return keys.settings(**{name: getattr(self, name) for name in keys.SETTING_KEYS})

    @property
    def plan(self) -> str:
        """How many models it takes, in a sentence."""
        settings = len(self.settings) * len(self.dataset)
        most = len(self.activations) * len(self.seeds) * settings
        race = self.design == "race"
        design = "at most, as a race retires what is worse" if race else "in all"
        tuned = ", besides those that serve to tune" if self.tune else ""
        parts = [
            count(len(self.activations), "activation"),
            count(settings, "setting"),
            f"{'up to ' if race else ''}{count(len(self.seeds), 'replicate')} each",
        ]
        return f"{', '.join(parts)}: {count(most, 'model')} {design}{tuned}."

    def expected_time(self, reports: str | Path | None = None) -> str:
        """Return how many models are to train, and for how long, in a sentence.

        Images are read for it, but none are downloaded.

        Parameters
        ----------
        reports : str or path, optional
            Folder of the reports, whose models need not be trained again; that of this
            checkout by default.
        """
        from vaelib.study import expectation

        return expectation.of_study(self, Path(reports or provenance.PACKAGE.parent / "reports"))

    def network(self, activation: str) -> NetworkConfiguration:
        """Return the network with one activation."""
        names = [field.name for field in dataclasses.fields(NetworkConfiguration)]
        values = {name: getattr(self, name) for name in names if name != "activation"}
        return NetworkConfiguration(activation=activation, **values)

    @property
    def shown_names(self) -> dict[str, str]:
        """How tables and figures call the study's own activations, by name."""
        decoders = [name for name in self.decoder_activation if name is not None]
        names = list(dict.fromkeys([*self.activations, *decoders]))
        return own_activations.shown_names(names, self.own_activations)

    @property
    def training(self) -> TrainingConfiguration:
        """How a model is trained."""
        names = [field.name for field in dataclasses.fields(TrainingConfiguration)]
        return TrainingConfiguration(**{name: getattr(self, name) for name in names})

    def split(self, pool: "ImagePool") -> Split:
        """Return how a data set is split."""
        return Split(
            dataset=pool.name,
            fingerprint=pool.fingerprint,
            validation_fraction=self.validation_fraction,
            test_fraction=self.test_fraction,
        )


def _suffix(overrides: dict) -> str:
    """Return the overrides as the end of a folder's name; long ones as a hash."""
    text = "-".join(f"{field}-{_plain(value)}" for field, value in sorted(overrides.items()))
    return text if len(text) <= _LONGEST_SUFFIX else provenance.hash_of(overrides)[:8]


def _plain(value: Any) -> str:
    """Return a value in the characters that a study's name may have."""
    values = value if isinstance(value, list | tuple) else str(value).split(",")
    return "-".join(
        re.sub(r"[^\w.]+", "-", Path(str(one).strip()).name).strip("-") for one in values
    )
