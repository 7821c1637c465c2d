"""The HTML of the pages: every value in its place, and escaped."""

import dataclasses

import jinja2
import numpy as np
import pandas as pd
import pytest
import report_tables
from bs4 import BeautifulSoup
from IPython.core.formatters import DisplayFormatter
from matplotlib.figure import Figure
from report_tables import BEST, PCA, TIED, WORST, facts, model, summary

from vaelib.analysis.claims.conclusions import Claim, Conclusion
from vaelib.analysis.claims.conditions import Condition
from vaelib.analysis.claims.evidence import Outcome
from vaelib.analysis.claims.statements import Reference, Source, Statement
from vaelib.analysis.verdicts import Verdict
from vaelib.reporting import embedding, fragments, page, sentences, tables
from vaelib.results import files
from vaelib.results.columns import BY_COLUMN

MINUS = "\N{MINUS SIGN}"
HOSTILE = ["<i>", "<script>alert(1)</script>", "a&b", '"quoted"', "<u onclick='x'>"]
# All tags that the templates write themselves.
TAGS = {"p", "b", "ul", "li", "h2", "h3", "a", "table", "thead", "tbody", "tfoot", "tr", "th", "td"}
TAGS |= {"span", "details", "summary", "img", "pre", "div", "caption", "code", "article"}
TAGS |= {"figure", "figcaption", "q", "cite"}
ATTRIBUTES = {"class", "href", "src", "width", "height", "alt", "scope", "id"}
ATTRIBUTES |= {"tabindex", "role", "aria-label", "aria-hidden", "colspan", "rowspan"}


def parse(fragment: str) -> BeautifulSoup:
    return BeautifulSoup(fragment, "html.parser")


def claim(name: str, rows: pd.DataFrame, part: str = "", number: int = 1) -> Claim:
    reference = Reference(name, name, name, name)
    sources = (Source(reference, name, name), Source(reference, name, name, False, contrary=True))
    statement = Statement(number, name, f"about {name}", sources)
    found = (Condition(Outcome.HOLDS, 2, 3, (f"with {name}",)), Condition(Outcome.OPEN, 1, 3))
    others = {0.1: Conclusion.SUPPORTED}
    return Claim(statement, part, f"support {name}", Conclusion.REFUTED, found, rows, others)


