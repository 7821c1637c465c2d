"""Which models are compared, and the verdicts on hand-made values."""

import json
import math

import numpy as np
import pandas as pd
import pytest
from planted_scores import study
from scipy import stats

from vaelib.analysis import comparisons, new_images, verdicts
from vaelib.analysis.new_images import TestSet
from vaelib.analysis.rules import Rules
from vaelib.results import columns
from vaelib.results.keys import MODEL_KEYS

PLAIN = {
    "dataset": "digits",
    "decoder_activation": "same",
    "depth": 1,
    "initializer": "keras",
    "optimizer": "adam",
    "train_size": 100,
    "batch_norm": False,
    "weight_decay": 0.0,
    "architecture": "dense",
    "beta": 1.0,
    "kl_warmup": 0,
    "learning_rate": 0.001,
}


def models(*points: dict, names: str = "ab", seeds: int = 2) -> pd.DataFrame:
    """Return runs of some grid points; what a point does not give is as in `PLAIN`."""
    rows = []
    for given in points:
        for name in names:
            for seed in range(seeds):
                row = {**PLAIN, "scored": True, **given, "activation": name, "seed": seed}
                rows.append({**row, "model": f"{len(rows):x}"})
    return pd.DataFrame(rows)


def test_only_models_that_did_not_diverge_are_finished():
    runs = models({}).assign(status=["finished", "diverged", "finished", "diverged"])
    assert list(comparisons.finished_runs(runs).index) == [0, 2]


def test_a_decoder_without_an_activation_of_its_own_has_the_encoders():
    runs = models({}).assign(decoder_activation=["same", math.nan, "b", "tanh"])
    assert list(comparisons.decoder_activations(runs)) == ["a", "a", "b", "tanh"]


def test_a_plain_study_is_one_comparison_without_a_label():
    (one,) = comparisons.of_study(models({}))
    assert one.fields == PLAIN
    assert (one.varying, one.label) == ((), "")


def test_a_comparison_can_be_written_as_json():
    fields = [one.fields for one in comparisons.of_study(models({}, {"batch_norm": True}))]
    assert json.loads(json.dumps(fields)) == fields


@pytest.mark.parametrize(
    ("name", "values", "labels"),
    [
        ("dataset", ["mnist5k", "digits"], ["mnist5k", "digits"]),
        ("decoder_activation", ["same", "relu"], ["decoder same", "decoder relu"]),
        ("depth", [4, 1], ["depth 4", "depth 1"]),
        ("initializer", ["keras", "matched"], ["initializer keras", "initializer matched"]),
        ("optimizer", ["sgd", "adam"], ["optimizer sgd", "optimizer adam"]),
        ("train_size", [50, 100], ["50 training images", "100 training images"]),
        (
            "batch_norm",
            [False, True],
            ["without batch normalisation", "with batch normalisation"],
        ),
        ("weight_decay", [0.0, 0.5], ["weight decay 0", "weight decay 0.5"]),
        ("learning_rate", [0.1, 0.001], ["learning rate 0.1", "learning rate 0.001"]),
    ],
)
def test_a_label_names_what_varies_in_the_order_of_the_grid(name, values, labels):
    found = comparisons.of_study(models(*({name: value} for value in values)))
    assert [one.fields[name] for one in found] == values
    assert [one.label for one in found] == labels
    assert {one.varying for one in found} == {(name,)}


def test_every_combination_is_a_comparison_even_if_an_activation_lacks_it():
    """An activation that failed on one data set must not hide that data set."""
    runs = models(*({"dataset": d, "depth": n} for d in ("digits", "mnist5k") for n in (1, 2)))
    runs = runs[(runs["activation"] != "a") | (runs["dataset"] != "mnist5k")]
    found = [(one.fields["dataset"], one.fields["depth"]) for one in comparisons.of_study(runs)]
    assert found == [("digits", 1), ("digits", 2), ("mnist5k", 1), ("mnist5k", 2)]


