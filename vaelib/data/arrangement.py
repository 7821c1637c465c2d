"""What the folders of pictures mean: training and test images, and labels."""

import dataclasses
from collections.abc import Sequence

_TRAIN = ("train", "training")
_TEST = ("test", "testing")
_VALIDATION = ("val", "valid", "validation")


@dataclasses.dataclass(frozen=True)
class Arrangement:
    """Pictures in the order of the images, and what their folders say of them.

    Attributes
    ----------
    rows : list of int
        Positions of the pictures in the names given, training images first.
    n_train : int
        How many of these are not test images.
    labels : list of str or None
        One for each of `rows`.
    test_labels : bool
        Whether the labels of test images are known.
    remarks : tuple of str
        What the user should know, in words.
    """

    rows: list[int]
    n_train: int
    labels: list[str] | None
    test_labels: bool
    remarks: tuple[str, ...] = ()


def arrange(names: Sequence[str]) -> Arrangement:
    """Read the arrangement of pictures from their paths.

    A folder around all others means nothing. Folders ``train`` and ``test`` (any case)
    are the source's own sets, where there are both; ``validation`` beside them joins the
    training images, of which every split draws its own. Below, the first folder of each
    picture is its label, unless it is the same for all.

    Parameters
    ----------
    names : sequence of str
        Relative paths of the pictures, with ``/``.

    Examples
    --------
    >>> arrange(["cats/1.png", "dogs/1.png"]).labels
    ['cats', 'dogs']
    >>> arrange(["all/1.png", "all/2.png"]).labels
    """
    paths = [tuple(name.split("/")) for name in names]
    order = sorted(range(len(paths)), key=paths.__getitem__)
    paths = dict(zip(order, _unwrapped([paths[row] for row in order]), strict=True))
    top = {row: path[0].lower() if len(path) > 1 else "" for row, path in paths.items()}
    remarks: list[str] = []
    test: list[int] = []
    parts = set(top.values())
    if parts & set(_TRAIN) and parts & set(_TEST):
        test = [row for row in order if top[row] in _TEST]
        train = [row for row in order if top[row] in _TRAIN + _VALIDATION]
        if any(top[row] in _VALIDATION for row in train):
            remarks.append("validation images of the source joined its training images")
        left = len(order) - len(train) - len(test)
        if left:
            remarks.append(f"{left:,} pictures beside the folders of the two sets left out")
        order = train + test
        paths = _below(paths, order)
    else:
        train = order
        if len(parts) > 1 and parts <= {*_TRAIN, *_TEST, *_VALIDATION}:
            remarks.append(f"{' and '.join(sorted(parts))} joined, to be split anew")
            paths = _below(paths, order)
    labelled = [len(paths[row]) > 1 for row in order]
    if all(labelled[: len(train)]):
        labels = [
            paths[row][0] if known else "" for row, known in zip(order, labelled, strict=True)
        ]
        known = bool(test) and all(labelled[len(train) :])
        return Arrangement(order, len(train), labels, known, tuple(remarks))
    if any(labelled):
        remarks.append("no labels, as some pictures are in no sub-folder")
    return Arrangement(order, len(train), None, False, tuple(remarks))


def _below(paths: dict[int, tuple[str, ...]], order: list[int]) -> dict[int, tuple[str, ...]]:
    """Return paths below the folders of the sets."""
    return dict(zip(order, _unwrapped([paths[row][1:] for row in order]), strict=True))


def _unwrapped(paths: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Return paths without the folders that are around all of them."""
    while paths and all(len(path) > 1 for path in paths) and len({p[0] for p in paths}) == 1:
        paths = [path[1:] for path in paths]
    return paths