def rendered(name: str) -> dict[str, str]:
    """Return every fragment that can hold a name, with the name in every place."""
    rows = summary(model(name, -1.0, tie=True), model("tanh", -2.0))
    pairs = report_tables.verdicts((name, "tanh", Verdict.BETTER))
    runs = report_tables.diverging(**{name: [0.1]})
    rates = {"activation": name, "learning_rate": [0.1, 0.2], "mean": [1.0, 2.0]}
    candidates = pd.DataFrame({**rates, "chosen": [False, True]})
    failed = pd.DataFrame({"dataset": [name], "activation": [name], "reason": [name]})
    fault = dict.fromkeys(("activation", "measured", "criterion"), name)
    fault |= {"cause": "divergence", "behind": 1.0, "margin": 1.0, "gain": 1.0}
    faults = [pd.DataFrame([fault | {"bad": True}, fault | {"bad": False, "cause": ""}])]
    given = facts(dataset=name, label=name)
    raced = facts(label=name, design="race")
    stage = {"replicates": 4, "started": [name, "tanh"], "lost": [name]}
    retired = {"activation": name, "leader": name, "difference": 1.0, "low": 0.5, "high": 1.5}
    stages = [{**stage, "retired": [retired]}]
    raced["comparisons"][0]["race"] = {"stages": stages, "alive": [name], "tied": False}
    pictures = {"train": 1, "validation": 1, "test": 1, "redrawn": True, "shape": [8, 8, 3]}
    images = {"images": {name: pictures | {"pixels": name}}, "skipped": {name: [name] * 99}}
    study = {"study": {"name": name}, "images": {name: name}, "versions": {name: name}}
    titles = ("leader", "val_elbo", "second", "ahead", "better", "tied", "open", "worse")
    led = pd.DataFrame({"budget": [1]} | {title: [name] for title in titles})
    card = dict.fromkeys(("name", "page", "question", "described", "cost"), name)
    said = sentences.answer(rows, pairs, given)
    picture = {"figure": embedding.embed(Figure((1, 1))), "caption": name}
    cards = [{**card, "answer": said, "changed": ["<b>", "numpy (1, now 2)"], "picture": picture}]
    cards += [{**card, "answer": None}]
    return {
        "answer": fragments.answer([rows, rows], [pairs, pairs], given),
        "strips": fragments.strips([(name, name)]),
        "questions": fragments.questions([sentences.Answer(name, (name,), (1, 2))]),
        "leaders": fragments.leaders(led, name),
        "figure": fragments.figure(Figure((1, 1)), name),
        "index": fragments.index(cards, [dict.fromkeys(("no.", "claim", "part", "verdict"), name)]),
        "results": fragments.results(rows, given),
        "overview": fragments.overview([rows], [name]),
        "plain_table": fragments.plain_table(pd.DataFrame({name: [name]}, index=[name])),
        "images": fragments.images({"study": {"train_size": [None]}, **images}),
        "failures": fragments.failures(failed, runs),
        "diagnoses": fragments.diagnoses(faults, [name]),
        "verdict_matrices": fragments.verdict_matrices(pairs, [name], [BY_COLUMN["elbo"]], name),
        "tuning": fragments.tuning(candidates, {"learning_rate": 0.1}, name),
        "race_stages": fragments.race_stages(raced),
        "text": fragments.text(name),
        "settings": fragments.settings({**study, "commit": name, "code": "", "date": ""}),
        "own_activations": fragments.own_activations(
            {"own_activations": [dict.fromkeys(("name", "file", "function", "text"), name)]}
        ),
        "section": fragments.section("first_setting", label=name),
        "verdicts": fragments.verdicts([claim(name, pd.DataFrame(), name)]),
        "claim_card": fragments.claim_card([claim(name, pd.DataFrame({name: [name, "x"]}), name)]),
        "reconstructions": fragments.reconstructions(
            name,
            [dict.fromkeys(("name", "image", "error", "map"), name) | {"mse": 0.5, "ssim": 0.5}],
        ),
    }


@pytest.mark.parametrize("fragment", sorted(rendered("relu")))
@pytest.mark.parametrize("name", HOSTILE)
def test_names_are_escaped_in_every_fragment(fragment, name):
    found = parse(rendered(name)[fragment])
    assert {tag.name for tag in found.find_all(True)} <= TAGS
    attributes = {key for tag in found.find_all(True) for key in tag.attrs}
    assert attributes <= ATTRIBUTES
    assert name in found.get_text(), "as the user wrote it"


def test_skipped_pictures_are_folded_below_what_is_said_of_the_images():
    page = parse(rendered("relu")["images"])
    assert page.p.get_text().startswith("relu: 3 colour images")
    items = [item.get_text() for item in page.details.find_all("li")]
    assert page.summary.get_text() == "99 pictures of relu skipped"
    assert items == ["relu"] * 36 + ["and 63 more, which study.json lists"]


@pytest.mark.parametrize(
    ("design", "first"),
    [("full", "the best test ELBO"), ("race", "those that the race kept longest")],
)
def test_the_table_says_which_rows_come_first(design, first):
    given = {**facts(), "study": {**facts()["study"], "design": design}}
    found = parse(fragments.results(summary(BEST, WORST), given))
    assert found.caption.get_text().startswith(
        f"Means over replicates, with 95 % intervals; {first} first."
    )


def test_the_answer_is_over_all_settings_and_each_has_its_own_below():
    rows = [summary(BEST, TIED, WORST), summary(WORST, BEST)]
    pairs = [report_tables.verdicts(("elu", "tanh", Verdict.BETTER))] * 2
    found = parse(fragments.answer(rows, pairs, facts()))
    answer = found.find(class_="answer")
    assert answer.get_text() == str(sentences.across(rows, pairs, facts()))
    assert [bold.get_text() for bold in found.find_all("b")] == ["elu", "elu", "tanh"]
    first, second = found.details.find_all("li")
    assert first.get_text() == str(sentences.answer(rows[0], pairs[0], facts()))
    assert second.get_text().startswith("With depth 2, tanh reaches")
    assert found.summary.get_text() == "Each of the 2 settings in a sentence"
    single = parse(fragments.answer(rows[:1], pairs[:1], facts()))
    assert single.find("li") is None
    answer = single.find(class_="answer")
    assert answer.get_text() == str(sentences.answer(rows[0], pairs[0], facts()))


