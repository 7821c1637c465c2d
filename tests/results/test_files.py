"""The result tables: written whole, read as they were, joined and split."""

import os

import numpy as np
import pandas as pd
import pytest

from vaelib.results import files, provenance

PUBLISHED = provenance.NOTEBOOKS.parent / "reports" / "published"


def run_tables(name: str) -> dict[str, pd.DataFrame]:
    """Return five small tables of one run."""
    table = pd.DataFrame({"activation": name, "seed": [0, 1], "value": [1 / 3, np.nan]})
    return {key: table.assign(table=key) for key in files.FILES}


@pytest.mark.parametrize("name", ["relu", "none", "NA", "nan"])
def test_tables_survive_the_disk_whatever_the_activation_is_called(tmp_path, name):
    written = run_tables(name)
    files.write(tmp_path, written)
    found = files.read(tmp_path)
    assert set(found) == set(files.FILES)
    for key, table in found.items():
        pd.testing.assert_frame_equal(table, written[key], rtol=1e-6)


def test_each_file_is_whole_and_runs_come_last(tmp_path, monkeypatch):
    order, replace = [], os.replace

    def noted(partial, path):
        order.append(path.name)
        replace(partial, path)

    monkeypatch.setattr(os, "replace", noted)
    files.write(tmp_path, run_tables("relu"))
    assert {path.name for path in tmp_path.iterdir()} == set(files.FILES.values()) == set(order)
    assert order[-1] == "runs.csv"


@pytest.mark.parametrize(("name", "method"), [("runs", "to_csv"), ("scores", "to_parquet")])
def test_an_interrupted_write_leaves_the_old_file(tmp_path, monkeypatch, name, method):
    path = tmp_path / files.FILES[name]
    path.write_text("old")

    def interrupted(table, file, **options):
        file.write_text("half")
        raise KeyboardInterrupt

    monkeypatch.setattr(pd.DataFrame, method, interrupted)
    with pytest.raises(KeyboardInterrupt):
        files.write_table(tmp_path, name, pd.DataFrame({"seed": [0, 1]}))
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path], "and nothing of the new one"


def test_what_earlier_tables_lack_has_its_default(tmp_path):
    table = pd.DataFrame({"activation": ["relu"], "learning_rate": [0.1], "beta": [4.0]})
    files.write_csv(tmp_path / "runs.csv", table)
    (row,) = files.read_csv(tmp_path / "runs.csv").to_dict("records")
    assert (row["learning_rate"], row["beta"]) == (0.1, 4.0)
    assert (row["kl_warmup"], row["architecture"]) == (0, "dense")
    assert row["output_activation"] == "sigmoid"


def test_large_tables_have_equal_bytes_at_any_time(tmp_path, monkeypatch):
    contents = []
    for folder, now in (("a", 1e9), ("b", 1.5e9)):
        (tmp_path / folder).mkdir()
        monkeypatch.setattr("time.time", lambda now=now: now)
        files.write(tmp_path / folder, run_tables("relu"))
        contents.append((tmp_path / folder / files.FILES["scores"]).read_bytes())
    assert contents[0] == contents[1]
    assert contents[0][:4] == b"PAR1"


def write_earlier(folder, name, table):
    """Write a table as it was before there was Parquet."""
    table.to_csv(folder / files.EARLIER[name], index=False, float_format="%.7g")


def measured(**columns) -> pd.DataFrame:
    """Return two rows of a table with every kind of column."""
    keys = {"dataset": ["007", "007"], "activation": ["none", "NA"], "model": ["1e5", "12"]}
    layers = {"network": "encoder", "layer": ["1", "2"], "role": "hidden"}
    numbers = {"seed": [0, 1], "epoch": 3, "depth": 1, "image": [0, 7]}
    return pd.DataFrame({**keys, **layers, **numbers, **columns})


@pytest.mark.parametrize(
    ("values", "rounded"),
    [
        ([0.1, -124.36363636], [0.1, -124.3636]),
        ([1.0, 0.0], [1.0, 0.0]),  # which CSV does not tell from integers
        ([2, 3], [2.0, 3.0]),
        ([np.nan, 1.0], [np.nan, 1.0]),
        ([np.nan, np.nan], [np.nan, np.nan]),
        ([np.inf, -np.inf], [np.inf, -np.inf]),
        ([1e-30, 1e30], [1e-30, 1e30]),
    ],
    ids=str,
)
@pytest.mark.parametrize("name", files.EARLIER)
def test_types_and_values_do_not_depend_on_the_file(tmp_path, name, values, rounded):
    table, expected = measured(value=values), measured(value=np.array(rounded))
    write_earlier(tmp_path, name, table)
    old = files.read_table(tmp_path, name)
    files.write_table(tmp_path, name, table)
    assert not (tmp_path / files.EARLIER[name]).exists()
    for found in (old, files.read_table(tmp_path, name)):
        pd.testing.assert_frame_equal(found, expected, rtol=1e-6)


@pytest.mark.parametrize("name", files.EARLIER)
def test_empty_tables_have_the_types_of_others(tmp_path, name):
    empty = pd.DataFrame(columns=list(measured(value=0.5)))
    write_earlier(tmp_path, name, empty)
    old = files.read_table(tmp_path, name)
    files.write_table(tmp_path, name, empty)
    for found in (old, files.read_table(tmp_path, name)):
        assert found.dtypes.to_dict() == measured(value=0.5).dtypes.to_dict()


