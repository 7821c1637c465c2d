"""Which models are compared, and the verdicts on hand-made values."""

import json
import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from vaelib.analysis import comparisons, verdicts
from vaelib.results.columns import MARGINS
from vaelib.results.keys import RateChoice

PLAIN = {
    "dataset": "digits",
    "decoder_activation": "same",
    "depth": 1,
    "initializer": "keras",
    "optimizer": "adam",
    "train_size": 100,
    "batch_norm": False,
    "weight_decay": 0.0,
}


def models(*points: dict, names: str = "ab", seeds: int = 2) -> pd.DataFrame:
    """Return runs of some grid points; what a point does not give is as in `PLAIN`."""
    rows = []
    for point, given in enumerate(points):
        for name in names:
            for seed in range(seeds):
                row = {
                    **PLAIN,
                    "learning_rate": 0.001,
                    "default_rate": True,
                    "tuned_rate": True,
                    **given,
                }
                rows.append({"activation": name, "point": point, "seed": seed, **row})
    return pd.DataFrame(rows)


FAST = {"learning_rate": 0.1, "default_rate": False, "tuned_rate": True}
SLOW = {"learning_rate": 0.001, "default_rate": True, "tuned_rate": False}
UNSEEN = {"learning_rate": 0.01, "default_rate": False, "tuned_rate": False}


def test_only_models_that_did_not_diverge_are_finished():
    runs = models({}).assign(status=["finished", "diverged", "finished", "diverged"])
    assert list(comparisons.finished_runs(runs).index) == [0, 2]


def test_a_decoder_without_an_activation_of_its_own_has_the_encoders():
    runs = models({}).assign(decoder_activation=["same", math.nan, "b", "tanh"])
    assert list(comparisons.decoder_activations(runs)) == ["a", "a", "b", "tanh"]


def test_a_plain_study_is_one_comparison_without_a_label():
    (one,) = comparisons.of_study(models({}))
    assert one.fields == {**PLAIN, "rate_choice": RateChoice.DEFAULT}
    assert (one.varying, one.label, one.setting) == ((), "", "")


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
    ],
)
def test_a_label_names_what_varies_in_the_order_of_the_grid(name, values, labels):
    found = comparisons.of_study(models(*({name: value} for value in values)))
    assert [one.fields[name] for one in found] == values
    assert [one.label for one in found] == [one.setting for one in found] == labels
    assert {one.varying for one in found} == {(name,)}


def test_with_several_rates_every_setting_is_compared_at_default_and_tuned_rates():
    points = [{"depth": depth, **rate} for depth in (1, 2) for rate in (SLOW, UNSEEN, FAST)]
    found = comparisons.of_study(models(*points))
    assert [one.label for one in found] == [
        "depth 1, default learning rate",
        "depth 2, default learning rate",
        "depth 1, tuned learning rate",
        "depth 2, tuned learning rate",
    ]
    assert [one.setting for one in found] == ["depth 1", "depth 2"] * 2
    assert [one.fields["rate_choice"] for one in found] == [RateChoice.DEFAULT] * 2 + [
        RateChoice.TUNED
    ] * 2


def test_every_combination_is_a_comparison_even_if_an_activation_lacks_it():
    """An activation that failed on one data set must not hide that data set."""
    runs = models(*({"dataset": d, "depth": n} for d in ("digits", "mnist5k") for n in (1, 2)))
    runs = runs[(runs["activation"] != "a") | (runs["dataset"] != "mnist5k")]
    found = [(one.fields["dataset"], one.fields["depth"]) for one in comparisons.of_study(runs)]
    assert found == [("digits", 1), ("digits", 2), ("mnist5k", 1), ("mnist5k", 2)]


