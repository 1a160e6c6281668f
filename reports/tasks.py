"""Celery's side of the archive, and of reports that are made in the background."""

import logging
import time

from celery import shared_task

from keno_platform.core import clock
from operators.selectors import list_operators
from reports import feed
from reports.archive import files, policy
from reports.runs import keeping, making, schedules

logger = logging.getLogger(__name__)
SLICE_S = 20.0
"""No day is begun after so long: the queue has other work, and the next run goes on where this one ended."""
DAY_MAX_S = 1800


@shared_task(name="reports.archive", ignore_result=True, time_limit=DAY_MAX_S)
def archive(**_: object) -> int:
    """Take what is due to the archive, oldest days first, for some seconds. Returns how many days were archived."""
    before = policy.first_day_online()
    try:
        where = policy.root()
    except files.ArchiveUnusable as error:
        logger.error("archive: %s", error)
        return 0
    if before is None:
        return 0
    until, days = time.monotonic() + SLICE_S, 0
    for operator in list_operators():
        for told in policy.archive_operator(operator, before=before, where=where, until=until):
            days += told.result == "archived"
            level = logging.ERROR if told.is_trouble else logging.INFO
            logger.log(level, "archive: %s %s is %s: %s", told.operator, told.day, told.result, told.text)
    return days


MAKING_S = 20.0
"""No report is begun after so long: the next beat goes on."""
REPORT_MAX_S = 4 * 3600


@shared_task(name="reports.make", ignore_result=True, time_limit=REPORT_MAX_S)
def make_reports(**_: object) -> int:
    """Make what was asked for, for some seconds. Returns how many reports."""
    return making.make_waiting(until=time.monotonic() + MAKING_S)


@shared_task(name="reports.by_schedule", ignore_result=True)
def ask_by_schedule(**_: object) -> int:
    """Ask for the reports of days and months that have ended, and number what was sealed. Returns how many reports."""
    feed.advance()
    return schedules.ask_due(now=clock.now())


@shared_task(name="reports.keep", ignore_result=True)
def keep_reports(**_: object) -> int:
    """Let go files whose time is over. Returns how many."""
    return keeping.expire_due()
