"""From an executed notebook to one self-contained page."""

import os
from pathlib import Path

TEMPLATES = Path(__file__).parent / "templates"


def to_html(executed: Path, page: Path) -> Path:
    """Turn an executed notebook into one page that asks nothing of a network.

    Parameters
    ----------
    executed : path
        Of a notebook with outputs.
    page : path
        To write, whole or not at all.

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
