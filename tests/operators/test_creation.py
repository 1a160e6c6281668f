"""An operator is made whole or not at all."""

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from audit.models import AuditEntry
from keno_platform.core.errors import NotFound
from operators.invariants import INVARIANTS
from operators.models import ApiKey, Domain, Operator
from operators.selectors import find_valid_key, get_operator, list_operators
from operators.services import OperatorInvalid, OperatorTerms, create_operator, issue_key
from operators.tenancy import current_schema, tenant_context
from tests.support.api import call, refusal
from tests.support.bets import everything

TERMS = OperatorTerms(
    slug="made",
    name="Made",
    currency_code="KES",
    domain="made.localhost",
    min_bet=100,
    max_bet=10_000,
    max_win_per_ticket=1_000_000,
)
ASK = {
    "slug": "made-by-api",
    "name": "Made by API",
    "currency": "TND",
    "domain": "Made-By-API.localhost",
    "min_bet": "0.100",
    "max_bet": "50.000",
    "max_win_per_ticket": "20000.000",
}


def execute(statement: str) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return list(cursor.fetchall()) if cursor.description else []


def parameters() -> dict[str, Any]:
    """How to reach the test's database beside Django."""
    given = connection.settings_dict
    names = {"host": "HOST", "port": "PORT", "user": "USER", "password": "PASSWORD", "dbname": "NAME"}
    return {name: given[key] for name, key in names.items() if given[key]}


def schemas() -> set[str]:
    return {row[0] for row in execute("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'op\\_%'")}


def traces(slug: str) -> list[Any]:
    """Everything that this operator has left anywhere."""
    return [
        *Operator.objects.filter(slug=slug),
        *Domain.objects.filter(domain__contains=slug),
        *AuditEntry.objects.filter(description__icontains=slug),
        *(name for name in schemas() if slug.replace("-", "_") in name),
    ]


def assert_whole(slug: str, secret: str, *, actor: str) -> None:
    """It has everything that a first bet needs."""
    operator = get_operator(slug=slug)
    with tenant_context(operator):
        from bets.selectors import active_paytable

        assert active_paytable().name == "K88"
        made = {row[0] for row in execute(f"SELECT tablename FROM pg_tables WHERE schemaname = '{current_schema()}'")}
    days = [datetime.now(UTC) + timedelta(days=ahead) for ahead in range(3)]
    for table in ("bets_bet", "bets_payout", "wallet_transaction"):
        assert {f"{table}_{day:%Y%m%d}" for day in days} <= made
    assert operator.domains.get().is_primary
    key = find_valid_key(secret)
    assert key is not None
    assert key.operator == operator
    created = AuditEntry.objects.get(event_type="operator.created", operator_id=operator.pk)
    assert created.actor == actor
    assert operator.is_active


class TestWhole:
    def test_the_providers_call_makes_everything_and_shows_the_key_once(self, committed: None) -> None:
        _, provider = issue_key(operator=None, label="test", actor="test")
        began = time.process_time()  # not the wall's clock: the machine may be busy with other tests
        response = call("POST", "operators", credential=provider, body=ASK)
        took = time.process_time() - began
        assert response.status_code == 201, response.content
        made = json.loads(response.content)
        assert_whole("made-by-api", made["api_key"], actor="provider")
        assert made["domain"] == "made-by-api.localhost"
        assert (made["min_bet"], made["max_bet"], made["max_win_per_ticket"]) == ("0.100", "50.000", "20000.000")
        assert made["status"] == "active"
        assert call("GET", "paytables/active", credential=made["api_key"]).status_code == 200
        listed = call("GET", "operators", credential=provider)
        assert made["slug"] in listed.content.decode()
        assert made["api_key"] not in listed.content.decode()
        assert took < 2.5, f"{took:.1f} s"
        again = call("POST", "operators", credential=provider, body=ASK | {"domain": "other.localhost"})
        assert refusal(again, 422, "operator_invalid")["params"] == {"field": "slug"}

    def test_the_command_makes_everything_and_prints_the_key_alone(self, committed: None) -> None:
        out, err = StringIO(), StringIO()
        call_command("create_operator", "made-here", "Made Here", "RWF", "made-here.localhost", stdout=out, stderr=err)
        secret = out.getvalue().strip()
        assert_whole("made-here", secret, actor="command line")
        assert secret not in err.getvalue()
        with pytest.raises(CommandError, match="exists"):
            call_command("create_operator", "made-here", "Again", "RWF", "again.localhost", stdout=out, stderr=err)
        with pytest.raises(CommandError, match="ISO 4217"):
            call_command("create_operator", "no-money", "None", "rwf", "none.localhost", stdout=out, stderr=err)


