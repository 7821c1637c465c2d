"""The tables of the pages as rows of plain text, ready for a template."""

import dataclasses
import math
from collections.abc import Mapping, Sequence

import pandas as pd

from vaelib.formatting import count, fixed, interval, number, places_of, true_minus
from vaelib.reporting.sentences.course import not_ended
from vaelib.results.columns import BY_COLUMN, METRICS, Direction, Metric

# Metrics of the first table of results, by column; the second has the others.
_FIRST = ("elbo", "mse", "psnr", "ssim", "active_units", "epochs")
_FIRST_METRICS = tuple(BY_COLUMN[name] for name in _FIRST)
_OF_ACTIVATIONS = ("activations", "decoder_activation")  # fields of a study
_WIDEST = 100  # ratio of the values of a column that has one precision
NO_VALUE = "\N{EN DASH}"


@dataclasses.dataclass(frozen=True)
class Cell:
    """A cell of a table.

    Attributes
    ----------
    text : str
    detail : str
        A second line in small print, such as an interval.
    mark : str
        How the cell is shown: ``best`` and ``tie`` are highlighted, ``words`` begin at the
        left, ``text`` is as wide as it takes to read well; for verdicts see `findings`.
    """

    text: str
    detail: str = ""
    mark: str = ""


@dataclasses.dataclass(frozen=True)
class Table:
    """A table with a name at the start of every row.

    Attributes
    ----------
    head : list of str
        Titles of the columns, that of the names included.
    rows : list of (str, list of Cell)
        The name and the cells of each row.
    reference : (str, list of Cell) or None
        A row below the others, which they are compared with.
    """

    head: list[str]
    rows: list[tuple[str, list[Cell]]]
    reference: tuple[str, list[Cell]] | None = None


def results(summary: pd.DataFrame, pca: Mapping | None = None) -> Table:
    """Return activations by the most important metrics, with intervals.

    Parameters
    ----------
    summary : pandas.DataFrame
        See `analysis.summary.summarize`; rows keep their order.
    pca : mapping, optional
        Of a comparison in ``study.json``; see `analysis.summary.pca_scores`.

    Returns
    -------
    Table
        The best value of a column is marked ``best``, what is not significantly
        worse ``tie``; the reference, which is no activation, never.
    """
    rows = []
    for (_, row), late in zip(summary.iterrows(), not_ended(summary), strict=True):
        models = row["runs"] - row["diverged"]
        finished = Cell(f"{models} of {row['runs']}", f"{late} not at the end" if late else "")
        elbo, *cells = [_cell(row, metric, summary) for metric in _FIRST_METRICS]
        rows.append((row["activation"], [finished, elbo, _behind(row, summary), *cells]))
    elbo, *titles = [metric.title for metric in _FIRST_METRICS]
    reference = None if pca is None else _of_pca(pca, summary)
    head = ["activation", "models finished", elbo, "behind (nats)", *titles]
    return Table(head, rows, reference)


def other_metrics(summary: pd.DataFrame) -> Table:
    """Return activations by all metrics that `results` leaves out."""
    others = [metric for metric in METRICS if metric not in _FIRST_METRICS]
    rows = [
        (row["activation"], [_cell(row, metric, summary) for metric in others])
        for _, row in summary.iterrows()
    ]
    return Table(["activation", *(metric.title for metric in others)], rows)


def overview(summaries: Sequence[pd.DataFrame], labels: Sequence[str]) -> Table:
    """Return the test ELBO of every activation in every comparison.

    Parameters
    ----------
    summaries : sequence of pandas.DataFrame
        See `analysis.summary.summarize`.
    labels : sequence of str
        Of the comparisons.

    Returns
    -------
    Table
        Marked as in `results`.
    """
    elbo = BY_COLUMN["elbo"]
    indexed = [summary.set_index("activation") for summary in summaries]
    names = dict.fromkeys(name for one in indexed for name in one.index)
    rows = []
    for name in names:
        cells = [
            _cell(one.loc[name], elbo, one) if name in one.index else Cell(NO_VALUE)
            for one in indexed
        ]
        rows.append((name, cells))
    return Table([elbo.title, *labels], rows)


def plain(frame: pd.DataFrame) -> Table:
    """Return the values of a table as text, floats with four significant digits.

    Parameters
    ----------
    frame : pandas.DataFrame
        Its index names the rows.
    """
    rows = [
        (_text(name), [Cell(_text(value), mark=_mark_of_words(value)) for value in values])
        for name, values in zip(frame.index, frame.astype(object).to_numpy(), strict=True)
    ]
    return Table([str(frame.index.name or ""), *map(str, frame.columns)], rows)


