"""The report's sentence and table, from hand-made summaries."""

import re

import numpy as np
import pandas as pd
import pytest

from vaelib import tables
from vaelib.results import METRICS


def summary(*rows: dict) -> pd.DataFrame:
    """Return a summary of four models each; what a row does not give is 1 and a tie."""
    table = []
    for row in rows:
        full = {"activation": "relu", "runs": 4, "diverged": 0, "reached": 4}
        for metric in METRICS:
            full[metric.column] = full[f"{metric.column}_low"] = 1.0
            full |= {f"{metric.column}_high": 1.0, f"{metric.column}_tie": metric.best != "none"}
        table.append(full | row)
    return pd.DataFrame(table)


def model(name: str, elbo: float, tie: bool = False, width: float = 0.5, **other) -> dict:
    bounds = {"elbo_low": elbo - width, "elbo_high": elbo + width}
    return {"activation": name, "elbo": elbo, "elbo_tie": tie, **bounds, **other}


def facts(dataset: str = "mnist5k", seeds: int = 4) -> dict:
    study = {"dataset": dataset, "epochs": 20, "seeds": list(range(seeds))}
    return {"images": {"train": 4000}, "study": study}


def cells(table: pd.DataFrame, column: str) -> list[tuple[str, str]]:
    """Return class and content of a column's cells."""
    position = [metric.column for metric in METRICS].index(column) + 1
    found = []
    for row in tables.table(table).split("<tr>")[2:]:
        found.append(re.findall(r'<td(?: class="(\w*)")?>(.*?)</td>', row)[position])
    return found


BEST, TIED = model("elu", -100.25, tie=True), model("selu", -100.5, tie=True)
WORST = model("tanh", -110.0)


def test_the_answer_names_the_best_the_tied_and_the_worst():
    text = tables.answer(summary(BEST, TIED, model("silu", -101.0, tie=True), WORST), facts())
    assert text == (
        "On mnist5k (4,000 training images, 20 epochs, 4 seeds each), <b>elu</b> reaches the best "
        "test ELBO: \N{MINUS SIGN}100.2 nats, 95 % interval \N{MINUS SIGN}100.8 to "
        "\N{MINUS SIGN}99.75. Not told apart from it over these seeds: selu and silu. "
        "The worst, tanh, is 9.75 nats behind."
    )


@pytest.mark.parametrize(
    ("rows", "seeds", "ending"),
    [
        ([BEST], 4, r"Nothing else was compared\."),
        ([BEST, WORST], 4, r"All others are worse .* The worst, tanh, is 9\.75 nats behind\."),
        ([BEST, TIED], 4, r"Not told apart .*: selu\. The worst, selu, is 0\.250 nats behind\."),
        (
            [model("elu", -1.0, True, np.nan), model("tanh", -2.0, False, np.nan)],
            1,
            r"1 seed each\).* nats\. With one seed, nothing can be said about chance\.",
        ),
        (
            [model("elu", np.nan), model("tanh", np.nan)],
            4,
            "no model finished: there is nothing to compare.",
        ),
    ],
    ids=["one", "clear", "tied", "one seed", "none finished"],
)
def test_the_answer_says_what_can_be_said(rows, seeds, ending):
    assert re.search(f"{ending}$", tables.answer(summary(*rows), facts(seeds=seeds)))


def test_an_activation_that_never_finished_is_not_the_worst():
    text = tables.answer(summary(BEST, WORST, model("relu", np.nan)), facts())
    assert "The worst, tanh," in text
    assert "relu" not in text


def test_names_are_escaped():
    rows = summary(model("<i>", -1.0, tie=True), model("a&b", -2.0, tie=True), model("<u>", -3.0))
    text = tables.answer(rows, facts(dataset="<script>.npz"))
    assert not re.search("<(i|u|script)>", text + tables.table(rows))
    for escaped in ("&lt;script&gt;.npz", "<b>&lt;i&gt;</b>", "a&amp;b", "&lt;u&gt;"):
        assert escaped in text
    assert "<th>a&amp;b</th>" in tables.table(rows)


