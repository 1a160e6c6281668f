"""
The archive of the write-ahead log, a file at a time, as PostgreSQL calls for it:

    archive_command = 'python -m keno_platform.recovery.wal keep DIRECTORY %p %f'
    restore_command = 'python -m keno_platform.recovery.wal fetch DIRECTORY %f %p'

A file gets its name when it is whole and on the disk; one that is there already is taken only if it is the same.
"""

import filecmp
import os
import re
import shutil
import sys
from pathlib import Path

_NAME = re.compile(r"[0-9A-F]{24}(\.partial|\.[0-9A-F]{8}\.backup)?|[0-9A-F]{8}\.history")


def keep(directory: Path, source: Path, name: str) -> int:
    """The exit code: 0 only when the file stands in the archive, on the disk."""
    place = directory / name
    if place.exists():
        if filecmp.cmp(source, place, shallow=False):
            return 0
        print(f"{place} is there, and another file", file=sys.stderr)
        return 1
    unfinished = directory / f".{name}.{os.getpid()}"
    with source.open("rb") as data, unfinished.open("xb") as output:
        shutil.copyfileobj(data, output, 1 << 20)
        output.flush()
        os.fsync(output.fileno())
    unfinished.rename(place)
    number = os.open(directory, os.O_RDONLY)
    os.fsync(number)
    os.close(number)
    return 0


def fetch(directory: Path, name: str, target: Path) -> int:
    """The exit code: 1 where the archive has no such file, which ends a recovery as it should."""
    place = directory / name
    if not place.exists():
        return 1
    shutil.copyfile(place, target)
    return 0


def main(arguments: list[str]) -> int:
    """:raises SystemExit: the line is wrong."""
    match arguments:
        case ["keep", directory, source, name] if _NAME.fullmatch(name):
            return keep(Path(directory), Path(source), name)
        case ["fetch", directory, name, target] if _NAME.fullmatch(name):
            return fetch(Path(directory), name, Path(target))
        case _:
            raise SystemExit(f"{__doc__}\nNot: {arguments}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
