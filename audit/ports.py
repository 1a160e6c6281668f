"""What the record needs from rooms above it, without knowing them. `keno_platform.wiring` plugs these in."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol


class Signed(Protocol):
    """An Ed25519 signature and whose it is."""

    @property
    def signature(self) -> bytes: ...
    @property
    def key_id(self) -> str: ...
    @property
    def public_key(self) -> bytes: ...


@dataclass(slots=True)
class Ports:
    """
    The sockets in the wall; one instance in this process. `sign` signs for the installation; `own_keys` are the keys
    that it can prove to be its own, those that sign now and those that did.
    """

    sign: Callable[[bytes], Signed] | None = None
    own_keys: Callable[[], frozenset[bytes]] | None = None


ports = Ports()
