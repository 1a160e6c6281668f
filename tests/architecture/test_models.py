"""What Python says of the tables is what the database holds, and rooms know only the rooms below them."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection
from django.db.models import Field, Model
from django.urls import get_resolver

from keno_platform.docs import all_refusals
from operators.selectors import list_operators

ROOT = Path(settings.BASE_DIR)
LAYERS = (
    {"keno_platform", "play", "reports", "reconciliation"},
    {"flags"},
    {"bets", "banker"},
    {"rounds", "wallet"},
    {"players"},
    {"webhooks"},
    {"calls"},
    {"access"},
    {"localization"},  # beside operators for imports; its one key says which operator a text belongs to
    {"operators"},
    {"configuration"},
    {"approvals"},
    {"audit"},
    {"anchors"},
)
"""Highest first, as in the import contract."""
BESIDE = {"admin", "auth", "contenttypes", "sessions", "django_tenants", "axes"}
LEVEL = {room: level for level, rooms in enumerate(LAYERS) for room in rooms}


def own_models() -> list[type[Model]]:
    return [model for model in apps.get_models() if model._meta.app_label in LEVEL]


def foreign_keys() -> Iterator[tuple[str, str, str]]:
    """(field, its room, the room that it points to)"""
    for model in own_models():
        for one in model._meta.get_fields():
            if isinstance(one, Field) and one.remote_field is not None:
                target = one.remote_field.model
                yield str(one), model._meta.app_label, target._meta.app_label


def test_every_room_with_models_stands_in_a_layer() -> None:
    known = set(LEVEL) | BESIDE
    assert {model._meta.app_label for model in apps.get_models()} <= known
    assert len(own_models()) > 15


def test_foreign_keys_point_to_the_same_room_or_a_lower_one() -> None:
    found = list(foreign_keys())
    assert len(found) > 8
    upwards = [
        name for name, room, target in found if target in LEVEL and room != target and LEVEL[room] >= LEVEL[target]
    ]
    assert upwards == []


def test_tables_of_one_operator_are_never_pointed_to_from_outside() -> None:
    """A row of the public schema that named a tenant's row could not say which tenant's."""
    tenant = set(settings.TENANT_APPS)
    assert [name for name, room, target in foreign_keys() if target in tenant and room not in tenant] == []


@pytest.mark.django_db
class TestTheDatabase:
    def columns(self, where: str) -> list[str]:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT table_schema || '.' || table_name || '.' || column_name FROM information_schema.columns"
                f" WHERE table_schema NOT IN ('pg_catalog', 'information_schema') AND {where}"
            )
            return [row[0] for row in cursor.fetchall()]

    def test_no_column_of_any_schema_holds_a_float(self) -> None:
        assert len(self.columns("data_type = 'bigint'")) > 50
        assert self.columns("data_type IN ('real', 'double precision')") == []

    def test_every_amount_is_a_bigint_of_minor_units(self) -> None:
        money = "column_name ~ '(^|_)(amount|stake|stakes|payout|payouts|balance|balance_after|bet|win|limit)$'"
        amounts = [name for name in self.columns(money) if "paytable" not in name]
        assert any(name == "op_alpha.wallet_account.balance" for name in amounts)
        assert any(name == "public.operators_operator.max_bet" for name in amounts)
        assert set(amounts) - set(self.columns(f"{money} AND data_type = 'bigint'")) == set()

    def test_no_function_of_ours_knows_a_float(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT p.oid::regprocedure::text FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace"
                " WHERE n.nspname IN ('public', 'op_alpha') AND pg_get_functiondef(p.oid) ~*"
                " '(float4|float8|\\mfloat\\M|double precision|::real|::money)' AND p.prokind = 'f'"
            )
            assert cursor.fetchall() == []

    def test_every_choice_of_a_model_is_a_check_of_its_table_with_the_same_values(self) -> None:
        wrong = []
        for model, one in choices():
            allowed = {str(value) for value, _ in one.flatchoices}
            for schema in schemas_of(model):
                found = checked_values(schema, model._meta.db_table, one.column)
                if allowed not in found:
                    wrong.append(f"{schema}.{model._meta.db_table}.{one.column}: {allowed} is not among {found}")
        assert wrong == []

    def test_the_arrows_of_a_round_name_its_states_and_no_others(self) -> None:
        from rounds.models import RoundStatus

        with connection.cursor() as cursor:
            cursor.execute("SELECT source FROM rounds_arrow UNION SELECT target FROM rounds_arrow")
            assert {row[0] for row in cursor.fetchall()} == set(RoundStatus.values)

    def test_every_table_of_a_model_is_there_in_every_schema_that_needs_it(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace")
            there = set(cursor.fetchall())
        wanted = {(schema, model._meta.db_table) for model in own_models() for schema in schemas_of(model)}
        assert wanted - there == set()

    def test_the_columns_of_every_table_are_those_of_its_model(self) -> None:
        """Tables that an .sql file makes could drift away from the model that Django believes in."""
        wrong = []
        for model in own_models():
            for schema in schemas_of(model)[:2]:
                with connection.cursor() as cursor:
                    cursor.execute(
                        "SELECT column_name, is_nullable = 'YES' FROM information_schema.columns"
                        " WHERE table_schema = %s AND table_name = %s",
                        [schema, model._meta.db_table],
                    )
                    stored = dict(cursor.fetchall())
                fields = {one.column: one.null for one in model._meta.concrete_fields if one.column}
                if set(stored) != set(fields) or (model._meta.managed and stored != fields):
                    wrong.append(f"{schema}.{model._meta.db_table}: {stored} is not {fields}")
        assert wrong == []


def choices() -> list[tuple[type[Model], Any]]:
    """Every field of a stored table whose values are those of an enum."""
    return [
        (model, one)
        for model in own_models()
        if model._meta.managed
        for one in model._meta.concrete_fields
        if one.choices
    ]


def schemas_of(model: type[Model]) -> list[str]:
    if model._meta.app_label in settings.TENANT_APPS:
        return [operator.schema_name for operator in list_operators()]
    return ["public"]


def checked_values(schema: str, table: str, column: str) -> list[set[str]]:
    """The sets of values that checks of this one column allow."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_get_constraintdef(k.oid) FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid"
            " JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE k.contype = 'c' AND n.nspname = %s AND c.relname = %s",
            [schema, table],
        )
        checks = [row[0] for row in cursor.fetchall()]
    return [
        {text or number for text, number in re.findall(r"'([^']*)'::|(?<![\w'])(\d+)(?![\w'])", check)}
        for check in checks
        if re.match(rf"CHECK \(+{column}\)?(::text)? = (ANY )?", check)
    ]


def test_every_refusal_has_a_code_of_its_own() -> None:
    codes = [one.code for one in all_refusals()]
    assert len(codes) > 30
    assert [code for code in codes if codes.count(code) > 1] == []
    assert [code for code in codes if not re.fullmatch(r"[a-z]+(_[a-z]+)*", code)] == []


def test_every_refusal_has_a_title_without_a_full_stop_and_says_what_it_means() -> None:
    for one in all_refusals():
        assert one.title, one
        assert not one.title.endswith("."), one
        assert one.__doc__, one


def test_every_refusal_that_the_source_defines_is_known_to_the_page_of_codes() -> None:
    """A module that nothing imports would keep its refusals off the page; a server imports its URL conf."""
    assert get_resolver().url_patterns
    known = {one.__name__ for one in all_refusals()}
    defined = set()
    for room in (*LEVEL, "fairness"):
        for path in (ROOT / room).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.ClassDef) and any(getattr(base, "id", "") == "Refusal" for base in node.bases):
                    defined.add(node.name)
    assert len(defined) > 20
    assert defined - known == set()
