"""Parameters of the training notebook: read and refused as in a study's file."""

import numpy as np
import pytest
from IPython.core.interactiveshell import InteractiveShell

from vaelib import StudyError, activations
from vaelib.study import blocks, parameters
from vaelib.study.study import Study

PARAMETERS = Study().model_dump(include=set(blocks.notebook_fields()))
GIVEN = PARAMETERS | {"activation": "relu", "dataset": "digits", "other": object()}


@pytest.mark.parametrize(
    ("name", "value", "read"),
    [
        ("seeds", 3, [0, 1, 2]),
        ("depth", 2, [2]),
        ("hidden_units", 8, [8]),
        ("hidden_units", np.array([8, 4]), [8, 4]),
        ("learning_rate", 0.01, [0.01]),
        ("batch_norm", True, [True]),
        ("optimizer", "sgd", ["sgd"]),
        ("activation", "swish", "silu"),
        ("dataset", "mnist5k", "mnist5k"),
    ],
)
def test_a_single_value_is_a_list_as_in_a_study(name, value, read):
    found = parameters.checked({**GIVEN, name: value})
    assert found[name] == read
    assert found.keys() == GIVEN.keys() - {"other"} | {"own_activations"}


@pytest.mark.parametrize(
    ("name", "value", "line"),
    [
        ("activation", "rellu", "activation: 'rellu' is unknown; did you mean 'relu'? "),
        ("epochs", 0, "epochs: 0 is not allowed; allowed: greater than 0"),
        ("seeds", "many", "seeds: 'many' is not allowed; allowed: a valid integer"),
        ("dataset", ["digits", "mnist5k"], "dataset: "),
        ("kl_warmup", 400, "kl_warmup: 400 of 400 epochs; allowed: fewer than those"),
    ],
)
def test_what_is_not_allowed_is_one_line_without_a_traceback(capsys, name, value, line):
    with pytest.raises(StudyError) as refused:
        parameters.checked({**GIVEN, name: value})
    InteractiveShell.instance().showtraceback(
        (refused.type, refused.value, refused.tb), running_compiled_code=True
    )
    shown = capsys.readouterr().out
    assert shown.startswith(line)
    assert shown.count("\n") == 1


def test_a_function_of_ones_own_is_allowed_by_hand(monkeypatch):
    monkeypatch.setattr(activations, "_REGISTRY", dict(activations._REGISTRY))
    activations.register(_double, "double")
    assert parameters.checked({**GIVEN, "activation": "double"})["activation"] == "double"


def _double(a):
    return 2 * a