def test_a_table_has_the_cells_marks_and_intervals_of_its_rows():
    given = facts(pca=PCA)
    found = parse(fragments.results(summary(BEST, TIED, WORST), given))
    table = summary(BEST, TIED, WORST)
    expected = tables.results(table, PCA), tables.other_metrics(table)
    shown = found.find_all("table")
    assert [one.find_parent("details") is not None for one in shown] == [False, True]
    for drawn, one in zip(shown, expected, strict=True):
        assert_shows(drawn, one)


def assert_shows(drawn, table: tables.Table):
    assert [link["href"] for link in drawn.caption.find_all("a")] == ["summary.csv", "runs.csv"]
    head, *rows = drawn.find_all("tr")
    assert [cell.get_text() for cell in head.find_all("th", scope="col")] == table.head
    reference = [table.reference] if table.reference else []
    assert [drawn.tfoot.tr if drawn.tfoot else None] == (rows[-1:] if reference else [None])
    for row, (name, cells) in zip(rows, [*table.rows, *reference], strict=True):
        assert row.th["scope"] == "row"
        assert row.th.get_text() == name
        for shown, cell in zip(row.find_all("td"), cells, strict=True):
            assert shown.find(string=True) == cell.text
            assert shown.get("class", []) == [mark for mark in [cell.mark] if mark]
            detail = shown.find(class_="interval")
            assert (detail.get_text() if detail else "") == cell.detail


def test_failures_have_a_list_or_a_sentence():
    nothing = pd.DataFrame({"dataset": [], "activation": [], "reason": []})
    found = parse(fragments.failures(nothing, report_tables.diverging(tanh=[0.1])))
    assert found.find("ul", class_="failure").b.get_text() == "tanh"
    found = parse(fragments.failures(nothing, pd.DataFrame()))
    assert found.get_text().strip() == "No run failed or diverged."
    assert found.ul is None


def test_verdicts_have_a_symbol_and_words_for_those_who_cannot_see_it():
    pairs = report_tables.verdicts(("elu", "tanh", Verdict.BETTER), ("elu", "relu", Verdict.TIED))
    names, metrics = ["elu", "tanh", "relu"], [BY_COLUMN["elbo"], BY_COLUMN["mse"]]
    found = parse(fragments.verdict_matrices(pairs, names, metrics, "a & b"))
    caption = found.figure.figcaption
    assert caption.get_text().startswith("a & b every pair")
    assert caption.a["href"] == "verdicts.csv"
    first, second = found("table")
    assert [one.caption.get_text() for one in (first, second)] == ["test ELBO (nats)", "MSE"]
    assert [one.get_text() for one in first("th", scope="col")] == ["against", *names]
    cells = {row.th.get_text(): row("td") for row in first.tbody("tr")}
    shown = {name: [cell.get_text() for cell in row] for name, row in cells.items()}
    worse = f"{MINUS}worse"
    assert shown == {
        "elu": ["", "+better", "=practically tied"],
        "tanh": [worse, "", ""],
        "relu": ["=practically tied", "", ""],
    }
    assert cells["elu"][1]["class"] == ["better"]
    assert cells["elu"][1].find(attrs={"aria-hidden": "true"}).get_text() == "+"
    assert {cell.get_text() for cell in second("td")} == {""}
    legend = found.find(class_="legend")
    assert [one.get_text() for one in legend(class_="symbol")] == ["+", MINUS, "=", "?"]


