"""What the tests share that disturb real processes."""

import commands
import pytest

TINY = """
dataset: digits
activations: [relu, tanh]
seeds: 1
epochs: 1
hidden_units: 8
"""


@pytest.fixture(scope="session")
def study(tmp_path_factory):
    """The file of a study of two small models."""
    path = tmp_path_factory.mktemp("study") / "tiny.yml"
    path.write_text(TINY)
    return path


@pytest.fixture
def make_report(study):
    """Start the command of `make report` for a folder; nothing of it outlives the test."""
    started = []

    def start(reports, of=study, **environment) -> commands.Command:
        started.append(commands.make_report(of, reports, **environment))
        return started[-1]

    yield start
    for command in started:
        command.kill()
