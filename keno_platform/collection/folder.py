"""The collections as files: made, written, and compared with those that are there."""

from pathlib import Path
from typing import Any

from drf_spectacular.generators import SchemaGenerator

from keno_platform.collection import bruno, httpie
from keno_platform.collection.operations import operations

SCRIPT = "httpie/keno.sh"
BRUNO = "bruno"


def make() -> dict[str, str]:
    """Every file of the collections by its path, from the API as it is in this source."""
    generator: Any = SchemaGenerator  # the library has no types
    found = operations(generator().get_schema(request=None, public=True))
    return {SCRIPT: httpie.script(found)} | {f"{BRUNO}/{name}": text for name, text in bruno.files(found).items()}


def write(directory: Path) -> list[str]:
    """Write them below a directory, and remove those whose operation is gone. Returns the paths that changed."""
    made, changed = make(), differences(directory)
    for name in changed:
        path = directory / name
        if name in made:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(made[name], encoding="utf-8")
        else:
            path.unlink()
    return changed


def differences(directory: Path) -> list[str]:
    """The paths of files that are missing, stale, or no longer made."""
    made = make()
    there = {
        str(path.relative_to(directory)): path.read_text(encoding="utf-8")
        for part in (Path(SCRIPT).parts[0], BRUNO)
        for path in (directory / part).rglob("*")
        if path.is_file()
    }
    return sorted(name for name in made.keys() | there.keys() if made.get(name) != there.get(name))
