"""Progress: a line for each run, with its result."""

import numpy as np
import pandas as pd
import pytest

from vaelib.results import files
from vaelib.study.progress import Progress, headline
from vaelib.study.tasks import Task


@pytest.mark.parametrize(
    ("rows", "line"),
    [
        (
            [("finished", 0, -7.0), ("finished", 0, -8.0), ("finished", 1, -90.0)],
            "test ELBO    -7.50 nats,   4.5 s training, 3 models",
        ),
        (
            [("finished", 0, -7.0), ("diverged", 0, np.nan)],
            "test ELBO    -7.00 nats,   3.0 s training, 2 models, 1 diverged",
        ),
        ([("diverged", 0, np.nan)], "  1.5 s training, 1 model, 1 diverged"),
    ],
)
def test_the_headline_is_the_mean_at_the_first_point(tmp_path, rows, line):
    runs = pd.DataFrame(rows, columns=["status", "point", "elbo"]).assign(seconds=1.5)
    files.write(tmp_path, {"runs": runs})
    assert headline(tmp_path) == line


@pytest.mark.parametrize(("shown", "printed"), [(True, "        relu  done\n"), (False, "")])
def test_a_line_is_printed_only_when_asked_for(tiny, capsys, shown, printed):
    task = Task("digits", "relu", "relu", "0" * 12, {}, 1)
    with Progress(tiny, total=2, missing=1, shown=shown) as progress:
        progress.advance(task, "done")
    out, err = capsys.readouterr()
    assert out == printed
    assert ("tiny: 1 model each" in err) == shown
