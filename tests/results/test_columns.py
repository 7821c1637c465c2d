"""Columns of the result tables: facts of each metric, and settings in words."""

import pytest

from vaelib.results import columns, keys
from vaelib.results.columns import METRICS, Direction, Metric
from vaelib.training import evaluate


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.column)
def test_the_facts_of_a_metric_agree(metric):
    assert metric.label
    assert metric.digits >= 2
    if metric.judged:
        assert metric.direction in (Direction.HIGHER, Direction.LOWER)


@pytest.mark.parametrize("attribute", ["column", "label", "title"])
def test_no_two_metrics_share_a_name(attribute):
    names = [getattr(metric, attribute) for metric in METRICS]
    assert len(set(names)) == len(names)


def test_what_is_judged_follows_from_the_metrics():
    assert [metric.column for metric in columns.JUDGED] == ["elbo", "mse", "psnr", "ssim", "gap"]
    assert [columns.BY_COLUMN[metric.column] for metric in METRICS] == list(METRICS)


def test_pca_has_the_metrics_of_reconstructions():
    declared = [metric.pca_column for metric in columns.OF_RECONSTRUCTIONS]
    assert declared == ["pca_mse", "pca_psnr", "pca_ssim"]
    assert set(declared) < set(evaluate.PCA_COLUMNS)


@pytest.mark.parametrize(
    ("unit", "title"), [("nats", "test ELBO (nats)"), ("", "test ELBO")], ids=["unit", "no unit"]
)
def test_the_title_has_the_unit_where_there_is_one(unit, title):
    assert Metric("elbo", "test ELBO", Direction.HIGHER, unit).title == title


@pytest.mark.parametrize(
    ("column", "label"),
    [
        ("depth", "depth"),
        ("weight_decay", "weight decay"),
        ("decoder_activation", "decoder"),
        ("train_size", "training images"),
    ],
)
def test_a_column_has_a_label_in_words(column, label):
    assert columns.label(column) == label


@pytest.mark.parametrize("column", keys.SETTING_KEYS)
def test_no_label_of_a_setting_is_a_name_of_code(column):
    assert "_" not in columns.label(column)


@pytest.mark.parametrize(
    ("column", "value", "text"),
    [
        ("depth", 2, "depth 2"),
        ("initializer", "matched", "initializer matched"),
        ("decoder_activation", "relu", "decoder relu"),
        ("train_size", 400, "400 training images"),
        ("weight_decay", 0.01, "weight decay 0.01"),
        ("weight_decay", 1.0, "weight decay 1"),
        ("learning_rate", 3e-4, "learning rate 0.0003"),
        ("batch_norm", True, "with batch normalisation"),
        ("batch_norm", False, "without batch normalisation"),
        ("dataset", "mnist5k", "mnist5k"),
        ("activation", "relu", "relu"),
    ],
)
def test_a_value_is_described_in_words(column, value, text):
    assert columns.describe(column, value) == text


@pytest.mark.parametrize(
    ("column", "values", "text"),
    [
        ("depth", (2, 4, 8), "depth 2, 4 and 8"),
        ("train_size", (200, 4000), "200 and 4,000 training images"),
        ("activation", ("elu", "relu"), "elu and relu"),
        ("batch_norm", (True, False), "with batch normalisation and without batch normalisation"),
    ],
)
def test_several_values_share_their_label(column, values, text):
    assert columns.describe_all(column, values) == text
