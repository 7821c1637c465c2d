"""Progress: a line for each block, with its result."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from vaelib.results import files
from vaelib.study import progress
from vaelib.study.blocks import Block
from vaelib.study.progress import Progress, headline, wrapped
from vaelib.study.study import Study

MINUS = "\N{MINUS SIGN}"


@pytest.mark.parametrize(
    ("rows", "line"),
    [
        (
            [("finished", -7.0), ("finished", -8.0), ("finished", -1e14)],
            f"3 models: median test ELBO {MINUS}8.0 nats, 9 epochs, 4 s",
        ),
        (
            [("finished", -7.0), ("diverged", np.nan)],
            f"2 models: median test ELBO {MINUS}7.0 nats, 9 epochs, 3 s, 1 diverged",
        ),
        ([("diverged", np.nan)], "1 model: 9 epochs, 2 s, 1 diverged"),
        (
            [("finished", np.nan)],
            f"1 model: validation ELBO {MINUS}5.0 nats, 9 epochs, 2 s",
        ),
    ],
)
def test_the_headline_is_the_median_of_what_finished(tmp_path, rows, line):
    runs = pd.DataFrame(rows, columns=["status", "elbo"])
    files.write(tmp_path, {"runs": runs.assign(seconds=1.5, epochs=9, val_elbo=-5.0)})
    assert headline(tmp_path) == line


@pytest.fixture
def terminal(monkeypatch, capsys):
    """Let the standard error be a terminal, and no bar wait for its next state."""
    monkeypatch.setattr(progress, "_on_terminal", lambda: True)
    monkeypatch.setattr(progress, "_TICK", 0)
    return capsys


@pytest.mark.parametrize(("shown", "printed"), [(True, "        relu  done\n"), (False, "")])
def test_a_line_is_printed_only_when_asked_for(tiny, capsys, shown, printed):
    with Progress(tiny, shown) as bar:
        bar.expect(3, 1)
        bar.advance(Block((None, None), "relu", {}), "done")
    out, err = capsys.readouterr()
    assert out == printed
    assert ("3 of 3 models" in err) == shown


def test_models_that_train_now_are_counted_and_never_taken_back(tiny, terminal):
    def shown() -> str:
        return terminal.readouterr().err.split("\r")[-1]

    with Progress(tiny) as bar:
        bar.expect(6, 1)
        assert " 1/6 " in shown()
        bar.tick(2)
        bar.tick(1)
        assert " 3/6 " in shown()
        bar.tick(9)
        assert " 6/6 " in shown()
        bar.expect(8, 2)
        assert " 2/8 " in shown()


def test_a_file_gets_the_question_first_and_lines_now_and_then(tiny, capsys, monkeypatch):
    with Progress(tiny) as bar:
        bar.begin(Path("reports"))
        assert capsys.readouterr().err == ""
        bar.expect(60, 0)
        for done in range(1, 50):
            bar.tick(done)
        assert capsys.readouterr().err == f"{tiny.name}: 0 of 60 models, 00:00 elapsed, ? left\n"
        assert bar._bar.mininterval >= 60
        monkeypatch.setattr(bar._bar, "mininterval", 0)
        bar.tick(50)
        err = capsys.readouterr().err
        assert err.startswith(f"{tiny.name}: 50 of 60 models, ")
        assert err.count("\n") == 1
        bar.stage("page")
    err = capsys.readouterr().err
    assert f"{tiny.name}: page: 50 of 60 models" in err
    assert "\r" not in err


def test_lines_of_blocks_fit_the_terminal(tiny, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    with Progress(tiny) as bar:
        bar.expect(3, 1)
        bar.advance(Block((None,), "relu", {}), "FAILED: " + 20 * "something ", failed=True)
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    assert [line[:14] for line in lines] == ["        relu  ", *[" " * 14] * (len(lines) - 1)]
    assert len(lines) > 1


def test_failed_models_are_counted_and_the_stage_is_named(tiny, terminal):
    with Progress(tiny) as bar:
        bar.expect(3, 1)
        bar.advance(Block((None, None), "relu", {}), "FAILED: it", failed=True)
        bar.stage("page")
    last = terminal.readouterr().err.split("\r")[-1]
    assert f"{tiny.name}: page" in last
    assert "2 failed" in last


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        (
            {"activations": ["relu", "elu"], "seeds": 3},
            "2 activations, 1 setting, 3 replicates each: 6 models in all.",
        ),
        (
            {"activations": ["relu"], "seeds": 4, "depth": [1, 2], "design": "race"},
            "1 activation, 2 settings, up to 4 replicates each: 8 models at most, as a race "
            "retires what is worse.",
        ),
        (
            {"activations": ["relu"], "seeds": 1, "tune": {"learning_rate": [0.1]}},
            "1 activation, 1 setting, 1 replicate each: 1 model in all, besides those that "
            "serve to tune.",
        ),
    ],
)
def test_what_will_run_is_said_first_and_fits_the_terminal(fields, said, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    study = Study.create(question="Who wins?", **fields)
    with Progress(study) as bar:
        bar.begin(Path("reports") / "mine")
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "Who wins?"
    assert " ".join(lines[1:]) == f"{said} The report will be in {Path('reports') / 'mine'}."
    assert max(map(len, lines)) <= 80


def test_long_words_stay_whole(monkeypatch):
    monkeypatch.setenv("COLUMNS", "20")
    assert wrapped(f"see {'/x' * 20} there") == f"see\n{'/x' * 20}\nthere"
