"""What IPython shows of objects: images, a study's plan, a VAE's layers, results, figures."""

from IPython.core.interactiveshell import InteractiveShell

_SHOWN = 20  # images of a contact sheet
# Of a table outside a page, whose style sheet is not there.
_STYLE = """<style>
.vaelib-results .interval { display: block; font-size: 85%; opacity: .75; white-space: nowrap; }
.vaelib-results .best { font-weight: bold; }
.vaelib-results .tie { text-decoration: underline dotted; }
.vaelib-results th button { all: unset; cursor: pointer; }
.vaelib-results th button:focus-visible { outline: 2px solid; }
.vaelib-results th[aria-sort=descending] button::after { content: " \\2193"; }
.vaelib-results th[aria-sort=ascending] button::after { content: " \\2191"; }
</style>"""


def register(shell: InteractiveShell) -> None:
    """Let a notebook show objects by themselves; nothing is imported until one is shown."""
    formatter = shell.display_formatter.formatters["text/html"]
    formatter.for_type_by_name("vaelib.data.images", "ImageSet", image_set)
    formatter.for_type_by_name("vaelib.study.study", "Study", study)
    formatter.for_type_by_name("vaelib.models.vae", "VAE", vae)
    formatter.for_type_by_name("vaelib.reporting.study_results", "StudyResults", results)
    # Figures made without pyplot; where the user has chosen a format, that one is taken.
    pictures = shell.display_formatter.formatters["image/png"]
    pictures.for_type_by_name("matplotlib.figure", "Figure", figure)


def image_set(images) -> str:
    """Return a summary and a contact sheet of the first training images.

    Parameters
    ----------
    images : ImageSet
    """
    import numpy as np
    from matplotlib.figure import Figure

    from vaelib.reporting import fragments
    from vaelib.reporting.plots import images as plots

    shown = np.asarray(images.train[:_SHOWN])
    columns = min(10, len(shown))
    rows = len(shown) // columns
    sheet = plots.as_colours(shown[: rows * columns])
    height, width = sheet.shape[1:3]
    figure = Figure((columns * 0.6, rows * 0.6 * height / width), layout="none")
    ax = figure.add_axes((0, 0, 1, 1))
    plots.mosaic(ax, sheet.reshape(rows, columns, *sheet.shape[1:]))
    sizes = (len(part) for part in (images.train, images.validation, images.test))
    text = "{}: {:,} training, {:,} validation and {:,} test images of {}".format(
        images.name, *sizes, " x ".join(map(str, images.shape))
    )
    labels = images.train_labels
    if labels is not None:
        text += f", {len(np.unique(labels))} labels"
    return str(fragments.figure(figure, f"{text}. The first {len(sheet)} training images."))


def study(asked) -> str:
    """Return a study's question, how many models it takes, for how long, and its fields.

    Parameters
    ----------
    asked : Study
    """
    import pandas as pd

    from vaelib.reporting import fragments, tables

    fields = asked.model_dump(mode="json", exclude={"own_activations", "question"})
    frame = pd.DataFrame(
        {"value": [tables.setting(value) for value in fields.values()]}, index=list(fields)
    )
    caption = f"{asked.question} {asked.plan} {asked.expected_time()}"
    return str(fragments.plain_table(frame.rename_axis("field"), caption))


def vae(model) -> str:
    """Return the layers of the two halves of a VAE, with their sizes.

    Parameters
    ----------
    model : VAE
    """
    import pandas as pd

    from vaelib.reporting import fragments

    rows = [
        (half.name, layer.name, type(layer).__name__, _shape(layer.output), layer.count_params())
        for half in (model.encoder, model.decoder)
        for layer in half.layers
    ]
    columns = ["half", "layer", "kind", "output", "parameters"]
    frame = pd.DataFrame(rows, columns=columns).set_index("half")
    parameters = model.encoder.count_params() + model.decoder.count_params()
    caption = (
        f"VAE of {model.architecture} layers, {model.activation}, {model.latent_dim} latent units, "
        f"{model.likelihood} likelihood: {parameters:,} parameters."
    )
    return str(fragments.plain_table(frame, caption))


def results(found) -> str:
    """Return the answer of a study and its table, which a click on a column's head sorts.

    Parameters
    ----------
    found : StudyResults
    """
    from bs4 import BeautifulSoup

    from vaelib.reporting import fragments, page, sentences

    answer = sentences.answer(found.summary, found.pairs, found.facts, found.number)
    table = fragments.results(found.summary, found.facts, found.number)
    body = BeautifulSoup(fragments.text(str(answer)) + table, "html.parser")
    for link in body.find_all("a"):
        link["href"] = (found.folder / link["href"]).as_posix()
    # In a function, as a notebook may show several results.
    script = (page.TEMPLATES / "page" / "sort.js").read_text(encoding="utf-8")
    sorting = f"<script>(() => {{{script}}})();</script>"
    return f'{_STYLE}<div class="vaelib-results">{body}</div>{sorting}'


def figure(drawn) -> bytes:
    """Return a figure as PNG.

    Parameters
    ----------
    drawn : matplotlib.figure.Figure
    """
    from IPython.core.pylabtools import print_figure

    return print_figure(drawn, fmt="png")


def _shape(output) -> str:
    tensors = output if isinstance(output, list | tuple) else [output]
    return ", ".join(" x ".join(str(side) for side in tensor.shape[1:]) for tensor in tensors)
