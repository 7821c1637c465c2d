"""What all studies together have measured, each model once, setting by setting."""

import dataclasses
import functools
import itertools
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import pandas as pd

from vaelib.analysis import comparisons
from vaelib.analysis.comparisons import OWN
from vaelib.analysis.rules import Rules
from vaelib.results import files
from vaelib.results.columns import describe
from vaelib.results.keys import MODEL_KEYS, SAME, SETTING_KEYS

# Keys of a setting. The activation is not one; it is the same in encoder and decoder.
_OF_A_GRID = tuple(name for name in SETTING_KEYS if name != "decoder_activation")
SETTING = (
    *("dataset", "network", "likelihood", "output_activation"),
    *_OF_A_GRID,
    *("batch_size", "training"),
)
USUAL = "the usual setting"  # label of a row that has it
ANY = "any"  # in the place of a setting on which a measurement does not depend
_NETWORK = (
    *("hidden_units", "latent_dim", "likelihood", "output_activation"),
    *("batch_size", "most_epochs", "patience"),
)
_COLUMNS = {
    "runs": {
        *(name for name in (*MODEL_KEYS, *SETTING_KEYS, *_NETWORK) if name != "patience"),
        *("status", "scored", "split", "start", "elbo", "mse", "active_units"),
        *("constant_elbo", "constant_val_elbo"),
        *("gradient_flow_start", "gradient_flow_learning"),
    },
    "history": {"model", "epoch", "loss", "val_loss"},
    "verdicts": {"comparison", "metric", "margin", "a", "b", "n", "difference", "verdict"},
}


@dataclasses.dataclass(frozen=True)
class Case:
    """What was trained in one setting, whichever studies it was trained for.

    Attributes
    ----------
    setting : dict
        A value for each of `SETTING`.
    runs : pandas.DataFrame
        Of ``runs``, the models that finished and were scored on the test images: one for
        each activation and ``replicate``, the name of a seed's split.
    history : pandas.DataFrame
        Their learning curves, with the columns of ``runs`` that name them.
    pairs : pandas.DataFrame
        The verdicts of the studies; see `comparisons.judge`. Of a pair that several
        studies judged, the verdict with the most replicates; of equally many, that of a
        study without a race, which spends none of the allowed error on looking early.
    repeated : frozenset of (str, str)
        Pairs of activations whose models are those of an earlier setting, as where the
        matched initialiser of both is that of Keras.
    """

    setting: dict
    runs: pd.DataFrame
    history: pd.DataFrame
    pairs: pd.DataFrame
    repeated: frozenset[tuple[str, str]] = frozenset()

    @property
    def margin(self) -> float:
        """Nats of ELBO that do not matter."""
        return float(self.pairs.loc[self.pairs["metric"] == "elbo", "margin"].iloc[0])


@dataclasses.dataclass(frozen=True)
class Measurements:
    """What the claims are judged by.

    Attributes
    ----------
    cases : sequence of Case
        One for each setting.
    times : pandas.DataFrame
        Of the benchmark: ``activation``, ``round`` and ``microseconds_per_step``.
    """

    cases: Sequence[Case] = ()
    times: pd.DataFrame = dataclasses.field(
        default_factory=lambda: pd.DataFrame(
            columns=["activation", "round", "microseconds_per_step"]
        )
    )

    @functools.cached_property  # of which every claim, at every threshold, takes rows
    def models(self) -> pd.DataFrame:
        """The rows of ``runs`` with the columns of `SETTING`, each model once."""
        parts = [case.runs.assign(**case.setting) for case in self.cases]
        if not parts:
            return pd.DataFrame(columns=sorted({*SETTING, *_COLUMNS["runs"], "replicate"}))
        return pd.concat(parts, ignore_index=True).drop_duplicates("trained")

    @property
    def usual(self) -> dict:
        """The value of each of `SETTING` that most models have; empty without models."""
        models = self.models
        return {key: models[key].value_counts().index[0] for key in SETTING if len(models)}

    @property
    def by_setting(self) -> pd.DataFrame:
        """Numbers of ``activations``, ``seeds`` and ``models`` of each setting, its index."""
        models = self.models.assign(setting=labels(self.models, self.usual))
        names = {"activation": "activations", "seed": "seeds", "model": "models"}
        return models.groupby("setting", sort=False)[list(names)].nunique().rename(columns=names)

    @property
    def usual_in_words(self) -> str:
        """The usual setting in words."""
        return ", ".join(describe(key, value) for key, value in self.usual.items())


