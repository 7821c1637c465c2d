"""Functions of a user's files as activations of a study: read, named, identified, refused."""

import json

import pandas as pd
import pytest

from vaelib import Study, activations
from vaelib.study import own_activations, parameters, report, worker
from vaelib.study.blocks import divide, notebook_fields
from vaelib.study.tasks import Planner

TEXT = """def ramp(a):
    return 2 * a


def step(a):
    return 3 * a


def relu(a):
    return 4 * a


def mix(a):
    return a - a[:, :1]
"""


@pytest.fixture(autouse=True)
def _own_registry(monkeypatch):
    monkeypatch.setattr(activations, "_REGISTRY", dict(activations._REGISTRY))


@pytest.fixture
def mine(tmp_path):
    """Write a file with functions; return its path."""
    path = tmp_path / "mine.py"
    path.write_text(TEXT)
    return path


def made(path, **fields) -> Study:
    given = {"dataset": "digits", "seeds": 1, "epochs": 1, "hidden_units": 8}
    return Study.create(**given, **{"activations": ["relu", f"{path}:ramp"], **fields})


def identities(study: Study, pools) -> dict[str, set[str]]:
    """Return the identities of a study's models by activation."""
    models = Planner(study, pools).plan(pd.DataFrame()).models
    return {
        name: {one.identity for one in models if one.activation == name}
        for name in study.activations
    }


def test_a_path_begins_beside_the_study_or_in_the_current_folder(
    mine, write_study, monkeypatch, capsys
):
    monkeypatch.chdir(mine.parents[1])
    study = Study.from_yaml(write_study("activations: [relu, mine.py:ramp]\n"))
    assert study.activations == ["relu", "mine.py:ramp"]
    assert study.own_activations == {"mine.py:ramp": TEXT}
    assert capsys.readouterr().out == f"{mine} is executed for its function ramp\n"
    given = Study.from_yaml(
        write_study("seeds: 3\n"), activations=f"{mine.parent.name}/mine.py:ramp"
    )
    assert given.activations == ["mine.py:ramp"]
    assert Study.create(decoder_activation=f"{mine}:ramp").decoder_activation == ["mine.py:ramp"]
    assert Study.create(**study.model_dump()) == study, "without the file"


@pytest.mark.parametrize(
    ("entries", "part"),
    [
        (["nowhere.py:ramp"], "cannot be read from "),
        (["mine.py:rapm"], "did you mean 'ramp'?"),
        (["mine.py:mix"], "is not element-wise: it mixes the units of a layer"),
        (["mine.py"], "names no function; allowed: "),
        (["mine.py:ramp", "mine.py:ramp"], "'mine.py:ramp' is there twice"),
        (["mine.py:ramp", "other/mine.py:ramp"], "have one name; allowed: files with names of"),
    ],
)
@pytest.mark.parametrize("field", ["activations", "decoder_activation"])
def test_what_cannot_serve_is_refused_before_anything_runs(
    mine, write_study, refusal, field, entries, part
):
    (mine.parent / "other").mkdir()
    (mine.parent / "other" / "mine.py").write_text(TEXT)
    line = refusal(Study.from_yaml, write_study(f"{field}: [{', '.join(entries)}]\n"))
    assert line.startswith(f"{field}: ")
    assert part in line


@pytest.mark.parametrize("by_file", [True, False], ids=["file", "command line"])
def test_no_study_brings_the_text_of_a_function(write_study, refusal, capsys, by_file):
    texts = {"own_activations": {"mine.py:ramp": TEXT}, "activations": ["mine.py:ramp"]}
    path = write_study(json.dumps(texts if by_file else {}))  # which is YAML, too
    line = refusal(Study.from_yaml, path, **({} if by_file else texts))
    assert line.startswith("own_activations: read from the files of activations; allowed: ")
    assert capsys.readouterr().out == ""


def test_the_file_is_part_of_the_identity_of_its_models_only(mine, pools):
    before = identities(made(mine, decoder_activation=[None, "tanh"]), pools)
    mine.write_text(TEXT.replace("2 * a", "2.5 * a"))
    after = identities(made(mine, decoder_activation=[None, "tanh"]), pools)
    assert before["relu"] == after["relu"]
    assert not before["mine.py:ramp"] & after["mine.py:ramp"]
    in_decoder = [identities(made(mine, decoder_activation=f"{mine}:ramp"), pools)]
    mine.write_text(TEXT)
    in_decoder.append(identities(made(mine, decoder_activation=f"{mine}:ramp"), pools))
    assert not in_decoder[0]["relu"] & in_decoder[1]["relu"]


