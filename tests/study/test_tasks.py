"""Plans: which models a study needs."""

import itertools

import numpy as np
import pandas as pd
import pytest

from vaelib import Study
from vaelib.results.keys import Status
from vaelib.study import tasks
from vaelib.study.tasks import Planner

RACE = Study.create(
    dataset="digits",
    activations="relu,tanh,sigmoid",
    seeds=6,
    epochs=1,
    hidden_units=8,
    design="race",
)


def change(study, **fields) -> Study:
    return Study.create(**{**study.model_dump(), **fields})


def finished(models, elbo=None) -> pd.DataFrame:
    """Return rows of finished models; `elbo` maps one to its ELBO."""
    rows = [
        {
            "model": one.identity,
            "activation": one.activation,
            "seed": one.configuration.seed,
            "status": Status.FINISHED,
            "elbo": elbo(one) if elbo else 0.0,
            "val_elbo": elbo(one) if elbo else 0.0,
            **dict.fromkeys(("mse", "psnr", "ssim"), 0.5),
            **{f"constant_{name}": -9.0 for name in ("elbo", "mse", "psnr", "ssim")},
        }
        for one in models
    ]
    return pd.DataFrame(rows).set_index("model")


def run(planner, elbo=None, failed=()) -> tuple[tasks.Plan, list[int]]:
    """Train until a plan is complete; return it, and how many models each round had."""
    runs, rounds = pd.DataFrame(), []
    while True:
        plan = planner.plan(runs, failed)
        missing = [
            one for one in plan.models if one.identity not in runs.index
            and one.identity not in failed
        ]  # fmt: skip
        if not missing:
            return plan, rounds
        rounds.append(len(missing))
        runs = pd.concat([runs, finished(missing, elbo)])


def means(**by_activation):
    """Return an ELBO by activation with noise of its own."""

    def elbo(model):
        rng = np.random.default_rng([model.configuration.seed, *map(ord, model.activation)])
        return by_activation[model.activation] + rng.normal(scale=0.5)

    return elbo


def test_a_full_study_needs_every_activation_with_every_seed(pools):
    study = change(RACE, design="full", depth=[1, 2])
    plan, rounds = run(Planner(study, pools))
    assert rounds == [2 * 3 * 6]
    keys = [(one.configuration.setting.depth, one.activation, one.configuration.seed)
            for one in plan.models]  # fmt: skip
    assert keys == list(itertools.product([1, 2], study.activations, range(6)))
    assert plan.races == {}


def test_a_race_trains_only_what_is_left(pools):
    plan, rounds = run(Planner(RACE, pools), means(relu=-1.0, tanh=-1.02, sigmoid=-50.0))
    assert rounds == [12, 4], "three with four replicates, then two with two more"
    (race,) = plan.races.values()
    assert [one.activation for one in race.stages[0].retired] == ["sigmoid"]
    assert race.order == ["relu", "tanh", "sigmoid"]
    assert race.models == len(plan.models) == 16


def test_the_plan_depends_on_the_models_and_not_on_their_order(pools):
    planner = Planner(RACE, pools)
    plan, _ = run(planner, means(relu=-1.0, tanh=-1.02, sigmoid=-50.0))
    runs = finished(plan.models, means(relu=-1.0, tanh=-1.02, sigmoid=-50.0))
    for part in (runs.sample(frac=1, random_state=0), runs):
        again = Planner(RACE, pools).plan(part)
        assert [one.identity for one in again.models] == [one.identity for one in plan.models]
        assert again.races == plan.races


def test_more_replicates_keep_all_models_that_are_there(pools):
    elbo = means(relu=-1.0, tanh=-1.02, sigmoid=-50.0)
    plan, _ = run(Planner(RACE, pools), elbo)
    more = Planner(change(RACE, seeds=9), pools)
    undisturbed, _ = run(more, elbo)
    there = {one.identity for one in plan.models}
    assert there < {one.identity for one in undisturbed.models}
    midway = more.plan(finished(plan.models, elbo))
    assert {one.identity for one in midway.models} <= {one.identity for one in undisturbed.models}


