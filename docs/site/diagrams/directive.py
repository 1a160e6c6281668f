"""The fence ```mermaid as something that Sphinx knows."""

from typing import Any

from docutils import nodes  # type: ignore[import-untyped]  # it has none
from sphinx.util.docutils import SphinxDirective

from docs.site.diagrams.drawing import DiagramInvalid, draw


class Diagram(SphinxDirective):
    """Draws its content into the page."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """The picture; an error of the text is an error of the build."""
        try:
            picture = draw("\n".join(self.content))
        except DiagramInvalid as error:
            raise self.error(f"diagram: {error}") from error
        return [nodes.raw("", f'<div class="diagram-frame">{picture}</div>', format="html")]


def register(app: Any) -> None:
    """Make it known."""
    app.add_directive("mermaid", Diagram)
