"""Pairs from the activations that a setting has."""

import pytest

from vaelib.analysis.claims.pairs import each_against, fixed_pairs


@pytest.mark.parametrize("missing", ["relu", "tanh", "sigmoid"])
def test_fixed_pairs_need_all_their_activations(missing):
    pairs = [("relu", "sigmoid"), ("relu", "tanh")]
    activations = {"relu", "tanh", "sigmoid", "elu"}
    assert fixed_pairs(*pairs)(activations) == pairs
    assert fixed_pairs(*pairs)(activations - {missing}) == []


def test_each_other_activation_is_compared_with_the_reference():
    select = each_against("linear")
    assert select({"tanh", "linear", "elu"}) == [("elu", "linear"), ("tanh", "linear")]
    assert select({"tanh", "elu"}) == select({"linear"}) == []