def leaders(led: pd.DataFrame, unit: str) -> Table:
    """Return who leads at each budget, and the verdicts on the leader.

    Parameters
    ----------
    led : pandas.DataFrame
        See `analysis.budget.leaders`.
    unit : str
        Of the budget.
    """
    titles = {
        "leader": "leader",
        "val_elbo": "validation ELBO (nats)",
        "second": "second",
        "ahead": "ahead of it (nats)",
        "better": "better than",
        "tied": "practically tied with",
        "open": "not distinguished from",
        "worse": "worse than",
    }
    frame = led.set_index("budget").rename_axis(unit)[list(titles)]
    return plain(frame.rename(columns=titles).map(lambda value: NO_VALUE if value == "" else value))


def settings(facts: dict) -> dict[str, str]:
    """Return what is needed to repeat a study: settings, images, code, versions.

    Parameters
    ----------
    facts : dict
        Of ``study.json``.
    """
    own = {
        one["name"]: f"{one['file']}:{one['function']}" for one in facts.get("own_activations", [])
    }
    study = {
        name: [own.get(one, one) for one in value] if name in _OF_ACTIVATIONS else value
        for name, value in facts["study"].items()
    }
    values = {
        **study,
        **{f"images: {name}": split for name, split in facts["images"].items()},
        **{name: facts[name] for name in ("device", "commit", "code", "date") if name in facts},
        **{f"version: {name}": version for name, version in facts["versions"].items()},
    }
    return {name: setting(value) for name, value in values.items()}


def setting(value) -> str:
    """Return the value of a setting as text, without Python's marks."""
    if isinstance(value, Mapping):
        return "; ".join(f"{name}: {setting(one)}" for name, one in value.items()) or "none"
    if isinstance(value, list | tuple):
        return ", ".join(map(setting, value)) or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return true_minus(str(value))
    return "none" if value is None else value


def _of_pca(pca: Mapping, summary: pd.DataFrame) -> tuple[str, list[Cell]]:
    """Return the row of principal components in the table of results, as precise as others."""
    components = count(pca["components"], "component")
    cells = [Cell("no network", components), Cell(NO_VALUE)]  # models; how far behind
    for metric in _FIRST_METRICS:
        if metric.of_reconstructions:
            bounds = [pca.get(f"{metric.column}_{bound}", math.nan) for bound in ("low", "high")]
            values = [pca[metric.column], *bounds]
            cells.append(_shown(values, metric.digits, _places(metric, summary)))
        else:
            cells.append(Cell(NO_VALUE))
    return "PCA", cells


def _behind(row: pd.Series, summary: pd.DataFrame) -> Cell:
    """Return how far an activation is behind the first one."""
    if math.isnan(row["behind"]):
        return Cell(NO_VALUE)
    others = summary["behind"][summary["behind"].abs() > 0]
    places = places_of(others.abs().median(), 3) if len(others) else 0
    return _shown([row["behind"], row["behind_low"], row["behind_high"]], 3, places)


def _mark_of_words(value) -> str:
    return "words" if isinstance(value, str) else ""


def _text(value) -> str:
    if isinstance(value, float):
        return NO_VALUE if math.isnan(value) else true_minus(f"{value:.4g}")
    return NO_VALUE if value is None else str(value)


def _cell(row: pd.Series, metric: Metric, summary: pd.DataFrame) -> Cell:
    value = row[metric.column]
    if math.isnan(value):
        models = row["runs"] - row["diverged"]
        if metric.column == "epochs_to_target" and models > 0:
            return Cell(NO_VALUE, f"{row['reached']} of {models} reached it")
        return Cell(NO_VALUE)
    column = summary[metric.column]
    marked = metric.judged and metric.marks_best
    is_best = (
        marked
        and metric.direction != Direction.NEITHER
        and value == (column.max() if metric.direction == Direction.HIGHER else column.min())
    )
    mark = "best" if is_best else "tie" if marked and row[f"{metric.column}_tie"] else ""
    bounds = [f"{metric.column}_low", f"{metric.column}_high"]
    return _shown([value, *row[bounds]], metric.digits, _places(metric, summary), mark)


def _places(metric: Metric, summary: pd.DataFrame) -> int | None:
    """Return the decimal places of a column, so that its intervals are seen to have a width.

    None where its values differ too much for that: each then has its significant digits.
    """
    low, high = (summary[f"{metric.column}_{bound}"] for bound in ("low", "high"))
    sizes, widths = summary[metric.column].abs(), high - low
    sizes = sizes[sizes > 0]
    if sizes.empty or math.isinf(sizes.max()) or sizes.max() > _WIDEST * sizes.min():
        return None
    places = places_of(sizes.min(), metric.digits)
    width = widths[widths > 0].median()
    return places if math.isnan(width) else min(max(places, places_of(width, 1)), places + 2)


def _shown(values: Sequence[float], digits: int, places: int | None, mark: str = "") -> Cell:
    """Return a value with its interval: a number of decimal places, or significant digits."""
    value, low, high = values
    if places is None:
        return Cell(number(value, digits), interval(low, high, digits), mark)
    within = f"{fixed(low, places)} to {fixed(high, places)}" if interval(low, high) else ""
    return Cell(fixed(value, places), within, mark)
