"""The style of an activation is its own, and the same in every process."""

import matplotlib as mpl

from vaelib.models import activations
from vaelib.reporting.plots import style


def test_registered_activations_have_styles_of_their_own():
    styles = [tuple(sorted(style.style(name).items())) for name in activations.names()[:11]]
    assert len(set(styles)) == len({dict(style)["color"] for style in styles}) == 11


def test_an_unknown_name_has_one_style_that_no_registered_one_has():
    others = ["softsign", "squareplus", "celu", "relu6", "hard_sigmoid", "hard_tanh", "my_own"]
    registered = [style.style(name)["marker"] for name in activations.names()[:11]]
    for name in others:
        assert style.style(name) == style.style(name)
        assert style.style(name)["marker"] not in registered
    assert len({str(style.style(name)) for name in others}) == len(others)
    assert style.style("softsign")["color"] == "#999933", "Python's hash differs between processes"


def test_set_style_gives_images_without_colours():
    with mpl.rc_context():
        style.set_style()
        assert mpl.rcParams["image.cmap"] == "gray"
