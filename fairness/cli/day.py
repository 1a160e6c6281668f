"""A whole day: every round by itself, then what only all of them show."""

from collections.abc import Iterator

from fairness.chain import verify_on_chain
from fairness.checks import Case, Knowledge, open_case, verify_round
from fairness.checks.completeness import Completeness, leaf_length, verify_sequence
from fairness.checks.day import Day, anchors_of
from fairness.cli.inputs import Source
from fairness.cli.report import Progress, Tally
from fairness.documents import Root, Status, parse_roots
from fairness.errors import DocumentMalformed, FairnessError, SourceUnreadable
from fairness.fetching import Fetch, fetch

PAGE = 100
PAGE_BYTES_MAX = 8 << 20
LEAVES_WITHIN_S = 600.0
ROOTS_BEFORE = 300
"""How many roots before the first that is named are looked through for epochs of the day that were hidden."""


class DayReport:
    """What a day came to. `failed_at` names the round at which it ended."""

    def __init__(self) -> None:
        self.tally = Tally()
        self.rounds = 0
        self.void = 0
        self.whole: dict[str, int] | None = None
        self.failed_at = ""


def verify_day(source: Source, known: Knowledge, report: DayReport) -> None:
    """
    Check the documents of a day, and with an address of the house also that they are all there are.

    :raises FairnessError: the first check that fails; `report` has what passed before.
    """
    lines = source.read().splitlines()
    if not lines:
        raise SourceUnreadable(f"{source.place} shows no finished round")
    day, progress, seqs = Day(source.day), Progress(len(lines)), set[int]()
    for done, line in enumerate(lines, start=1):
        report.failed_at = f"line {done}"
        case = open_case(document=line, known=known)
        report.failed_at = f"round {case.document.round_id}"
        _verify(case, day, report)
        seqs |= {anchor.seq for anchor in anchors_of(case.document)}
        progress.at(done)
    report.failed_at = "the day as a whole"
    if source.origin is not None:
        with _naming("complete"):
            report.whole = _complete(source.origin, day, known, first=min(seqs, default=1))


def _verify(case: Case, day: Day, report: DayReport) -> None:
    report.tally.add(verify_round(case))
    with _naming("day"):
        day.add(case)
    report.rounds += 1
    report.void += case.document.status is Status.VOID


def _complete(origin: str, day: Day, known: Knowledge, *, first: int) -> dict[str, int]:
    roots = list(_roots(origin, after=max(first - ROOTS_BEFORE, 1) - 1))
    verify_sequence(roots, expected=known.anchored)
    _require_last_on_chain(roots, known)
    completeness = Completeness(day, now_ms=known.now_ms)
    for root in roots:
        size = root.size * leaf_length(root)
        address = f"{origin}/api/v1/anchors/{root.seq}/leaves"
        completeness.add(root, fetch(Fetch(address=address, limit=size, within_s=LEAVES_WITHIN_S)))
    return completeness.finish()


def _require_last_on_chain(roots: list[Root], known: Knowledge) -> None:
    """The head of the last root that is on the chain binds all before it."""
    last = next((root.anchor for root in reversed(roots) if root.anchor), None)
    if last is not None and known.chain is not None:
        evidence = known.chain.evidence_of(last.transaction, contract=last.contract, seq=last.seq)
        verify_on_chain(anchor=last, evidence=evidence)


def _roots(origin: str, *, after: int) -> Iterator[Root]:
    """All roots from there on, a page at a time."""
    while True:
        address = f"{origin}/api/v1/anchors?after={after}&limit={PAGE}"
        page = parse_roots(fetch(Fetch(address=address, limit=PAGE_BYTES_MAX)), limit=PAGE_BYTES_MAX)
        yield from page
        if not page:
            return
        if page[-1].seq <= after:
            raise DocumentMalformed("roots", f"the page after {after} does not come after it")
        after = page[-1].seq


class _naming:
    """Says which part of a day's checks a failure belongs to."""

    def __init__(self, part: str) -> None:
        self._part = part

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, failure: BaseException | None, trace: object) -> None:
        if isinstance(failure, FairnessError) and not failure.check:
            failure.check = self._part
