"""The report's sentence and table, from hand-made summaries."""

import re

import numpy as np
import pandas as pd
import pytest

from vaelib.analysis import comparisons
from vaelib.analysis.verdicts import Verdict
from vaelib.reporting import sentences
from vaelib.results.columns import MARGINS, METRICS, Direction

METRIC_NAMES = list(MARGINS)


def summary(*rows: dict) -> pd.DataFrame:
    """Return a summary of four models each; what a row does not give is 1 and a tie."""
    table = []
    for row in rows:
        full = {"activation": "relu", "runs": 4, "diverged": 0, "reached": 4}
        for metric in METRICS:
            full[metric.column] = full[f"{metric.column}_low"] = 1.0
            marked = metric.marks_best and metric.direction != Direction.NEITHER
            full |= {f"{metric.column}_high": 1.0, f"{metric.column}_tie": marked}
        table.append(full | row)
    return pd.DataFrame(table)


def model(name: str, elbo: float, tie: bool = False, width: float = 0.5, **other) -> dict:
    bounds = {"elbo_low": elbo - width, "elbo_high": elbo + width}
    return {"activation": name, "elbo": elbo, "elbo_tie": tie, **bounds, **other}


def facts(dataset: str = "mnist5k", seeds: int = 4, label: str = "") -> dict:
    margins = {"elbo": 1.0, "mse": 0.0005}
    study = {"epochs": 20, "seeds": list(range(seeds)), "margins": margins}
    first = {"dataset": dataset, "train_size": 4000, "label": label}
    return {"study": study, "comparisons": [first, {**first, "label": "depth 2"}]}


def judged(*rows: tuple, metric: str = "elbo") -> pd.DataFrame:
    """Return verdicts: a, b, the verdict of a against b, and the seeds needed."""
    rows = [row if len(row) == 4 else (*row, np.nan) for row in rows]
    return pd.DataFrame(rows, columns=["a", "b", "verdict", "needed"]).assign(metric=metric)


def cells(table: pd.DataFrame, column: str) -> list[tuple[str, str]]:
    """Return class and content of a column's cells."""
    position = [metric.column for metric in METRICS].index(column) + 1
    found = []
    for row in sentences.table(table).split("<tr>")[2:]:
        found.append(re.findall(r'<td(?: class="(\w*)")?>(.*?)</td>', row)[position])
    return found


BEST, TIED_ROW = model("elu", -100.25, tie=True), model("selu", -100.5, tie=True)
WORST = model("tanh", -110.0)


SINGLE = judged()
WON = judged(("tanh", "elu", Verdict.WORSE))


def test_the_answer_names_the_best_the_tied_the_open_and_the_worst():
    pairs = judged(
        *(
            ("elu", "selu", Verdict.TIED),
            ("silu", "elu", Verdict.OPEN, 14),
            ("elu", "mish", Verdict.OPEN, 31),
        ),
        *(
            ("elu", "tanh", Verdict.BETTER),
            ("sigmoid", "elu", Verdict.WORSE),
            ("tanh", "silu", Verdict.BETTER),
        ),
    )
    # Of the other metrics' verdicts, none may slip in.
    pairs = pd.concat([judged(("elu", "tanh", Verdict.WORSE), metric="mse"), pairs])
    text = sentences.answer(summary(BEST, TIED_ROW, model("silu", -101.0), WORST), pairs, facts())
    assert text == (
        "On mnist5k (4,000 training images, 20 epochs, 4 seeds each), <b>elu</b> reaches the best "
        "test ELBO: \N{MINUS SIGN}100.2 nats, 95 % interval \N{MINUS SIGN}100.8 to "
        "\N{MINUS SIGN}99.75. It is better than tanh and sigmoid; practically tied with it "
        "(within 1 nats): selu; not enough evidence against mish and silu; about 31 seeds would "
        "settle it. The worst, tanh, is 9.75 nats behind."
    )


