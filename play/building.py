"""What the build of the client (`make client`) has made: the files that its page names."""

import hashlib
import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

DIRECTORY = Path(__file__).with_name("static") / "play" / "build"
MANIFEST = DIRECTORY / "manifest.json"
ENTRY = "src/main.tsx"


@dataclass(frozen=True, slots=True, kw_only=True)
class Build:
    """Addresses of what the page needs at first. `version` is another when any file of the build is."""

    script: str
    imports: tuple[str, ...]
    styles: tuple[str, ...]
    version: str


@lru_cache(maxsize=1)
def read_build() -> Build:
    """
    The build as it was when it was asked for first: a process serves one.

    :raises ImproperlyConfigured: there is none.
    """
    try:
        raw = MANIFEST.read_bytes()
    except FileNotFoundError as error:
        raise ImproperlyConfigured("The client has not been built: run `make client`.") from error
    manifest = json.loads(raw)
    entry = manifest[ENTRY]
    return Build(
        script=_address(entry["file"]),
        imports=tuple(_address(manifest[name]["file"]) for name in _imports(manifest, ENTRY)),
        styles=tuple(_address(style) for style in entry.get("css", ())),
        version=hashlib.sha256(raw).hexdigest()[:12],
    )


def _imports(manifest: dict[str, Any], name: str) -> list[str]:
    """What a file of the build imports before it can run, and what that imports, each once."""
    found: list[str] = []
    for own in manifest[name].get("imports", ()):
        found += [one for one in (own, *_imports(manifest, own)) if one not in found]
    return found


def _address(file: str) -> str:
    return f"{settings.STATIC_URL}play/build/{file}"