class TestNothing:
    @pytest.fixture
    def breaking(self, committed: None) -> Iterator[str]:
        """A database that fails in the middle of a tenant's migrations: a function that they name is away."""
        execute("ALTER FUNCTION public.append_only() RENAME TO append_only_away")
        yield "broken"
        execute("ALTER FUNCTION public.append_only_away() RENAME TO append_only")

    def test_a_failure_while_migrating_leaves_nothing_behind(self, breaking: str) -> None:
        before = schemas()
        with pytest.raises(Exception, match=r"append_only\(\) does not exist"):
            create_operator(terms=replace(TERMS, slug=breaking, domain=f"{breaking}.localhost"))
        assert schemas() == before
        assert traces(breaking) == []
        assert current_schema() == "public"

    def test_a_domain_that_is_taken_at_the_last_moment_leaves_nothing_behind(
        self, committed: None, operator_a: Operator
    ) -> None:
        """Somebody else takes the domain between the check and the end: seen by nobody until it commits."""
        before, keys = schemas(), ApiKey.objects.count()
        over = threading.Event()
        with psycopg.connect(**parameters()) as rival:
            rival.execute(_TAKE_DOMAIN, [operator_a.pk])

            def commit_when_waited_for() -> None:
                with psycopg.connect(**parameters(), autocommit=True) as watcher:
                    while not over.wait(0.01):
                        if watcher.execute(_WAITING, [rival.info.backend_pid]).fetchone():
                            break
                rival.commit()

            waiting = threading.Thread(target=commit_when_waited_for)
            waiting.start()
            try:
                with pytest.raises(OperatorInvalid, match="domain"):
                    create_operator(terms=replace(TERMS, slug="raced", domain="raced.localhost"))
            finally:
                over.set()
                waiting.join()
                rival.execute("DELETE FROM public.operators_domain WHERE domain = 'raced.localhost'")
        assert schemas() == before
        assert traces("raced") == []
        assert ApiKey.objects.count() == keys
        assert current_schema() == "public"

    def test_a_schema_that_stands_already_is_neither_used_nor_removed(self, committed: None) -> None:
        execute("CREATE SCHEMA op_standing")
        try:
            with pytest.raises(OperatorInvalid) as refused:
                create_operator(terms=replace(TERMS, slug="standing", domain="standing.localhost"))
            assert refused.value.params == {"field": "slug"}
            assert "op_standing" in schemas()
            assert not Operator.objects.filter(slug="standing").exists()
        finally:
            execute("DROP SCHEMA op_standing")

    def test_it_cannot_run_inside_a_transaction(self, committed: None) -> None:
        with transaction.atomic(), pytest.raises(RuntimeError, match="transaction"):
            create_operator(terms=TERMS)


_TAKE_DOMAIN = (
    "INSERT INTO public.operators_domain (domain, is_primary, tenant_id) VALUES ('raced.localhost', false, %s)"
)
_WAITING = "SELECT 1 FROM pg_stat_activity WHERE %s = ANY (pg_blocking_pids(pid))"
BAD = [
    ("slug", {"slug": "ab"}),
    ("slug", {"slug": "a" * 41}),
    ("slug", {"slug": "Made"}),
    ("slug", {"slug": "made_up"}),
    ("slug", {"slug": "1made"}),
    ("slug", {"slug": "made-"}),
    ("slug", {"slug": "máde"}),
    ("slug", {"slug": "made\n"}),
    ("slug", {"slug": 'x"; drop schema public'}),
    ("slug", {"slug": "alpha"}),
    ("name", {"name": ""}),
    ("name", {"name": "n" * 81}),
    ("domain", {"domain": "beta.localhost"}),
    ("domain", {"domain": "BETA.localhost"}),
    ("domain", {"domain": ""}),
    ("domain", {"domain": "http://made.localhost"}),
    ("domain", {"domain": "made.localhost/"}),
    ("domain", {"domain": "made localhost"}),
    ("domain", {"domain": "made.localhost\n"}),
    ("domain", {"domain": "d" * 254}),
    ("currency_code", {"currency_code": "kes"}),
    ("currency_code", {"currency_code": "ZZZ"}),
    ("min_bet", {"min_bet": 0}),
    ("min_bet", {"min_bet": -1}),
    ("min_bet", {"min_bet": 10_001}),
    ("min_bet", {"max_win_per_ticket": 0}),
    ("default_language", {"default_language": "xx"}),
    ("default_language", {"default_language": ""}),
    ("primary_color", {"primary_color": "red"}),
    ("primary_color", {"primary_color": "#fff;}body{display:none"}),
    ("logo_url", {"logo_url": "l" * 501}),
    ("region_restrictions", {"region_restrictions": ("KEN",)}),
]


