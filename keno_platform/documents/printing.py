"""
PDF by typst. A page is a `.typ` file beside the code that owns it; what stands on it comes as data and is never part of
the page's source, so that no text of a player or an operator can become a command.

Pages begin with `#import "/keno_platform/documents/pages/keno.typ": *`, which reads the data and sets fonts, direction
and language. Only this project's fonts are used: the same data gives the same bytes on every machine.
"""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, cast

import typst

ROOT = Path(__file__).resolve().parents[2]
FONTS = Path(__file__).with_name("fonts")
STANDARDS = ["a-2a", "ua-1"]
"""PDF/A-2a: kept for years, with its fonts in it and its text in reading order. PDF/UA-1: read aloud by machines."""
_NO_PACKAGES = ROOT / "keno_platform" / "documents" / "packages"
"""Nothing is ever fetched: there is no such directory."""
_LARGE = 20_000
"""Characters of data. Typst keeps what it has worked out for its last ten documents, of a thousand rows 90 MB each."""
_FORGETS_AFTER = 11
_NOTHING = Path(__file__).with_name("pages") / "nothing.typ"


class Unprintable(Exception):
    """A page cannot be made of this data: a fault of the template, with typst's own word for it."""


def render_pdf(
    template: Path, data: Mapping[str, Any], language: str, *, made_at: datetime | None = None, tagged: bool = True
) -> bytes:
    """
    A PDF in a language (a code such as `ar`). `template` is a `.typ` file of the project, `data` JSON values.

    `made_at` is the only moment in the file; without it that is the beginning of 1970, so that the bytes follow from
    the data alone. Without `tagged` it is a plain PDF, for a printer of receipts.

    :raises Unprintable: the template and the data do not go together.
    """
    made = _compile(
        template,
        data,
        language,
        format="pdf",
        pdf_standards=STANDARDS if tagged else [],
        pdf_tags=tagged,
        timestamp=(made_at or datetime.fromtimestamp(0, UTC)).astimezone(UTC).replace(microsecond=0),
    )
    return cast(bytes, made)


def render_pages(template: Path, data: Mapping[str, Any], language: str, *, ppi: float = 144.0) -> list[bytes]:
    """
    The same pages as PNG, at so many dots an inch: for looking at them, and for printers that take pictures.

    :raises Unprintable: the template and the data do not go together.
    """
    made = _compile(template, data, language, format="png", ppi=ppi)
    return [made] if isinstance(made, bytes) else cast("list[bytes]", made)


def _compile(template: Path, data: Mapping[str, Any], language: str, **how: Any) -> Any:
    inputs = {"language": language, "data": json.dumps(printable(data), ensure_ascii=False)}
    try:
        return typst.compile(
            str(template.resolve()),
            root=str(ROOT),
            font_paths=_fonts(),
            ignore_system_fonts=True,
            sys_inputs=inputs,
            package_path=str(_NO_PACKAGES),
            package_cache_path=str(_NO_PACKAGES),
            **how,
        )
    except typst.TypstError as error:
        raise Unprintable(f"{template.name}: {error}") from error
    finally:
        if len(inputs["data"]) > _LARGE:
            _let_go()


def _let_go() -> None:
    """Print nothing, so often that nothing of what was printed before is among the last documents."""
    for _ in range(_FORGETS_AFTER):
        typst.compile(str(_NOTHING), root=str(ROOT), font_paths=_fonts(), ignore_system_fonts=True, format="pdf")


def printable(value: Any) -> Any:
    """The same with a mark in the place of each character that no font here has: an archive takes no empty boxes."""
    if isinstance(value, str):
        return _unprintable().sub("\N{REPLACEMENT CHARACTER}", value)
    if isinstance(value, Mapping):
        return {name: printable(one) for name, one in value.items()}
    return [printable(one) for one in value] if isinstance(value, list | tuple) else value


@cache
def _unprintable() -> re.Pattern[str]:
    ranges = json.loads((FONTS / "coverage.json").read_text())
    return re.compile(r"[^\n" + "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in ranges) + "]")


@cache
def _fonts() -> typst.Fonts:
    """Read once a process."""
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=True, font_paths=[str(FONTS)])
