"""Log lines for people, and for programs: one JSON object a line, with what the line is about and nobody's name."""

import json
import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django.db import connection

from keno_platform.core import request_ids
from keno_platform.observability import facts, tracing
from keno_platform.observability.redaction import redact

SCHEMA_PREFIX = "op_"
MESSAGE_MAX = 8_000
"""Characters; a statement or a trace may be longer, and nobody reads it to its end."""


def operator_here() -> str:
    """The operator that the code which runs here is about: as it was noted, or whose schema is bound."""
    noted = facts.current().get("operator")
    if noted is not None:
        return noted
    schema = getattr(connection, "schema_name", "") or ""
    return schema.removeprefix(SCHEMA_PREFIX) if schema.startswith(SCHEMA_PREFIX) else ""


def context_of(record: logging.LogRecord) -> dict[str, str]:
    """What a line is about: the call, the operator, the round and the bet, as far as it is known where it was made."""
    about = dict(facts.current())
    about |= {name: str(getattr(record, name)) for name in facts.NAMES if hasattr(record, name)}
    if request_id := request_ids.current():
        about["request_id"] = request_id
    if operator := operator_here():
        about["operator"] = operator
    if trace_id := tracing.current_trace_id():
        about["trace_id"] = trace_id
    return about


class JsonLines(logging.Formatter):
    """One JSON object a line: time, level, logger, message, process, and what it is about."""

    def __init__(self, process: str = "keno") -> None:
        super().__init__()
        self._process = process

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": redact(record.getMessage())[:MESSAGE_MAX],
            "process": self._process,
            "pid": record.process,
            **context_of(record),
        }
        if record.exc_info:
            line["trace"] = redact(self.formatException(record.exc_info))[:MESSAGE_MAX]
        return json.dumps(line, ensure_ascii=False, default=str)


class TextLines(logging.Formatter):
    """One line for people, with the same facts in brackets behind it."""

    def __init__(self) -> None:
        super().__init__("{asctime} {levelname:<7} {name}: {message}", style="{")

    def formatMessage(self, record: logging.LogRecord) -> str:
        return _with_facts(redact(super().formatMessage(record)), context_of(record))

    def formatException(self, ei: Any) -> str:
        return redact(super().formatException(ei))


def _with_facts(line: str, about: Mapping[str, str]) -> str:
    return f"{line} [{' '.join(f'{name}={value}' for name, value in about.items())}]" if about else line
