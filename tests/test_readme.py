"""What the README and the pages it links say, against the published reports and the program."""

import json
import re
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from PIL import Image

from vaelib import Study, activations
from vaelib.analysis import comparisons
from vaelib.analysis.claims import gradients, measurements
from vaelib.analysis.race import Race, decide, looks_of
from vaelib.analysis.verdicts import Verdict
from vaelib.results import files
from vaelib.study import publish

ROOT = Path(__file__).parent.parent
# Read as one text, the README last of those with Python.
_PARTS = (
    "docs/studies.md",
    "docs/cluster.md",
    "README.md",
    "docs/findings.md",
    "docs/benchmarks.md",
)
README = "\n".join((ROOT / part).read_text() for part in _PARTS)
WORDS = " ".join(README.split())
PUBLISHED = ROOT / "reports" / "published"
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
MINUS = "\N{MINUS SIGN}"


def summary(study: str) -> pd.DataFrame:
    return files.read_csv(PUBLISHED / study / files.SUMMARY).set_index("activation")


def runs(study: str) -> pd.DataFrame:
    table = files.read_csv(PUBLISHED / study / files.FILES["runs"])
    return table[table["scored"]]


def verdicts(study: str, activation: str, metric: str = "elbo") -> pd.DataFrame:
    """Return the verdicts of an activation against the others, in a study's first comparison."""
    facts = json.loads((PUBLISHED / study / files.FACTS).read_text())
    pairs = files.by_comparison(PUBLISHED / study / files.VERDICTS, len(facts["comparisons"]))[0]
    return comparisons.verdicts_against_others(pairs, activation, metric)


def race(study: str) -> dict:
    facts = json.loads((PUBLISHED / study / files.FACTS).read_text())
    return facts["comparisons"][0]["race"]


def retired(study: str) -> dict[str, dict]:
    return {one["activation"]: one for stage in race(study)["stages"] for one in stage["retired"]}


def numbers(cell: str) -> list[float]:
    return [float(text) for text in re.findall(r"-?\d+(?:\.\d+)?", cell.replace(MINUS, "-"))]


def said(pattern: str) -> tuple[str, ...]:
    """Return the groups of a pattern in the README, whose lines may break anywhere."""
    return re.search(pattern, WORDS).groups()


def assert_shown(cell: str, values) -> None:
    """Assert that a cell shows these values, as exactly as it shows any number."""
    shown = numbers(cell)
    assert len(shown) == len(values)
    for text, value in zip(re.findall(r"\d+(?:\.\d+)?", cell), values, strict=True):
        places = len(text.partition(".")[2])
        assert float(text) == pytest.approx(abs(value), abs=0.5001 * 10**-places)
    assert all(a * b >= 0 for a, b in zip(shown, values, strict=True))


def table(first: str) -> list[list[str]]:
    """Return the cells of the README's table whose first cell begins so."""
    (block,) = re.findall(rf"^\| {re.escape(first)}.*?(?=\n\n)", README, re.DOTALL | re.MULTILINE)
    head, _, *rows = [line.strip("|").split("|") for line in block.splitlines()]
    return [[cell.strip() for cell in row] for row in (head, *rows)]


COLUMNS = {
    "replicates": ["runs"],
    "ELBO (nats)": ["elbo"],
    "behind (nats)": ["behind", "behind_low", "behind_high"],
    "MSE": ["mse"],
    "SSIM": ["ssim"],
    "active units": ["active_units"],
    "epochs": ["epochs"],
}


@pytest.mark.parametrize(
    ("study", "first"),
    [("default", "activation"), ("tuned", "each at its best"), ("photos", "on photographs")],
)
def test_the_findings_are_those_of_the_published_races(study, first):
    found = summary(study)
    chosen = runs(study).groupby("activation")[["learning_rate", "initializer"]].first()
    head, *rows = table(first)
    assert [row[0] for row in rows] == list(found.index), "all of them, best first"
    for name, *cells in rows:
        for column, cell in zip(head[1:], cells, strict=True):
            if column == "start":
                assert cell == chosen.loc[name, "initializer"]
            elif column == "learning rate":
                assert float(cell) == chosen.loc[name, "learning_rate"]
            else:
                assert_shown(cell, found.loc[name, COLUMNS[column]].dropna())