def test_terms_that_do_not_hold_together_are_refused_by_the_name_of_the_field_and_change_nothing(
    committed: None,
) -> None:
    before = everything()
    for field, change in BAD:
        with pytest.raises(OperatorInvalid) as refused:
            create_operator(terms=replace(TERMS, **change))
        assert refused.value.params == {"field": field}, change
    with pytest.raises(NotFound):
        create_operator(terms=replace(TERMS, jurisdiction="moon"))
    assert everything() == before
    assert traces("made.") == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"currency": "kes"}, "parameter_invalid"),
        ({"min_bet": "1e2"}, "amount_invalid"),
        ({"min_bet": "0.0001"}, "currency_exponent"),
        ({"min_bet": 1}, "parameter_invalid"),
        ({"owner": "me"}, "parameter_invalid"),
    ],
)
def test_the_providers_call_refuses_what_it_cannot_read(change: dict[str, Any], code: str) -> None:
    _, provider = issue_key(operator=None, label="test", actor="test")
    refusal(call("POST", "operators", credential=provider, body=ASK | change), 422, code)


@pytest.mark.django_db
@pytest.mark.parametrize(("method", "path"), [("GET", "operators"), ("POST", "operators")])
def test_an_operators_key_makes_and_lists_no_operators(operator_a: Operator, method: str, path: str) -> None:
    _, own = issue_key(operator=operator_a, label="test", actor="test")
    refusal(call(method, path, credential=own, body=ASK if method == "POST" else None), 403, "caller_not_allowed")


class TestSuspension:
    def test_the_provider_suspends_and_resumes_with_a_reason_on_record(self, db: None, operator_b: Operator) -> None:
        _, provider = issue_key(operator=None, label="test", actor="test")
        for verb, status in (("suspend", "suspended"), ("resume", "active")):
            response = call("POST", f"operators/beta/{verb}", credential=provider, body={"reason": f"because {verb}"})
            assert (response.status_code, json.loads(response.content)["status"]) == (200, status)
            entry = AuditEntry.objects.filter(operator_id=operator_b.pk).latest("id")
            assert entry.after == {"status": status, "reason": f"because {verb}"}
            assert entry.actor == "provider"
        refusal(call("POST", "operators/nobody/suspend", credential=provider, body={"reason": "r"}), 404, "not_found")
        refusal(call("POST", "operators/beta/suspend", credential=provider, body={}), 422, "parameter_invalid")


class TestInTheMaking:
    """An operator's row stands before its tables do; whoever asks for operators then must not meet it."""

    @pytest.fixture
    def unfinished(self, operator_a: Operator) -> Operator:
        operator = Operator.objects.get(pk=operator_a.pk)
        operator.pk, operator._state.adding = uuid4(), True
        operator.slug = operator.schema_name = "op_in_the_making"
        operator.auto_create_schema = False
        operator.save()
        return operator

    @pytest.mark.django_db
    def test_it_is_in_no_list_of_operators(self, unfinished: Operator) -> None:
        assert unfinished.slug not in {one.slug for one in list_operators()}

    @pytest.mark.django_db
    def test_it_breaks_no_invariant_until_it_should_be_there(self, unfinished: Operator) -> None:
        [invariant] = [one for one in INVARIANTS if one.code == "I22-every-operator-has-its-schema"]
        assert execute(invariant.violations) == []
        Operator.objects.filter(pk=unfinished.pk).update(created_at=datetime.now(UTC) - timedelta(minutes=6))
        assert execute(invariant.violations) == [(unfinished.slug,)]
