"""The web process that this folder's tests talk to."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """Where it listens, what it logs, and the process itself, as psutil knows it."""

    address: str
    log: Path
    process: Any

    @property
    def port(self) -> int:
        return int(self.address.rpartition(":")[2])