def test_of_two_files_of_a_table_the_newer_kind_is_read(tmp_path):
    files.write_table(tmp_path, "scores", measured(value=1.0))
    write_earlier(tmp_path, "scores", measured(value=2.0))
    assert set(files.read_table(tmp_path, "scores")["value"]) == {1.0}


@pytest.mark.parametrize("study", ["default", "depth"])
def test_a_published_table_is_the_same_in_either_file(tmp_path, study):
    folder = PUBLISHED / study
    for name in files.EARLIER:
        if files.path_of(folder, name).is_file():
            table = files.read_table(folder, name)
            files.write_table(tmp_path, name, table)
            again = files.read_table(tmp_path, name)
            pd.testing.assert_frame_equal(again, table, rtol=1e-7)


def test_runs_with_files_of_both_kinds_are_joined(tmp_path):
    for name in ("old", "new"):
        (tmp_path / name).mkdir()
        files.write(tmp_path / name, dict.fromkeys(files.FILES, measured(value=0.5)))
    for name in files.EARLIER:
        write_earlier(tmp_path / "old", name, measured(value=0.5))
        (tmp_path / "old" / files.FILES[name]).unlink()
    for name, table in files.collect([tmp_path / "old", tmp_path / "new"]).items():
        assert len(table) == 4
        assert name not in files.EARLIER or table.dtypes["value"] == np.float64


def test_collect_joins_the_runs_in_order(tmp_path):
    for name in ("tanh", "relu"):
        (tmp_path / name).mkdir()
        files.write(tmp_path / name, run_tables(name))
    joined = files.collect([tmp_path / "tanh", tmp_path / "relu"])
    for key, table in joined.items():
        assert list(table["activation"]) == ["tanh", "tanh", "relu", "relu"]
        assert list(table.index) == [0, 1, 2, 3]
        assert set(table["table"]) == {key}


def test_names_that_look_like_numbers_or_nothing_stay_names(tmp_path):
    table = pd.DataFrame(
        {"dataset": ["007"], "activation": ["none"], "decoder_activation": ["NA"], "point": [3]}
    )
    files.write_csv(tmp_path / "runs.csv", table)
    pd.testing.assert_frame_equal(files.read_csv(tmp_path / "runs.csv"), table)


def test_tables_are_split_by_comparison(tmp_path):
    table = pd.DataFrame({"activation": ["relu", "tanh", "relu"], "comparison": [0, 0, 2]})
    files.write_csv(tmp_path / "summary.csv", table)
    first, second, third = files.by_comparison(tmp_path / "summary.csv", 3)
    assert list(first["activation"]) == ["relu", "tanh"]
    assert second.empty
    pd.testing.assert_frame_equal(third, pd.DataFrame({"activation": ["relu"]}))


def test_reading_a_folder_without_tables_fails(tmp_path):
    with pytest.raises(FileNotFoundError):
        files.read(tmp_path)


def test_only_the_models_asked_for_are_collected_in_their_order(tmp_path):
    for name, models in (("one", ["a", "b"]), ("other", ["c"])):
        (tmp_path / name).mkdir()
        table = pd.DataFrame({"model": models, "epoch": 1})
        files.write(tmp_path / name, dict.fromkeys(files.FILES, table))
    folders = [tmp_path / "one", tmp_path / "other"]
    assert list(files.collect(folders)["runs"]["model"]) == ["a", "b", "c"]
    for table in files.collect(folders, ["c", "a"]).values():
        assert list(table["model"]) == ["c", "a"]


def test_settings_that_one_run_lacks_have_their_defaults_in_its_rows_alone(tmp_path):
    rows = {"one": {"beta": [4.0]}, "two": {}, "three": {"beta": [2.0]}}
    for name, setting in rows.items():
        (tmp_path / name).mkdir()
        table = pd.DataFrame({"model": [name], "learning_rate": [0.1], **setting})
        files.write(tmp_path / name, dict.fromkeys(files.FILES, measured(value=0.5)))
        files.write_table(tmp_path / name, "runs", table)
    runs = files.collect(tmp_path / name for name in rows)["runs"]
    assert list(runs["model"]) == list(rows)
    assert list(runs["beta"]) == [4.0, 1.0, 2.0]


def test_rows_of_a_model_keep_their_order_and_other_models_are_left_out(tmp_path):
    models = ["b", "x", "a", "b", "a"]
    table = pd.DataFrame({"model": models, "epoch": range(5)})
    files.write(tmp_path, dict.fromkeys(files.FILES, table))
    for found in files.collect([tmp_path], ["a", "c", "b"]).values():
        assert list(found["model"]) == ["a", "a", "b", "b"]
        assert list(found["epoch"]) == [2, 4, 0, 3]
        assert list(found.index) == [0, 1, 2, 3]


def test_some_columns_are_read_as_in_the_whole_table(tmp_path):
    table = pd.DataFrame({"model": ["1e5"], "activation": ["none"], "seed": [0], "elbo": [np.nan]})
    files.write_table(tmp_path, "runs", table)
    found = files.read_columns(tmp_path, ["elbo", "model"])
    pd.testing.assert_frame_equal(found, table[["model", "elbo"]])
    with pytest.raises(ValueError, match="bound"):
        files.read_columns(tmp_path, ["bound"])
