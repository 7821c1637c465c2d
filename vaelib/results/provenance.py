"""What a result depends on: code, libraries, settings."""

import hashlib
import itertools
import json
import os
import subprocess
from collections.abc import Collection
from importlib import metadata
from pathlib import Path

PACKAGE = Path(__file__).parents[1]

NOTEBOOKS = PACKAGE.parent / "notebooks"

# What a trained model depends on besides its settings and images; the import contracts
# of pyproject.toml see to it that nothing of this imports anything else.
_CODE = (
    "backend.py",
    "metrics.py",
    "results/keys.py",
    "results/pictures.py",
    "data",
    "models",
    "training",
)
# What is for models of one architecture alone, in those folders or outside.
_CODE_OF = {"dense": ("models/dense.py",), "conv": ("models/conv.py", "onednn.py")}
ARCHITECTURES = tuple(_CODE_OF)
CPU, GPU = "cpu", "gpu"
DEVICE_VARIABLE = "VAELIB_DEVICE"  # in the environment of a notebook's process
_DISTRIBUTIONS = ("tensorflow", "keras", "numpy", "scikit-image", "scikit-learn")


def environments(device: str | None = None) -> dict[str, str]:
    """Return by architecture the hash of what a result depends on besides its configuration.

    That is the code, the libraries, and the device where it is a GPU.

    Parameters
    ----------
    device : {"cpu", "gpu"}, optional
        By default what ``VAELIB_DEVICE`` says, or the processor.
    """
    device = device or os.environ.get(DEVICE_VARIABLE, CPU)
    others = [] if device == CPU else [device]
    return {one: hash_of([code_digest([one]), versions(), *others]) for one in ARCHITECTURES}


def hash_of(content) -> str:
    """Return the SHA-256 of what JSON can hold, whatever the order of its keys."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def code_digest(architectures: Collection[str]) -> str:
    """Return a hash of the modules and of the notebook's code that make a run's result.

    Parameters
    ----------
    architectures : collection of {"dense", "conv"}
        Of the run's models: what only others are made of does not matter.
    """
    own = sorted({path for name in architectures for path in _CODE_OF[name]})
    others = {PACKAGE / path for path in itertools.chain(*_CODE_OF.values()) if path not in own}
    digest = hashlib.sha256(_code_of(NOTEBOOKS / "01_train.ipynb").encode())
    paths = (PACKAGE / name for name in (*_CODE, *own))
    files = (sorted(path.rglob("*.py")) if path.is_dir() else [path] for path in paths)
    for file in dict.fromkeys(itertools.chain(*files)):  # each once
        if file not in others:
            digest.update(f"{file.relative_to(PACKAGE)}\n".encode())
            digest.update(file.read_bytes())
    return digest.hexdigest()[:12]


def _code_of(notebook: Path) -> str:
    """Return the code of a notebook but its parameters, which a run brings itself.

    Outputs, metadata and text change nothing: a notebook may be executed, saved and
    explained better.
    """
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    return "\n".join(
        "".join(cell["source"])
        for cell in cells
        if cell["cell_type"] == "code" and "parameters" not in cell["metadata"].get("tags", [])
    )


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
