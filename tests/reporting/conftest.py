"""What the tests of figures share."""

import matplotlib.pyplot as plt
import pytest


@pytest.fixture
def ax():
    figure, axes = plt.subplots()
    yield axes
    figure.canvas.draw()  # some errors come with the drawing only
    plt.close(figure)