def test_the_best_and_the_tied_cells_are_marked():
    table = summary(BEST, TIED, WORST)
    assert [mark for mark, _ in cells(table, "elbo")] == ["best", "tie", ""]
    interval = "\N{MINUS SIGN}110.5 to \N{MINUS SIGN}109.5"
    expected = f'\N{MINUS SIGN}110.0<span class="interval">{interval}</span>'
    assert cells(table, "elbo")[2] == ("", expected)


@pytest.mark.parametrize(
    ("column", "marks"), [("mse", ["tie", "best"]), ("psnr", ["best", "tie"]), ("kl", ["", ""])]
)
def test_what_is_best_depends_on_the_metric(column, marks):
    table = summary({column: 30.0}, {column: 2.0})
    assert [mark for mark, _ in cells(table, column)] == marks


def test_a_missed_target_leaves_no_mean_but_the_number_that_reached_it():
    table = summary({}, {"epochs_to_target": np.nan, "diverged": 1, "reached": 1})
    _, content = cells(table, "epochs_to_target")[1]
    assert content == '&ndash;<span class="interval">1 of 3 reached it</span>'


def test_what_has_no_number_is_a_dash():
    table = summary({}, {"ssim": np.nan, "epochs_to_target": np.nan, "diverged": 4, "reached": 0})
    assert cells(table, "ssim")[1] == cells(table, "epochs_to_target")[1] == ("", "&ndash;")
    assert "<th>relu</th><td>0 of 4</td>" in tables.table(table)


def test_one_seed_has_a_mean_without_an_interval():
    table = summary({"mse": 0.01234, "mse_low": np.nan, "mse_high": np.nan})
    assert cells(table, "mse") == [("best", '0.0123<span class="interval"></span>')]


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0.0, "0"), (0.00012345, "0.000123"), (12.345, "12.3"), (98765.4, "98765")],
)
def test_numbers_show_significant_digits_without_an_exponent(value, shown):
    assert cells(summary({"kl": value}), "kl")[0][1].startswith(f"{shown}<")


def test_an_infinite_ratio_is_shown():
    # A dead last layer has no gradient; the first still has that of the KL divergence.
    ratios = {"gradient_ratio": np.inf, "gradient_ratio_low": np.nan}
    assert re.match("inf|∞|&infin;", cells(summary(ratios), "gradient_ratio")[0][1])


def report_facts(target=130.0, own=None, shape=(28, 28, 1)) -> dict:
    return {"study": {"target_loss": own}, "images": {"shape": shape}, "target_loss": target}


@pytest.mark.parametrize(
    ("given", "identical", "said", "unsaid"),
    [
        (report_facts(), 0, ["130.00 nats (the median over"], ["identical", "not comparable"]),
        (report_facts(own=130.0), 0, ["130.00 nats (set by the study)"], ["median"]),
        (report_facts(target=None), 0, ["not told apart"], ["target"]),
        (report_facts(shape=(8, 8, 1)), 0, ["SSIM", "not comparable with published"], []),
        (report_facts(), 1, ["1 image came out identical"], []),
    ],
)
def test_the_note_says_what_holds_for_the_study(given, identical, said, unsaid):
    text = tables.note(given, identical)
    assert [part for part in said if part not in text] == []
    assert [part for part in unsaid if part in text] == []


def test_failures_are_named_with_their_cause_and_escaped():
    failed = pd.DataFrame({"activation": ["relu"], "reason": ["ValueError: <b>"]})
    text = tables.failures(failed, summary({"activation": "tanh", "diverged": 1}))
    assert "<b>relu</b> failed and is missing here: ValueError: &lt;b&gt;" in text
    assert "<b>tanh</b>: 1 of 4 models diverged" in text
    assert tables.failures(failed[:0], summary({})) == "<p>No run failed or diverged.</p>"