def with_tables(runs: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return runs with a table of two rows for each model that name the model."""
    keys = runs[["dataset", "activation", "point", "seed"]]
    scores = pd.concat([keys.assign(image=image) for image in (0, 1)], ignore_index=True)
    point = scores["dataset"] + scores["activation"] + scores["point"].astype(str)
    scores["model"] = point + scores["seed"].astype(str)
    return {"runs": runs, "scores": scores, "latents": scores[:0]}


def test_select_takes_one_model_of_each_activation_and_seed():
    points = [
        {"dataset": name, "depth": depth, **rate}
        for name in ("digits", "mnist5k")
        for depth in (1, 2)
        for rate in (SLOW, UNSEEN, FAST)
    ]
    tables = with_tables(models(*points))
    taken = []
    for one in comparisons.of_study(tables["runs"]):
        chosen = comparisons.select(tables, one)
        runs = chosen["runs"]
        assert sorted(zip(runs["activation"], runs["seed"], strict=True)) == [
            ("a", 0),
            ("a", 1),
            ("b", 0),
            ("b", 1),
        ]
        assert set(runs["dataset"]) == {one.fields["dataset"]}
        assert set(runs["depth"]) == {one.fields["depth"]}
        rate = {RateChoice.DEFAULT: 0.001, RateChoice.TUNED: 0.1}[one.fields["rate_choice"]]
        assert set(runs["learning_rate"]) == {rate}
        names = runs["dataset"] + runs["activation"] + runs["point"].astype(str)
        names += runs["seed"].astype(str)
        assert sorted(chosen["scores"]["model"]) == sorted([*names, *names])
        assert list(chosen["scores"].columns) == list(tables["scores"].columns)
        assert chosen["latents"].empty
        taken += list(names)
    assert len(taken) == len(set(taken)) == 2 * 2 * 2 * 4


def test_when_tuned_every_activation_has_a_rate_of_its_own():
    runs = models(SLOW, FAST)
    of_a = runs["activation"] == "a"
    runs.loc[of_a, "tuned_rate"] = runs.loc[of_a, "learning_rate"] == 0.001
    default, tuned = comparisons.of_study(runs)
    tables = {"runs": runs}
    for one, rates in ((default, {"a": 0.001, "b": 0.001}), (tuned, {"a": 0.001, "b": 0.1})):
        chosen = comparisons.select(tables, one)["runs"]
        assert dict(zip(chosen["activation"], chosen["learning_rate"], strict=True)) == rates
        assert len(chosen) == 4


def test_runs_by_setting_are_those_at_all_rates():
    points = [{"depth": depth, **rate} for depth in (1, 2) for rate in (SLOW, UNSEEN, FAST)]
    runs = models(*points)
    groups = comparisons.runs_by_setting(runs, comparisons.of_study(runs))
    assert list(groups) == ["depth 1", "depth 2"]
    for depth, group in zip((1, 2), groups.values(), strict=True):
        pd.testing.assert_frame_equal(group, runs[runs["depth"] == depth])
        assert set(group["learning_rate"]) == {0.001, 0.01, 0.1}


NINE = np.arange(1.0, 10)


def judged(values: dict[str, np.ndarray], margin: float = 0.0, **columns) -> pd.DataFrame:
    """Return verdicts on models that have the same value in every metric."""
    rows = [
        {"activation": name, "seed": seed, "status": "finished", **dict.fromkeys(MARGINS, value)}
        for name, group in values.items()
        for seed, value in enumerate(group)
    ]
    runs = pd.DataFrame(rows).assign(**columns)
    return comparisons.judge(runs, dict.fromkeys(MARGINS, margin))


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
        np.testing.assert_allclose(np.sort(family["p_holm"]), corrected)


def test_each_metric_has_its_own_margin():
    values = {"a": 100 + NINE, "b": np.full(9, 100.0)}
    rows = [
        {"activation": name, "seed": seed, "status": "finished", **dict.fromkeys(MARGINS, value)}
        for name, group in values.items()
        for seed, value in enumerate(group)
    ]
    margins = dict.fromkeys(MARGINS, 0.0) | {"psnr": 50.0}
    pairs = comparisons.judge(pd.DataFrame(rows), margins).set_index("metric")
    assert pairs["margin"].to_dict() == margins
    assert pairs.loc["psnr", "verdict"] == verdicts.Verdict.TIED
    assert pairs.loc["elbo", "verdict"] == verdicts.Verdict.BETTER


def test_models_are_paired_by_seed_whatever_their_order():
    table = pd.DataFrame(
        [
            {"activation": name, "seed": seed, "status": "finished"}
            | dict.fromkeys(MARGINS, 100.0 * seed + shift * (1 + seed / 100))
            for name, shift in (("a", 0), ("b", 1))
            for seed in range(9)
        ]
    )
    shuffled = table.sample(frac=1, random_state=3)
    pairs = comparisons.judge(shuffled, dict.fromkeys(MARGINS, 0.0))
    assert pairs["verdict"].iloc[0] == verdicts.Verdict.WORSE
    assert pairs["high"].iloc[0] < -0.9


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
    found = comparisons.verdicts_against_others(pairs, "a", "elbo")
    assert found["verdict"].to_dict() == {
        "b": verdicts.Verdict.BETTER,
        "d": verdicts.Verdict.TIED,
        "c": verdicts.Verdict.WORSE,
        "e": verdicts.Verdict.OPEN,
    }
    assert found.loc["e", "needed"] == 17
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
