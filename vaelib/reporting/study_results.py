"""The results of a finished study, read from its tables."""

import dataclasses
import functools
from pathlib import Path

import pandas as pd

from vaelib.analysis import comparisons
from vaelib.analysis.comparisons import Comparison
from vaelib.analysis.rules import Rules
from vaelib.results import files, gallery
from vaelib.results.gallery import Gallery


def load_results(folder: str | Path) -> "StudyResults":
    """Read the results of a finished study; TensorFlow is not imported.

    Parameters
    ----------
    folder : str or path
        Of the study's report, such as ``reports/default``.

    Returns
    -------
    StudyResults
        A notebook shows it as the answer and a table that a click on a column sorts.

    Raises
    ------
    FileNotFoundError
        When the folder holds no report.

    Examples
    --------
    >>> from vaelib import load_results, plots
    >>> results = load_results("reports/published/default")
    >>> results.order[0]
    'selu'
    >>> figure = plots.learning_curves(results)
    >>> figure.savefig("curves.png")  # doctest: +SKIP
    """
    folder = Path(folder)
    if not (folder / files.SUMMARY).is_file():
        raise FileNotFoundError(f"folder: {folder} holds no report; run `make report` first")
    facts = files.read_facts(folder)
    # A published report may lack the scores of single images, which are many.
    tables = {
        name: files.read_table(folder, name)
        for name in files.FILES
        if files.path_of(folder, name).is_file()
    }
    compared = comparisons.of_study(tables["runs"], Rules.of(facts["study"]).tuned)
    summaries, verdicts = files.read_compared(folder, len(compared))
    failed = files.read_csv(folder / files.FAILURES)
    return StudyResults(folder, facts, tables, failed, compared, summaries, verdicts)


@dataclasses.dataclass(frozen=True, eq=False, repr=False)
class StudyResults:
    """The tables of a finished study, and those of one of its comparisons.

    A comparison is a setting of the study's grid, in which activations are compared;
    most studies have one. Figures show the first, or that which `at` chooses.

    Attributes
    ----------
    folder : path
    facts : dict
        Of ``study.json``: settings, images, versions.
    tables : dict of str to pandas.DataFrame
        ``runs``, ``history``, ``gradients``, ``latents`` and, where it was kept,
        ``scores``, of all models; see `results.files`.
    failed : pandas.DataFrame
        The runs that failed.
    compared : list of Comparison
    summaries, verdicts : list of pandas.DataFrame
        Of each comparison; see `analysis.summary.summarize` and `comparisons.judge`.
    number : int
        Which comparison the properties below are of.
    """

    folder: Path
    facts: dict
    tables: dict[str, pd.DataFrame]
    failed: pd.DataFrame
    compared: list[Comparison]
    summaries: list[pd.DataFrame]
    verdicts: list[pd.DataFrame]
    number: int = 0

    def __repr__(self) -> str:
        study, order = self.facts["study"], ", ".join(self.order)
        setting = f", {self.labels[self.number]}" if self.labels[self.number] else ""
        return f"<results of study {study['name']}{setting}; best first: {order}>"

    @property
    def labels(self) -> list[str]:
        """What tells each comparison from the others; empty for a single one."""
        return [one.label for one in self.compared]

    def at(self, number: int) -> "StudyResults":
        """Return the same results with another comparison to show.

        Parameters
        ----------
        number : int
            Of the comparison, as in `labels`.

        Raises
        ------
        IndexError
            When there is no such comparison.
        """
        if not 0 <= number < len(self.compared):
            allowed = f"0 to {len(self.compared) - 1}"
            raise IndexError(f"number: {number} is no comparison; allowed: {allowed}")
        return dataclasses.replace(self, number=number)

    @functools.cached_property
    def rules(self) -> Rules:
        """What the study says about how its models are compared."""
        return Rules.of(self.facts["study"])

    @property
    def summary(self) -> pd.DataFrame:
        """Means over replicates with intervals: a row for each activation, best ELBO first."""
        return self.summaries[self.number]

    @property
    def pairs(self) -> pd.DataFrame:
        """The verdict on every pair of activations, on each metric that is judged."""
        return self.verdicts[self.number]

    @property
    def order(self) -> list[str]:
        """The activations that have a finished model, the best test ELBO first."""
        finished = set(self.runs["activation"])
        return [name for name in self.summary["activation"] if name in finished]

    @functools.cached_property
    def shown(self) -> dict[str, pd.DataFrame]:
        """The comparison's rows of `tables`, diverged models among them."""
        return comparisons.select(self.tables, self.compared[self.number])

    @functools.cached_property
    def runs(self) -> pd.DataFrame:
        """A row for each finished model."""
        return comparisons.finished_runs(self.shown["runs"])

    @functools.cached_property
    def history(self) -> pd.DataFrame:
        """Losses of the finished models after every epoch, in nats per image."""
        return self.shown["history"].merge(self.runs["model"])

    @functools.cached_property
    def gradients(self) -> pd.DataFrame:
        """Gradients of the finished models by epoch and layer."""
        return self.shown["gradients"].merge(self.runs["model"])

    @functools.cached_property
    def pictures(self) -> Gallery:
        """Test images of the first replicate and their reconstructions.

        Raises
        ------
        ValueError
            For another comparison than the first, as a report keeps pictures of that alone.
        """
        if self.number:
            raise ValueError(f"number: {self.number} has no pictures; allowed: 0, the first")
        return gallery.read(self.folder)
