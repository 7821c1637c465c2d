"""The page of all studies: questions, answers, what they cost, and the claims."""

from pathlib import Path
from typing import Any

import pandas as pd

from vaelib.formatting import count, duration, listed
from vaelib.reporting import embedding, fragments, page, sentences
from vaelib.results import files, gallery, provenance

TITLE = "Which activation function? All studies"


def write(reports: Path) -> Path:
    """Write ``index.html`` of the studies in a folder.

    Parameters
    ----------
    reports : path
        Folder of the reports.

    Returns
    -------
    pathlib.Path
        Of the page.
    """
    found = [path.parent for path in reports.glob(f"*/{files.FACTS}")]
    found.sort(key=lambda folder: (folder.name != "default", folder.name))  # what most look for
    studies = [_study(folder) for folder in found if (folder / files.PAGE).is_file()]
    studies.sort(key=lambda one: one["date"], reverse=True)
    claims = reports / files.CLAIMS
    verdicts = (
        files.read_csv(claims).astype(object).fillna("").to_dict("records")
        if claims.is_file()
        else []
    )
    body = fragments.index(studies, verdicts)
    contents = [(one["name"], f"study-{one['name']}") for one in studies]
    contents += [("Claims", "claims")] if verdicts else []
    return page.write(reports / files.INDEX, body, TITLE, contents=contents)


def described(facts: dict) -> str:
    """Return which study it is, what was compared on what, and when, in a line.

    Parameters
    ----------
    facts : dict
        Of ``study.json``.
    """
    study = facts["study"]
    images = listed([str(name) for name in facts["images"]])
    parts = [
        f"Study {study['name']}",
        f"{count(len(study['activations']), 'activation')} on {images}",
        facts["date"],
    ]
    return " \N{MIDDLE DOT} ".join(parts)


def answer(folder: Path) -> sentences.Statement:
    """Return the answer of a finished report, in a sentence.

    Parameters
    ----------
    folder : path
        Of the study's report.
    """
    facts = files.read_facts(folder)
    return sentences.in_short(*files.read_compared(folder, len(facts["comparisons"])), facts)


def _study(folder: Path) -> dict[str, Any]:
    """Return what the page says about a study."""
    facts = files.read_facts(folder)
    found = {
        "name": folder.name,
        "page": f"{folder.name}/{files.PAGE}",
        "question": facts["study"].get("question", folder.name),
        "described": described(facts),
        "date": facts["date"],
    }
    try:
        return found | _results(folder, facts)
    except (KeyError, ValueError, TypeError, OSError):  # of another version
        return found | {"answer": None}


def _results(folder: Path, facts: dict) -> dict[str, Any]:
    summaries, verdicts = files.read_compared(folder, len(facts["comparisons"]))
    runs = files.read_table(folder, "runs")
    now = provenance.code_digest(set(runs["architecture"]))
    return {
        "answer": sentences.headline(summaries, verdicts, facts),
        "cost": f"{count(len(runs), 'model')}, {duration(runs['seconds'].sum())} of training",
        "changed": _changed(facts, now),
        "picture": _picture(folder, summaries[0], facts["comparisons"][0]["label"]),
    }


def _changed(facts: dict, code: str) -> list[str]:
    """Return what has changed since a study's models were trained."""
    was, now = facts["versions"], provenance.versions()
    code_changed = ["the code that trains"] if facts["code"] != code else []
    return code_changed + [
        f"{name} ({was.get(name, 'none')}, now {version})"
        for name, version in now.items()
        if was.get(name) != version
    ]


def _picture(folder: Path, summary: pd.DataFrame, setting: str) -> dict[str, Any] | None:
    """Return test images as the best activation of a setting decodes them; None without any."""
    from vaelib.reporting.figures import gallery as figures  # which loads matplotlib

    pictures = gallery.read(folder)
    shown = [name for name in summary["activation"] if name in pictures.reconstructions]
    if not shown or not len(pictures.index):
        return None
    drawn = figures.strip(pictures, shown[0])
    best = f"the best activation{f' with {setting}' if setting else ''}, {shown[0]}"
    caption = f"Test images (top) and what {best}, makes of them."
    return {"figure": embedding.embed(drawn), "caption": caption}