def test_a_function_added_to_a_study_changes_no_identity(mine, pools):
    alone = identities(made(mine, activations=["relu"]), pools)
    assert identities(made(mine), pools)["relu"] == alone["relu"]
    both = made(mine, activations=["relu", f"{mine}:ramp", "tanh"], decoder_activation=[None])
    assert identities(both, pools)["mine.py:ramp"] == identities(made(mine), pools)["mine.py:ramp"]


@pytest.mark.parametrize(
    ("names", "shown"),
    [
        (["tanh", "a.py:ramp"], {"a.py:ramp": "ramp"}),
        (["snake", "a.py:snake"], {"a.py:snake": "a.py:snake"}),
        (["tanh", "a.py:snake"], {"a.py:snake": "snake"}),
        (["a.py:ramp", "b.py:ramp"], {"a.py:ramp": "a.py:ramp", "b.py:ramp": "b.py:ramp"}),
        (
            ["tanh", "a.py:relu", "a.py:swish"],
            {"a.py:relu": "a.py:relu", "a.py:swish": "a.py:swish"},
        ),
        (["a.py:same", "b.py:f"], {"a.py:same": "a.py:same", "b.py:f": "f"}),
        (["a.py:PCA", "b.py:pca"], {"a.py:PCA": "a.py:PCA", "b.py:pca": "pca"}),
        (["a.py:original"], {"a.py:original": "a.py:original"}),
    ],
)
def test_a_function_is_shown_by_its_own_name_where_no_other_has_it(names, shown):
    texts = {name: "" for name in names if ".py:" in name}
    assert own_activations.shown_names(names, texts) == shown


def test_a_notebook_gets_the_text_of_the_file_beside_it(mine, pools, tmp_path, monkeypatch):
    """Through parameters that JSON can hold; the file itself may be elsewhere, or gone."""
    study = made(mine, decoder_activation=[None, f"{mine}:step"])
    first, second = divide(study, Planner(study, pools).plan(pd.DataFrame()).models)
    assert set(first.own_activations) == {"mine.py:step"}
    assert set(second.own_activations) == {"mine.py:ramp", "mine.py:step"}
    mine.unlink()
    registry = {name: one for name, one in activations._REGISTRY.items() if ":" not in name}
    monkeypatch.setattr(activations, "_REGISTRY", registry)
    seen = {}

    def run_notebook(notebook, output, given, *limits):
        seen.update(parameters.checked(given))
        seen["files"] = {path.name: path.read_text() for path in output.parent.iterdir()}

    monkeypatch.setattr(worker, "run_notebook", run_notebook)
    given = json.loads(json.dumps(second.parameters | {"own_activations": second.own_activations}))
    with pytest.raises(Exception, match="without writing its results"):
        worker.train_block(str(tmp_path / "run"), str(tmp_path / "attempts"), given)
    assert seen["files"] == {"mine.py": TEXT}
    assert (seen["activation"], seen["decoder_activation"]) == (
        "mine.py:ramp",
        [None, "mine.py:step"],
    )
    assert seen["own_activations"] == dict.fromkeys(["mine.py:ramp", "mine.py:step"], TEXT)


def test_by_hand_a_changed_file_is_read_again(mine, monkeypatch):
    monkeypatch.chdir(mine.parent)
    given = Study().model_dump(include=set(notebook_fields()))
    given |= {"dataset": "digits", "activation": "mine.py:ramp"}
    first = parameters.checked(given)
    assert first["activation"] == "mine.py:ramp"
    mine.write_text(TEXT.replace("2 * a", "5 * a"))
    again = parameters.checked({**given, **first})
    assert "5 * a" in again["own_activations"]["mine.py:ramp"]
    assert float(activations.get("mine.py:ramp").resolve()(1.0)) == 5
    mine.unlink()
    assert parameters.checked({**given, **again})["own_activations"] == again["own_activations"]


def test_tables_and_facts_have_the_names_that_are_shown(mine):
    study = made(mine, activations=["relu", f"{mine}:ramp", f"{mine}:relu"])
    table = pd.DataFrame({"activation": study.activations, "n": [1, 2, 3]})
    shown = report._with_shown_names(table, study)
    assert list(shown["activation"]) == ["relu", "ramp", "mine.py:relu"]
    fields = report._shown_fields(study)
    assert fields["activations"] == ["relu", "ramp", "mine.py:relu"]
    assert fields["decoder_activation"] == [None]
    described = report._own_activations(study)
    assert [one["name"] for one in described] == ["ramp", "mine.py:relu"]
    assert [one["function"] for one in described] == ["ramp", "relu"]
    assert {one["file"] for one in described} == {"mine.py"}
    assert {one["text"] for one in described} == {TEXT}


def test_a_function_registered_by_hand_is_refused_with_what_is_allowed(refusal):
    activations.register(_double, "double")
    line = refusal(Study.create, activations=["double"])
    assert line.startswith("activations: 'double' is registered in this process only")
    assert "mine.py:snake" in line


def _double(a):
    return 2 * a
