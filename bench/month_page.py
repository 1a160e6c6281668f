"""The page of a run over a month's reports, in Markdown."""

import platform
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from bench.month_making import FORMS, Taken


def write(taken: Sequence[Taken], faults: Sequence[str], *, bets: int, filled_s: float, command: str) -> str:
    """The whole page."""
    return "\n".join(_lines(taken, faults, bets=bets, filled_s=filled_s, command=command)) + "\n"


def _lines(taken: Sequence[Taken], faults: Sequence[str], *, bets: int, filled_s: float, command: str) -> Iterator[str]:
    yield "# Reports over a month of play"
    yield ""
    yield (
        f"{bets:,} bets of three operators in 30 days, filled in {filled_s:,.0f} s. `{command}`,"
        f" {datetime.now(UTC):%Y-%m-%d %H:%M} UTC, load {_load()}."
    )
    yield ""
    yield "Each report is about all three and was made in a process of its own. Seconds are those of reading, writing,"
    yield "hashing and sealing, by the clock and, in brackets, of CPU, its own and that of its backend in the database."
    before = sum(one.before_mib for one in taken) / len(taken)
    yield f"MiB are the most memory that the process had resident; it had {before:.0f} before it began. A PDF reads"
    yield "every row, for sums and hash, and shows the first."
    yield ""
    yield "| report | rows | CSV | JSON | PDF | CSV's size |"
    yield "| --- | ---: | ---: | ---: | ---: | ---: |"
    for report in dict.fromkeys(one.ask.report for one in taken):
        yield _row([one for one in taken if one.ask.report == report])
    yield ""
    yield from _verdict(faults)


def _row(own: Sequence[Taken]) -> str:
    by_form = {one.ask.form: one for one in own}
    cells = [_cell(by_form[form]) for form in FORMS]
    size = f"{by_form['csv'].file_bytes / 2**20:,.1f} MiB"
    return f"| `{own[0].ask.report}` | {own[0].rows:,} | {' | '.join(cells)} | {size} |"


def _cell(one: Taken) -> str:
    return f"{one.seconds:.1f} ({one.cpu_s:.1f}) s, {one.peak_mib:.0f} MiB"


def _verdict(faults: Sequence[str]) -> Iterator[str]:
    if not faults:
        yield "Every seal was checked, the three formats hold the same rows, every sum is that of the movements in its"
        yield "currency, and the invariants of reports and of money hold."
        return
    yield "**What does not agree:**"
    yield ""
    for fault in faults:
        yield f"- {fault}"


def _load() -> str:
    """How busy the machine was, which others may have used meanwhile."""
    load = Path("/proc/loadavg")
    return load.read_text().split()[0] if load.exists() else platform.node()