def test_the_answers_are_those_of_the_published_races():
    assert race("default")["alive"] == ["selu"]
    assert verdicts("default", "selu").loc["elu", "verdict"] == Verdict.BETTER
    assert "**SELU**; ELU is one nat behind, a close\n  call, ReLU about six" in README
    behind = summary("default")["behind"]
    assert (round(behind["elu"]), round(behind["relu"])) == (1, 6)
    first, second = race("tuned")["alive"]
    assert {first, second} == {"softplus", "elu"}
    assert verdicts("tuned", first).loc[second, "verdict"] == Verdict.OPEN
    assert "**softplus and ELU**, which\n  are not distinguished" in README
    gone = retired("tuned")
    assert {one["leader"] for one in gone.values()} == {"elu"}
    found = re.search(r"SELU by ([\d.]+) nats, leaky ReLU by ([\d.]+), ReLU by ([\d.]+)", README)
    for name, text in zip(("selu", "leaky_relu", "relu"), found.groups(), strict=True):
        assert_shown(text, [gone[name]["difference"]])
    assert max(stage["replicates"] for stage in race("tuned")["stages"] if stage["retired"]) == 6
    assert "SELU is one nat behind ELU, leaky ReLU two" in README
    assert [round(gone[name]["difference"]) for name in ("selu", "leaky_relu")] == [1, 2]


def test_the_photographs_have_the_answer_that_is_said():
    facts = json.loads((PUBLISHED / "photos" / files.FACTS).read_text())
    comparison, study = facts["comparisons"][0], facts["study"]
    assert race("photos")["alive"] == ["gelu", "elu", "tanh"]
    assert list(retired("photos")) == ["selu", "relu", "softplus"]
    for name, left in (("elu", True), ("relu", False)):
        assert (name in race("photos")["alive"], name in race("tuned")["alive"]) == (left, left)
    assert f"on {facts['images']['photos']['train']} patches" in README
    assert [len(study["tune"][name]) for name in ("learning_rate", "initializer")] == [2, 2]
    (mse,) = re.findall(r"without any\s+network\s+\(MSE\s+([\d.]+)\)", README)
    assert_shown(mse, [comparison["pca"]["mse"]])
    assert comparison["pca"]["components"] == 16
    assert comparison["pca"]["mse"] < summary("photos")["mse"].min()


def test_convolutions_and_dense_layers_have_the_answer_that_is_said():
    folder = PUBLISHED / "cifar10"
    facts = json.loads((folder / files.FACTS).read_text())["comparisons"]
    assert [one["architecture"] for one in facts] == ["conv", "dense"]
    networks = [
        one.set_index("activation") for one in files.by_comparison(folder / files.SUMMARY, 2)
    ]
    pairs = files.by_comparison(folder / files.VERDICTS, 2)
    _, *rows = table("on CIFAR-10")
    assert [row[0] for row in rows] == list(networks[0].index), "best first in convolutions"
    for name, *cells in rows:
        for found, own in zip(networks, (cells[:3], cells[3:]), strict=True):
            for column, cell in zip(
                ("replicates", "ELBO (nats)", "behind (nats)"), own, strict=True
            ):
                assert_shown(cell, found.loc[name, COLUMNS[column]].dropna())
    for one in facts:
        alive = one["race"]["alive"]
        assert set(alive) == {"elu", "selu"}
    between = [
        comparisons.verdicts_against_others(own, "elu", "elbo").loc["selu", "verdict"]
        for own in pairs
    ]
    assert between == [Verdict.TIED, Verdict.OPEN]
    gains = networks[0]["elbo"] - networks[1]["elbo"]
    assert (gains.idxmin(), gains.idxmax()) == ("selu", "tanh")
    spans = [one["elbo"].max() - one["elbo"].min() for one in networks]
    said = re.search(
        r"better in convolutions, by (\d+) nats \(SELU\) to (\d+) \(tanh\); from the first to the "
        r"last,\nthese differ by (\d+) nats and dense layers by (\d+)",
        README,
    )
    assert list(map(int, said.groups())) == [round(x) for x in (gains.min(), gains.max(), *spans)]


def test_the_tuned_study_has_as_many_models_to_choose_as_is_said():
    every = files.read_csv(PUBLISHED / "tuned" / files.FILES["runs"])
    tried = every[~every["scored"]]
    (number, epochs) = re.search(
        r"also trains (\d+)\nmodels, of (\d+) epochs at most", README
    ).groups()
    assert (int(number), int(epochs)) == (len(tried), tried["most_epochs"].max())


