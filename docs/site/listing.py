"""
Pages of code: each file or folder that a page links to, as it is now.

They are finished HTML that Sphinx only copies: as pages of its own each would carry the whole side bar.
"""

from collections.abc import Iterable
from html import escape
from pathlib import Path

from pygments import highlight  # type: ignore[import-untyped]
from pygments.formatters import HtmlFormatter  # type: ignore[import-untyped]
from pygments.lexers import TextLexer, get_lexer_for_filename  # type: ignore[import-untyped]
from pygments.util import ClassNotFound  # type: ignore[import-untyped]

from docs.site.links import CODE
from docs.site.structure import PROJECT

LINES_MAX, CHARACTERS_MAX = 400, 40_000
"""Of a page; vectors of a megabyte are no page."""
_LIGHT, _DARK = "friendly", "monokai"
_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{name}</title><style>{style}</style></head>
<body><p><a href="{home}">Keno platform</a></p><h1>{name}</h1>{note}{body}</body></html>
"""
_OWN = """
:root { color-scheme: light dark; }
body { margin: 1rem auto; max-width: 70rem; padding: 0 1rem; font: 16px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.2rem; overflow-wrap: anywhere; }
pre { overflow-x: auto; padding: 1rem; border-radius: 6px; font-size: 13px; line-height: 1.45; }
"""


def place_of(path: Path) -> Path:
    """Where the page of a file or a folder stands on the site."""
    return CODE / path / "index.html" if (PROJECT / path).is_dir() else CODE / f"{path}.html"


def write_all(paths: Iterable[Path], directory: Path) -> None:
    """A page for each, below this directory."""
    style = _style()
    for path in paths:
        place = directory / place_of(path)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(_render(path, style=style), encoding="utf-8")


def _style() -> str:
    light, dark = (HtmlFormatter(style=style).get_style_defs(".highlight") for style in (_LIGHT, _DARK))
    return f"{_OWN}{light}@media (prefers-color-scheme: dark) {{{dark}}}"


def _render(path: Path, *, style: str) -> str:
    depth = len(place_of(path).parent.parts)
    home = "../" * depth + "index.html"
    note, body = _folder(path) if (PROJECT / path).is_dir() else _file(path)
    return _PAGE.format(name=escape(str(path)), style=style, home=home, note=note, body=body)


def _folder(path: Path) -> tuple[str, str]:
    names = sorted(one.name for one in (PROJECT / path).iterdir() if not one.name.startswith(("__", ".")))
    return "", f"<ul>{''.join(f'<li><code>{escape(name)}</code></li>' for name in names)}</ul>"


def _file(path: Path) -> tuple[str, str]:
    text = (PROJECT / path).read_text(encoding="utf-8")
    shown = "\n".join(text[:CHARACTERS_MAX].splitlines()[:LINES_MAX]) + "\n"
    try:
        lexer = get_lexer_for_filename(path.name)
    except ClassNotFound:
        lexer = TextLexer()
    cut = f"<p>The first {shown.count(chr(10))} lines; the file goes on.</p>" if len(shown) < len(text) else ""
    return cut, highlight(shown, lexer, HtmlFormatter(style=_LIGHT))
