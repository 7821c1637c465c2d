"""The style of an activation is its own, and the same in every process."""

import matplotlib as mpl
import matplotlib.pyplot as plt
import pytest

from vaelib.models import activations
from vaelib.reporting.plots import style


def test_registered_activations_have_styles_of_their_own():
    sloped = [f"leaky_relu:{slope}" for slope in (0.01, 0.1, 0.25, 0.3, 0.5, 0.9)]
    styles = [tuple(sorted(style.style(name).items())) for name in activations.names() + sloped]
    colours = {dict(style)["color"] for style in styles}
    assert len(set(styles)) == len(colours) == len(activations.names()) + 6 == 21
    looks = [(style["linestyle"], style["marker"]) for style in map(dict, styles[:15])]
    assert len(set(looks)) == 15, "told apart in grey, too"


def test_an_unknown_name_has_one_style_that_no_registered_one_has():
    others = ["softsign", "squareplus", "celu", "relu6", "hard_sigmoid", "hard_tanh", "my_own"]
    registered = [style.style(name)["marker"] for name in activations.names()]
    for name in others:
        assert style.style(name) == style.style(name)
        assert style.style(name)["marker"] not in registered
    assert len({str(style.style(name)) for name in others}) == len(others)
    assert style.style("softsign")["color"] == "#999933", "Python's hash differs between processes"


def test_set_style_gives_images_without_colours():
    with mpl.rc_context():
        style.set_style()
        assert mpl.rcParams["image.cmap"] == "gray"


def test_dollar_signs_in_a_name_are_text():
    with mpl.rc_context():
        style.set_style()
        figure = plt.figure()
        figure.suptitle(r"my $\pictures$")
        figure.canvas.draw()
        plt.close(figure)


@pytest.mark.parametrize(
    ("value", "text"),
    [(1, "1"), (0.01, "0.01"), (1000, "1000"), (1e-9, "10⁻⁹"), (1e12, "10¹²"), (2e-5, "2e-05")],
)
def test_numbers_of_a_log_scale_need_no_markup(value, text):
    assert style.power(value) == text


@pytest.mark.parametrize("which", ["x", "y"])
def test_a_log_scale_shows_the_values_and_not_what_lies_far_beyond(ax, which):
    ax.plot([1e-20, 1e20], [1e-20, 1e20])
    style.log_scale(ax, which, [0.01, 5.0, -1.0, float("nan")])
    assert getattr(ax, f"get_{which}scale")() == "log"
    assert getattr(ax, f"get_{which}lim")() == pytest.approx((0.001, 50))
    axis = getattr(ax, f"{which}axis")
    ax.figure.canvas.draw()
    texts = [label.get_text() for label in axis.get_ticklabels()]
    assert "0.01" in texts
    assert not any("$" in text for text in texts)
