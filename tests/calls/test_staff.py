"""The request log for staff: found by any id, shown without secrets, errors grouped."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from calls import recorder
from calls.models import Call
from operators.models import Operator
from tests.admin.desk import Desk, list_address, page_address
from tests.calls.conftest import make_entry

pytestmark = pytest.mark.usefixtures("committed")
ERRORS = "admin:calls_call_errors"


@pytest.fixture
def desk(unique: Callable[[str], str]) -> Desk:
    return Desk(User.objects.create_superuser(unique("staff")))


def found(desk: Desk, query: str) -> set[str]:
    page = desk.get(list_address(Call), query)
    assert page.status_code == 200
    return {row.request_id for row in page.context["cl"].result_list}


def test_one_box_finds_a_call_by_any_id_that_was_named_in_it(desk: Desk, written: Callable[[str], Call]) -> None:
    reference, bet = f"REF/{uuid4().hex}", uuid4()
    entry = make_entry(
        direction="out",
        path="https://op.example/debit",
        request=f'{{"bet_id": "{bet}"}}'.encode(),
        response=f'{{"operator_reference": "{reference}"}}'.encode(),
    )
    recorder.record(entry)
    call = written(entry.request_id)
    for term in (reference, bet, str(bet).upper(), entry.request_id, call.pk):
        assert found(desk, f"q={term}") == {entry.request_id}, term
    assert found(desk, f"q={uuid4()}") == set()
    assert found(desk, f"q={reference[:-1]}") == set()


def test_a_calls_page_shows_its_bodies_and_the_lines_that_repeat_it(desk: Desk, written: Callable[[str], Call]) -> None:
    entry = make_entry(
        request=b'{"picks": [1, 2], "api_key": "hunter2"}',
        response=b'{"status": 422, "code": "selection_count"}',
        status=422,
    )
    recorder.record(entry)
    page = desk.get(page_address(written(entry.request_id))).content.decode()
    for text in ("selection_count", "&quot;picks&quot;", "[redacted]", "curl -sS -X POST", "http --ignore-stdin"):
        assert text in page
    assert "hunter2" not in page


def test_what_a_caller_sent_is_text_on_the_page_and_nothing_else(desk: Desk, written: Callable[[str], Call]) -> None:
    entry = make_entry(request=b"<script>alert(1)</script>", path="/api/v1/<script>alert(2)</script>", error="<b>x</b>")
    recorder.record(entry)
    call = written(entry.request_id)
    for address in (page_address(call), list_address(Call)):
        page = desk.get(address).content.decode()
        assert "<script>alert(" not in page
        assert "<b>x</b>" not in page


def test_errors_are_grouped_for_the_picked_operator_or_for_all(
    desk: Desk, operator_a: Operator, operator_b: Operator
) -> None:
    marks = {}
    for operator, times in ((operator_a, 3), (operator_b, 1)):
        marks[operator.slug] = f"/api/v1/staff-{uuid4().hex}"
        for _ in range(times):
            recorder.record(
                make_entry(operator_id=operator.pk, endpoint=marks[operator.slug], status=409, code="round_not_open")
            )
    assert recorder.wait_until_written()

    def groups(page: Any) -> dict[str, int]:
        return {group["endpoint"]: group["count"] for group in page.context["groups"]}

    everywhere = groups(desk.pick(None).get(reverse(ERRORS)))
    assert (everywhere[marks["alpha"]], everywhere[marks["beta"]]) == (3, 1)
    own = desk.pick(operator_a).get(reverse(ERRORS))
    assert groups(own)[marks["alpha"]] == 3
    assert marks["beta"] not in own.content.decode()
    assert f"Calls of {operator_a.name}" in own.content.decode()
    assert reverse(ERRORS) in desk.get(list_address(Call)).content.decode()


def test_only_staff_who_may_see_calls_see_their_errors(unique: Callable[[str], str]) -> None:
    assert Client().get(reverse(ERRORS)).status_code == 302
    clerk = User.objects.create_user(unique("clerk"), is_staff=True)
    assert Desk(clerk).get(reverse(ERRORS)).status_code == 404
    clerk.user_permissions.add(Permission.objects.get(codename="view_call", content_type__app_label="calls"))
    assert Desk(User.objects.get(pk=clerk.pk)).get(reverse(ERRORS)).status_code == 200


def test_nobody_changes_or_removes_a_call(desk: Desk, written: Callable[[str], Call]) -> None:
    entry = make_entry()
    recorder.record(entry)
    call = written(entry.request_id)
    assert desk.client.post(page_address(call), {"code": "x"}).status_code == 403
    assert desk.client.post(page_address(call, "delete"), {"post": "yes"}).status_code == 403
    assert desk.get(list_address(Call) + "add/").status_code == 403
