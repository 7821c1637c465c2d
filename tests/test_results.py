"""The result tables: kept on disk as they are, and summarised over seeds."""

import math
import os

import numpy as np
import pandas as pd
import pytest

from vaelib import comparisons, results, verdicts

SEEDS = range(9)
# Half the interval of two values that are 1 apart: t(0.975, 1) s / sqrt(2), s = 1 / sqrt(2).
T_OF_TWO = 12.7062047362 / 2

HISTORY = pd.DataFrame(
    [
        *(("relu", 0, 1, 9.0), ("relu", 0, 2, 5.0), ("relu", 0, 3, 6.0)),
        *(("relu", 1, 1, 7.0), ("relu", 1, 2, 7.0), ("relu", 1, 3, 4.0)),
        *(("tanh", 0, 1, 9.0), ("tanh", 0, 2, 8.5), ("tanh", 0, 3, 8.0)),
    ],
    columns=["activation", "seed", "epoch", "val_loss"],
)


def study(elbo: dict, seconds: dict | None = None, losses: dict | None = None) -> dict:
    """Return tables of one model for each activation and ELBO; NaN where it diverged."""
    runs, history = [], []
    for name, values in elbo.items():
        for seed, value in enumerate(values):
            finished = not math.isnan(value)
            scores = dict.fromkeys((m.column for m in results.METRICS), value)
            del scores["epochs_to_target"]
            scores["seconds_per_epoch"] = (seconds or {}).get(name, [1.0] * len(values))[seed]
            status = "finished" if finished else "diverged"
            runs.append({"activation": name, "seed": seed, "status": status, **scores})
            for epoch, loss in enumerate((losses or {}).get(name, [2.0, 1.0]), start=1):
                history.append((name, seed, epoch, loss))
    columns = ["activation", "seed", "epoch", "val_loss"]
    return {"runs": pd.DataFrame(runs), "history": pd.DataFrame(history, columns=columns)}


def summarize(tables: dict, target: float = 1.0) -> pd.DataFrame:
    pairs = comparisons.judge(tables["runs"], dict.fromkeys(comparisons.JUDGED, 0.0))
    return results.summarize(tables, target, pairs)


def run_tables(name: str) -> dict[str, pd.DataFrame]:
    """Return five small tables of one run."""
    table = pd.DataFrame({"activation": name, "seed": [0, 1], "value": [1 / 3, np.nan]})
    return {key: table.assign(table=key) for key in results.FILES}


@pytest.mark.parametrize("name", ["relu", "none", "NA", "nan"])
def test_tables_survive_the_disk_whatever_the_activation_is_called(tmp_path, name):
    written = run_tables(name)
    results.write(tmp_path, written)
    found = results.read(tmp_path)
    assert set(found) == set(results.FILES)
    for key, table in found.items():
        pd.testing.assert_frame_equal(table, written[key], rtol=1e-6)


def test_each_file_is_whole_and_runs_come_last(tmp_path, monkeypatch):
    order, replace = [], os.replace

    def noted(partial, path):
        order.append(path.name)
        replace(partial, path)

    monkeypatch.setattr(os, "replace", noted)
    results.write(tmp_path, run_tables("relu"))
    assert {path.name for path in tmp_path.iterdir()} == set(results.FILES.values()) == set(order)
    assert order[-1] == "runs.csv"


def test_an_interrupted_write_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "runs.csv"
    path.write_text("old")

    def interrupted(table, file, **options):
        file.write_text("half")
        raise KeyboardInterrupt

    monkeypatch.setattr(pd.DataFrame, "to_csv", interrupted)
    with pytest.raises(KeyboardInterrupt):
        results.write_csv(path, HISTORY)
    assert path.read_text() == "old"


def test_compressed_tables_have_equal_bytes_at_any_time(tmp_path, monkeypatch):
    contents = []
    for folder, now in (("a", 1e9), ("b", 1.5e9)):
        (tmp_path / folder).mkdir()
        monkeypatch.setattr("time.time", lambda now=now: now)
        results.write(tmp_path / folder, run_tables("relu"))
        contents.append((tmp_path / folder / results.FILES["scores"]).read_bytes())
    assert contents[0] == contents[1]
    assert contents[0][:2] == b"\x1f\x8b"  # gzip


def test_collect_joins_the_runs_in_order(tmp_path):
    for name in ("tanh", "relu"):
        (tmp_path / name).mkdir()
        results.write(tmp_path / name, run_tables(name))
    joined = results.collect([tmp_path / "tanh", tmp_path / "relu"])
    for key, table in joined.items():
        assert list(table["activation"]) == ["tanh", "tanh", "relu", "relu"]
        assert list(table.index) == [0, 1, 2, 3]
        assert set(table["table"]) == {key}


