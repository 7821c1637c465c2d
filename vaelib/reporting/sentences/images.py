"""What the images of a study are, what was done to them, and which could not be read."""

import dataclasses

from vaelib.formatting import count

MOST_LISTED = 36  # pictures that a page lists for each data set


@dataclasses.dataclass(frozen=True)
class Images:
    """The images of a data set.

    Attributes
    ----------
    sentences : list of str
        How many there are, and what was done to them.
    skipped : str
        How many pictures could not be read; empty where all could.
    listed : list of str
        The first of these, each with the reason.
    more : str
        How many others there are; empty where all are listed.
    """

    sentences: list[str]
    skipped: str = ""
    listed: list[str] = dataclasses.field(default_factory=list)
    more: str = ""


def images(facts: dict) -> list[Images]:
    """Return what there is to say of the images of each data set.

    Parameters
    ----------
    facts : dict
        Of ``study.json``; those of earlier versions have neither the treatment of pixels nor
        the list of what was skipped.
    """
    most = "" if facts["study"]["train_size"] == [None] else "at most "
    return [
        _of(name, own, facts.get("skipped", {}).get(name, []), most)
        for name, own in facts["images"].items()
    ]


def _of(name: str, own: dict, skipped: list[str], most: str) -> Images:
    height, width, channels = own["shape"]
    kind = {1: "grey", 3: "colour"}.get(channels, f"{channels}-channel")
    total = sum(own[part] for part in ("train", "validation", "test"))
    source = "" if own["redrawn"] else ", which are the source's own"
    found = [
        f"{name}: {count(total, f'{kind} image')} of {height} x {width} pixels, {most}"
        f"{own['train']:,} for training, {own['validation']:,} for validation and "
        f"{own['test']:,} for testing{source}."
    ]
    if own.get("pixels"):
        found.append(f"Pixels: {own['pixels']}.")
    if not skipped:
        return Images(found)
    others = len(skipped) - MOST_LISTED
    return Images(
        found,
        f"{count(len(skipped), 'picture')} of {name} skipped",
        skipped[:MOST_LISTED],
        f"and {others:,} more, which study.json lists" if others > 0 else "",
    )
