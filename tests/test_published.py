"""The published studies: no two tables, sentences or pages disagree on a pair."""

import itertools
import json
import re
from pathlib import Path

import claims_page
import pandas as pd
import pytest
from bs4 import BeautifulSoup

from vaelib.analysis import comparisons
from vaelib.analysis.claims import claims, measurements
from vaelib.analysis.claims.evidence import Judged
from vaelib.analysis.rules import Rules
from vaelib.analysis.verdicts import Verdict
from vaelib.reporting import sentences, tables
from vaelib.results import files
from vaelib.results.columns import JUDGED
from vaelib.study.report import TIMES

PUBLISHED = Path(__file__).parent.parent / "reports" / "published"
STUDIES = sorted(path.parent for path in PUBLISHED.glob("*/study.json"))
STUDIES_OF_THE_README = {
    *("default", "tuned", "full", "depth", "small-data", "optimizers", "halves", "gelu"),
    *("cures", "photos", "cifar10"),
}


def read(folder: Path) -> tuple[dict, list[pd.DataFrame], list[pd.DataFrame]]:
    """Return a study's facts, and the summary and the verdicts of each comparison."""
    facts = json.loads((folder / files.FACTS).read_text())
    count = len(facts["comparisons"])
    parts = [files.by_comparison(folder / name, count) for name in (files.SUMMARY, files.VERDICTS)]
    return facts, *parts


def page(path: Path) -> BeautifulSoup:
    return BeautifulSoup(path.read_text(), "html.parser")


def verdict(pairs: pd.DataFrame, a: str, b: str, metric: str = "elbo") -> Verdict:
    return Verdict(comparisons.verdicts_against_others(pairs, a, metric).loc[b, "verdict"])


each_study = pytest.mark.parametrize("folder", STUDIES, ids=lambda folder: folder.name)


def test_all_studies_are_published():
    assert {folder.name for folder in STUDIES} == STUDIES_OF_THE_README


@each_study
def test_every_pair_has_one_verdict_on_each_metric(folder):
    _, summaries, judged = read(folder)
    for summary, pairs in zip(summaries, judged, strict=True):
        names = summary.loc[summary["elbo"].notna(), "activation"]
        expected = {frozenset(pair) for pair in itertools.combinations(names, 2)}
        for metric in JUDGED:
            rows = pairs[pairs["metric"] == metric.column]
            assert len(rows) == len(expected)
            assert {frozenset(pair) for pair in zip(rows["a"], rows["b"], strict=True)} == expected


@each_study
def test_the_sentences_on_the_page_follow_from_the_tables(folder):
    facts, summaries, judged = read(folder)
    text = page(folder / files.PAGE).get_text(" ", strip=True)
    squeezed = "".join(text.split())
    headline = "".join(str(sentences.headline(summaries, judged, facts)).split())
    assert headline in squeezed
    assert headline in "".join(page(PUBLISHED / files.INDEX).get_text().split())
    for index, (summary, pairs) in enumerate(zip(summaries, judged, strict=True)):
        answer = str(sentences.answer(summary, pairs, facts, index))
        assert "".join(answer.split()) in squeezed
        summary = summary.dropna(subset="elbo")  # all models of an activation may have diverged
        best = summary["activation"].iloc[0]
        for clause, expected in (
            ("significantly better than ", Verdict.BETTER),
            ("practically tied with ", Verdict.TIED),
            ("not distinguishable from ", Verdict.OPEN),
        ):
            _, found, rest = answer.partition(clause)
            named = rest.partition("(")[0].partition(";")[0].partition(".")[0]
            named = [name for name in summary["activation"][1:] if name in _words(named)]
            if found and not answer.partition("It is not significantly better")[1]:
                others = summary["activation"][1:] if "others" in rest[:20] else named
                assert {verdict(pairs, best, other) for other in others} == {expected}


def _words(text: str) -> set[str]:
    return set(text.replace(",", " ").split())


@each_study
def test_the_tables_on_the_page_show_the_verdicts(folder):
    _, summaries, judged = read(folder)
    for summary, pairs in zip(summaries, judged, strict=True):
        best = summary["activation"].iloc[0]
        against = comparisons.verdicts_against_others(pairs, best, "elbo")
        for row in summary.dropna(subset="elbo").iloc[1:].itertuples():
            own = against.loc[row.activation]
            behind = [row.behind, row.behind_low, row.behind_high]
            expected = own[["difference", "low", "high"]].astype(float).to_list()
            assert behind == pytest.approx(expected, rel=1e-5, abs=1e-5, nan_ok=True)
            others = comparisons.verdicts_against_others(pairs, row.activation, "elbo")["verdict"]
            assert bool(row.elbo_tie) == (Verdict.WORSE not in set(others))
        table = tables.results(summary)
        assert [name for name, _ in table.rows] == list(summary["activation"])


