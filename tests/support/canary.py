"""Looking for secrets in every form in which they could have leaked: files, answers, frames, messages, memory."""

import base64
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

CHUNK = 16 << 20


def forms_of(secret: bytes) -> Iterator[bytes]:
    """A secret as it is, in hex, in base64 at any place of a longer text, and as Python shows bytes."""
    yield secret
    yield secret.hex().encode()
    yield secret.hex().upper().encode()
    for alphabet in (None, b"-_"):
        for before in range(3):
            # Characters that also depend on neighbouring bytes are cut off.
            encoded = base64.b64encode(bytes(before) + secret, altchars=alphabet)
            yield encoded[(before * 8 + 5) // 6 : (before + len(secret)) * 8 // 6]
    yield repr(secret)[2:-1].encode()


class Search:
    """Finds any form of any of these named secrets."""

    def __init__(self, secrets: Mapping[str, bytes]) -> None:
        self._forms = {form: name for name, secret in secrets.items() for form in forms_of(secret)}
        self._longest = max(len(form) for form in self._forms)
        self.searched = 0

    def in_bytes(self, data: bytes) -> set[str]:
        """The names of the secrets that are in there."""
        self.searched += len(data)
        return {name for form, name in self._forms.items() if form in data}

    def in_files(self, root: Path) -> dict[str, set[str]]:
        """The same for every file below a folder: by path, where there is one."""
        found = {}
        for path in sorted(each for each in root.rglob("*") if each.is_file() and not each.is_symlink()):
            names = set().union(*(self.in_bytes(part) for part in self._parts(path)))
            if names:
                found[str(path.relative_to(root))] = names
        return found

    def in_memory_of(self, pid: int) -> set[str]:
        """The same for all that a process can write to. :raises PermissionError: the system does not let us look."""
        regions = [
            (int(begin, 16), int(end, 16))
            for begin, end, rights, what in _regions(pid)
            if rights.startswith("rw") and what not in ("[vvar]", "[vsyscall]")
        ]
        with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
            return set().union(*(self.in_bytes(data) for data in _read(memory, regions)))

    def _parts(self, path: Path) -> Iterable[bytes]:
        """A file piece by piece, overlapping, because a write-ahead log may be long. Files may go meanwhile."""
        try:
            with path.open("rb") as file:
                rest = b""
                while piece := file.read(CHUNK):
                    yield rest + piece
                    rest = piece[-self._longest :]
        except FileNotFoundError:
            return


def _regions(pid: int) -> Iterator[tuple[str, str, str, str]]:
    for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
        matched = re.match(r"([0-9a-f]+)-([0-9a-f]+) (\S+) \S+ \S+ \S+\s*(.*)", line)
        if matched:
            yield matched[1], matched[2], matched[3], matched[4]


def _read(memory: object, regions: Iterable[tuple[int, int]]) -> Iterator[bytes]:
    for begin, end in regions:
        try:
            memory.seek(begin)  # type: ignore[attr-defined]
            yield memory.read(end - begin)  # type: ignore[attr-defined]
        except (OSError, ValueError, OverflowError):  # a region that has gone meanwhile
            continue
