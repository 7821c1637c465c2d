"""What the explorer in JupyterLab shows beside its controls, in HTML."""

from collections.abc import Sequence

from vaelib.reporting.fragments.markup import Fragment, render


def reconstructions(original: str, rows: Sequence[dict]) -> Fragment:
    """Return a test image beside its reconstructions.

    Parameters
    ----------
    original : str
        Data URL of the image.
    rows : sequence of dict
        ``name``; ``image``, ``error`` and ``map`` of SSIM, data URLs; ``mse``, ``ssim``.
    """
    return render("reconstructions", original=original, rows=rows)


def strips(rows: Sequence[tuple[str, str]]) -> Fragment:
    """Return rows of images beside their names.

    Parameters
    ----------
    rows : sequence of (str, str)
        Name, and data URL.
    """
    return render("strips", rows=rows)
