"""The arrays of the hot door: the same to the server as psycopg's own, and of one type whatever is in them."""

from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import Cursor

from keno_platform.database.arrays import Bigints, Byteas, Ints, Smallints, Texts, Uuids

pytestmark = pytest.mark.usefixtures("db")
UUIDS = st.uuids() | st.none()
KINDS = [
    (Bigints, "bigint[]", st.integers(-(2**63), 2**63 - 1)),
    (Ints, "integer[]", st.integers(-(2**31), 2**31 - 1)),
    (Smallints, "smallint[]", st.integers(-(2**15), 2**15 - 1)),
    (Texts, "text[]", st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))),
    (Byteas, "bytea[]", st.binary()),
    (Uuids, "uuid[]", UUIDS),
]


def _back(value: Any) -> tuple[str, Any]:
    connection.ensure_connection()
    with Cursor(connection.connection) as cursor:
        row = cursor.execute("SELECT pg_typeof(%b)::text, %b", [value, value], binary=True).fetchone()
    assert row is not None
    return row[0], row[1]


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
@pytest.mark.parametrize(("kind", "name", "elements"), KINDS)
def test_an_array_comes_back_as_it_was_and_has_its_type(kind: Any, name: str, elements: Any, data: Any) -> None:
    values = data.draw(st.lists(elements, max_size=20))
    assert _back(kind(values)) == (name, values)


def test_small_numbers_make_no_other_type_than_large_ones() -> None:
    assert {_back(Bigints(values))[0] for values in ([], [1], [2**40])} == {"bigint[]"}
    assert _back(Uuids([UUID(int=7), None]))[1] == [UUID(int=7), None]
