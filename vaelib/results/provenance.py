"""What a result depends on: code, libraries, settings."""

import hashlib
import json
import subprocess
from importlib import metadata
from pathlib import Path

PACKAGE = Path(__file__).parents[1]

NOTEBOOKS = PACKAGE.parent / "notebooks"

# What a finished run depends on besides its settings and images; the import contracts
# of pyproject.toml see to it that nothing of this imports anything else.
_CODE = ("backend.py", "metrics.py", "results/keys.py", "data", "models", "training")
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
    files = [NOTEBOOKS / "01_train.ipynb"]
    for name in _CODE:
        path = PACKAGE / name
        files += sorted(path.rglob("*.py")) if path.is_dir() else [path]
    digest = hashlib.sha256()
    for file in files:
        digest.update(f"{file.relative_to(file.parents[1])}\n".encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()[:12]


def versions() -> dict[str, str]:
    """Return the versions of the libraries that a result depends on."""
    return {name: metadata.version(name) for name in _DISTRIBUTIONS}


def commit() -> str:
    """Return the commit of the checkout, marked ``-dirty`` when files are changed."""
    try:
        done = subprocess.run(
            ["git", "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"],
            cwd=PACKAGE,
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return "not a git checkout"
    return done.stdout.strip()
