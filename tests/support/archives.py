"""Days on their way to the archive: what stands where, and whether everything still holds."""

from pathlib import Path
from typing import Any

from operators.models import Operator
from reports.archive import steps
from reports.archive.tables import TABLES
from reports.invariants import check_all
from tests.support.database import rows
from tests.support.old_days import YESTERDAY

LEFT_STANDING = {
    "I17-rounds-come-to-an-end",
    "I19-paid-within-a-minute",
    "I28-events-get-numbers",
    "I28-what-is-due-is-tried",
}
"""What a test that commits may leave undone for longer than is allowed, because nothing works on it afterwards."""


def broken(slug: str) -> dict[str, tuple[str, ...]]:
    """Which invariants are broken, by this operator or the installation."""
    return {
        one.code: one.examples
        for one in check_all(rounds_max=40)
        if one.code not in LEFT_STANDING
        and any(example.startswith(f"{slug}:") or ":" not in example for example in one.examples)
    }


def contents(operator: Operator, schema: str | None = None) -> dict[str, list[Any]]:
    """Every archived table's rows of yesterday, in the books or in a schema beside them."""
    found = {}
    for table in TABLES:
        name = f"{table.name}_{YESTERDAY:%Y%m%d}"
        columns = ", ".join(table.columns)
        found[table.name] = rows(f"SELECT {columns} FROM {schema or operator.schema_name}.{name} ORDER BY {table.key}")
    return found


def archive(operator: Operator, root: Path) -> list[steps.Done]:
    return list(steps.archive_day(operator, YESTERDAY, root=root))
