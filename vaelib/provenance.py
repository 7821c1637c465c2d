"""What a result depends on: code, libraries, settings."""

import hashlib
import json
from importlib import metadata
from pathlib import Path

PACKAGE = Path(__file__).parent

NOTEBOOKS = PACKAGE.parent / "notebooks"

# What a finished run depends on besides its settings and images.
_CODE = (
    *("activations", "backend", "blocks", "bounds", "data", "grid", "inference"),
    *("likelihoods", "metrics", "model", "networks", "probes", "runs", "trainer"),
)
_DISTRIBUTIONS = ("tensorflow", "keras", "numpy", "scikit-image", "scikit-learn")


def digest(*content) -> str:
    """Return the hash of a run's settings and images, the code and the libraries.

    Parameters
    ----------
    *content
        What JSON can hold.

    Returns
    -------
    str
        Twelve hexadecimal digits.
    """
    text = json.dumps([*content, code_digest(), versions()], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def code_digest() -> str:
    """Return a hash of the modules and the notebook that make a run's result."""
    files = [PACKAGE / f"{name}.py" for name in _CODE]
    files.append(NOTEBOOKS / "01_train.ipynb")
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()[:12]


def versions() -> dict[str, str]:
    """Return the versions of the libraries that a result depends on."""
    return {name: metadata.version(name) for name in _DISTRIBUTIONS}
