"""Keys and settings: every combination of a grid once, the first dimension slowest."""

import itertools

import pytest

from vaelib.results import keys

PLAIN = {
    "decoder_activation": [None],
    "architecture": ["dense"],
    "depth": [1],
    "initializer": ["keras"],
    "optimizer": ["adam"],
    "train_size": [None],
    "batch_norm": [False],
    "weight_decay": [0.0],
    "beta": [1.0],
    "kl_warmup": [0],
    "learning_rate": [0.001],
}


def test_single_values_make_the_plain_setting():
    assert keys.settings(**PLAIN) == [keys.Setting()]
    assert list(PLAIN) == list(keys.SETTING_KEYS)


def test_lists_make_every_combination_in_order():
    lists = PLAIN | {"weight_decay": [0.1, 0.0], "depth": [2, 1, 4], "optimizer": ["sgd", "adam"]}
    made = keys.settings(**lists)
    found = [(one.depth, one.optimizer, one.weight_decay) for one in made]
    assert found == list(itertools.product([2, 1, 4], ["sgd", "adam"], [0.1, 0.0]))
    assert {(one.initializer, one.train_size, one.batch_norm) for one in made} == {
        ("keras", None, False)
    }


@pytest.mark.parametrize("name", keys.SETTING_KEYS)
def test_each_dimension_reaches_its_own_field(name):
    first, second = keys.settings(**PLAIN | {name: ["one", "other"]})
    assert (getattr(first, name), getattr(second, name)) == ("one", "other")
    for other in set(keys.SETTING_KEYS) - {name}:
        assert [getattr(first, other)] == [getattr(second, other)] == PLAIN[other]


def test_a_dimension_that_is_missing_is_an_error():
    with pytest.raises(KeyError, match="depth"):
        keys.settings(**{name: values for name, values in PLAIN.items() if name != "depth"})


def test_values_are_their_text_so_that_tables_hold_them_as_such():
    assert [str(member) for member in keys.Status] == [member.value for member in keys.Status]
