"""The tables of the pages, from hand-made summaries."""

import numpy as np
import pandas as pd
import pytest
from report_tables import BEST, PCA, TIED, WORST, model, summary

from vaelib.reporting import findings, tables
from vaelib.reporting.tables import NO_VALUE, Cell
from vaelib.results.columns import BY_COLUMN, METRICS

MINUS = "\N{MINUS SIGN}"


def cells(table: pd.DataFrame, column: str) -> list[Cell]:
    """Return the cells of a metric's column."""
    title = BY_COLUMN[column].title
    (found,) = [
        one for one in (tables.results(table), tables.other_metrics(table)) if title in one.head
    ]
    return [row[found.head.index(title) - 1] for _, row in found.rows]


def test_every_metric_is_in_one_of_the_two_tables():
    shown = tables.results(summary(BEST)).head[2:] + tables.other_metrics(summary(BEST)).head[1:]
    shown.remove("behind (nats)")
    assert sorted(shown) == sorted(metric.title for metric in METRICS)


def test_the_overview_has_every_activation_in_every_comparison():
    first = summary(BEST, TIED, WORST)
    second = summary(model("tanh", -50.0, tie=True), model("relu", -60.0))
    table = tables.overview([first, second], ["depth 1", "depth 2"])
    assert table.head == ["test ELBO (nats)", "depth 1", "depth 2"]
    found = {name: [(cell.mark, cell.text) for cell in row] for name, row in table.rows}
    assert found == {
        "elu": [("best", f"{MINUS}100.2"), ("", NO_VALUE)],
        "selu": [("tie", f"{MINUS}100.5"), ("", NO_VALUE)],
        "tanh": [("", f"{MINUS}110.0"), ("best", f"{MINUS}50.00")],
        "relu": [("", NO_VALUE), ("", f"{MINUS}60.00")],
    }


def test_the_best_and_the_tied_cells_are_marked():
    table = summary(BEST, TIED, WORST)
    assert [cell.mark for cell in cells(table, "elbo")] == ["best", "tie", ""]
    interval = f"{MINUS}110.5 to {MINUS}109.5"
    assert cells(table, "elbo")[2] == Cell(f"{MINUS}110.0", interval)


@pytest.mark.parametrize(
    ("column", "marks"), [("mse", ["tie", "best"]), ("psnr", ["best", "tie"]), ("kl", ["", ""])]
)
def test_what_is_best_depends_on_the_metric(column, marks):
    table = summary({column: 30.0}, {column: 2.0})
    assert [cell.mark for cell in cells(table, column)] == marks


def test_a_missed_target_leaves_no_mean_but_the_number_that_reached_it():
    table = summary({}, {"epochs_to_target": np.nan, "diverged": 1, "reached": 1})
    assert cells(table, "epochs_to_target")[1] == Cell(NO_VALUE, "1 of 3 reached it")


def test_what_has_no_number_is_a_dash():
    table = summary({}, {"ssim": np.nan, "epochs_to_target": np.nan, "diverged": 4, "reached": 0})
    assert cells(table, "ssim")[1] == cells(table, "epochs_to_target")[1] == Cell(NO_VALUE)
    _, (name, row) = tables.results(table).rows
    assert (name, row[0]) == ("relu", Cell("0 of 4"))


def test_the_distance_from_the_first_is_paired_and_has_its_interval():
    table = summary(BEST, {**TIED, "behind_low": 0.1, "behind_high": 0.4})
    found = [row[2] for _, row in tables.results(table).rows]
    assert tables.results(table).head[3] == "behind (nats)"
    assert found == [Cell(NO_VALUE), Cell("0.250", "0.100 to 0.400")]


def test_models_whose_training_had_not_ended_are_counted():
    _, (_, row) = tables.results(summary(BEST, {**TIED, "ended": 1, "diverged": 1})).rows
    assert row[0] == Cell("3 of 4", "2 not at the end")


@pytest.mark.parametrize(("components", "name"), [(16, "16 components"), (1, "1 component")])
def test_pca_is_a_row_apart_that_is_never_the_best(components, name):
    table = summary({"mse": 0.03}, {"mse": 0.04})
    found = tables.results(table, {**PCA, "components": components})
    assert found.rows == tables.results(table).rows
    shown, cells = found.reference
    assert shown == "PCA"
    assert cells[0] == Cell("no network", name)
    of_pca = {"MSE": Cell("0.0271", "0.0270 to 0.0272"), "PSNR (dB)": Cell("16.00")}
    of_pca["SSIM"] = Cell("0.50")
    expected = [of_pca.get(title, Cell(NO_VALUE)) for title in found.head[2:]]
    assert cells[1:] == expected


@pytest.mark.parametrize(
    ("values", "width", "shown"),
    [
        ((18.234, 18.2), 0.02, ["18.23", "18.20"]),  # else no interval had a width
        ((18.234, 18.2), 3.0, ["18.2", "18.2"]),
        ((18.234, 18.2), 1e-9, ["18.234", "18.200"]),  # two places more at most
        ((0.0261, 0.0095), 0.001, ["0.02610", "0.00950"]),
        ((16.0, 1.0), 0.5, ["16.00", "1.00"]),  # such as active units
        ((2.0, 0.0031), 0.001, ["2.00", "0.00310"]),  # too different for one precision
        ((0.0, 0.0), 1.0, ["0", "0"]),
    ],
)
def test_a_column_is_as_precise_as_its_intervals_are_wide(values, width, shown):
    rows = [{"psnr": one, "psnr_low": one - width, "psnr_high": one} for one in values]
    assert [cell.text for cell in cells(summary(*rows), "psnr")] == shown