def test_problems_have_a_group_each_and_sound_results_a_sentence():
    rows = [
        ("sigmoid", True, "vanishing gradient", "0.01 at the lowest", "under 0.05", 9.0, 1.0, 5.0),
        ("tanh", True, "dead units", "60 %", "50 % or more", 7.0, 1.0, 6.0),
        ("selu", False, "", "", "", 0.0, 1.0, 13.0),
    ]
    columns = ["activation", "bad", "cause", "measured", "criterion", "behind", "margin", "gain"]
    faults = pd.DataFrame(rows, columns=columns)
    found = parse(fragments.diagnoses([faults, faults[1:]], ["depth 1", "depth 2"]))
    groups = [one.get_text(" ", strip=True) for one in found("th", scope="rowgroup")]
    assert [one.split(":")[0] for one in groups] == ["dead units", "vanishing gradient"]
    assert groups[1].endswith("(criterion: under 0.05)")
    dead, _ = found("tbody")
    shown = [[cell.find(string=True) for cell in row("td")] for row in dead("tr")[1:]]
    assert shown == [[setting, "60 %", "7.0", "6.0"] for setting in ("depth 1", "depth 2")]
    assert len(found("th", scope="col")) == 5
    assert found.p.get_text() == "No problem was found with selu (depth 1); selu (depth 2)."
    alone = parse(fragments.diagnoses([faults], [""]))
    assert len(alone("th", scope="col")) == 4
    assert parse(fragments.diagnoses([faults[2:]], [""])).table is None


def test_a_note_joins_its_sentences():
    pairs = report_tables.verdicts(("elu", "tanh", Verdict.BETTER))
    found = parse(fragments.verdict_note(facts(), pairs))
    assert found.find(class_="note").get_text() == " ".join(sentences.verdict_note(facts(), pairs))


def test_how_to_read_the_tables_is_folded():
    found = parse(fragments.note(facts(), 2))
    items = [item.get_text() for item in found.details.find_all("li")]
    assert items == sentences.note(facts(), 2)


def test_a_figure_has_a_caption_which_is_its_text_alternative():
    found = parse(fragments.figure(Figure((2, 1), dpi=100), "one & two"))
    assert found.figcaption.get_text() == found.img["alt"] == "one & two"
    assert (found.img["width"], found.img["height"]) == ("200", "100")


def test_words_begin_at_the_left_and_numbers_at_the_right():
    frame = pd.DataFrame({"n": [1], "where": ["all"], "x": [0.5]}, index=["a"])
    head, row = parse(fragments.plain_table(frame)).find_all("tr")
    assert [cell.get("class", []) for cell in head("th")] == [[], [], ["words"], []]
    assert [cell.get("class", []) for cell in row("td")] == [[], ["words"], []]


def words(tag) -> str:
    return " ".join(tag.get_text().split())


def test_the_card_of_a_claim_has_sources_verdict_conditions_figure_and_rows():
    rows = pd.DataFrame({"depth": [1, 2]})
    parts = [claim("ReLU wins.", rows, "steps"), claim("ReLU wins.", pd.DataFrame(), "time")]
    found = parse(fragments.claim_card(parts, ["<img alt='drawn'>", ""], [fragments.text("more")]))
    card = found.find(id="claim-1")
    assert [words(one) for one in card.find_all(["h2", "h3"])] == [
        "1. ReLU wins.",
        "Part: steps",
        "Part: time",
    ]
    quoted, paraphrased = card.find(class_="sources").find_all("li")
    assert (quoted.q.get_text(), paraphrased.q) == ("ReLU wins.", None)
    assert quoted.a["href"] == "ReLU wins."
    assert words(quoted.span) == (
        "(quotation) ReLU wins. (no date), ReLU wins., ReLU wins., ReLU wins.."
    )
    assert words(paraphrased.span).startswith("(paraphrase; says the opposite) ")
    assert [words(one) for one in card.find_all(class_="verdict")] == 2 * ["\N{BALLOT X} Refuted."]
    holds, _, is_open = card.find(class_="conditions").find_all("li")
    assert words(holds) == "\N{CHECK MARK} holds in 2 of 3 cases with ReLU wins."
    assert words(is_open) == "? open in 1 of 3 cases"
    first, second = card.find_all(class_="claim-part")
    assert first.img["alt"] == "drawn"
    assert second.img is None
    assert "support ReLU wins. With another threshold the verdict changes: supported with 0.1." in (
        words(first)
    )
    assert [words(one) for one in card.find_all("summary")] == [
        "The rows behind claim 1, steps (2)"
    ]
    assert words(card.find(class_="claim-head").find_next_sibling("p")) == "more", (
        "before the parts"
    )


