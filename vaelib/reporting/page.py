"""From an executed notebook to one self-contained page."""

import os
from pathlib import Path

TEMPLATES = Path(__file__).parent / "templates"


def to_html(executed: Path, page: Path) -> Path:
    """Convert an executed notebook to one HTML page that loads nothing from a network.

    Parameters
    ----------
    executed : path
        A notebook with outputs.
    page : path
        The file to write; it is replaced only once the page is complete.

    Returns
    -------
    pathlib.Path
        `page`.
    """
    from nbconvert import HTMLExporter

    exporter = HTMLExporter(
        template_name="report",
        extra_template_basedirs=[str(TEMPLATES)],
        exclude_input=True,
        exclude_input_prompt=True,
        exclude_output_prompt=True,
    )
    html, _ = exporter.from_filename(str(executed))
    partial = page.with_name(page.name + ".partial")
    partial.write_text(html, encoding="utf-8")
    os.replace(partial, page)
    return page
