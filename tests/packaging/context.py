"""What of the project reaches a build: everything that .dockerignore does not leave out."""

import re
import shutil
from collections.abc import Sequence
from pathlib import Path


class Context:
    """A directory as a build sees it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        lines = (root / ".dockerignore").read_text(encoding="utf-8").splitlines()
        self._rules = [_rule(line.strip()) for line in lines if line.strip() and not line.startswith("#")]

    def frozen(self, place: Path) -> "Context":
        """The same as it is now, in another directory: whoever goes on working does not change what is built."""
        self.copy(["."], place, into=True)
        shutil.copy2(self.root / ".dockerignore", place)
        return Context(place)

    def has(self, path: str) -> bool:
        """Whether this path, relative to the root, is sent to a build. The last rule that fits it decides."""
        ignored = False
        for pattern, leaves_out in self._rules:
            if pattern.fullmatch(path):
                ignored = leaves_out
        return not ignored

    def files(self) -> list[str]:
        """Every file that is sent, in order."""
        return sorted(self._below(self.root))

    def copy(self, sources: Sequence[str], target: Path, *, into: bool) -> None:
        """What COPY does: a directory's contents, or a file under its own name when `into` says a directory."""
        for source in sources:
            base = (self.root / source).resolve()
            if not base.exists():
                raise FileNotFoundError(f"COPY {source}: it is not there")
            for name in [base.relative_to(self.root).as_posix()] if base.is_file() else self._below(base):
                if not self.has(name):
                    raise FileNotFoundError(f"COPY {source}: .dockerignore leaves it out")
                here = self.root / name
                place = target / (here.relative_to(base) if base.is_dir() else here.name if into else "")
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(here, place, follow_symlinks=False)

    def _below(self, directory: Path) -> list[str]:
        found = []
        for one in directory.iterdir():
            name = one.relative_to(self.root).as_posix()
            if one.is_dir() and not one.is_symlink():
                if self._may_have(name):
                    found += self._below(one)
            elif self.has(name):
                found.append(name)
        return found

    def _may_have(self, directory: str) -> bool:
        """A directory that is left out may still have something in it that a later rule takes back."""
        return self.has(directory) or any(
            not leaves_out and pattern.pattern.startswith(re.escape(directory) + "/")
            for pattern, leaves_out in self._rules
        )


def _rule(line: str) -> tuple[re.Pattern[str], bool]:
    leaves_out = not line.startswith("!")
    parts = line.removeprefix("!").strip("/").split("/")
    text = "/".join(_part(one) for one in parts).replace(r"(?:.*/)?/", "(?:.*/)?")
    # What is below a directory goes the way of the directory.
    return re.compile(text + r"(?:/.*)?"), leaves_out


def _part(part: str) -> str:
    if part == "**":
        return r"(?:.*/)?"
    escaped = re.escape(part).replace(r"\*", "[^/]*").replace(r"\?", "[^/]")
    return re.sub(r"\\\[(.+?)\\\]", r"[\1]", escaped)
