"""What the tests of figures of several panels share."""

import matplotlib.pyplot as plt
import pytest


@pytest.fixture(autouse=True)
def drawn_and_closed():
    """Draw every figure that a test left open, as some errors come only then."""
    yield
    numbers = plt.get_fignums()
    for number in numbers:
        plt.figure(number).canvas.draw()
    plt.close("all")
    assert numbers, "a figure function leaves its figure open"
