"""Links between pages: those that lead to pages stay as they are, those that lead to code get a page of that code."""

import os
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote, unquote

FENCE = re.compile(r"(^(?P<fence>`{3,}).*?^(?P=fence)\s*$)", re.M | re.S)
_LINK = re.compile(r"(?<!\\)(?P<mark>!?)\[(?P<text>(?:[^\]\\]|\\.)*)\]\((?P<target>[^)\s]+)\)")
CODE = Path("code")


def outside_of_fences(text: str, change: Callable[[str], str]) -> str:
    """The text with its prose changed, and what stands in fences as it was."""
    parts, at = [], 0
    for fence in FENCE.finditer(text):
        parts += [change(text[at : fence.start()]), fence[0]]
        at = fence.end()
    return "".join([*parts, change(text[at:])])


def anchor(heading: str) -> str:
    """The anchor of a heading, as code hosts make it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def redirect(text: str, *, page: Path, at: Path, target_of: Callable[[Path], Path]) -> str:
    """
    The text with each link to a path of the project leading to where `target_of` says that it stands on the site.

    `page` is where the page lies in the project, to which its links are relative; `at` is where it stands on the site.
    """

    def change(found: re.Match[str]) -> str:
        path, mark, fragment = found["target"].partition("#")
        if not path or ":" in path or found["mark"]:
            return found[0]
        named = Path(os.path.normpath(page.parent / unquote(path)))
        target = target_of(named)
        way = os.path.relpath(target, at.parent)
        if CODE in target.parents:  # made beside the pages, and none of Sphinx' own
            return f'<a href="{quote(way)}">{found["text"]}</a>'
        return found[0] if (target, at) == (named, page) else f"[{found['text']}]({way}{mark}{fragment})"

    return outside_of_fences(text, lambda prose: _LINK.sub(change, prose))


def pictures_in(text: str, *, page: Path) -> list[Path]:
    """The pictures that a page shows, as paths in the project."""
    shown = [found["target"] for found in _LINK.finditer(text) if found["mark"]]
    return [Path(os.path.normpath(page.parent / unquote(path))) for path in shown if ":" not in path]