def read(
    reports: str | Path, times: str | Path | None = None
) -> tuple[Measurements, dict[str, str]]:
    """Read the tables of every study in a folder of reports.

    Parameters
    ----------
    reports : str or path
    times : str or path, optional
        Table of the benchmark of the times of a step.

    Returns
    -------
    measurements : Measurements
    skipped : dict of str to str
        By the folder's name, what is missing.
    """
    studies, skipped = [], {}
    for path in sorted(Path(reports).glob("*/runs.csv")):
        tables, lacking = _read_study(path.parent)
        if lacking:
            skipped[path.parent.name] = "; ".join(lacking)
        else:
            facts = files.read_facts(path.parent)
            studies.append((tables, Rules.of(facts["study"]).tuned))
    given = {"times": files.read_csv(times)} if times and Path(times).is_file() else {}
    return Measurements(gather(studies), **given), skipped


def gather(studies: Sequence[tuple[Mapping[str, pd.DataFrame], Sequence[str]]]) -> list[Case]:
    """Return a case for each setting of the studies.

    Parameters
    ----------
    studies : sequence of (dict of str to pandas.DataFrame, sequence of str)
        The tables ``runs``, ``history`` and ``verdicts`` of each, and the columns that
        were tuned for each activation.
    """
    # What was tuned comes last: a model of a fixed setting, too, is one of that setting.
    ordered = sorted(studies, key=lambda study: len(study[1]) > 0)
    parts = [part for tables, tuned in ordered for part in _of_study(tables, tuned)]
    grouped: dict[tuple, list[Case]] = {}
    for part in parts:
        grouped.setdefault(tuple(part.setting.values()), []).append(part)
    return list(_with_repeated(map(_joined, grouped.values())))


def labels(rows: pd.DataFrame, usual: Mapping) -> list[str]:
    """Name the setting of each row by what differs from the usual one.

    Parameters
    ----------
    rows : pandas.DataFrame
        With some columns of `SETTING`.
    usual : mapping
        See `Measurements.usual`.
    """
    keys = [key for key in usual if key in rows]
    return [
        ", ".join(describe(key, row[key]) for key in keys if row[key] not in (usual[key], ANY))
        or USUAL
        for row in rows.to_dict("records")
    ]


def _read_study(folder: Path) -> tuple[dict[str, pd.DataFrame], list[str]]:
    """Return a study's tables, and what they lack."""
    tables, lacking = {}, []
    for name, columns in _COLUMNS.items():
        judged = name == "verdicts"  # which runs do not have
        file = folder / files.VERDICTS if judged else files.path_of(folder, name)
        tables[name] = pd.DataFrame()
        if file.is_file():
            tables[name] = files.read_csv(file) if judged else files.read_table(folder, name)
        missing = sorted(columns - set(tables[name]))
        if missing:
            lacking.append(f"{file.name} lacks {', '.join(missing)}")
    if not (folder / files.FACTS).is_file():
        lacking.append(f"there is no {files.FACTS}")
    return tables, lacking


def _of_study(tables: Mapping[str, pd.DataFrame], tuned: Sequence[str]) -> Iterator[Case]:
    """Yield the cases of a study with one activation in encoder and decoder."""
    runs = _with_setting(tables["runs"], tuned)
    models = {name: tables[name] for name in ("runs", "history")}
    for number, compared in enumerate(comparisons.of_study(tables["runs"], tuned)):
        own = comparisons.select(models, compared)["runs"]["model"]
        verdicts = tables["verdicts"].loc[tables["verdicts"]["comparison"] == number]
        same = compared.fields["decoder_activation"] == SAME
        yield from _by_setting(
            runs[runs["model"].isin(own)], tables["history"], verdicts if same else verdicts[:0]
        )


