"""Blocks: how notebooks share the models of a study, and in which order they start."""

import dataclasses
import itertools

import pandas as pd
import pytest

from vaelib import Study
from vaelib.data.images import ImagePool
from vaelib.results.keys import SETTING_KEYS
from vaelib.study import blocks
from vaelib.study.blocks import Queue, divide
from vaelib.study.tasks import Planner

STUDY = Study.create(
    dataset="digits", activations="relu,tanh,sigmoid", seeds=6, epochs=1, hidden_units=8
)


def change(study, **fields) -> Study:
    return Study.create(**{**study.model_dump(), **fields})


def trained_by(block) -> set[tuple]:
    """Return what a notebook trains with the parameters of a block."""
    grid = itertools.product(*(block.parameters[name] for name in SETTING_KEYS))
    return {(*setting, seed) for setting in grid for seed in block.parameters["seeds"]}


@pytest.mark.parametrize("missing", [slice(None), slice(3, None), slice(1, None, 3), slice(7, 8)])
def test_blocks_train_what_is_missing_and_nothing_else(pools, missing):
    study = change(STUDY, depth=[1, 2], learning_rate=[0.1, 0.2], seeds=3)
    models = Planner(study, pools).plan(pd.DataFrame()).models[missing]
    found = divide(study, models)
    assert {one.identity for block in found for one in block.models} == {
        one.identity for one in models
    }
    for block in found:
        own = {
            (*dataclasses.astuple(one.configuration.setting), one.configuration.seed)
            for one in block.models
        }
        assert trained_by(block) == own
        assert len(own) == len(block.models)
        assert block.parameters["activation"] == block.models[0].activation
        assert block.parameters["dataset"] == "digits"
        assert block.parameters["epochs"] == 1
    if missing == slice(None):
        assert len(found) == 3, "one for each activation"


def test_a_blocks_work_is_limited(pools, monkeypatch):
    study = STUDY
    models = Planner(study, pools).plan(pd.DataFrame()).models
    assert {one.work for one in models} == {80 * 16}
    monkeypatch.setattr(blocks, "_MOST_WORK", 2 * 80 * 16)
    assert [len(block.models) for block in divide(study, models)] == [2] * 9
    monkeypatch.setattr(blocks, "_MOST_WORK", 1)
    assert [len(block.models) for block in divide(study, models)] == [1] * 18
    monkeypatch.undo()
    assert [len(block.models) for block in divide(study, models, workers=2)] == [6] * 3
    monkeypatch.setattr(blocks, "_LEAST_WORK", 1)
    # Of 18 models, two workers have at least four blocks, of four models at most.
    assert [len(block.models) for block in divide(study, models)] == [6] * 3
    assert [len(block.models) for block in divide(study, models, workers=2)] == [4, 2] * 3
    assert [len(block.models) for block in divide(study, models[:6], workers=2)] == [1] * 6


def test_a_run_is_named_after_its_models_and_labels_name_several_data_sets(pools):
    (first, *_), (again, *_) = (
        divide(STUDY, Planner(STUDY, pools).plan(pd.DataFrame()).models) for _ in range(2)
    )
    assert first.run_name == again.run_name
    assert first.run_name.startswith("digits-relu-")
    assert first.label == "relu"
    study = change(STUDY, dataset=["digits", "mnist5k"])
    planner = Planner(study, {**pools, "mnist5k": ImagePool("other", pools["digits"].images)})
    found = divide(study, planner.plan(pd.DataFrame()).models)
    assert [block.label for block in found][2:4] == ["digits sigmoid", "other relu"]
    assert len({block.run_name for block in found}) == 6, "equal images under another name"


def test_the_name_of_a_run_has_no_colon(pools):
    study = change(STUDY, activations="leaky_relu:0.1")
    (block,) = divide(study, Planner(study, pools).plan(pd.DataFrame()).models)
    assert block.run_name.startswith("digits-leaky_relu-0.1-")
    assert block.parameters["activation"] == block.label == "leaky_relu:0.1"


@pytest.mark.parametrize(
    ("name", "start"),
    [
        ("<script>alert(1)", "-script-alert-1-"),
        ("my pictures", "my-pictures"),
        ("字" * 80, "字" * 40),
    ],
    ids=["markup", "space", "long"],
)
def test_the_name_of_a_run_suits_every_file_system(pools, name, start):
    pools = {"digits": ImagePool(name, pools["digits"].images)}
    models = Planner(STUDY, pools).plan(pd.DataFrame()).models
    block, *_ = divide(STUDY, models)
    assert block.run_name.startswith(f"{start}-relu-")
    assert len(block.run_name.encode()) <= 255


def test_the_shortest_block_of_those_that_show_the_same_is_the_last(pools, monkeypatch):
    study = change(STUDY, seeds=5)
    models = Planner(study, pools).plan(pd.DataFrame()).models
    monkeypatch.setattr(blocks, "_MOST_WORK", 2 * models[0].work)
    parts = divide(study, [*models[:5], models[5]])
    assert [len(block.models) for block in parts] == [2, 2, 1, 1], "three of relu, one of tanh"
    *two, last, alone = parts
    queue = Queue(reversed(parts))
    assert queue.first == [*reversed(two), alone]
    assert queue.after(two[1]) == queue.after(alone) == []
    assert queue.after(two[0]) == [last]
    assert queue.after(last) == []


def test_blocks_of_other_settings_wait_for_none(pools):
    study = change(STUDY, learning_rate=[0.1, 0.2, 0.3], seeds=2)
    models = Planner(study, pools).plan(pd.DataFrame()).models
    parts = [part for model in models for part in divide(study, [model])]
    assert len(Queue(parts).first) == len(parts) / 2, "the second seed waits for the first"