def test_tuning_changed_what_is_said():
    """On the same replicates; the default study's replicates are among those of the full one."""
    default, tuned = (
        runs(study).pivot_table(index="seed", columns="activation", values="elbo")
        for study in ("full", "tuned")
    )
    change = (tuned - default).mean()
    assert 6.5 < change["softplus"] < 7.5, "seven nats by its start"
    own = runs("tuned").set_index("activation").loc["softplus"].iloc[0]
    assert (own["learning_rate"], own["initializer"]) == (0.001, "matched")
    assert round(change["relu"]) == round(change["selu"]) == -1, "about a nat"


def test_the_full_study_comes_to_the_same():
    against = verdicts("full", "selu")["verdict"]
    assert against[against == Verdict.OPEN].index.to_list() == ["elu"]
    assert (against.drop("elu") == Verdict.BETTER).all()
    relu = verdicts("full", "relu")["verdict"]
    groups = {verdict: set(names.index) for verdict, names in relu.groupby(relu)}
    assert groups == {
        Verdict.BETTER: {"silu", "linear", "tanh", "sigmoid"},
        Verdict.WORSE: {"selu", "elu", "leaky_relu"},
        Verdict.OPEN: {"mish", "gelu", "softplus"},
    }


def repeated(study: str) -> tuple[pd.DataFrame, Race]:
    """Return the models of a study on two processors, and its race on the second."""
    elbo = files.read_csv(ROOT / "benchmarks" / "processors.csv").query("study == @study")
    published = files.read_csv(PUBLISHED / study / files.FILES["runs"])
    assert elbo["elbo_first"].count() == published["scored"].sum()
    by_seed = elbo.pivot_table(index="seed", columns="activation", values="elbo_second")
    order = list(summary(study).index)
    values = by_seed[order].astype(object).where(by_seed[order].notna(), None)
    pairs = files.read_csv(PUBLISHED / study / files.VERDICTS).query("metric == 'elbo'")
    found = decide(values, looks_of(len(values)), pairs["margin"].iloc[0])
    assert found.over
    return elbo, found


def test_another_processor_changes_what_is_said_of_digits():
    elbo, raced = repeated("default")
    order = list(summary("default").index)
    assert (raced.order, len(raced.order) - len(raced.alive)) == (order, 9)
    assert raced.alive == ("selu", "elu")
    assert elbo["same_given"][elbo["elbo_first"].notna() & elbo["elbo_second"].notna()].all()
    found = said(
        r"SELU's lead is ([\d.]+) nats there instead of ([\d.]+)\. Models of (.*?) end within "
        r"([\d.]+) nats of the first ones; those of the others differ by ([\d.]+) to ([\d.]+) "
        r"nats \(medians\), at most by ([\d.]+)\."
    )
    for text, column in zip(found[:2], ("elbo_second", "elbo_first"), strict=True):
        pivot = elbo.pivot_table(index="seed", columns="activation", values=column)
        assert_shown(text, [(pivot["selu"] - pivot["elu"]).mean()])
    changes = (elbo["elbo_second"] - elbo["elbo_first"]).abs().groupby(elbo["activation"])
    alike = changes.max() < float(found[3])
    assert set(re.split(", | and ", found[2].lower())) == set(alike.index[alike])
    medians = changes.median()[~alike]
    for text, value in zip(
        found[4:], (medians.min(), medians.max(), changes.max().max()), strict=True
    ):
        assert_shown(text, [value])


def test_another_processor_leaves_what_is_said_of_cifar10():
    folder = PUBLISHED / "cifar10"
    elbo = files.read_csv(ROOT / "benchmarks" / "processors.csv").query("study == 'cifar10'")
    facts = json.loads((folder / files.FACTS).read_text())["comparisons"]
    change = elbo.assign(change=(elbo["elbo_second"] - elbo["elbo_first"]).abs())
    change = change[change["same_given"] == 1]
    largest = change.groupby("setting")["change"].max()
    found = said(
        r"end within (\d+) nats in convolutions, and up to (\d+) apart in dense layers \((\w+)\)"
    )
    assert_shown(found[0], [largest["convolutions"]])
    assert_shown(found[1], [largest["dense layers"]])
    assert change.loc[change["change"].idxmax(), "activation"] == found[2].lower()
    others = elbo[elbo["elbo_first"].notna() & (elbo["same_given"] == 0)].dropna()
    assert set(zip(others["setting"], others["activation"], strict=True)) == {
        ("dense layers", "relu")
    }
    for one in facts:
        own = elbo[elbo["setting"] == one["label"]]
        by_seed = own.pivot_table(index="seed", columns="activation", values="elbo_second")
        values = by_seed.astype(object).where(by_seed.notna(), None)
        again = decide(values, looks_of(len(values)), one["margins"]["elbo"])
        assert set(again.alive) == set(one["race"]["alive"]) == {"elu", "selu"}


