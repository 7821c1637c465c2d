"""Margins: a share of the best activation's lead over a constant image."""

import pandas as pd
import pytest
from planted_scores import study

from vaelib.analysis import margins

ZERO = dict.fromkeys(("elbo", "mse", "psnr", "ssim", "gap"), 0.0)


def test_a_margin_is_a_share_of_the_lead_in_the_metrics_unit():
    runs = study({"relu": [8.0, 12.0], "tanh": [2.0, 4.0]})["runs"]
    runs = runs.assign(constant_elbo=[-1.0, 1, -1, 1], constant_mse=23.0)
    found = margins.of_runs(runs, 0.1, {}, [0, 1])
    # The best mean is 10, of an error 3, and the constant image's 0, of the error 23.
    assert found == pytest.approx({"elbo": 1, "mse": 2, "psnr": 1, "ssim": 1, "gap": 1})


def test_only_the_given_replicates_count():
    runs = study({"relu": [8.0, 12.0], "tanh": [2.0]})["runs"]
    assert margins.of_runs(runs, 0.1, {}, [0])["elbo"] == pytest.approx(0.8)


def test_what_a_study_gives_takes_the_place_of_the_share():
    runs = study({"relu": [10.0]})["runs"]
    found = margins.of_runs(runs, 0.1, {"elbo": 3.0}, [0])
    assert (found["elbo"], found["gap"]) == (3.0, pytest.approx(1.0))


def test_nothing_above_a_constant_image_leaves_no_margin():
    runs = study({"relu": [-3.0]})["runs"]
    found = margins.of_runs(runs, 0.1, {}, [0])
    assert (found["elbo"], found["gap"], found["psnr"]) == (0, 0, 0)
    assert found["mse"] == pytest.approx(0.3), "of which lower is better"


@pytest.mark.parametrize("runs", [pd.DataFrame(), study({"relu": [float("nan")]})["runs"]])
def test_without_a_finished_model_there_is_no_margin(runs):
    assert margins.of_runs(runs, 0.1, {}, [0]) == ZERO
