"""What the tests of figures share."""

import matplotlib.pyplot as plt
from matplotlib.figure import Figure


def drawn(figure: Figure) -> Figure:
    """Draw a figure, as some errors occur only then; return it."""
    figure.draw_without_rendering()  # the canvas of a figure without pyplot draws nothing
    assert plt.get_fignums() == [], "pyplot would show it a second time"
    return figure