def test_an_activation_that_failed_is_left_out_and_the_others_go_on(pools):
    planner = Planner(RACE, pools)
    first = planner.plan(pd.DataFrame())
    failed = {one.identity for one in first.models if one.activation == "relu"}
    plan, _ = run(planner, means(tanh=-1.02, sigmoid=-50.0), failed)
    (race,) = plan.races.values()
    assert race.stages[0].lost == ("relu",)
    assert race.alive == ("tanh",)


def test_tuning_comes_first_and_each_gets_its_best(pools):
    tune = {"learning_rate": [0.1, 0.2], "seeds": 2, "epochs": 7}
    study = change(RACE, design="full", tune=tune)
    best = {"relu": 0.2, "tanh": 0.001, "sigmoid": 0.1}

    def elbo(model):
        return float(model.configuration.setting.learning_rate == best[model.activation])

    plan, rounds = run(Planner(study, pools), elbo)
    assert rounds == [3 * 3 * 2, 3 * 6]
    assert all(not one.configuration.scored for one in plan.tuning)
    assert {one.configuration.training.epochs for one in plan.tuning} == {7}
    (compared,) = plan.compared.values()
    assert all(one.configuration.scored for one in compared)
    found = {one.activation: one.configuration.setting.learning_rate for one in compared}
    assert found == best
    seeds = [{one.configuration.seed for one in part} for part in (plan.tuning, compared)]
    assert seeds[0] & seeds[1] == set()


def test_no_activation_waits_for_the_tuning_of_others(pools):
    study = change(RACE, tune={"learning_rate": [0.1, 0.2], "seeds": 1})
    planner = Planner(study, pools)
    tuning = planner.plan(pd.DataFrame()).models
    tuned = [one for one in tuning if one.activation == "tanh"]
    tuned += [one for one in tuning if one.activation == "relu"][:-1]
    plan = planner.plan(finished(tuned, lambda one: one.configuration.setting.learning_rate))
    (compared,) = plan.compared.values()
    assert [(one.activation, one.configuration.seed) for one in compared] == [
        ("tanh", seed) for seed in range(4)
    ]
    assert {one.configuration.setting.learning_rate for one in compared} == {0.2}
    assert plan.tuning == tuning
    (race,) = plan.races.values()
    assert (race.stages, race.alive) == ((), ("relu", "tanh", "sigmoid"))


@pytest.mark.parametrize("given", ["keras", "matched"])
def test_a_start_that_has_two_names_is_tried_once(pools, given):
    """Glorot's is what Keras starts with, and what matches tanh and sigmoid."""
    tune = {"initializer": ["matched", "keras"], "learning_rate": [0.1, 0.2], "seeds": 1}
    study = change(RACE, initializer=given, tune=tune, learning_rate=0.1)
    tried = {name: [] for name in study.activations}
    for one in Planner(study, pools).plan(pd.DataFrame()).tuning:
        tried[one.activation].append(one.configuration.setting.initializer)
    assert {name: sorted(values) for name, values in tried.items()} == {
        "relu": ["keras", "keras", "matched", "matched"],
        "tanh": [given, given],
        "sigmoid": [given, given],
    }
    mixed = change(study, decoder_activation="relu")
    assert len(Planner(mixed, pools).plan(pd.DataFrame()).tuning) == 3 * 4


@pytest.mark.parametrize("field", ["margin", "target_loss", "gallery_images", "name", "seeds"])
def test_what_decides_only_how_models_are_compared_trains_nothing_again(pools, field):
    values = {"margin": 0.2, "target_loss": 9.0, "gallery_images": 3, "name": "other", "seeds": 7}
    study = change(RACE, design="full")
    before = {one.identity for one in Planner(study, pools).plan(pd.DataFrame()).models}
    other = Planner(change(study, **{field: values[field]}), pools)
    assert before <= {one.identity for one in other.plan(pd.DataFrame()).models}
