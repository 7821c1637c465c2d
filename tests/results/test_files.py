"""The result tables: written whole, read as they were, joined and split."""

import os

import numpy as np
import pandas as pd
import pytest

from vaelib.results import files


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


def test_an_interrupted_write_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "runs.csv"
    path.write_text("old")

    def interrupted(table, file, **options):
        file.write_text("half")
        raise KeyboardInterrupt

    monkeypatch.setattr(pd.DataFrame, "to_csv", interrupted)
    with pytest.raises(KeyboardInterrupt):
        files.write_csv(path, pd.DataFrame({"seed": [0, 1]}))
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path], "and nothing of the new one"


def test_what_earlier_tables_lack_has_its_default(tmp_path):
    table = pd.DataFrame({"activation": ["relu"], "learning_rate": [0.1], "beta": [4.0]})
    files.write_csv(tmp_path / "runs.csv", table)
    (row,) = files.read_csv(tmp_path / "runs.csv").to_dict("records")
    assert (row["learning_rate"], row["beta"]) == (0.1, 4.0)
    assert (row["kl_warmup"], row["architecture"]) == (0, "dense")
    assert row["output_activation"] == "sigmoid"


def test_compressed_tables_have_equal_bytes_at_any_time(tmp_path, monkeypatch):
    contents = []
    for folder, now in (("a", 1e9), ("b", 1.5e9)):
        (tmp_path / folder).mkdir()
        monkeypatch.setattr("time.time", lambda now=now: now)
        files.write(tmp_path / folder, run_tables("relu"))
        contents.append((tmp_path / folder / files.FILES["scores"]).read_bytes())
    assert contents[0] == contents[1]
    assert contents[0][:2] == b"\x1f\x8b"  # gzip


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
