"""Finished studies, as the widgets read them."""

import functools
from pathlib import Path

import numpy as np
import pandas as pd

from vaelib.backend import keras
from vaelib.models import activations
from vaelib.models.vae import VAE
from vaelib.results import exploration, files
from vaelib.results.exploration import TrainingSnapshots


def finished_studies(reports: str | Path) -> "list[FinishedStudy]":
    """Return the studies whose models can be explored, by name.

    Parameters
    ----------
    reports : str or path
        Folder of the reports.
    """
    found = Path(reports).glob(f"*/{files.MODELS}/*.keras")
    return [FinishedStudy(folder) for folder in sorted({path.parent.parent for path in found})]


class FinishedStudy:
    """The models of a study's first replicate, with test images to explore them on.

    What is read or computed once is kept.

    Parameters
    ----------
    folder : path
        Of the study's report.
    """

    def __init__(self, folder: Path):
        self.folder = Path(folder)
        self.name = self.folder.name
        self._codes: dict[str, np.ndarray] = {}
        self._models: dict[str, VAE] = {}

    @functools.cached_property
    def activations(self) -> list[str]:
        """The activations that have a model, best test ELBO first."""
        first, *_ = files.by_comparison(self.folder / files.SUMMARY, 1)  # that of the models
        names = first["activation"]
        return [name for name in names if exploration.model_file(self.folder, name).is_file()]

    @functools.cached_property
    def images(self) -> np.ndarray:
        """Test images, float32 [n, height, width, channels] in [0, 1]."""
        return exploration.read_test_images(self.folder)

    @functools.cached_property
    def labels(self) -> np.ndarray | None:
        """Their labels, int [n], where there are any."""
        return exploration.read_test_labels(self.folder)

    def model(self, activation: str) -> VAE:
        """Return the model that the study kept of an activation.

        The study's own activations are registered first, as they were when it was trained.
        """
        if activation not in self._models:
            for name, one in self._own_activations.items():
                activations.register_definition(name, one["text"])
            path = exploration.model_file(self.folder, activation)
            self._models[activation] = keras.saving.load_model(path, compile=False)
        return self._models[activation]

    def shown_name(self, model: VAE) -> str:
        """Return how the study's tables and files call a model's activation."""
        own = self._own_activations
        return own[model.activation]["name"] if model.activation in own else model.activation

    def codes(self, activation: str) -> np.ndarray:
        """Return the posterior means of the test images, float32 [n, latent_dim]."""
        if activation not in self._codes:
            self._codes[activation], _ = self.model(activation).encode(self.images)
        return self._codes[activation]

    def divergences(self, activation: str) -> pd.Series:
        """Return the KL divergence of each latent unit in nats, by unit, largest first."""
        model = self.model(activation)
        latents = files.read_table(self.folder, "latents")
        own = latents[(latents["activation"] == activation) & (latents["seed"] == model.seed)]
        own = own[own["model"] == own["model"].iloc[0]]  # of the first comparison
        return own.set_index("unit")["kl"].sort_values(ascending=False, kind="stable")

    def snapshots(self, activation: str) -> TrainingSnapshots | None:
        """Return reconstructions from training; None for reports of earlier versions."""
        return exploration.read_snapshots(self.folder, activation)

    def gradients(self, model: str) -> pd.DataFrame:
        """Return what was measured of the gradients of a model, by its identity."""
        gradients = files.read_table(self.folder, "gradients")
        return gradients[gradients["model"] == model]

    @functools.cached_property
    def _own_activations(self) -> dict[str, dict[str, str]]:
        """The activations that come from files, by name."""
        path = self.folder / files.FACTS
        facts = files.read_facts(self.folder) if path.is_file() else {}
        own = facts.get("own_activations", [])
        return {f"{one['file']}:{one['function']}": one for one in own}