def test_names_that_look_like_numbers_or_nothing_stay_names(tmp_path):
    table = pd.DataFrame(
        {"dataset": ["007"], "activation": ["none"], "decoder_activation": ["NA"], "point": [3]}
    )
    results.write_csv(tmp_path / "runs.csv", table)
    pd.testing.assert_frame_equal(results.read_csv(tmp_path / "runs.csv"), table)


def test_tables_of_several_comparisons_are_told_apart(tmp_path):
    table = pd.DataFrame({"activation": ["relu", "tanh", "relu"], "comparison": [0, 0, 2]})
    results.write_csv(tmp_path / "summary.csv", table)
    first, second, third = results.by_comparison(tmp_path / "summary.csv", 3)
    assert list(first["activation"]) == ["relu", "tanh"]
    assert second.empty
    pd.testing.assert_frame_equal(third, pd.DataFrame({"activation": ["relu"]}))


def test_reading_a_folder_without_tables_fails(tmp_path):
    with pytest.raises(FileNotFoundError):
        results.read(tmp_path)


def test_the_default_target_is_the_median_last_loss():
    runs = HISTORY[["activation", "seed"]].drop_duplicates().assign(status="finished")
    tables = {"runs": runs, "history": HISTORY}
    assert results.default_target(tables) == 6  # of 6, 4 and 8; not of the least
    runs.loc[runs.index[:2], "status"] = "diverged"
    assert results.default_target(tables) == 8  # of the one that finished


@pytest.mark.parametrize(
    ("target", "epochs"),
    [(7, [2, 1, np.nan]), (6.99, [2, 3, np.nan]), (8, [2, 1, 3]), (1, [np.nan] * 3)],
)
def test_the_target_is_met_at_the_first_epoch_at_or_under_it(target, epochs):
    found = results.epochs_to_target(HISTORY, target)
    expected = pd.DataFrame({"activation": ["relu", "relu", "tanh"], "seed": [0, 1, 0]})
    expected = expected.assign(epochs_to_target=epochs)
    pd.testing.assert_frame_equal(found, expected, check_dtype=False)


def test_summary_means_and_order_by_hand():
    elbo = {"tanh": [-3.0, -5.0], "relu": [-1.0, -2.0], "selu": [-9.0, -9.0]}
    losses = {"tanh": [3.0, 1.0], "relu": [1.0, 1.0], "selu": [3.0, 2.0]}
    summary = summarize(study(elbo, losses=losses))
    assert list(summary["activation"]) == ["relu", "tanh", "selu"]
    np.testing.assert_array_equal(summary["elbo"], [-1.5, -4, -9])
    reach = T_OF_TWO * np.array([1, 2, 0])
    np.testing.assert_allclose(summary["elbo_low"], summary["elbo"] - reach)
    np.testing.assert_allclose(summary["elbo_high"], summary["elbo"] + reach)
    np.testing.assert_array_equal(summary["epochs_to_target"], [1, 2, np.nan])
    np.testing.assert_array_equal(summary["reached"], [2, 2, 0])


def test_the_epochs_to_the_target_have_no_mean_where_one_run_missed_it():
    tables = study({"relu": [-1.0] * 3, "tanh": [-1.0] * 3})
    history = tables["history"]
    history.loc[(history["activation"] == "relu") & (history["seed"] == 2), "val_loss"] = 9
    summary = summarize(tables).set_index("activation")
    assert summary.loc["relu", "reached"] == 2
    assert math.isnan(summary.loc["relu", "epochs_to_target"])
    assert not summary.loc["relu", "epochs_to_target_tie"]
    assert summary.loc["tanh", "epochs_to_target"] == 2
    assert summary.loc["tanh", "epochs_to_target_tie"]


def test_ties_are_told_by_verdicts_paired_by_seed():
    # Seeds differ by far more than activations: only pairing tells them apart.
    best = 100.0 * np.arange(12)
    swing = np.array([3, -3.5, 3, -3, 3, -3, 3, -3, -1, -3, 3, 1])
    elbo = {"best": best, "equal": best, "level": best + swing, "worse": best - 2 + swing / 10}
    summary = summarize(study(elbo)).set_index("activation")
    assert list(summary.index[summary["elbo_tie"]]) == ["best", "equal", "level"]
    assert summary.loc["worse", "elbo_high"] > summary.loc["best", "elbo_low"]
    assert not summary["kl_tie"].any(), "of KL, neither more nor less is better"
    assert not summary["gap_tie"].any(), "who learned little has little to lose"


