"""The style of all figures, and of each activation in them."""

import hashlib
import itertools
import math
from collections.abc import Iterable
from typing import Literal

import matplotlib.pyplot as plt
from IPython import get_ipython
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.ticker import FuncFormatter, NullFormatter
from matplotlib_inline.backend_inline import set_matplotlib_formats

# Of matplotlib, for notebooks and reports.
STYLE = {
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
    "text.parse_math": False,  # a data set's name may have dollar signs
}

# Paul Tol's "muted" scheme, safe for colour-blind readers, with black and grey; the last
# four are of his "vibrant" and "dark" ones.
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
    "golu": "#EE7733",
    "sine": "#0077BB",
    "snake": "#CC3311",
    "squared_relu": "#225522",
}
# Lines also differ in dashes and markers, for greyscale prints.
_LINES = ("-", "--", "-.", ":")
_MARKERS = "osD^vP*Xd<>"
# For activations without a colour of their own; no other activation uses them.
_OTHER_DASHES = ((5, 1, 1, 1, 1, 1), (8, 2), (3, 3, 1, 3))
_OTHER_COLOURS = list(_COLOURS.values())[:11]
_SLOPED = "leaky_relu:"
_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_STYLES = {
    name: {"color": colour, "linestyle": line, "marker": marker}
    for (name, colour), line, marker in zip(
        _COLOURS.items(), itertools.cycle(_LINES), itertools.cycle(_MARKERS), strict=False
    )
}


def style(activation: str) -> dict[str, str]:
    """Return the colour, dashes and marker of an activation, the same in every figure.

    Parameters
    ----------
    activation : str
        Any name: a leaky ReLU with its slope gets a colour by the slope, others without
        a colour of their own get one from a hash.

    Returns
    -------
    dict of str to str
        Keyword arguments of `matplotlib.axes.Axes.plot`.
    """
    if activation in _STYLES:
        return _STYLES[activation]
    if activation.startswith(_SLOPED):
        # From dark blue to a yellow that is still dark enough on white.
        colour = colormaps["cividis"](0.85 * float(activation.removeprefix(_SLOPED)))
        return {"color": to_hex(colour), "linestyle": (0, (1, 1)), "marker": "d"}
    number = int(hashlib.sha256(activation.encode()).hexdigest(), 16)
    return {
        "color": _OTHER_COLOURS[number % len(_OTHER_COLOURS)],
        "linestyle": (0, _OTHER_DASHES[number // 44 % len(_OTHER_DASHES)]),
        "marker": "hH8p"[number // 11 % 4],
    }


def dashes(number: int) -> str | tuple:
    """Return the dashes of the lines of several models of one activation, by their number."""
    return _LINES[number % len(_LINES)]


def power(value: float, _position=None) -> str:
    """Return a number of a logarithmic scale without mathematical markup, such as 0.01 or 10⁻⁹."""
    exponent = round(math.log10(value)) if value > 0 else 0
    if -3 <= exponent <= 3 or not math.isclose(value, 10.0**exponent):
        return f"{value:g}"
    return f"10{str(exponent).translate(_SUPERSCRIPTS)}"


def log_scale(ax: Axes, which: Literal["x", "y"], values: Iterable[float] = ()) -> Axes:
    """Make an axis logarithmic.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    which : {"x", "y"}
    values : iterable of float
        That must be seen, with a factor of ten around them: an interval may reach far
        beyond, and below 0. By default all that is drawn.

    Returns
    -------
    matplotlib.axes.Axes
    """
    ax.set(**{f"{which}scale": "log"})
    axis = ax.xaxis if which == "x" else ax.yaxis
    axis.set_major_formatter(FuncFormatter(power))
    axis.set_minor_formatter(NullFormatter())
    positive = [value for value in values if value > 0 and math.isfinite(value)]
    if positive:
        ax.set(**{f"{which}lim": (min(positive) / 10, max(positive) * 10)})
    return ax


def set_style() -> None:
    """Set matplotlib for notebooks and reports."""
    if get_ipython() is not None:
        # Constrained layout already keeps everything inside; a tight box would draw twice.
        set_matplotlib_formats("png", bbox_inches=None)
    plt.rcParams.update(STYLE)
