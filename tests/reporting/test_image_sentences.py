"""What a page says of the images, and of pictures that could not be read."""

import json

import pytest

from vaelib.reporting import sentences
from vaelib.reporting.sentences.images import MOST_LISTED

OWN = {"train": 4000, "validation": 500, "test": 500, "redrawn": True, "shape": [28, 20, 1]}


def facts(own: dict, skipped: list[str] | None = None, train_size=None) -> dict:
    made = {"study": {"train_size": train_size or [None]}, "images": {"own": OWN | own}}
    return made if skipped is None else made | {"skipped": {"own": skipped}}


@pytest.mark.parametrize(
    ("own", "train_size", "text"),
    [
        (
            {},
            None,
            "own: 5,000 grey images of 28 x 20 pixels, 4,000 for training, 500 for validation and "
            "500 for testing.",
        ),
        (
            {"shape": [8, 8, 3], "redrawn": False, "pixels": "uint8, divided by 255"},
            [None],
            "own: 5,000 colour images of 8 x 8 pixels, 4,000 for training, 500 for validation and "
            "500 for testing, which are the source's own. Pixels: uint8, divided by 255.",
        ),
        (
            {"shape": [8, 8, 4]},
            [100, None],
            "own: 5,000 4-channel images of 8 x 8 pixels, at most 4,000 for training, 500 for "
            "validation and 500 for testing.",
        ),
    ],
)
def test_images_are_counted_and_their_treatment_is_told(own, train_size, text):
    (found,) = sentences.images(facts(own, train_size=train_size))
    assert " ".join(found.sentences) == text
    assert (found.skipped, found.listed, found.more) == ("", [], "")


@pytest.mark.parametrize(
    ("number", "skipped", "more"),
    [
        (0, "", ""),
        (1, "1 picture of own skipped", ""),
        (MOST_LISTED, f"{MOST_LISTED} pictures of own skipped", ""),
        (1036, "1,036 pictures of own skipped", "and 1,000 more, which study.json lists"),
    ],
)
def test_the_first_of_the_skipped_pictures_are_listed(number, skipped, more):
    lines = [f"{i}.png: no picture" for i in range(number)]
    (found,) = sentences.images(json.loads(json.dumps(facts({}, lines))))
    assert (found.skipped, found.listed, found.more) == (skipped, lines[:36], more)