@pytest.mark.parametrize(
    ("rows", "pairs", "seeds", "ending"),
    [
        ([BEST], SINGLE, 4, r"Nothing else was compared\."),
        (
            [BEST, WORST],
            WON,
            4,
            r"99\.75\. It is better than the other\. The worst, tanh, is 9\.75 nats behind\.",
        ),
        (
            [BEST, TIED_ROW, WORST],
            judged(("elu", "selu", Verdict.BETTER), ("elu", "tanh", Verdict.BETTER)),
            4,
            r"It is better than both others\. The worst, tanh, is 9\.75 nats behind\.",
        ),
        (
            [BEST, TIED_ROW],
            judged(("selu", "elu", Verdict.TIED)),
            4,
            r"better than none beyond chance; practically tied .*: selu\. The worst, selu, is "
            r"0\.250 nats behind\.",
        ),
        (
            [BEST, WORST],
            judged(("elu", "tanh", Verdict.OPEN)),
            4,
            r"none beyond chance; not enough evidence against tanh\. The worst, .* behind\.",
        ),
        (
            [BEST, WORST, model("mish", -111.0)],
            judged(("elu", "tanh", Verdict.OPEN, np.inf), ("elu", "mish", Verdict.OPEN, 31)),
            4,
            r"against tanh and mish; a million seeds would not settle it\. The worst, .* behind\.",
        ),
        (
            [model("elu", -1.0, True, np.nan), model("tanh", -2.0, False, np.nan)],
            judged(("elu", "tanh", Verdict.OPEN, 6)),
            1,
            r"1 seed each\).* nats\. With one seed, nothing can be said about chance\.",
        ),
        (
            [model("elu", np.nan), model("tanh", np.nan)],
            SINGLE,
            4,
            "no model finished: there is nothing to compare.",
        ),
    ],
    ids=["one", "clear", "clear of two", "tied", "open", "hopeless", "one seed", "none finished"],
)
def test_the_answer_says_what_can_be_said(rows, pairs, seeds, ending):
    assert re.search(f"{ending}$", sentences.answer(summary(*rows), pairs, facts(seeds=seeds)))


def test_the_answer_says_which_comparison_it_is_about():
    rows, given = summary(BEST, WORST), facts(label="depth 1")
    assert "4 seeds each, depth 1), <b>elu</b>" in sentences.answer(rows, WON, given)
    assert "With depth 2, <b>elu</b> reaches" in sentences.answer(rows, WON, given, 1)


def test_an_activation_that_never_finished_is_not_the_worst():
    text = sentences.answer(summary(BEST, WORST, model("relu", np.nan)), WON, facts())
    assert "The worst, tanh," in text
    assert "relu" not in text


def test_names_are_escaped():
    rows = summary(model("<i>", -1.0, tie=True), model("a&b", -2.0, tie=True), model("<u>", -3.0))
    pairs = judged(("<i>", "a&b", Verdict.TIED), ("<i>", "<u>", Verdict.BETTER))
    text = sentences.answer(rows, pairs, facts(dataset="<script>.npz", label="dataset <b>"))
    tabled = sentences.table(rows) + sentences.overview([rows], ["<em>"])
    assert not re.search("<(i|u|script|em)>", text + tabled)
    for escaped in ("&lt;script&gt;.npz", "<b>&lt;i&gt;</b>", "a&amp;b", "&lt;u&gt;", "&lt;b&gt;"):
        assert escaped in text
    assert "<th>a&amp;b</th>" in sentences.table(rows)
    assert "<th>&lt;em&gt;</th>" in tabled


def test_the_overview_has_every_activation_in_every_comparison():
    first = summary(BEST, TIED_ROW, WORST)
    second = summary(model("tanh", -50.0, tie=True), model("relu", -60.0))
    rows = sentences.overview([first, second], ["depth 1", "depth 2"]).split("<tr>")[1:]
    assert re.findall("<th>(.*?)</th>", rows[0]) == ["test ELBO (nats)", "depth 1", "depth 2"]
    found = {
        re.search("<th>(.*?)</th>", row)[1]: re.findall(r'<td(?: class="(\w*)")?>([^<]*)', row)
        for row in rows[1:]
    }
    minus = "\N{MINUS SIGN}"
    assert found == {
        "elu": [("best", f"{minus}100.2"), ("", "&ndash;")],
        "selu": [("tie", f"{minus}100.5"), ("", "&ndash;")],
        "tanh": [("", f"{minus}110.0"), ("best", f"{minus}50.00")],
        "relu": [("", "&ndash;"), ("", f"{minus}60.00")],
    }