def test_another_processor_changes_what_is_said_of_photographs():
    elbo, found = repeated("photos")
    assert found.alive == ("gelu", "elu", "selu", "tanh")
    assert {"relu", "softplus"} == set(found.order) - set(found.alive)
    assert "left with GELU, ELU and tanh, while ReLU and softplus are retired again" in WORDS
    assert set(elbo["activation"][elbo["same_given"] == 0]) == {"selu", "relu"}
    assert not elbo["same_given"][elbo["activation"] == "selu"].any(), "it has another start"
    runs = files.read_csv(PUBLISHED / "photos" / files.FILES["runs"])
    tried = runs[~runs["scored"] & (runs["activation"] == "selu")]
    assert len(set(tried["seed"])) == 1
    best, second = tried["val_elbo"].nlargest(2)
    assert 2 < best - second < 3


def test_the_floor_and_the_constant_image_are_as_said():
    facts = json.loads((PUBLISHED / "default" / files.FACTS).read_text())["comparisons"][0]
    cost, constant = said(r"cost ([\d.]+) nats, a constant image (\d+)\.")
    assert_shown(cost, [facts["pixel_entropy"]])
    assert_shown(constant, [facts["constant_elbo"] * -1])


def test_the_leads_are_those_of_the_learning_curves():
    page = BeautifulSoup((PUBLISHED / "default" / "report.html").read_text(), "html.parser")
    (lead,) = re.findall(r"In the lead: [^.]* epochs;", page.get_text())
    linear, selu = re.fullmatch(
        r"In the lead: linear from 1 to (\d+) epochs, selu from (\d+) to \d+ epochs;", lead
    ).groups()
    assert f"linear\nleads up to {linear} epochs and SELU from {selu} on" in README
    assert "up to five epochs the linear network leads" in README
    assert linear == "5"


def test_what_the_race_saves_is_that_of_the_benchmark():
    measured = pd.read_csv(ROOT / "benchmarks" / "race.csv", index_col=0)
    _, *rows = table("models of")
    assert [row[0] for row in rows] == list(measured.index)
    for name, *cells in rows:
        own = measured.loc[name]
        models = [own["models"], own["models_5"], own["models_95"]]
        values = [[own["models_full"]], models, [100 * own["share"]]]
        values += [[own["minutes_full"]], [own["minutes"]]]
        values += [[100 * own["same_conclusion"]], [100 * own["best_kept"]]]
        for cell, expected in zip(cells, values, strict=True):
            assert_shown(cell, expected)


def test_the_time_of_a_step_is_that_of_the_benchmark():
    measured = files.read_csv(ROOT / "benchmarks" / "activations.csv")
    times = measured.pivot_table(
        index="round", columns="activation", values="microseconds_per_step"
    )
    ratios = times.div(times["relu"], axis="index").median().drop("relu")
    (low, high) = re.search(
        r"([\d.]+) times ReLU's\n\(leaky ReLU\) to ([\d.]+) times \(Mish\)", README
    ).groups()
    assert (ratios.idxmin(), ratios.idxmax()) == ("leaky_relu", "mish")
    assert_shown(low, [ratios.min()])
    assert_shown(high, [ratios.max()])
    assert f"medians of {len(times)} interleaved rounds" in README


def test_the_verdicts_on_the_claims_are_those_that_are_published():
    columns = ["claim", "part", "verdict", "where"]
    published = files.read_csv(PUBLISHED / files.CLAIMS)[columns].fillna("").to_numpy().tolist()
    _, *rows = table("claim")
    assert [row[:3] for row in rows] == [row[:3] for row in published]
    for (*_, counts), (*_, where) in zip(rows, published, strict=True):
        found = {word: int(n) for word, n in re.findall(r"(\w+) in (\d+) of \d+ case", where)}
        words = ("holds", "contradicted", "open")
        assert numbers(counts) == [found.get(word, 0) for word in words]


