"""Whom to tell of flags, without knowing them. `keno_platform.wiring` plugs listeners in."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from flags.models import Flag
from operators.models import Operator

Listener = Callable[[Operator, Sequence[Flag]], None]
"""Told an operator and its flags that were raised just now, inside the transaction that raises them."""


@dataclass(slots=True)
class Ports:
    """The sockets in the wall; one instance in this process."""

    on_raised: list[Listener] = field(default_factory=list)


ports = Ports()
