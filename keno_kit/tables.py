"""The tables of the documents, made from the code that acts on them; a test holds the documents against them."""

from collections.abc import Callable, Mapping, Sequence

from keno_kit.conformance.scenarios import SCENARIOS
from keno_kit.mapping import CASES
from keno_kit.sandbox.faults import FAULTS
from keno_kit.sandbox.magic import MAGIC

BOOKS = {
    "equal": "end equal",
    "reconciliation": "differ; reconciliation reports it",
    "staff": "wait for staff: a call that must not be refused was",
}


def magic() -> str:
    """The magic players of the sandbox wallet."""
    rows = [(f"`{one.token}`", one.happens, one.then) for one in MAGIC.values()]
    return _table(("token", "what the wallet does", "what follows"), rows)


def faults() -> str:
    """The faults of the sandbox wallet."""
    rows = [(f"`{one.name}`", one.does, ", ".join(one.calls), BOOKS[one.books]) for one in FAULTS.values()]
    return _table(("fault", "what the wallet does", "at", "the books"), rows)


def scenarios() -> str:
    """The scenarios of the conformance run."""
    rows = [(f"`{one.name}`", one.rule, f"[{_title(one.section)}](wallet-api.md#{one.section})") for one in SCENARIOS]
    return _table(("scenario", "rule", "see"), rows)


def mapping() -> str:
    """Which scenarios each fault fails."""
    rows = []
    for case in CASES:
        order = [one.name for one in SCENARIOS if one.name in case.fails]
        at = f" at {', '.join(case.calls)}" if case.calls else ""
        more = f"; what uses a {' or '.join(case.unusable)} is not judged" if case.unusable else ""
        rows.append((f"`{case.fault}`{at}", ", ".join(f"`{name}`" for name in order) + more))
    return _table(("fault", "fails"), rows)


TEXTS: Mapping[str, Callable[[], str]] = {
    "magic": magic,
    "faults": faults,
    "scenarios": scenarios,
    "mapping": mapping,
}


def _title(section: str) -> str:
    return section.replace("-", " ")


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(row)} |" for row in lines)
