"""
What operators need from rooms above them, without knowing them. `keno_platform.wiring` plugs these in.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from operators.models import Operator

StatusListener = Callable[[Operator, str], None]
"""Told an operator and its new status, inside the transaction that changes it."""

ResumeCheck = Callable[[Operator], None]
"""Raises a refusal where an operator must not be resumed yet."""

MoneyCheck = Callable[[Operator], bool]
"""Whether any money has ever moved in an operator's books."""


@dataclass(slots=True)
class Ports:
    """The sockets in the wall; one instance in this process."""

    has_money: MoneyCheck | None = None
    require_resumable: ResumeCheck | None = None
    on_status_changed: list[StatusListener] = field(default_factory=list)


ports = Ports()
