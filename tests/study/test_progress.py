"""Progress: a line for each block, with its result."""

import numpy as np
import pandas as pd
import pytest

from vaelib.results import files
from vaelib.study.blocks import Block
from vaelib.study.progress import Progress, headline


@pytest.mark.parametrize(
    ("rows", "line"),
    [
        (
            [("finished", -7.0), ("finished", -8.0), ("finished", -9.0)],
            "test ELBO    -8.00 nats, 3 models of 9 epochs,   4.5 s training",
        ),
        (
            [("finished", -7.0), ("diverged", np.nan)],
            "test ELBO    -7.00 nats, 2 models of 9 epochs,   3.0 s training, 1 diverged",
        ),
        ([("diverged", np.nan)], "1 model of 9 epochs,   1.5 s training, 1 diverged"),
        (
            [("finished", np.nan)],
            "validation ELBO    -5.00 nats, 1 model of 9 epochs,   1.5 s training",
        ),
    ],
)
def test_the_headline_is_the_mean_of_what_finished(tmp_path, rows, line):
    runs = pd.DataFrame(rows, columns=["status", "elbo"])
    files.write(tmp_path, {"runs": runs.assign(seconds=1.5, epochs=9, val_elbo=-5.0)})
    assert headline(tmp_path) == line


@pytest.mark.parametrize(("shown", "printed"), [(True, "        relu  done\n"), (False, "")])
def test_a_line_is_printed_only_when_asked_for(tiny, capsys, shown, printed):
    with Progress(tiny, shown) as progress:
        progress.expect(3, 1)
        progress.advance(Block((None, None), "relu", {}), "done")
    out, err = capsys.readouterr()
    assert out == printed
    assert ("3/3" in err) == shown
