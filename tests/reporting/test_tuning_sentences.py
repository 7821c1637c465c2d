"""What was chosen for each activation, in words."""

import pandas as pd

from vaelib.reporting import sentences

DEFAULT = {"initializer": "keras", "learning_rate": 0.001}
ROWS = [
    ("relu", "keras", 0.001, -120.0, False),
    ("relu", "matched", 0.01, -110.0, True),
    ("tanh", "keras", 0.001, -115.0, True),
    ("tanh", "keras", 0.01, -130.0, False),
]
TABLE = pd.DataFrame(ROWS, columns=["activation", "initializer", "learning_rate", "mean", "chosen"])


def test_choices_edges_gains_and_ranks_are_named():
    assert sentences.tuning(TABLE, DEFAULT) == [
        "Chosen on validation images (initializer and learning rate): relu matched, 0.01; tanh "
        "keras, 0.001.",
        "With a single start, as both are the same: tanh.",
        "At the edge of the learning rates, so that a better one may lie beyond: relu (the "
        "highest); tanh (the lowest).",
        "Nats of validation ELBO gained over the study's own values, on the replicates that the "
        "choice was made on, and so rather too many: relu +10.0; tanh +0.0.",
        "Ranks by validation ELBO that change: relu from 2 to 1; tanh from 1 to 2.",
    ]


def test_without_edges_or_changes_nothing_is_said_of_them():
    rows = [(*row[:3], row[3], row[2] == 0.001) for row in ROWS]
    rows.append(("tanh", "keras", 0.0001, -130.0, False))
    rows.append(("tanh", "matched", 0.001, -131.0, False))
    table = pd.DataFrame(rows, columns=TABLE.columns)
    chosen, gained, ranks = sentences.tuning(table, DEFAULT)
    assert chosen.endswith("relu keras, 0.001; tanh keras, 0.001.")
    assert gained.endswith("tanh +0.0; relu +0.0.")
    assert ranks == "No rank changes."