def _by_setting(runs: pd.DataFrame, history: pd.DataFrame, pairs: pd.DataFrame) -> Iterator[Case]:
    same = comparisons.decoder_activations(runs) == runs["activation"]
    for values, group in comparisons.finished_runs(runs[same]).groupby(list(SETTING), sort=False):
        names = group[["model", "activation", "replicate"]]
        curves = history.drop(columns=["activation"], errors="ignore").merge(names, on="model")
        yield Case(dict(zip(SETTING, values, strict=True)), group, curves, pairs)


def _with_setting(runs: pd.DataFrame, tuned: Sequence[str]) -> pd.DataFrame:
    """Return the rows with the columns of a setting in words that need no other column."""
    network = runs["hidden_units"].astype(str) + "-" + runs["latent_dim"].astype(str)
    replicate = runs["seed"].astype(str) + " of " + runs["split"].astype(str)
    named = runs.assign(network=network, replicate=replicate)
    named["training"] = _lengths(named.assign(**dict.fromkeys(tuned, OWN)))
    # Two models with the same start that are trained alike are the same, bit for bit.
    alike = [*(key for key in SETTING if key != "initializer"), "activation", "start", "replicate"]
    trained = named[alike].astype(str).agg("|".join, axis=1)
    return named.assign(trained=trained, **dict.fromkeys(tuned, OWN))


def _lengths(runs: pd.DataFrame) -> list[str]:
    """Return how long models were trained, and whether most of their setting had ended."""
    patience = runs["patience"] if "patience" in runs else pd.Series(math.nan, runs.index)
    keys = [*(key for key in SETTING if key != "training"), "most_epochs"]
    ended = runs["ended"].astype(float) if "ended" in runs else pd.Series(1.0, runs.index)
    ended = ended.groupby([runs[key] for key in keys], dropna=False).transform("mean")
    lengths = []
    for epochs, waited, share in zip(runs["most_epochs"], patience, ended, strict=True):
        if pd.isna(waited):
            lengths.append(f"{epochs:g} epochs")
        elif share < 0.5:
            lengths.append(f"{epochs:g} epochs, most not to the end (patience {waited:g})")
        else:
            lengths.append(f"to the end (patience {waited:g}, at most {epochs:g} epochs)")
    return lengths


def _with_repeated(cases: Iterable[Case]) -> Iterator[Case]:
    seen: set[tuple[str, str]] = set()
    for case in cases:
        models = case.runs.pivot_table(
            index="replicate", columns="activation", values="trained", aggfunc="first"
        )
        repeated, own = set(), set()
        for a, b in itertools.permutations(models, 2):
            both = set(models[[a, b]].dropna().itertuples(index=False, name=None))
            own |= both
            if both & seen:
                repeated.add((a, b))
        seen |= own
        yield dataclasses.replace(case, repeated=frozenset(repeated))


def _joined(cases: Sequence[Case]) -> Case:
    """Join what several studies have of one setting."""
    runs = pd.concat([case.runs for case in cases], ignore_index=True)
    runs = runs.drop_duplicates(["activation", "replicate"])
    history = pd.concat([case.history for case in cases], ignore_index=True)
    history = history[history["model"].isin(runs["model"])].drop_duplicates(["model", "epoch"])
    pairs = pd.concat([case.pairs for case in cases], ignore_index=True)
    if "level" not in pairs:
        pairs["level"] = float("nan")
    best = pairs.assign(raced=pairs["level"].notna()).sort_values(
        ["n", "raced"], ascending=[False, True], kind="stable"
    )
    return dataclasses.replace(
        cases[0],
        runs=runs,
        history=history.reset_index(drop=True),
        pairs=best.drop_duplicates(["metric", "a", "b"]).drop(columns="raced"),
    )