@pytest.mark.parametrize("name", ["default", "tuned"])
def test_the_stages_of_a_race_are_its_verdicts(name):
    facts, summaries, judged = read(PUBLISHED / name)
    (comparison,), (summary,), (pairs,) = facts["comparisons"], summaries, judged
    text = page(PUBLISHED / name / files.PAGE).get_text()
    for stage in comparison["race"]["stages"]:
        for one in stage["retired"]:
            assert verdict(pairs, one["leader"], one["activation"]) == Verdict.BETTER
            row = comparisons.verdicts_against_others(pairs, one["leader"], "elbo")
            bounds = row.loc[one["activation"], ["low", "high"]].astype(float).to_list()
            assert bounds == pytest.approx([one["low"], one["high"]], rel=1e-5)
    alive = comparison["race"]["alive"]
    assert list(summary["activation"][: len(alive)]) == alive
    assert not {verdict(pairs, a, b) for a, b in itertools.combinations(alive, 2)} - {
        Verdict.OPEN,
        Verdict.TIED,
    }
    for sentence in sentences.race_stages(facts):
        assert sentence in text


def of_studies() -> dict[str, list]:
    """Return the cases of each study alone."""
    found = {}
    for folder in STUDIES:
        facts, _, judged = read(folder)
        read_tables = {name: files.read_table(folder, name) for name in ("runs", "history")}
        read_tables["verdicts"] = files.read_csv(folder / files.VERDICTS)
        tuned = Rules.of(facts["study"]).tuned
        found[folder.name] = measurements.gather([(read_tables, tuned)])
    return found


def test_no_two_studies_contradict_each_other_on_a_pair():
    """Where one of both has not enough evidence, it has fewer replicates or looked early."""
    decided: dict[tuple, set] = {}
    shared = set()
    for cases in of_studies().values():
        for case in cases:
            for row in case.pairs.itertuples():
                key = (*case.setting.values(), row.metric, row.a, row.b)
                shared |= {key} & decided.keys()
                decided.setdefault(key, set()).add(row.verdict)
    assert len(shared) >= 55, "default and full judge the same pairs"
    for key in shared:
        assert len(decided[key] - {Verdict.OPEN}) <= 1, key


@pytest.fixture(scope="module")
def measured():
    found, skipped = measurements.read(PUBLISHED, TIMES)
    assert not skipped
    assert len(found.times)
    return found


def test_the_page_of_the_claims_follows_from_the_tables(measured):
    found = [claim(measured) for claim in claims.CLAIMS]
    claims_page.check(page(PUBLISHED / files.CLAIMS_PAGE), found)


def test_the_claims_have_the_verdicts_of_the_studies(measured):
    published = {
        (*case.setting.values(), row.metric, row.a, row.b): row.verdict
        for cases in of_studies().values()
        for case in cases
        for row in case.pairs.itertuples()
        if row.verdict != Verdict.OPEN
    }
    compared = 0
    for definition in claims.CLAIMS:
        if not isinstance(definition.collect, Judged):
            continue
        (metric,) = definition.collect.metrics
        rows = definition(measured).evidence.rename(
            columns={definition.collect.column_of_first: "a"}
        )
        for row in rows.to_dict("records"):
            setting = tuple(row[key] for key in measurements.SETTING)
            if row["verdict"] == Verdict.OPEN:
                continue
            one = published.get((*setting, metric, row["a"], row["b"]))
            other = published.get((*setting, metric, row["b"], row["a"]))
            assert row["verdict"] == (one or Verdict(other).opposite)
            compared += 1
    assert compared > 30


def test_no_model_counts_twice(measured):
    models = measured.models
    assert models["model"].is_unique
    assert models["trained"].is_unique
    published = pd.concat(
        [files.read_csv(folder / files.FILES["runs"]) for folder in STUDIES], ignore_index=True
    )
    counted = published[published["scored"] & (published["status"] == "finished")]
    assert len(models) < counted["model"].nunique() < len(counted)


def test_published_reports_are_of_a_commit():
    for folder in STUDIES:
        facts = json.loads((folder / files.FACTS).read_text())
        assert re.fullmatch("[0-9a-f]{7,}", facts["commit"]), folder.name


def test_published_files_are_small():
    for path in PUBLISHED.rglob("*"):
        assert path.is_dir() or 0 < path.stat().st_size < 2_000_000, path