def test_the_verdict_does_not_depend_on_the_threshold_where_it_stays():
    same = dataclasses.replace(
        claim("text", pd.DataFrame()), sensitivity=dict.fromkeys((0.5, 2.0), Conclusion.REFUTED)
    )
    assert sentences.sensitivity(same) == ("With thresholds of 0.5 and 2 the verdict is the same.")
    assert sentences.sensitivity(dataclasses.replace(same, sensitivity={})) == ""


def test_a_claim_without_conditions_counts_its_cases():
    unanimous = (Condition(Outcome.CONTRADICTED, 2, 2),)
    judged = dataclasses.replace(claim("text", pd.DataFrame()), conditions=unanimous)
    card = parse(fragments.claim_card([judged]))
    assert words(card.find(class_="verdict")).endswith(" Refuted: contradicted in 2 of 2 cases.")
    assert card.find(class_="conditions") is None
    nothing = dataclasses.replace(judged, conditions=(), nothing="no study")
    assert "Refuted: no study." in words(parse(fragments.claim_card([nothing])))


def test_the_table_of_verdicts_links_to_the_cards():
    nothing = pd.DataFrame()
    found = [claim("A.", nothing, "one"), claim("A.", nothing, "two"), claim("B.", nothing, "", 2)]
    table = parse(fragments.verdicts(found)).table
    assert [link["href"] for link in table.find_all("a")] == ["claims.csv", "#claim-1", "#claim-2"]
    assert [head["rowspan"] for head in table.find_all("th", scope="rowgroup")] == ["2", "1"]
    rows = [[words(cell) for cell in row.find_all("td")] for row in table("tr")[1:]]
    assert rows == [[part, "\N{BALLOT X} refuted", "2", "0", "1"] for part in ("one", "two", "")]


def test_evidence_shows_the_columns_that_vary():
    rows = pd.DataFrame({"depth": [1, 2, 2], "optimizer": "adam", "p": [0.12345, np.nan, 1]})
    found = parse(fragments.claim_card([claim("text", rows)])).details
    assert found.summary.get_text() == "The rows behind claim 1 (3)"
    assert found.caption.a["href"] == files.EVIDENCE
    shown = [[cell.get_text() for cell in row.find_all(["th", "td"])] for row in found("tr")]
    dash = tables.NO_VALUE
    assert shown == [["depth", "p"], ["1", "0.1235"], ["2", dash], ["2", "1"]]
    single = parse(fragments.claim_card([claim("text", rows[:1])])).details
    assert [cell.get_text() for cell in single.tbody.find_all("th")] == ["1"]
    assert parse(fragments.claim_card([claim("text", rows[:0])])).details is None


SECTIONS = sorted((page.TEMPLATES / "fragments" / "sections").glob("*.html.j2"))


@pytest.mark.parametrize("path", SECTIONS, ids=lambda path: path.name)
def test_a_section_has_one_heading(path):
    names = ("label", "dimension", "fields", "epochs", "seeds", "serve", "interval")
    values = dict.fromkeys(names, "<depth>")
    found = parse(fragments.section(path.name.removesuffix(".html.j2"), **values))
    assert len(found.find_all("h2")) == 1
    assert found.find("depth") is None
    sources = [link["href"] for link in found.find_all("a")]
    assert set(sources) <= {*files.FILES.values(), "summary.csv", "verdicts.csv", "failures.csv"}


def test_a_missing_value_of_a_template_is_an_error():
    with pytest.raises(jinja2.UndefinedError):
        fragments.section("first_setting")


def test_a_notebook_displays_a_fragment_as_html():
    formats, _ = DisplayFormatter().format(fragments.section("first_setting", label="a&b"))
    assert formats["text/html"].strip() == "<h2>The first setting: a&amp;b</h2>"
