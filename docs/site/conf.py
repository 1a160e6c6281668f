"""What Sphinx reads. The sources are put together by `docs.site.assembling` first; see `make site`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from docs.site.diagrams import directive

project = "Keno platform"
author = "Keno platform"
copyright = "Keno platform"
extensions = ["myst_parser"]
html_theme = "furo"
html_title = "Keno platform"
html_static_path = [str(Path(__file__).parent / "static")]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sphinx = False
html_theme_options: dict[str, list[str]] = {"top_of_page_buttons": [], "footer_icons": []}
highlight_language = "none"
pygments_style = "friendly"
pygments_dark_style = "monokai"
nitpicky = True
source_suffix = {".md": "markdown"}
myst_heading_anchors = 6
myst_heading_slug_func = "docs.site.links.anchor"
myst_fence_as_directive = ["mermaid"]
suppress_warnings = [
    # Documents leave things out of JSON and HTTP with an ellipsis, which no lexer of these knows.
    "misc.highlighting_failure",
]


def setup(app: object) -> None:
    """Called by Sphinx."""
    directive.register(app)
