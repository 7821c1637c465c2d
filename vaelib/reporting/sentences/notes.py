"""How to read the results of a comparison, and what is wrong with them."""

from collections.abc import Mapping, Sequence

import pandas as pd

from vaelib.formatting import count, listed, nats, number
from vaelib.metrics import SSIM_WINDOW
from vaelib.reporting.sentences.answers import Statement, margin
from vaelib.results.columns import BY_COLUMN
from vaelib.results.keys import Status


def note(facts: dict, identical: int, index: int = 0) -> list[str]:
    """Return how to read the table of results, a sentence an item.

    Parameters
    ----------
    facts : dict
        Of ``study.json``.
    identical : int
        Test images that some model reconstructed without any error.
    index : int
        Of the comparison.
    """
    study, comparison = facts["study"], facts["comparisons"][index]
    target = comparison["target_loss"]
    images = facts["images"][comparison["dataset"]]
    drawn = (
        "Each replicate draws a split of its own, the same for all activations"
        if images["redrawn"]
        else "Each replicate draws training and validation images anew, and keeps the source's own "
        "test images"
    )
    sentences = [
        "Each cell shows the mean over replicates and, below it, its 95 % confidence interval "
        "(Student's t, for this mean alone: corrected neither for other cells nor for a race that "
        "ended early).",
        "Behind is the mean paired difference of the test ELBO (evidence lower bound; higher is "
        "better) from that of the first row, with its interval over replicates.",
        "Where a metric has verdicts (see below), dark green marks the best value of its column, "
        "light green the values that no other is significantly better than.",
        f"{drawn}; test images were scored once, after training.",
    ]
    if study["design"] == "race":
        sentences.append(
            "Activations that were retired have fewer replicates than others: compare them by "
            "what they are behind, not by their means."
        )
    if images.get("likelihood") == "bernoulli" and "pixel_entropy" in comparison:
        sentences.append(
            "A Bernoulli likelihood of grey pixels is no density, and a perfect reconstruction "
            f"costs their entropy, {nats(comparison['pixel_entropy'])} nats here: no ELBO can be "
            f"above \N{MINUS SIGN}{nats(comparison['pixel_entropy'])}."
        )
    sentences += [
        "L\N{SUBSCRIPT ONE}\N{SUBSCRIPT ZERO}\N{SUBSCRIPT ZERO} is a tighter bound from 100 "
        "posterior samples (Burda et al. 2016).",
        "MSE, PSNR and SSIM score decoded posterior means, whatever their code costs.",
    ]
    if comparison.get("pca"):
        sentences.append(_pca(comparison["pca"], comparison["train_size"]))
    if "train_sliced_wasserstein" in comparison:
        sentences.append(
            "Sliced Wasserstein is the distance between samples of the prior and test images; "
            "between training and test images it is "
            f"{number(comparison['train_sliced_wasserstein'], 2)}."
        )
    if target is not None:
        origin = "the median final loss over all models"
        if study["target_loss"] is not None:
            origin = "set by the study"
        sentences.append(
            f"The target is a validation loss of {nats(target, places=2)} nats ({origin}); where a "
            "model did not reach it, there is no mean."
        )
    sentences += [
        "The generalisation gap is the training ELBO minus the test ELBO, less the same of a "
        "constant image, which is the luck of the split; no value is marked as best.",
        "Gradient flow compares the gradient's root mean square at the first and the last hidden "
        "layer (first divided by last, encoder times decoder), with the weights that are kept: "
        "below 1 the gradient shrinks during backpropagation, above 1 it grows.",
        "Seconds per epoch are training time on one core of a machine that also runs other "
        "models: they decide nothing.",
    ]
    if min(facts["images"][comparison["dataset"]]["shape"][:2]) < SSIM_WINDOW:
        sentences.append(
            f"These images are smaller than {SSIM_WINDOW} pixels: SSIM is computed with a smaller, "
            "uniform window and is not comparable with published values."
        )
    if identical:
        sentences.append(
            f"{count(identical, 'reconstruction')} had no error at all: such a PSNR is infinite "
            "and excluded from the mean."
        )
    return sentences


