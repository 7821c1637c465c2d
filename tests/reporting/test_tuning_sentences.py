"""What tuning the learning rate changes, in words."""

import numpy as np
import pandas as pd

from vaelib.analysis.verdicts import Verdict
from vaelib.reporting import sentences

# Half the interval of two values that are 1 apart: t(0.975, 1) s / sqrt(2), s = 1 / sqrt(2).
T_OF_TWO = 12.7062047362 / 2


def models(values: dict[str, dict[float, list[float]]]) -> pd.DataFrame:
    """Return runs from validation ELBOs by activation and rate; the best mean is tuned."""
    rows = []
    for name, by_rate in values.items():
        best = max(by_rate, key=lambda rate: np.nan_to_num(np.mean(by_rate[rate]), nan=-np.inf))
        for rate, group in by_rate.items():
            rows += [
                {"activation": name, "learning_rate": rate, "seed": seed, "val_elbo": value}
                | {"tuned_rate": rate == best}
                for seed, value in enumerate(group)
            ]
    return pd.DataFrame(rows)


RUNS = models(
    {
        "tanh": {0.001: [-5.0, -6.0], 0.0001: [-9.0, -9.0], 0.01: [-1.0, -3.0]},
        "relu": {0.001: [-4.0, -4.5], 0.0001: [-3.0, -3.5], 0.01: [-7.0, np.nan]},
        "elu": {0.001: [-2.0, -2.0], 0.0001: [-8.0, -8.0], 0.01: [np.nan, np.nan]},
    }
)


def pairs(*rows: tuple, metric: str = "elbo") -> pd.DataFrame:
    columns = ["a", "b", "difference", "verdict"]
    return pd.DataFrame(rows, columns=columns).assign(metric=metric)


DEFAULT = pairs(
    ("elu", "relu", 3.0, Verdict.BETTER),
    ("elu", "tanh", -2.0, Verdict.WORSE),
    ("gelu", "tanh", 5.0, Verdict.BETTER),
    ("relu", "tanh", 0.4, Verdict.OPEN),
    ("elu", "gelu", 0.2, Verdict.TIED),
    ("gelu", "relu", -1.0, Verdict.WORSE),
)
TUNED = pairs(
    ("elu", "relu", -1.0, Verdict.WORSE),
    ("elu", "tanh", 4.0, Verdict.BETTER),
    ("gelu", "tanh", 2.0, Verdict.BETTER),
    ("relu", "tanh", -0.4, Verdict.BETTER),
    ("elu", "gelu", -0.2, Verdict.TIED),
    ("gelu", "relu", 0.0, Verdict.TIED),
)


def test_the_text_names_rates_edges_and_reversals():
    text = " ".join(sentences.tuning(RUNS, DEFAULT, TUNED))
    assert "with the same grid and seeds for all: tanh 0.01; relu 0.0001; elu 0.001." in text
    assert "may lie outside it: tanh (the highest); relu (the lowest)." in text
    minus = "\N{MINUS SIGN}"
    assert (
        f"The ranking is reversed: elu is better than relu at the default rate (+3.0 nats) and "
        f"worse when both are tuned ({minus}1.0 nats)."
    ) in text
    assert "The ranking is reversed: elu is worse than tanh at the default rate" in text
    assert text.count("The ranking is reversed") == 2
    assert (
        "2 pairs change order between default and tuned rates, but at least one of the two "
        "differences is not significant."
    ) in text
    assert "No verdict" not in text


def test_the_text_says_so_when_nothing_is_reversed_and_no_rate_is_at_an_edge():
    runs = RUNS[RUNS["activation"] == "elu"]
    text = " ".join(sentences.tuning(runs, DEFAULT, DEFAULT))
    assert "No chosen rate lies at the edge of the grid." in text
    assert "No verdict is reversed between default and tuned rates." in text
    assert "order between" not in text
    one = TUNED.assign(difference=DEFAULT["difference"])
    one.loc[3, "difference"] = -0.1
    assert "1 pair changes order" in " ".join(sentences.tuning(runs, DEFAULT, one))