def with_tables(runs: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return runs with a table of two rows for each model."""
    keys = runs[MODEL_KEYS]
    scores = pd.concat([keys.assign(image=image) for image in (0, 1)], ignore_index=True)
    return {"runs": runs, "scores": scores, "latents": scores[:0]}


def test_select_takes_one_model_of_each_activation_and_seed():
    points = [{"dataset": name, "depth": n} for name in ("digits", "mnist5k") for n in (1, 2)]
    tables = with_tables(models(*points, {"depth": 1, "scored": False}))
    taken = []
    for one in comparisons.of_study(tables["runs"]):
        chosen = comparisons.select(tables, one)
        runs = chosen["runs"]
        assert list(zip(runs["activation"], runs["seed"], strict=True)) == [
            ("a", 0),
            ("a", 1),
            ("b", 0),
            ("b", 1),
        ]
        assert set(runs["dataset"]) == {one.fields["dataset"]}
        assert set(runs["depth"]) == {one.fields["depth"]}
        assert sorted(chosen["scores"]["model"]) == sorted([*runs["model"], *runs["model"]])
        assert chosen["latents"].empty
        taken += list(runs["model"])
    assert len(taken) == len(set(taken)) == 2 * 2 * 4


def test_split_selects_every_comparison_at_once():
    runs = models({"depth": 1}, {"depth": 2}, {"depth": 2, "scored": False, "beta": 4.0})
    runs = runs.sample(frac=1, random_state=0)
    epochs = pd.DataFrame({"model": [*runs["model"], "none of them"] * 3})
    tables = {"runs": runs, "history": epochs.assign(epoch=range(len(epochs)))}
    compared = comparisons.of_study(runs)
    parts = list(comparisons.split(tables, compared))
    assert len(parts) == len(compared) == 2
    for one, part in zip(compared, parts, strict=True):
        for name, expected in comparisons.select(tables, one).items():
            assert len(expected) == (4 if name == "runs" else 12)
            pd.testing.assert_frame_equal(part[name], expected)


def test_what_was_tuned_is_each_activations_own():
    runs = models({"learning_rate": 0.1, "depth": 1}, {"learning_rate": 0.1, "depth": 2})
    runs.loc[runs["activation"] == "a", "learning_rate"] = 0.2
    serving = models({"learning_rate": 0.3, "scored": False})
    found = comparisons.of_study(pd.concat([runs, serving]), ["learning_rate"])
    assert [one.fields["learning_rate"] for one in found] == [comparisons.OWN] * 2
    assert [one.label for one in found] == ["depth 1", "depth 2"]
    chosen = comparisons.select({"runs": runs}, found[1])["runs"]
    assert dict(zip(chosen["activation"], chosen["learning_rate"], strict=True)) == {
        "a": 0.2,
        "b": 0.1,
    }
    assert comparisons.matching(serving, found[0]).all()
    assert not comparisons.matching(serving, found[1]).any()


def test_models_with_the_setting_of_one_are_joined_from_several_runs():
    parts = [with_tables(models({"depth": 1}, {"depth": 2})), with_tables(models({"depth": 2}))]
    parts[1]["runs"]["model"] += "x"
    parts[1]["scores"]["model"] += "x"
    model = parts[1]["runs"].iloc[0]
    found = comparisons.with_setting(parts, model)
    assert list(found["runs"]["model"]) == ["4", "5", "0x", "1x"]
    assert set(found["runs"]["depth"]) == {2}
    assert set(found["scores"]["model"]) == {"4", "5", "0x", "1x"}


NINE = np.arange(1.0, 10)
JUDGED = [metric.column for metric in columns.JUDGED]
REDRAWN = TestSet(redrawn=True, images=25, others=100)


def judged(values: dict[str, np.ndarray], margin: float = 0.0, **given) -> pd.DataFrame:
    """Return verdicts on models that have the same value in every metric."""
    tables = study(values)
    tables["runs"] = tables["runs"].assign(**given)
    return comparisons.judge(tables, dict.fromkeys(JUDGED, margin), REDRAWN)


def test_every_pair_gets_a_verdict_on_every_metric_by_its_direction():
    pairs = judged({"up": 100 + NINE, "down": 100 - NINE, "mid": np.full(9, 100.0)})
    assert list(pairs["metric"].unique()) == ["elbo", "mse", "psnr", "ssim", "gap"]
    assert (pairs.groupby("metric").size() == 3).all()
    found = {(row.metric, row.a, row.b): row.verdict for row in pairs.itertuples()}
    for metric in ("elbo", "psnr", "ssim"):
        assert found[metric, "down", "up"] == verdicts.Verdict.WORSE
        assert found[metric, "mid", "up"] == verdicts.Verdict.WORSE
        assert found[metric, "down", "mid"] == verdicts.Verdict.WORSE
    for metric in ("mse", "gap"):
        assert found[metric, "down", "up"] == verdicts.Verdict.BETTER


def test_differences_and_p_are_those_of_scipy_corrected_within_a_metric():
    rng = np.random.default_rng(0)
    values = {name: rng.normal(size=9) + shift for name, shift in (("a", 0), ("b", 1), ("c", 9))}
    pairs = judged(values)
    for _, family in pairs.groupby("metric"):
        p = [stats.wilcoxon(values[row.a] - values[row.b]).pvalue for row in family.itertuples()]
        np.testing.assert_allclose(family["p"], p)
        means = [(values[row.a] - values[row.b]).mean() for row in family.itertuples()]
        np.testing.assert_allclose(family["difference"], means)
        ranked = np.sort(p) * [3, 2, 1]  # Holm (1979)
        corrected = np.minimum(np.maximum.accumulate(ranked), 1)
        np.testing.assert_allclose(np.sort(family["p_adjusted"]), corrected)


def test_each_metric_has_its_own_margin():
    margins = dict.fromkeys(JUDGED, 0.0) | {"psnr": 50.0}
    tables = study({"a": 100 + NINE, "b": np.full(9, 100.0)})
    pairs = comparisons.judge(tables, margins, REDRAWN).set_index("metric")
    assert pairs["margin"].to_dict() == margins
    assert pairs.loc["psnr", "verdict"] == verdicts.Verdict.TIED
    assert pairs.loc["elbo", "verdict"] == verdicts.Verdict.BETTER


def test_models_are_paired_by_seed_whatever_their_order():
    seeds = np.arange(9)
    tables = study({"a": 100.0 * seeds, "b": 100.0 * seeds + 1 + seeds / 100})
    tables["runs"] = tables["runs"].sample(frac=1, random_state=3)
    pairs = comparisons.judge(tables, dict.fromkeys(JUDGED, 0.0), REDRAWN)
    assert pairs["verdict"].iloc[0] == verdicts.Verdict.WORSE
    assert pairs["high"].iloc[0] < -0.9


def test_redrawn_test_sets_widen_the_interval_by_their_overlap():
    row = judged({"a": 100 + NINE, "b": np.full(9, 100.0)}, train_size=7).iloc[0]
    # A quarter as many test images as others, of which not all are trained on; t(0.975, 8) =
    # 2.306004.
    reach = 2.306004 * np.std(NINE, ddof=1) * math.sqrt(1 / 9 + 25 / 100)
    assert (row["new_low"], row["new_high"]) == pytest.approx((5 - reach, 5 + reach), rel=1e-6)


def test_fixed_test_sets_take_the_scores_of_single_images():
    tables = study({"a": 100 + NINE, "b": np.full(9, 100.0)})
    rng = np.random.default_rng(0)
    parts = [
        pd.DataFrame({**row[MODEL_KEYS].to_dict(), "image": range(20), "elbo": rng.normal(size=20)})
        for _, row in tables["runs"].iterrows()
    ]
    tables["scores"] = pd.concat(parts, ignore_index=True)
    fixed = TestSet(redrawn=False, images=20, others=100)
    pairs = comparisons.judge(tables, dict.fromkeys(JUDGED, 0.0), fixed).set_index("metric")
    square = tables["scores"].pivot_table(
        index=["activation", "seed"], columns="image", values="elbo"
    )
    expected = new_images.crossed_interval((square.loc["a"] - square.loc["b"]).to_numpy())
    assert tuple(pairs.loc["elbo", ["new_low", "new_high"]]) == pytest.approx(expected)
    assert pairs.loc["gap", ["new_low", "new_high"]].isna().all(), "it is of no single image"
    del tables["scores"]
    without = comparisons.judge(tables, dict.fromkeys(JUDGED, 0.0), fixed).set_index("metric")
    assert without["new_low"].isna().all()
    assert without["difference"].equals(pairs["difference"])


def test_a_race_is_judged_at_its_looks():
    noise = np.random.default_rng(0).normal(size=(6, 3))
    values = {"a": -1.0 + noise[:, 0], "b": -1.5 + noise[:, 1], "c": -90 + noise[:4, 2]}
    tables = study(values)
    rules = Rules(
        activations=("a", "b", "c"), seeds=tuple(range(6)), race=True, tuned=(), margin=0.01,
        margins={}, target_loss=None,
    )  # fmt: skip
    found = rules.run_race(tables["runs"])
    assert [one.activation for one in found.stages[0].retired] == ["c"]
    limits = rules.margins_of(tables["runs"])
    pairs = comparisons.judge(tables, limits, REDRAWN, found, rules.seeds)
    own = pairs[pairs["metric"] == "elbo"].set_index(["a", "b"])
    assert own["n"].to_dict() == {("a", "b"): 6, ("a", "c"): 4, ("b", "c"): 4}
    assert own["verdict"].to_dict() == {
        ("a", "b"): verdicts.Verdict.OPEN,
        ("a", "c"): verdicts.Verdict.BETTER,
        ("b", "c"): verdicts.Verdict.BETTER,
    }
    (gone,) = found.stages[0].retired
    row = own.loc[(gone.leader, "c")]
    assert (row["low"], row["high"], row["p"]) == (gone.low, gone.high, gone.p)
    assert row["p_adjusted"] == pytest.approx(gone.p * 0.05 / gone.level)


def test_a_diverged_model_counts_in_no_verdict_even_with_a_finite_score():
    values = {"a": -1 - NINE / 100, "b": np.append(-2 - NINE[:8] / 100, -1e9)}
    status = ["finished"] * 17 + ["diverged"]
    pairs = judged(values, status=status)
    assert set(pairs["n"]) == {8}
    np.testing.assert_allclose(pairs["difference"], 1)


@pytest.mark.parametrize("status", ["finished", "diverged"])
def test_without_pairs_the_table_has_its_columns_and_no_rows(status):
    names = ["a"] if status == "finished" else ["a", "b"]
    pairs = judged(dict.fromkeys(names, NINE), status=status)
    assert len(pairs) == 0
    assert list(pairs.columns) == list(judged({"a": NINE, "b": NINE}).columns)


def test_verdicts_against_others_are_seen_from_one_activation():
    rows = [
        ("elbo", "a", "b", verdicts.Verdict.BETTER, math.nan),
        ("elbo", "c", "a", verdicts.Verdict.BETTER, math.nan),
        ("elbo", "a", "d", verdicts.Verdict.TIED, math.nan),
        ("elbo", "e", "a", verdicts.Verdict.OPEN, 17.0),
        ("elbo", "b", "c", verdicts.Verdict.WORSE, math.nan),
        ("mse", "a", "b", verdicts.Verdict.WORSE, math.nan),
    ]
    pairs = pd.DataFrame(rows, columns=["metric", "a", "b", "verdict", "needed"])
    numbers = {"n": 9, "difference": 2.0, "low": 1.0, "high": 3.0, "new_low": 0.5, "new_high": 4.0}
    pairs = pairs.assign(**numbers)
    found = comparisons.verdicts_against_others(pairs, "a", "elbo")
    assert found["verdict"].to_dict() == {
        "b": verdicts.Verdict.BETTER,
        "d": verdicts.Verdict.TIED,
        "c": verdicts.Verdict.WORSE,
        "e": verdicts.Verdict.OPEN,
    }
    assert found.loc["e", "needed"] == 17
    bounds = ["difference", "low", "high", "new_low", "new_high"]
    assert list(found.loc["b", bounds]) == [2, 1, 3, 0.5, 4]
    assert list(found.loc["c", bounds]) == [-2, -3, -1, -4, -0.5], "seen from the other side"
    assert comparisons.verdicts_against_others(pairs, "b", "mse")["verdict"].to_dict() == {
        "a": verdicts.Verdict.BETTER
    }
    assert comparisons.verdicts_against_others(pairs, "c", "mse").empty


def test_labelled_groups_are_those_of_the_columns():
    table = pd.DataFrame({"depth": [1, 1, 2], "batch_norm": [True, False, True], "elbo": [5, 6, 7]})
    assert [
        (label, list(rows["elbo"])) for label, rows in comparisons.labelled_groups(table, ["depth"])
    ] == [
        ("depth 1", [5, 6]),
        ("depth 2", [7]),
    ]
    both = dict(comparisons.labelled_groups(table, ["depth", "batch_norm"]))
    assert list(both) == [
        "depth 1, with batch normalisation",
        "depth 1, without batch normalisation",
        "depth 2, with batch normalisation",
    ]
    ((label, rows),) = comparisons.labelled_groups(table, [])
    assert label == ""
    assert rows is table