def _pca(pca: Mapping, train_size: int) -> str:
    """Return how to read the row of principal components."""
    fitted = "the training images"
    if pca["images"] < train_size:
        fitted = f"the first {pca['images']:,} of {train_size:,} training images"
    return (
        f"PCA (principal component analysis) was fitted on {fitted}, where no linear map through "
        f"a code of {count(pca['components'], 'number')} has a smaller squared error: an "
        "activation whose MSE is not below PCA's gains nothing in MSE from being non-linear, or "
        "gives it up for a cheaper code."
    )


def verdict_note(facts: dict, pairs: pd.DataFrame, index: int = 0) -> list[str]:
    """Return how to read the verdicts, a sentence an item.

    Parameters
    ----------
    facts : dict
        Of ``study.json``.
    pairs : pandas.DataFrame
        Of one comparison; see `comparisons.judge`.
    index : int
        Of the comparison.
    """
    margins = facts["comparisons"][index]["margins"]
    family = int(pairs.groupby("metric").size().max()) if len(pairs) else 0
    stated = ", ".join(
        f"{BY_COLUMN[name].label} {margin(name, value)}" for name, value in margins.items()
    )
    share = (
        f"{100 * facts['study']['margin']:g} % of the best activation's lead over a constant image"
    )
    paired = "Models are paired by replicate: the same split, order of images and noise."
    tied = f"Practically tied: equivalent within the margin ({share}, unless the study says "
    tied += f"otherwise: {stated}), by two one-sided t-tests corrected in the same way."
    rest = "Otherwise there is not enough evidence; verdicts.csv lists for each such pair how many "
    rest += (
        "replicates would be needed to decide, and for every pair an interval for new images of "
    )
    rest += "the same kind beside that over replicates."
    if facts["study"]["design"] == "race":
        return [
            paired,
            "Better or worse: paired moderated t-tests (Smyth 2004) at the looks of the race, at "
            "the last one the exact signed-rank test where it can decide, with at most 5 % for one "
            f"false difference or more over all looks and {count(family, 'pair')} of a metric (a "
            "group-sequential design).",
            "Intervals are repeated confidence intervals (Jennison & Turnbull 1989): all of them "
            "hold at once with 95 %, whenever the race ended.",
            tied,
            rest,
        ]
    return [
        paired,
        "Better or worse: the exact Wilcoxon signed-rank test is significant at 5 % after Holm's "
        f"correction for the {count(family, 'pair')} of a metric.",
        tied,
        rest,
    ]


def failures(failed: pd.DataFrame, runs: pd.DataFrame) -> list[Statement]:
    """Return the failed runs and the diverged models, each with its cause.

    Parameters
    ----------
    failed : pandas.DataFrame
        Columns ``dataset``, ``activation`` and ``reason``.
    runs : pandas.DataFrame
        Of the whole study; see `training.sweep.train`.
    """
    found = [
        Statement("", row.activation, f" failed on {row.dataset} and is missing here: {row.reason}")
        for row in failed.itertuples()
    ]
    diverged = runs[runs["status"] == Status.DIVERGED] if len(runs) else runs
    for name, rows in diverged.groupby("activation") if len(diverged) else ():
        models = count(int((runs["activation"] == name).sum()), "model")
        rates = listed([f"{rate:g}" for rate in sorted(rows["learning_rate"].unique())])
        found.append(
            Statement(
                "",
                name,
                f": {len(rows)} of {models} diverged (the loss became NaN or infinite), at "
                f"learning rate {rates}; diverged models are excluded from every mean",
            )
        )
    return found


def sound(faults: Sequence[pd.DataFrame], labels: Sequence[str]) -> list[str]:
    """Return in which comparison no problem of which activations was found.

    Parameters
    ----------
    faults : sequence of pandas.DataFrame
        Of each comparison; see `diagnosis.diagnose.diagnose_study`.
    labels : sequence of str
        Of the comparisons.
    """
    parts = []
    for found, label in zip(faults, labels, strict=True):
        names = list(found.loc[~found["bad"], "activation"])
        if names:
            parts.append(f"{listed(names)}{f' ({label})' if label else ''}")
    return [f"No problem was found with {'; '.join(parts)}."] if parts else []
