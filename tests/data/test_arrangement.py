"""What folders mean: sets and labels."""

import re

import pytest

from vaelib.data.arrangement import arrange


@pytest.mark.parametrize(
    ("names", "labels"),
    [
        (["b.png", "a.png"], None),
        (["cats/1.png", "dogs/1.png"], ["cats", "dogs"]),
        (["all/1.png", "all/2.png"], None),
        (["photos/cats/1.png", "photos/dogs/1.png"], ["cats", "dogs"]),
        (["Greek/alpha/1.png", "Greek/beta/1.png", "Latin/a/1.png"], ["Greek", "Greek", "Latin"]),
        (["train/cats/1.png", "train/dogs/1.png"], ["cats", "dogs"]),
        (["train/cats/1.png", "val/dogs/1.png"], ["cats", "dogs"]),
    ],
)
def test_the_first_folder_of_each_is_its_label_unless_all_have_it(names, labels):
    found = arrange(names)
    assert found.labels == labels
    assert found.n_train == len(names)
    assert found.rows == sorted(range(len(names)), key=names.__getitem__)


@pytest.mark.parametrize("wrapper", ["", "cifar/", "a/b/"])
@pytest.mark.parametrize("names", [("train", "test"), ("Training", "TEST")])
def test_sets_of_the_source_are_kept(wrapper, names):
    train, test = names
    paths = [f"{test}/dog/1.png", f"{train}/dog/2.png", f"{train}/cat/9.png", f"{test}/cat/1.png"]
    found = arrange([wrapper + path for path in paths])
    assert [paths[row] for row in found.rows[: found.n_train]] == [paths[2], paths[1]]
    assert [paths[row] for row in found.rows[found.n_train :]] == [paths[3], paths[0]]
    assert found.labels == ["cat", "dog", "cat", "dog"]
    assert found.test_labels


def test_test_images_may_have_no_labels():
    found = arrange(["train/cat/1.png", "train/dog/1.png", "test/1.png"])
    assert found.labels[:2] == ["cat", "dog"]
    assert (found.n_train, found.test_labels) == (2, False)


def test_a_single_folder_in_every_set_is_no_label():
    assert arrange(["train/images/1.png", "test/images/1.png"]).labels is None


@pytest.mark.parametrize(
    ("names", "n_train", "remark"),
    [
        (["train/1.png", "val/2.png", "test/3.png"], 2, "validation images of the source joined"),
        (["train/1.png", "test/3.png", "new/1.png", "2.png"], 1, "2 pictures beside .* left out"),
        (["train/1.png", "val/3.png"], 2, "train and val joined, to be split anew"),
        (["cats/1.png", "2.png"], 2, "no labels, as some pictures are in no sub-folder"),
    ],
)
def test_what_is_not_obvious_is_said(names, n_train, remark):
    found = arrange(names)
    assert found.n_train == n_train
    assert re.match(remark, found.remarks[0])


def test_nothing_is_no_error():
    assert arrange([]).rows == []