def test_a_tie_is_whoever_is_not_worse_by_the_verdicts_given():
    tables = study({"relu": [-1.0, -1.1], "tanh": [-2.0, -2.1], "elu": [-3.0, -3.1]})
    rows = [("relu", "tanh", verdicts.TIED), ("elu", "relu", verdicts.WORSE)]
    pairs = pd.DataFrame(rows, columns=["a", "b", "verdict"]).assign(metric="elbo", needed=np.nan)
    summary = results.summarize(tables, 1.0, pairs).set_index("activation")
    assert summary["elbo_tie"].to_dict() == {"relu": True, "tanh": True, "elu": False}
    pairs.loc[1, "verdict"] = verdicts.OPEN
    summary = results.summarize(tables, 1.0, pairs).set_index("activation")
    assert summary["elbo_tie"].all()


def test_a_metric_without_verdicts_marks_the_best_alone():
    elbo = {"quick": [-1.0] * 9, "slow": [-1.0] * 9}
    seconds = {"quick": [1.0] * 9, "slow": [1.001] * 9}
    summary = summarize(study(elbo, seconds)).set_index("activation")
    assert summary["seconds_per_epoch_tie"].to_dict() == {"quick": True, "slow": False}


def test_lower_is_better_for_errors():
    elbo = {"low": 1.0 + np.arange(9), "high": 5.0 + np.arange(9)}
    summary = summarize(study(elbo)).set_index("activation")
    assert summary["mse_tie"].to_dict() == {"low": True, "high": False}
    assert summary["psnr_tie"].to_dict() == {"low": False, "high": True}


def test_diverged_runs_count_in_no_mean():
    elbo = {"relu": [-2.0, np.nan, -4.0], "tanh": [-5.0, -6.0, -7.0], "elu": [np.nan] * 3}
    summary = summarize(study(elbo)).set_index("activation")
    assert list(summary.index) == ["relu", "tanh", "elu"]
    assert list(summary["runs"]) == [3, 3, 3]
    assert list(summary["diverged"]) == [1, 0, 3]
    assert list(summary["reached"]) == [2, 3, 0]
    assert summary.loc["relu", "elbo"] == -3
    assert summary.loc["elu", ["elbo", "elbo_low", "seconds_per_epoch"]].isna().all()
    assert not summary.loc["elu", "elbo_tie"]


def test_diverged_runs_count_in_no_tie():
    # The diverged run was by far the quickest, and would make the slower one the best.
    elbo = {"quick": [-1.0] * 9, "slow": [*[-1.0] * 8, np.nan]}
    seconds = {"quick": [1.0] * 9, "slow": [*[1.1] * 8, 0.01]}
    summary = summarize(study(elbo, seconds)).set_index("activation")
    assert summary.loc["slow", "seconds_per_epoch"] == pytest.approx(1.1)
    assert summary["seconds_per_epoch_tie"].to_dict() == {"quick": True, "slow": False}


def test_over_seeds_takes_means_of_the_rows_all_seeds_have():
    curves = results.over_seeds(HISTORY, "val_loss", ["epoch"])
    assert list(curves["activation"]) == ["relu"] * 3 + ["tanh"] * 3
    np.testing.assert_array_equal(curves["epoch"], [1, 2, 3, 1, 2, 3])
    np.testing.assert_array_equal(curves["mean"], [8, 6, 5, 9, 8.5, 8])
    reach = T_OF_TWO * np.array([2, 2, 2, *[np.nan] * 3])
    np.testing.assert_allclose(curves["low"], curves["mean"] - reach)
    np.testing.assert_allclose(curves["high"], curves["mean"] + reach)
    shorter = results.over_seeds(HISTORY.drop(4), "val_loss", ["epoch"])
    assert list(shorter["epoch"]) == [1, 3, 1, 2, 3]


def test_over_seeds_keeps_several_columns():
    table = HISTORY.assign(depth=HISTORY["epoch"], layer=HISTORY["epoch"].map("layer_{}".format))
    layers = results.over_seeds(table, "val_loss", ["depth", "layer"])
    assert list(layers.columns) == ["activation", "depth", "layer", "mean", "low", "high"]
    assert list(layers["layer"][:3]) == ["layer_1", "layer_2", "layer_3"]


def test_over_seeds_of_nothing_is_nothing():
    assert results.over_seeds(HISTORY[:0], "val_loss", ["epoch"]).empty