def test_the_vanishing_gradients_are_as_said():
    found, _ = measurements.read(PUBLISHED)
    flows = gradients.flow_by_setting(found)
    before = flows[(flows["moment"] == gradients.BEFORE) & (flows["network"] == "128-64-32-16")]
    state = before.set_index(["activation", "initializer", "depth"])["state"]
    assert (state.loc["sigmoid"] == gradients.FlowState.VANISHED).all()
    relu = state.loc["relu"]
    assert relu["keras"].to_dict() == {
        1: gradients.FlowState.KEPT,
        **dict.fromkeys((2, 4, 8), gradients.FlowState.VANISHED),
    }
    assert (relu["matched"] == gradients.FlowState.KEPT).all()


@pytest.mark.parametrize("study", ["default", "tuned"])
def test_the_published_races_are_those_of_the_studies(study):
    asked = Study.from_yaml(ROOT / "studies" / f"{study}.yml")
    facts = json.loads((PUBLISHED / study / files.FACTS).read_text())["study"]
    dumped = asked.model_dump(mode="json", exclude={"dataset", "own_activations"})
    # A field that is younger than the publication has its default, which is of no effect.
    defaults = Study.create().model_dump(mode="json")
    for name in dumped.keys() - facts.keys():
        assert dumped.pop(name) == defaults[name]
    # Which likelihood suits grey images was not left open then.
    assert facts.pop("likelihood") in (dumped.pop("likelihood"), "bernoulli")
    del facts["dataset"]
    assert facts == dumped


def test_the_published_files_are_there():
    folder = PUBLISHED / "default"
    names = [
        "report.html",
        "report.png",
        files.RECONSTRUCTIONS,
        "study.json",
        "gallery.npz",
        "failures.csv",
    ]
    tables = [files.path_of(folder, name).name for name in files.FILES]
    for name in [*names, files.SUMMARY, files.VERDICTS, *tables]:
        assert (folder / name).is_file(), name


@pytest.mark.parametrize("path", sorted((ROOT / "studies").glob("*.yml")), ids=lambda p: p.stem)
def test_every_study_is_valid_and_explained(path):
    assert Study.from_yaml(path).name == path.stem
    assert path.read_text().startswith("# ")


def test_commands_and_files_that_are_named_exist():
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    named = set(re.findall(r"make ([a-z]+)", README))
    assert named - {"sure"} <= set(targets)
    for path in re.findall(r"(?:studies|reports)/[\w./-]+\w", README):
        assert (ROOT / path).exists(), path


def test_nothing_is_left_to_fill_in():
    assert not re.findall(r"@[A-Z_]+@", README)


def test_the_study_that_is_shown_is_one(tmp_path):
    (text,) = re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)
    (tmp_path / "shown.yml").write_text(text)
    study = Study.from_yaml(tmp_path / "shown.yml")
    assert (study.design, study.patience, study.margin) == ("race", 15, 0.01)


def test_the_activation_of_ones_own_can_be_registered(tmp_path, monkeypatch):
    monkeypatch.setattr(activations, "_REGISTRY", dict(activations._REGISTRY))
    (code, *_) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    (tmp_path / "mine.py").write_text(code)
    found = activations.register_file(tmp_path / "mine.py:snake")
    assert found.initializer("matched") == "lecun_uniform"


def test_figures_of_a_finished_study_take_three_lines(monkeypatch):
    monkeypatch.chdir(ROOT)
    blocks = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    (code,) = [block for block in blocks if "load_results" in block]
    assert len([line for line in code.splitlines() if line]) == 3
    names: dict = {}
    exec(code, names)
    named = re.search(r"lists the other figures: (.*?) and so on", README, re.DOTALL)[1]
    for name in re.findall(r"`(\w+)`", named):
        assert callable(getattr(names["plots"], name))