def test_how_far_others_are_behind_has_one_precision():
    behind = [np.nan, 0.995, 2.14, 10.25]
    rows = [{"behind": one, "behind_low": one, "behind_high": one + 1} for one in behind]
    found = [row[2].text for _, row in tables.results(summary(*rows)).rows]
    assert found == [NO_VALUE, "0.99", "2.14", "10.25"]


def test_what_has_no_verdicts_has_no_mark():
    fast = {"seconds_per_epoch": 0.5, "seconds_per_epoch_tie": True}
    (first, second) = cells(summary(fast, {"seconds_per_epoch": 2.0}), "seconds_per_epoch")
    assert first.mark == second.mark == ""


def test_evidence_has_its_estimate_in_words_whether_or_not_it_varies():
    rows = pd.DataFrame(
        {
            "a": ["relu"],
            "b": ["tanh"],
            "difference": [0.5],
            "low": [-np.inf],
            "high": [np.inf],
            "margin": [1.0],
            "outcome": ["open"],
        }
    )
    found = findings.evidence(rows)
    assert found.head == ["activation", "other", "difference", "95 % from", "95 % to", "outcome"]
    ((name, one),) = found.rows
    expected = ["tanh", "0.5", NO_VALUE, NO_VALUE, "open"]
    assert (name, [cell.text for cell in one]) == ("relu", expected)
    many = pd.concat([rows, rows.assign(depth=2, margin=3.0)], ignore_index=True)
    assert {"margin", "depth"} <= {*findings.evidence(many).head}


def test_tables_of_earlier_reports_have_no_row_of_pca():
    assert tables.results(summary(BEST, TIED)).reference is None


def test_one_seed_has_a_mean_without_an_interval():
    table = summary({"mse": 0.01234, "mse_low": np.nan, "mse_high": np.nan})
    assert cells(table, "mse") == [Cell("0.0123", "", "best")]


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0.0, "0"), (0.00012345, "0.000123"), (12.345, "12.3"), (98765.4, "98765")],
)
def test_numbers_show_significant_digits_without_an_exponent(value, shown):
    assert cells(summary({"kl": value}), "kl")[0].text == shown


def test_an_infinite_value_is_shown():
    # Without any gradient at the last layer, the flow of gradients is infinite.
    column = "gradient_flow"
    flow = {column: np.inf, f"{column}_low": np.nan}
    assert cells(summary(flow), column)[0].text == "\N{INFINITY}"


def test_a_plain_table_shows_four_digits_and_dashes():
    frame = pd.DataFrame({"p": [0.123456, np.nan], "n": [9, 12]}, index=["relu", 2.0])
    table = tables.plain(frame.astype({"n": object}))
    assert table.head == ["", "p", "n"]
    assert table.rows == [
        ("relu", [Cell("0.1235"), Cell("9")]),
        ("2", [Cell(NO_VALUE), Cell("12")]),
    ]


def test_the_settings_hold_all_that_is_needed_to_repeat_a_study():
    facts = {
        "study": {
            "epochs": 3,
            "activations": ["relu", "wave"],
            "train_size": [None],
            "batch_norm": [False, True],
            "margins": {},
            "target_loss": -0.5,
        },
        "images": {"digits": {"train": 9, "shape": [8, 8, 1]}},
        "device": "gpu",
        "commit": "abc",
        "code": "def",
        "date": "2026-01-01",
        "versions": {"numpy": "2.0"},
        "own_activations": [{"name": "wave", "file": "mine.py", "function": "wave", "text": ""}],
        "runs": ["not shown"],
    }
    assert tables.settings(facts) == {
        "epochs": "3",
        "activations": "relu, mine.py:wave",
        "train_size": "none",
        "batch_norm": "no, yes",
        "margins": "none",
        "target_loss": f"{MINUS}0.5",
        "images: digits": "train: 9; shape: 8, 8, 1",
        "device": "gpu",
        "commit": "abc",
        "code": "def",
        "date": "2026-01-01",
        "version: numpy": "2.0",
    }


def test_leaders_have_words_for_titles_and_true_minus_signs():
    led = {"budget": [1], "leader": ["elu"], "val_elbo": [-195.61], "second": ["relu"]}
    led |= {"ahead": [3.25], "better": ["relu, tanh"], "tied": [""], "open": [""], "worse": [""]}
    found = tables.leaders(pd.DataFrame(led), "epochs")
    assert found.head[:3] == ["epochs", "leader", "validation ELBO (nats)"]
    ((name, cells),) = found.rows
    expected = ["elu", f"{MINUS}195.6", "relu", "3.25", "relu, tanh", *[NO_VALUE] * 3]
    assert (name, [cell.text for cell in cells]) == ("1", expected)
