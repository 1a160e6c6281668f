"""Compiling catalogues without the gettext tools."""

import os
import tempfile
from pathlib import Path

import polib


def compile_catalogue(source: Path) -> bool:
    """
    Bring the `.mo` beside a `.po` up to date. Returns whether it had to be written.

    The new file takes the old one's place in one step, so that a server that starts meanwhile reads one or the other.
    """
    target = source.with_suffix(".mo")
    compiled: bytes = polib.pofile(str(source), encoding="utf-8").to_binary()
    if target.exists() and target.read_bytes() == compiled:
        return False
    descriptor, name = tempfile.mkstemp(dir=source.parent, prefix=".django-", suffix=".mo")
    with os.fdopen(descriptor, "wb") as file:
        file.write(compiled)
    Path(name).chmod(0o644)
    Path(name).replace(target)
    return True
