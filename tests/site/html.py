"""What is wrong with built pages: links into nowhere, and anything that a browser would fetch from somewhere else."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

_LOADING = {
    "script": ("src",),
    "img": ("src", "srcset"),
    "iframe": ("src",),
    "source": ("src", "srcset"),
    "video": ("src", "poster"),
    "audio": ("src",),
    "embed": ("src",),
    "object": ("data",),
    "form": ("action",),
    "input": ("src",),
}
"""Attributes whose address a browser asks by itself, or sends to."""
_LINKS_LOADING = {
    *("stylesheet", "icon", "preload", "prefetch", "modulepreload", "preconnect", "dns-prefetch", "manifest"),
}
_IN_CSS = re.compile(r"url\(\s*['\"]?([^'\")]+)|@import\s+['\"]([^'\"]+)")


@dataclass(slots=True)
class Read:
    """One page: where its links lead, what can be linked to in it, what it loads."""

    links: list[str] = field(default_factory=list)
    anchors: set[str] = field(default_factory=set)
    loads: list[str] = field(default_factory=list)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.read = Read()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.read.anchors |= {given[name] for name in ("id", "name") if name in given}
        self.read.loads += [given[name] for name in _LOADING.get(tag, ()) if given.get(name)]
        self.read.loads += _addresses_in(given.get("style", ""))
        if tag == "a" and "href" in given:
            self.read.links.append(given["href"])
        if tag == "link" and _LINKS_LOADING & set(given.get("rel", "").split()):
            self.read.loads.append(given["href"])


def _addresses_in(css: str) -> list[str]:
    return [one or other for one, other in _IN_CSS.findall(css)]


def read(page: Path) -> Read:
    """A page as its reader's browser sees it."""
    reader = _Reader()
    reader.feed(page.read_text(encoding="utf-8"))
    return reader.read


def broken_links(root: Path) -> list[str]:
    """Every link of every page below this directory whose file or anchor is not there."""
    pages = {path.resolve(): read(path) for path in sorted(root.rglob("*.html"))}
    return [
        f"{page.relative_to(root.resolve())}: {link}"
        for page, found in pages.items()
        for link in found.links
        if not _leads_somewhere(link, page, pages)
    ]


def _leads_somewhere(link: str, page: Path, pages: dict[Path, Read]) -> bool:
    address = urlsplit(link)
    if address.scheme in ("http", "https", "mailto"):
        return True  # a reader's own click
    target = (page.parent / unquote(address.path)).resolve() if address.path else page
    if not address.fragment:
        return target.exists()
    return target in pages and unquote(address.fragment) in pages[target].anchors


def foreign_loads(root: Path) -> list[str]:
    """Everything that opening a page would fetch from another host."""
    return [f"{file.relative_to(root)}: {address}" for file, address in _all_loads(root) if _is_foreign(address)]


def _all_loads(root: Path) -> Iterator[tuple[Path, str]]:
    for page in root.rglob("*.html"):
        yield from ((page, address) for address in read(page).loads)
        for style in re.findall(r"<style[^>]*>(.*?)</style>", page.read_text(encoding="utf-8"), re.S):
            yield from ((page, address) for address in _addresses_in(style))
    for sheet in root.rglob("*.css"):
        yield from ((sheet, address) for address in _addresses_in(sheet.read_text(encoding="utf-8")))


def _is_foreign(address: str) -> bool:
    return bool(urlsplit(address).netloc) or urlsplit(address).scheme in ("http", "https", "ws", "wss")
