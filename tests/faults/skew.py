"""
Clocks of single processes that are wrong, and that can be set while they run. Needs a C compiler and the dynamic
linker of Linux; where there is none, the faults that need it are left out, and the run says so.
"""

import os
import shutil
import struct
import subprocess
from pathlib import Path

SOURCE = Path(__file__).with_name("skew.c")
_NANOSECONDS = 1_000_000_000


def build(directory: Path) -> Path | None:
    """The library, compiled; nothing where there is no compiler."""
    compiler = next(filter(None, map(shutil.which, ("cc", "gcc", "clang"))), None)
    if compiler is None:
        return None
    made = directory / "skew.so"
    command = [compiler, "-shared", "-fPIC", "-O2", "-o", str(made), str(SOURCE)]
    done = subprocess.run(command, capture_output=True, check=False)
    return made if done.returncode == 0 else None


class Clocks:
    """The clocks of some processes, by name."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._library = build(directory)

    @property
    def can_be_set(self) -> bool:
        return self._library is not None

    def environment(self, name: str) -> dict[str, str]:
        """What a process is started with, so that its clock can be set."""
        if self._library is None:
            return {}
        self.set(name, 0)
        return {"LD_PRELOAD": str(self._library), "SKEW_FILE": str(self._file(name))}

    def set(self, name: str, ahead_s: float) -> None:
        """From now on this process' clock is so much ahead of the machine's, or behind it."""
        with open(os.open(self._file(name), os.O_RDWR | os.O_CREAT, 0o644), "r+b") as file:
            file.write(struct.pack("q", round(ahead_s * _NANOSECONDS)))

    def _file(self, name: str) -> Path:
        return self._directory / f"{name}.skew"
