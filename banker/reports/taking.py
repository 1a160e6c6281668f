"""A report that somebody takes with them: the one place where it becomes a file, which the audit log keeps."""

from dataclasses import dataclass
from enum import Enum

from audit import services as audit
from banker.reports.shapes import Report
from banker.reports.words import Words
from banker.reports.writing import to_csv, to_json, to_pdf
from keno_platform.core import clock


class Form(Enum):
    """The forms of a report, by the ending of its address."""

    CSV = "csv"
    JSON = "json"
    PDF = "pdf"

    @property
    def media_type(self) -> str:
        """As HTTP calls it."""
        return _TYPES[self]


_TYPES = {Form.CSV: "text/csv; charset=utf-8", Form.JSON: "application/json", Form.PDF: "application/pdf"}


@dataclass(frozen=True, slots=True)
class File:
    """What was taken."""

    content: bytes | str
    name: str
    media_type: str


def take(report: Report, form: Form, *, words: Words, actor: str) -> File:
    """Write a report in a form, a PDF in the language of these words. That it was taken is in the audit log."""
    name = f"{report.file}.{form.value}"
    file = File(_written(report, form, words), name, form.media_type)
    audit.record(
        "lottery.exported",
        description=f"{name} was taken",
        actor=actor,
        operator_id=words.operator.pk,
        after={"report": report.name, "file": name},
    )
    return file


def _written(report: Report, form: Form, words: Words) -> bytes | str:
    match form:
        case Form.CSV:
            return to_csv(report, words.operator)
        case Form.JSON:
            return to_json(report, words.operator, made_at=clock.now())
        case Form.PDF:
            return to_pdf(report, words, made_at=clock.now())
