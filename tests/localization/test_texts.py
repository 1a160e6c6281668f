"""Texts that operators and the provider change without a deploy."""

from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client

from audit.models import AuditEntry
from localization.catalogue import CLIENT_TEXTS
from localization.models import Text
from localization.selectors import LocaleUnknown, texts_for
from localization.services import TextInvalid, remove_text, set_text
from operators.tenancy import tenant_context

pytestmark = pytest.mark.django_db


def test_the_client_gets_every_key_in_its_language() -> None:
    assert texts_for(locale="en") == CLIENT_TEXTS
    assert texts_for(locale="fr").keys() == CLIENT_TEXTS.keys()
    assert texts_for(locale="fr")["round.closed"] == "Mises closes"


def test_an_operators_text_goes_before_the_public_one_and_that_before_the_catalogue(
    operator_a: Any, operator_b: Any
) -> None:
    set_text(locale="sw", key="slip.place_bet", value="Bashiri", operator_id=operator_a.pk, actor="staff")
    set_text(locale="sw", key="slip.place_bet", value="Cheza", actor="staff")
    shown = [texts_for(locale="sw", operator_id=one)["slip.place_bet"] for one in (operator_a.pk, operator_b.pk, None)]
    assert shown == ["Bashiri", "Cheza", "Cheza"]

    remove_text(locale="sw", key="slip.place_bet", actor="staff")
    assert texts_for(locale="sw", operator_id=operator_b.pk)["slip.place_bet"] == "Weka dau"
    assert texts_for(locale="sw", operator_id=operator_a.pk)["slip.place_bet"] == "Bashiri"


def test_texts_are_the_same_inside_an_operators_schema(operator_a: Any) -> None:
    set_text(locale="om", key="bet.lost", value="Hin mo’anne jedhi", operator_id=operator_a.pk, actor="staff")
    with tenant_context(operator_a):
        assert texts_for(locale="om", operator_id=operator_a.pk)["bet.lost"] == "Hin mo’anne jedhi"


def test_every_change_is_in_the_audit_log_with_what_was_before(operator_a: Any) -> None:
    for value in ("Une", "Deux"):
        set_text(locale="fr", key="bet.lost", value=value, operator_id=operator_a.pk, actor="staff 7")
    remove_text(locale="fr", key="bet.lost", operator_id=operator_a.pk, actor="staff 7")
    remove_text(locale="fr", key="bet.lost", operator_id=operator_a.pk, actor="staff 7")
    entries = AuditEntry.objects.filter(operator_id=operator_a.pk, event_type__startswith="text.").order_by("pk")
    assert [(one.event_type, one.before["value"], one.after["value"], one.actor) for one in entries] == [
        ("text.set", None, "Une", "staff 7"),
        ("text.set", "Une", "Deux", "staff 7"),
        ("text.removed", "Deux", None, "staff 7"),
    ]


@pytest.mark.parametrize(
    ("key", "value", "field"),
    [
        ("no.such_key", "Text", "key"),
        ("round.number", "Ronda", "value"),
        ("round.number", "{number} / {total}", "value"),
        ("bet.lost", "   ", "value"),
        ("bet.lost", "x" * 501, "value"),
        ("bet.lost", "one\x00two", "value"),
    ],
)
def test_a_text_that_the_client_could_not_show_is_refused_and_changes_nothing(key: str, value: str, field: str) -> None:
    with pytest.raises(TextInvalid) as refused:
        set_text(locale="es", key=key, value=value, actor="staff")
    assert refused.value.params["field"] == field
    assert not Text.objects.exists()


def test_a_language_that_the_client_does_not_have_is_refused() -> None:
    with pytest.raises(LocaleUnknown):
        texts_for(locale="or")
    with pytest.raises(LocaleUnknown):
        set_text(locale="de", key="bet.lost", value="Kein Gewinn", actor="staff")


@pytest.mark.parametrize(
    ("values", "constraint"),
    [
        ("(NULL, 'en', 'bet.lost', 'a'), (NULL, 'en', 'bet.lost', 'b')", "localization_one_text_for_a_key"),
        ("(NULL, 'de', 'bet.lost', 'a')", "localization_locale_known"),
        ("(NULL, 'en', 'bet.lost', '')", "localization_value_not_empty"),
    ],
)
def test_the_database_keeps_the_rules_whoever_writes(values: str, constraint: str) -> None:
    statement = f"INSERT INTO public.localization_text (operator_id, locale_code, key, value) VALUES {values}"
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.parametrize(("language", "title"), [("fr", "Introuvable"), ("om", "Hin argamne"), ("xx", "Not found")])
def test_errors_are_titled_in_the_callers_language(client: Client, language: str, title: str) -> None:
    response = client.get("/api/v1/nowhere", headers={"Accept-Language": language})
    assert (response.status_code, response.json()["title"], response.json()["code"]) == (404, title, "not_found")
