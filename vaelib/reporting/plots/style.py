"""The look of every figure, and of an activation in all of them."""

import hashlib
import itertools

import matplotlib.pyplot as plt
from IPython import get_ipython
from matplotlib_inline.backend_inline import set_matplotlib_formats

# Paul Tol's "muted" scheme, told apart by colour-blind readers, with black and grey.
_COLOURS = {
    "sigmoid": "#CC6677",
    "tanh": "#332288",
    "relu": "#117733",
    "linear": "#000000",
    "leaky_relu": "#999933",
    "elu": "#88CCEE",
    "selu": "#AA4499",
    "gelu": "#44AA99",
    "silu": "#DDAA33",
    "mish": "#882255",
    "softplus": "#777777",
}
# Lines also differ in dashes and marks, so that a grey print can be read.
_LINES = ("-", "--", "-.", ":")
_MARKS = "osD^vP*Xd<>"
# Of names outside the registry, which no registered one has.
_OTHER_DASHES = ((5, 1, 1, 1, 1, 1), (8, 2), (3, 3, 1, 3))
_STYLES = {
    name: {"color": colour, "linestyle": line, "marker": mark}
    for (name, colour), line, mark in zip(
        _COLOURS.items(), itertools.cycle(_LINES), itertools.cycle(_MARKS), strict=False
    )
}


def style(activation: str) -> dict[str, str]:
    """Return the colour, dashes and mark that an activation has everywhere."""
    if activation in _STYLES:
        return _STYLES[activation]
    number = int(hashlib.sha256(activation.encode()).hexdigest(), 16)
    colours = list(_COLOURS.values())
    return {
        "color": colours[number % len(colours)],
        "linestyle": (0, _OTHER_DASHES[number // 44 % len(_OTHER_DASHES)]),
        "marker": "hH8p"[number // 11 % 4],
    }


def set_style() -> None:
    """Set matplotlib for notebooks and reports."""
    if get_ipython() is not None:
        # Constrained layout keeps all inside the figure: a tight box would draw it twice.
        set_matplotlib_formats("png", bbox_inches=None)
    plt.rcParams.update(
        {
            "figure.dpi": 110,
            "figure.constrained_layout.use": True,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.grid": True,
            "grid.color": "#e5e5e5",
            "axes.axisbelow": True,
            "font.size": 9,
            "axes.titlesize": 10,
            "legend.frameon": False,
            "image.cmap": "gray",
        }
    )
