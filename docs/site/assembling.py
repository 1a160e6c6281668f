"""
The sources of the site, put together in a directory of their own: pages where they lie in the project, so that their
links hold; a page for each file of code that a page links to; and the reference, written from the code.
"""

import re
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from docs.site import links, listing
from docs.site.structure import INDEX, PROJECT, SECTIONS, Section, decisions, pages

KNOWN_FENCES = {"tsx": "typescript", "": "none"}
"""Languages of fences that go by another name, or by none, where they are coloured."""
SHOWN_AS = {"README.md": "Quick start", "sdk/python/README.md": "The SDK's package"}
"""Pages whose own title says too little in a side bar."""
_COMMENT = re.compile(r"^<!--.*?-->\n", re.M | re.S)
_OPENING = re.compile(
    r"^(?P<fence>`{3,})(?P<language>\w*)(?P<rest>[^`\n]*)\n(?P<body>.*?)^(?P=fence)[ \t]*$", re.M | re.S
)


class PageMissing(Exception):
    """Pages link to these, which are not in the project."""


@dataclass(slots=True)
class Assembly:
    """What has been put together so far, in `directory`."""

    directory: Path
    pages: frozenset[Path]
    code: set[Path] = field(default_factory=set)
    missing: set[Path] = field(default_factory=set)

    def write(self, path: Path, text: str) -> None:
        """One page of the site's sources."""
        place = self.directory / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")

    def add_page(self, page: Path, *, at: Path | None = None, more: str = "") -> None:
        """A page of the project with its pictures; `more` is added at its end."""
        text = (PROJECT / page).read_text(encoding="utf-8")
        for picture in links.pictures_in(text, page=page):
            (self.directory / picture).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(PROJECT / picture, self.directory / picture)
        redirected = links.redirect(text, page=page, at=at or page, target_of=self._target_of)
        self.write(at or page, tidy(redirected) + more)

    def _target_of(self, named: Path) -> Path:
        """Where this path of the project stands on the site: itself when it is a page, else a page of code."""
        if named in self.pages:
            return named
        if (PROJECT / named).is_dir() and named / "README.md" in self.pages:
            return named / "README.md"
        if not (PROJECT / named).exists():
            self.missing.add(named)
            return named
        self.code.add(named)
        return listing.place_of(named)


def assemble(directory: Path, *, code: Path, reference: Iterable[tuple[str, str]]) -> None:
    """
    Write all sources into this directory, and the pages of code, which are finished, below `code`. Both are emptied
    first. `reference` has name and text of each made page.

    :raises PageMissing: a page links to something that is not there.
    """
    for one in (directory, code):
        shutil.rmtree(one, ignore_errors=True)
    assembly = Assembly(directory=directory, pages=frozenset(pages()))
    for page in pages():
        assembly.add_page(page, more=_decisions_below(page))
    for name, text in reference:
        assembly.write(Path("reference") / f"{name}.md", text)
    _write_front(assembly)
    listing.write_all(sorted(assembly.code), code)
    if assembly.missing:
        raise PageMissing(", ".join(sorted(map(str, assembly.missing))))


def _decisions_below(page: Path) -> str:
    if page != Path("docs/decisions/README.md"):
        return ""
    return "\n" + toctree("", [one.name for one in decisions()], hidden=True)


def _write_front(assembly: Assembly) -> None:
    """The front page stands at the root, whatever it lies beside, and carries the side bar."""
    sections = "\n".join(_section(one, assembly.pages) for one in SECTIONS)
    assembly.add_page(INDEX, at=Path("index.md"), more=f"\n{sections}")


def _section(section: Section, there: frozenset[Path]) -> str:
    written = [_entry(page) for page in section.pages if Path(page) in there]
    return toctree(section.title, [*written, *(f"reference/{name}.md" for name in section.made)], hidden=True)


def _entry(page: str) -> str:
    return f"{SHOWN_AS[page]} <{page}>" if page in SHOWN_AS else page


def toctree(caption: str, entries: Sequence[str], *, hidden: bool = False) -> str:
    """Sphinx' list of pages below this one."""
    options = [":hidden:"] if hidden else [":maxdepth: 1"]
    options += [f":caption: {caption}"] if caption else []
    return "\n".join(["```{toctree}", *options, "", *entries, "```", ""])


def tidy(text: str) -> str:
    """Without the marks for tests, and with fences in languages that can be coloured."""
    plain = links.outside_of_fences(text, lambda prose: _COMMENT.sub("", prose))
    return _OPENING.sub(_fence, plain)


def _fence(found: re.Match[str]) -> str:
    language = KNOWN_FENCES.get(found["language"], found["language"])
    if found["rest"].startswith("{"):
        return found[0]
    return f"{found['fence']}{language}\n{found['body']}{found['fence']}"
