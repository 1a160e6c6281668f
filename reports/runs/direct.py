"""Short reports as an answer: nothing is kept but the record that somebody asked."""

from typing import IO

from django.db import transaction

from audit import services as audit
from keno_platform.core import clock
from operators.models import Operator
from reports.catalogue import get_report
from reports.runs.asking import Ask
from reports.writing import Made, make_file
from reports.writing.head import Head

ROWS_MAX = 10_000
DAYS_MAX = 31


def answer(*, ask: Ask, file: IO[bytes], actor: str, operator: Operator | None) -> Made:
    """
    Write a report into an empty file at once.

    :raises ReportTooLong: it has more than ROWS_MAX rows. :raises Refusal: what `Ask.checked` or the report raises.
    """
    checked = ask.checked()
    head = Head(report=get_report(checked.report), query=checked.query, language=checked.language, made_at=clock.now())
    made = make_file(head, checked.form, file, rows_max=ROWS_MAX)
    with transaction.atomic():
        audit.record(
            "report.downloaded",
            description=f"{checked.report} as {checked.form}, {made.rows:,} rows",
            actor=actor,
            operator_id=operator.pk if operator else None,
            after={"query": checked.query.as_json(), "rows_sha256": made.rows_sha256.hex()},
        )
    return made
