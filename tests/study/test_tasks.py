"""Tasks: one for each data set and activation, named by what determines the result."""

import dataclasses

import pytest

from vaelib import load_images
from vaelib.study import tasks


@pytest.fixture
def made(several):
    images = {dataset: load_images(dataset) for dataset in several.dataset}
    return tasks.of_study(several, images)


def test_each_activation_is_a_task_on_each_data_set(made, several):
    assert [task.label for task in made] == ["many relu", "many tanh", "large relu", "large tanh"]
    datasets = dict(zip(["many", "large"], several.dataset, strict=True))
    for task in made:
        dataset = datasets[task.dataset]
        assert task.parameters == several.training_parameters(task.activation, dataset)


def test_one_data_set_is_not_named_in_messages(tiny):
    made = tasks.of_study(tiny, {"digits": load_images("digits")})
    assert [task.label for task in made] == ["relu", "tanh"]


def test_a_run_is_named_after_all_that_determines_it(made, several):
    names = [task.run_name for task in made]
    assert len(set(names)) == 4
    large = load_images(several.dataset[1])
    assert names[3] == f"large-tanh-{several.identity('tanh', large.fingerprint)}"
    copy = dataclasses.replace(made[3], dataset="copy")
    assert copy.run_name == names[3].replace("large", "copy")


def test_the_cost_of_a_task_is_its_training_pixels(made):
    assert [task.pixels for task in made] == [90 * 16, 90 * 16, 44 * 256, 44 * 256]
