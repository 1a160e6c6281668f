"""
Diagrams that are written as text and drawn when the site is built, without a script or a program of others.

The text is Mermaid's, of which this knows `sequenceDiagram`, `flowchart` and `stateDiagram-v2` with what the pages
use: code hosts show the same fences by themselves. What is not understood is an error, so nothing is drawn in part.
Colours come from the page, light or dark.
"""

from docs.site.diagrams.drawing import DiagramInvalid, draw

__all__ = ["DiagramInvalid", "draw"]