def anchors(page: Path) -> set[str]:
    """Return what links to the headings of a page are called."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", one).lower().replace(" ", "-") for one in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_linked_files_exist_and_pictures_are_described(page):
    text = page.read_text()
    for described, target in re.findall(r"(!?\[[^\]]*\])\(([^)]+)\)", text):
        if not target.startswith("http"):
            file, _, heading = target.partition("#")
            assert (page.parent / file).exists(), target
            assert not heading or heading in anchors(page.parent / file), target
        if described.startswith("!"):
            assert len(described) > 50, "a text alternative"
            assert (page.parent / target).stat().st_size < 300_000


def test_the_picture_is_drawn_of_the_published_study(tmp_path):
    shutil.copytree(PUBLISHED / "default", tmp_path / "default")
    made = publish.draw_reconstructions(tmp_path / "default")
    pixels = [
        np.asarray(Image.open(path).convert("RGB"), dtype=float)
        for path in (made, PUBLISHED / "default" / files.RECONSTRUCTIONS)
    ]
    assert pixels[0].shape == pixels[1].shape
    assert np.abs(pixels[0] - pixels[1]).mean() < 1
    first, last = re.search(r"from (\w+), the best, to (\w+), the last", README).groups()
    order = summary("default").index
    assert (first, last) == (order[0], order[-1])


def test_the_python_example_runs():
    (*_, code) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    example, study, _ = code.partition("run_study(Study.from_yaml(")
    assert study
    names = {}
    exec(example.replace("epochs=10", "epochs=1").replace("samples=500", "samples=5"), names)
    assert len(names["r"]) == len(names["x"]) == 500


@pytest.mark.parametrize(
    ("network", "name"), [("784-128-64-32-16", "results"), ("16-32-64", "convolutions")]
)
def test_the_speeds_are_those_of_the_benchmark(network, name):
    measured = pd.read_csv(ROOT / "benchmarks" / f"{name}.csv")
    measured = measured.query("network == @network and batch == 32 and processes == 2")
    measured = measured.set_index("contender")
    _, *rows = table(f"{network}, batch 32")
    assert [row[0] for row in rows] == list(measured.index)
    for contender, *cells in rows:
        columns = ["images_per_second", "vaelib_ratio"]
        for cell, column in zip(cells, columns, strict=False):
            shown = [float(number) for number in re.findall(r"[\d.]+", cell.replace(",", ""))]
            expected = measured.loc[contender, [column, f"{column}_min", f"{column}_max"]]
            rounding = 0.51 if column == "images_per_second" else 0.0051
            assert shown == pytest.approx(list(expected), rel=1e-4, abs=rounding)
        assert float(cells[2].strip("%")) == round(100 * measured.loc[contender, "share_of_floor"])
    assert measured["machine"].iloc[0] in README


def test_convolutions_are_as_fast_as_is_said():
    measured = pd.read_csv(ROOT / "benchmarks" / "convolutions.csv")
    kinds = measured.groupby(["network", "batch", "processes"]).ngroups
    assert kinds == 8
    found = re.search(
        r"`fit` is ([\d.]+) to ([\d.]+) times as fast as\s+PyTorch, ([\d.]+) to ([\d.]+) times as "
        r"fast as Keras, and at (\d+) to (\d+) % of the floor",
        README,
    )
    by_contender = measured.set_index("contender")
    expected = []
    for contender in ("PyTorch channels last", "Keras fit"):
        ratios = by_contender.loc[contender, "vaelib_ratio"]
        expected += [f"{ratios.min():.2f}", f"{ratios.max():.2f}"]
    shares = by_contender.loc["vaelib fit", "share_of_floor"]
    expected += [f"{100 * shares.min():.0f}", f"{100 * shares.max():.0f}"]
    assert list(found.groups()) == expected
    assert not (by_contender.loc["PyTorch channels last", "vaelib_ratio"] >= 1.4).any()


def test_what_checks_cost_is_that_of_the_benchmark():
    measured = pd.read_csv(ROOT / "benchmarks" / "checks.csv").set_index("source")["ratio"]
    found = re.search(r"takes (\d+) % of an epoch over an array, (\d+) % over a data set", README)
    for text, source in zip(found.groups(), ("array", "tf.data.Dataset"), strict=True):
        assert int(text) == round(100 * (measured[source] - 1))


def test_what_many_models_cost_is_that_of_the_benchmark():
    measured = pd.read_csv(ROOT / "benchmarks" / "scale.csv").set_index(["place", "stage"])
    found = said(
        r"costs (\d+) to (\d+) ms to plan and schedule on threads, of 100 models as of 10,000; on "
        r"a cluster of two workers (\d+) ms of 100 and (\d+) ms of 10,000 .* Ten thousand models "
        r"are compared in (\d+) seconds within ([\d.]+) GiB, on a page of ([\d.]+) MB"
    )
    plans = {
        place: measured.loc[place, "plan and schedule"].set_index("models")["seconds"]
        for place in ("threads", "cluster")
    }
    each = {place: 1000 * seconds / seconds.index for place, seconds in plans.items()}
    assert_shown(found[0], [each["threads"].min()])
    assert_shown(found[1], [each["threads"].max()])
    compared = measured.loc["threads", "compare"].set_index("models").loc[10_000]
    values = [each["cluster"][100], each["cluster"][10_000], compared["seconds"]]
    values += [compared["peak_mib"] / 1024, compared["page_mb"]]
    for text, value in zip(found[2:], values, strict=True):
        assert_shown(text, [value])