def test_the_best_and_the_tied_cells_are_marked():
    table = summary(BEST, TIED_ROW, WORST)
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
    assert "<th>relu</th><td>0 of 4</td>" in sentences.table(table)


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
    ratios = {"gradient_flow": np.inf, "gradient_flow_low": np.nan}
    assert re.match("inf|∞|&infin;", cells(summary(ratios), "gradient_flow")[0][1])


def report_facts(target=130.0, own=None, shape=(28, 28, 1)) -> dict:
    small = {"dataset": "small", "target_loss": 7.0}
    return {
        "study": {"target_loss": own, "margins": {"elbo": 1.0, "mse": 0.0005}},
        "images": {"large": {"shape": shape}, "small": {"shape": (8, 8, 1)}},
        "comparisons": [{"dataset": "large", "target_loss": target}, small],
    }


@pytest.mark.parametrize(
    ("given", "identical", "number", "said", "unsaid"),
    [
        (report_facts(), 0, 0, ["130.00 nats (the median over"], ["identical", "not comparable"]),
        (report_facts(own=130.0), 0, 0, ["130.00 nats (set by the study)"], ["median"]),
        (report_facts(target=None), 0, 0, ["not worse than it by verdict"], ["target"]),
        (report_facts(shape=(8, 8, 1)), 0, 0, ["SSIM", "not comparable with published"], []),
        (report_facts(), 1, 0, ["1 image came out identical"], []),
        (report_facts(), 0, 1, ["7.00 nats", "not comparable with published"], ["130.00"]),
    ],
)
def test_the_note_says_what_holds_for_the_comparison(given, identical, number, said, unsaid):
    text = sentences.note(given, identical, number)
    assert [part for part in said if part not in text] == []
    assert [part for part in unsaid if part in text] == []


@pytest.mark.parametrize(("names", "family"), [("ab", "1 pair "), ("abcd", "6 pairs ")])
def test_the_note_on_verdicts_counts_the_family_and_states_the_margins(names, family):
    runs = [
        {"activation": name, "seed": seed, "status": "finished"} | dict.fromkeys(METRIC_NAMES, 1.0)
        for name in names
        for seed in (0, 1)
    ]
    pairs = comparisons.judge(pd.DataFrame(runs), dict.fromkeys(METRIC_NAMES, 0.0))
    text = sentences.verdict_note(report_facts(), pairs)
    assert f"correction for the {family}of a metric" in text
    assert "(elbo 1, mse 0.0005)" in text


def models(**diverged_at: list[float]) -> pd.DataFrame:
    """Return an activation's two seeds at each of two rates; diverged at those given."""
    return pd.DataFrame(
        [
            {
                "activation": name,
                "seed": seed,
                "learning_rate": rate,
                "status": "diverged" if rate in rates and seed == 1 else "finished",
            }
            for name, rates in diverged_at.items()
            for rate in (0.1, 0.001)
            for seed in (0, 1)
        ]
    )


def test_failures_are_named_with_their_cause_and_escaped():
    failed = pd.DataFrame(
        {"dataset": ["<i>"], "activation": ["relu"], "reason": ["ValueError: <b>"]}
    )
    text = sentences.failures(failed, models(tanh=[0.1], gelu=[], selu=[0.1, 0.001]))
    assert "<b>relu</b> failed on &lt;i&gt; and is missing here: ValueError: &lt;b&gt;" in text
    assert "<b>tanh</b>: 1 of 4 models diverged" in text
    assert "at learning rate 0.1; they count in no mean" in text
    assert "<b>selu</b>: 2 of 4 models diverged" in text
    assert "at learning rate 0.001 and 0.1;" in text
    assert "gelu" not in text


@pytest.mark.parametrize("runs", [models(tanh=[]), pd.DataFrame()])
def test_nothing_failed_is_said(runs):
    failed = pd.DataFrame({"dataset": [], "activation": [], "reason": []})
    assert sentences.failures(failed, runs) == "<p>No run failed or diverged.</p>"
