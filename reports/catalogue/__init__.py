"""Every report there is, by its code. A report that is put into this list is in the API, the admin and the commands."""

from keno_platform.core.errors import Kind, Refusal
from reports.catalogue import (
    bet_log,
    events,
    large_wins,
    liability,
    performance,
    players,
    reconciliations,
    rounds,
    statement,
)
from reports.columns import Report

REPORTS: dict[str, Report] = {
    one.code: one
    for one in (
        performance.REPORT,
        statement.REPORT,
        liability.REPORT,
        large_wins.REPORT,
        events.SIGNIFICANT_EVENTS,
        rounds.ROUND_LOG,
        bet_log.REPORT,
        players.PLAYER_STATEMENT,
        reconciliations.REPORT,
        players.LIMITS_AND_EXCLUSIONS,
        rounds.VOID_STATISTICS,
        events.AUDIT_EXTRACT,
    )
}


class ReportUnknown(Refusal):
    """There is no report of this name; the list of reports has them all."""

    code = "report_unknown"
    kind = Kind.NOT_FOUND
    title = "There is no such report"


def get_report(code: str) -> Report:
    """
    One report by its code.

    :raises ReportUnknown: there is none.
    """
    if code not in REPORTS:
        raise ReportUnknown(report=code[:64])
    return REPORTS[code]
