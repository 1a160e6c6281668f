"""The database's superuser, past every trigger: what is refused all the same, and what the invariants see."""

from typing import Any

import psycopg
import pytest

from approvals import services
from approvals.invariants import INVARIANTS
from approvals.services import Person
from tests.approvals.people import Named, an_action, approve, as_superuser, ask_for

pytestmark = pytest.mark.usefixtures("committed")
INSERT = (
    "INSERT INTO approvals_decision (request_id, verdict, reason, asked_by, asked_by_user_id, decided_by,"
    " decided_by_user_id, effect) VALUES (%s, 'approve', 'mine', %s, %s, %s, %s, '[]')"
)


def test_one_person_in_both_parts_is_refused_with_every_trigger_off(ann: Person, unique: Named) -> None:
    with an_action(unique("tests.own"), carry_out=lambda case, parties: "done") as action:
        request = ask_for(action, ann)
    with pytest.raises(psycopg.errors.CheckViolation, match="approvals_four_eyes"), as_superuser() as cursor:
        cursor.execute(INSERT, [request.pk, ann.name, ann.user.pk, "staff:x", ann.user.pk])
    services.withdraw(request_id=request.pk, person=ann)


@pytest.mark.parametrize(
    ("statement", "broken"),
    [
        ("UPDATE approvals_request SET state = 'rejected'", {"I50-ends-as-decided", "I53-on-record"}),
        ("UPDATE approvals_decision SET asked_by = 'staff:x'", {"I51-four-eyes"}),
        (
            "UPDATE approvals_request SET state = 'open', closed_at = NULL, asked_at = now() - interval '2 days',"
            " expires_at = now() - interval '1 day'",
            {"I50-ends-as-decided", "I52-none-left-hanging", "I53-on-record"},
        ),
        ("DELETE FROM approvals_decision", {"I50-ends-as-decided"}),
    ],
    ids=["another end", "another asker", "open again", "no decision"],
)
def test_the_invariants_see_what_was_written(
    statement: str, broken: set[str], ann: Person, ben: Person, unique: Named
) -> None:
    with an_action(unique("tests.seen"), carry_out=lambda case, parties: "done") as action:
        request = approve(ask_for(action, ann), ben)
    column = "request_id" if "decision" in statement else "id"
    with as_superuser() as cursor:
        assert violated(cursor, request.pk) == set()
        cursor.execute(f"{statement} WHERE {column} = %s", [request.pk])
        assert violated(cursor, request.pk) == broken


def violated(cursor: "psycopg.Cursor[Any]", key: object) -> set[str]:
    """The invariants that this request breaks."""
    found = set()
    for one in INVARIANTS:
        if key in [row[0] for row in cursor.execute(one.violations).fetchall()]:
            found.add(one.code)
    return found
