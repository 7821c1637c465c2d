"""What the worked example says, against the tables of its run."""

import json
import re
from pathlib import Path

import pandas as pd
import pytest

from vaelib import Study
from vaelib.formatting import fixed, nats
from vaelib.reporting import sentences
from vaelib.results import files
from vaelib.results.columns import BY_COLUMN

DOCS = Path(__file__).parent.parent / "docs"
PAGE = (DOCS / "own-pictures.md").read_text()
FOLDER = DOCS / "own-pictures"
FACTS = json.loads((FOLDER / files.FACTS).read_text())
SUMMARY, VERDICTS = (
    files.by_comparison(FOLDER / name, 1)[0] for name in (files.SUMMARY, files.VERDICTS)
)
BY_NAME = SUMMARY.set_index("activation")
QUOTED = [
    " ".join(quote.replace("\n> ", " ").split())
    for quote in re.findall(r"^> (.*(?:\n> .*)*)", PAGE, re.MULTILINE)
]


def test_the_sentences_that_are_quoted_are_those_of_the_run():
    answer = sentences.answer(SUMMARY, VERDICTS, FACTS, 0)
    assert [str(answer), sentences.training_ends([SUMMARY], FACTS["study"])] == QUOTED


def test_what_the_command_asks_for_was_run():
    (command,) = re.findall(r"^make report (.*)", PAGE, re.MULTILINE)
    fields = dict(re.findall(r'(\w+)="?([^"=]+)"?(?= [A-Z]|$)', command))
    study = FACTS["study"]
    assert study["dataset"] == [fields["DATASET"]]
    assert study["name"] == fields["NAME"]
    assert study["activations"] == fields["ACTIVATIONS"].split(",")
    assert len(study["seeds"]) == int(fields["SEEDS"])
    assert study["epochs"] == int(fields["EPOCHS"])
    default = Study.from_yaml(DOCS.parent / "studies" / "default.yml").model_dump(mode="json")
    changed = {name for name in default if name in study and study[name] != default[name]}
    assert changed == {name.lower() for name in fields}


def test_the_lines_that_were_printed_have_the_medians_of_the_models():
    line = r"(\w+)  (\d+) models: median test ELBO ([\d.,]+) nats, (\d+) epochs, (\d+) s"
    runs = pd.read_csv(FOLDER / "runs.csv").groupby("activation")
    printed = {name: values for name, *values in re.findall(line, PAGE)}
    assert printed == {
        name: [f"{len(own)}", nats(own["elbo"].median()), "30", fixed(own["seconds"].sum(), 0)]
        for name, own in runs
    }
    assert BY_NAME["runs"].sum() == runs.size().sum() == 12
    assert "12 models to train." in PAGE
    assert "Twelve of the 18 models" in PAGE


def test_numbers_in_the_text_are_those_of_the_tables():
    images = FACTS["images"]["my pictures"]
    total = sum(images[part] for part in ("train", "validation", "test"))
    assert f"These are {total:,} pictures, {images['test']} of them" in PAGE
    pca, elu = re.search(r"([\d.]+), is still ahead of all three \(ELU: ([\d.]+)\)", PAGE).groups()
    measured = FACTS["comparisons"][0]["pca"]
    assert float(pca) == pytest.approx(measured["mse"], abs=5.1e-6)
    assert float(elu) == pytest.approx(BY_NAME.loc["elu", "mse"], abs=5.1e-6)
    assert measured["mse"] < BY_NAME["mse"].min()
    assert measured["components"] == FACTS["study"]["latent_dim"] == 16


def test_the_decision_follows_from_the_verdicts():
    pairs = VERDICTS[VERDICTS["metric"] == BY_COLUMN["elbo"].column]
    (row,) = pairs[(pairs["a"] == "elu") & (pairs["b"] == "tanh")].itertuples()
    assert row.low > 0, "excluded on these pictures"
    assert row.new_low < 0 < row.new_high, "not for others"
    assert (BY_NAME["ended"] == 0).all(), "all still improved"


def test_the_folder_can_be_made(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, *_ = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    exec(code, {})
    made = pd.Series([path.parts[-3] for path in tmp_path.rglob("*.png")]).value_counts()
    images = FACTS["images"]["my pictures"]
    expected = {"train": images["train"] + images["validation"], "test": images["test"]}
    assert made.to_dict() == expected
