"""Load saved models."""

import os
import zipfile
from pathlib import Path

from vaelib.backend import keras
from vaelib.exceptions import require
from vaelib.models.vae import VAE
from vaelib.validation import validated


@validated
def load_model(path: str | os.PathLike, compile: bool = True) -> VAE:
    """Load a model that was saved by `VAE.save`.

    As `keras.saving.load_model` in its safe mode, which knows the class once
    any of vaelib's models is imported.

    Parameters
    ----------
    path : str or path
        A ``.keras`` file.
    compile : bool
        Whether to restore the optimiser, to go on training.

    Returns
    -------
    VAE

    Raises
    ------
    ValueError
        For a path without such a file, a model that is no VAE, and an
        activation of one's own that is not registered.
    """
    shown = repr(str(path))
    require(Path(path).is_file(), "path", shown, "a file that exists")
    require(zipfile.is_zipfile(path), "path", shown, "a .keras file, as VAE.save writes it")
    model = keras.saving.load_model(path, compile=compile)
    require(isinstance(model, VAE), "path", f"{shown} of a {type(model).__name__}", "a VAE")
    return model
