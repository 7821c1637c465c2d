"""The package's root: public names, imported when first used, at little cost."""

import subprocess
import sys

import pytest

import vaelib

PUBLIC = [
    "VAE",
    "Study",
    "load_images",
    "ImageSet",
    "GradientProbe",
    "run_study",
    "RunError",
    "StudyError",
    "load_model",
    "load_results",
    "StudyResults",
    "plots",
    "metrics",
    "activations",
]
HEAVY = {"tensorflow", "keras", "matplotlib", "seaborn", "sklearn", "skimage", "dask", "papermill"}


@pytest.mark.parametrize("name", PUBLIC)
def test_public_names_are_there(name):
    assert getattr(vaelib, name)
    assert name in dir(vaelib)


@pytest.mark.parametrize(
    ("names", "unused"),
    [
        ([], HEAVY | {"numpy", "pandas", "pydantic"}),
        (["Study", "StudyError", "RunError", "activations"], HEAVY | {"numpy", "pandas"}),
        (["Study", "comparisons", "intervals", "verdicts"], HEAVY),
        (["load_images", "ImageSet"], HEAVY | {"pandas"}),
        (["load_results"], {"tensorflow", "keras", "matplotlib", "seaborn", "dask", "papermill"}),
        (["run_study"], HEAVY - {"skimage"}),
    ],
    ids=["nothing", "study", "analysis", "images", "results", "runner"],
)
def test_a_name_imports_only_what_it_needs(names, unused):
    code = f"import sys, vaelib; [getattr(vaelib, name) for name in {names}]; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert unused & set(done.stdout.split()) == set()
