"""What a check is: a question with a name, an answer for people, and the line that mends what is wrong."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from keno_platform.observability.redaction import redact


class State(StrEnum):
    """How a check ended. Only a fault makes the doctor end with 1."""

    OK = "ok"
    NOTICE = "notice"
    FAULT = "fault"
    SKIPPED = "skipped"


class Area(StrEnum):
    """In the order in which they are looked at: a fault in one may be why the next cannot be asked."""

    MACHINE = "machine"
    ENVIRONMENT = "environment"
    DATABASE = "database"
    BROKER = "broker"
    PLATFORM = "platform"
    WEB = "web"


class Fault(Exception):
    """Something is wrong; the text says what was seen. `mend` replaces the check's own line."""

    def __init__(self, says: str, *, mend: str = "") -> None:
        super().__init__(says)
        self.mend = mend


class Notice(Fault):
    """Something is not as it should be where money is real, but nothing is broken by it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One question. `ask` returns what it saw, or raises Fault or Notice. `mend` is a command or a sentence."""

    name: str
    area: Area
    ask: Callable[[], str]
    mend: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a check has found."""

    name: str
    area: Area
    state: State
    says: str
    mend: str = ""


class Register:
    """The checks of one area, in the order in which they are written."""

    def __init__(self, area: Area) -> None:
        self.area = area
        self.checks: list[Check] = []

    def __call__(self, *, mend: str) -> Callable[[Callable[[], str]], Callable[[], str]]:
        """A decorator: the check's name is the function's, with hyphens."""

        def add(ask: Callable[[], str]) -> Callable[[], str]:
            name = ask.__name__.replace("_", "-")
            self.checks.append(Check(name=name, area=self.area, ask=ask, mend=mend))
            return ask

        return add


def examine(checks: Sequence[Check]) -> Iterator[Finding]:
    """Ask one after the other. What a check itself stumbles over is a fault, with its own line."""
    for check in checks:
        yield look(check)


def look(check: Check) -> Finding:
    """The finding of one check. Texts have no secrets in them, whatever an error says."""
    try:
        state, says, mend = State.OK, check.ask(), ""
    except Notice as notice:
        state, says, mend = State.NOTICE, str(notice), notice.mend or check.mend
    except Fault as fault:
        state, says, mend = State.FAULT, str(fault), fault.mend or check.mend
    except Exception as error:
        first = (str(error).strip().splitlines() or [""])[0]
        state, says, mend = State.FAULT, f"{type(error).__name__}: {first}", check.mend
    return Finding(name=check.name, area=check.area, state=state, says=redact(says), mend=mend)


def skip(checks: Sequence[Check], why: str) -> list[Finding]:
    """What cannot be asked now."""
    return [Finding(name=one.name, area=one.area, state=State.SKIPPED, says=why) for one in checks]


def count(findings: Sequence[Finding]) -> Mapping[State, int]:
    """How many ended how."""
    return {state: sum(one.state is state for one in findings) for state in State}
