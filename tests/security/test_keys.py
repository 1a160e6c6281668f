"""Keys are changed while everything runs: what was signed or sealed before still counts, and then the old key goes."""

import re
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.apps import apps
from django.core import signing
from django.core.management import CommandError, call_command
from django.db import models
from django.test import Client

from access import codes
from access.models import Authenticator, Role, StaffMember
from audit.models import AuditEntry
from banker import second_factor
from banker.models import Member
from keno_platform.database.roles import CLOSED
from keno_platform.environment import read
from operators.keyring import keyring
from operators.models import Operator
from operators.selectors import list_operators
from operators.services import add_caller_key, connect_wallet, issue_key, rotate_wallet_secret
from operators.tenancy import tenant_context
from rounds.models import NetworkName
from tests.ops.test_environment import PRODUCTION
from tests.support.members import Api, new_admin
from tests.support.rounds import commit_rounds, new_game
from tests.support.staff import KEY, PASSWORD, code_of_now, new_member
from webhooks.services.endpoints import create_endpoint, rotate_secret

pytestmark = pytest.mark.django_db
OLD_SECRET, NEW_SECRET = "q8Zr2mVw5KcT1yXb7NdG4hJs9PfL0uAe3RoQ", "Vt7xLw2pQz9RkM4nJc8HsY5bFd1GgA6eUo3i"
NEW_SEAL = bytes(range(7, 39))
NOT_SEALED = {"secret_hash", "launch_hash", "token_hash", "hash", "blind", "player_tag_secret"}
"""Closed columns that hold hashes, or random numbers that nothing outside is opened with."""
Sealed = dict[tuple[str, str, str, str], bytes]


class TestTheKeyThatSigns:
    """KENO_SECRET_KEY: sessions of staff, cookies of the pages, addresses for support."""

    @pytest.fixture
    def inside(self, settings: Any) -> Client:
        """A member of staff who has logged in under the old key."""
        settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = OLD_SECRET, []
        new_member("ann", Role.COMPLIANCE)
        client = Client()
        client.post("/admin/login/", {"username": "ann", "password": PASSWORD})
        client.post("/admin/second-factor/", {"code": code_of_now()})
        assert client.get("/admin/").status_code == 200
        return client

    def test_with_the_old_one_beside_it_nobody_is_logged_out(self, inside: Client, settings: Any) -> None:
        settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = NEW_SECRET, [OLD_SECRET]
        assert inside.get("/admin/").status_code == 200
        settings.SECRET_KEY_FALLBACKS = []  # the session was signed anew meanwhile
        assert inside.get("/admin/").status_code == 200

    def test_without_it_everybody_is(self, inside: Client, settings: Any) -> None:
        settings.SECRET_KEY = NEW_SECRET
        assert inside.get("/admin/").status_code == 302

    def test_what_was_signed_counts_as_long_as_the_old_one_is_given(self, settings: Any) -> None:
        settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = OLD_SECRET, []
        signed = signing.dumps([1, 2], salt="one")
        settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = NEW_SECRET, [OLD_SECRET]
        assert signing.loads(signed, salt="one") == [1, 2]
        settings.SECRET_KEY_FALLBACKS = []
        with pytest.raises(signing.BadSignature):
            signing.loads(signed, salt="one")

    def test_it_is_given_by_the_environment(self) -> None:
        found = read(PRODUCTION | {"KENO_SECRET_KEYS_OLD": f"{OLD_SECRET}, {NEW_SECRET}"})
        assert found["KENO_SECRET_KEYS_OLD"] == (OLD_SECRET, NEW_SECRET)
        assert OLD_SECRET not in repr(found)


def sealed_columns() -> Iterator[tuple[type[models.Model], str]]:
    """Every column of the database that holds something sealed: binary, and closed to a reader."""
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            closed = field.column in CLOSED.get(model._meta.db_table, ())
            if closed and isinstance(field, models.BinaryField) and field.column not in NOT_SEALED:
                yield model, field.column


def everything_sealed() -> Sealed:
    """What stands in them, in the shared tables and in every operator's."""
    found: Sealed = {}
    for operator in list_operators():
        with tenant_context(operator):
            for model, column in sealed_columns():
                for pk, value in model._default_manager.filter(**{f"{column}__isnull": False}).values_list(
                    "pk", column
                ):
                    shared = model._meta.app_label not in ("banker", "players", "bets", "wallet")
                    place = "public" if shared else operator.schema_name
                    found[place, model._meta.db_table, column, str(pk)] = bytes(value)
    return found


def make_one_of_each(operator: Operator) -> tuple[StaffMember, str]:
    """Whatever the installation seals, at least once. Returns a member of staff, and a key of the operator."""
    connect_wallet(operator=operator, url="http://127.0.0.1:8100", signing="hmac", is_local=True, actor="test")
    rotate_wallet_secret(operator=operator, overlap=timedelta(hours=1), actor="test")
    add_caller_key(operator=operator, kind="hmac", label="l", actor="test")
    endpoint, _ = create_endpoint(
        operator=operator, url="https://hooks.example.com/k", events=["operator.suspended"], actor="test"
    )
    rotate_secret(endpoint_id=endpoint.pk, overlap=timedelta(hours=1), actor="test")
    commit_rounds(new_game(network=NetworkName.LOCAL))
    member = new_member("ann", Role.COMPLIANCE)
    _, key = issue_key(operator=operator, label="rotation", actor="test")
    new_admin(Api(key))
    return member, key


@pytest.fixture
def before(operator_a: Operator, settings: Any) -> Iterator[Sealed]:
    """Everything sealed under the key of this run, and one of each kind at least."""
    make_one_of_each(operator_a)
    found = everything_sealed()
    kept = settings.SEAL_KEYS
    yield found
    settings.SEAL_KEYS = kept
    keyring.forget()


class TestTheKeyThatSeals:
    """KENO_SEAL_KEY: keys of rounds, keys that sign, secrets of calls and webhooks, second factors."""

    def test_there_is_one_of_each_kind_to_try_it_with(self, before: Sealed) -> None:
        wanted = {(model._meta.db_table, column) for model, column in sealed_columns()}
        assert wanted - {(table, column) for _, table, column, _ in before} == set()
        assert len(wanted) >= 9

    def test_the_command_seals_every_column_of_every_operator_anew(self, before: Sealed, settings: Any) -> None:
        settings.SEAL_KEYS = [NEW_SEAL, *settings.SEAL_KEYS]
        told = StringIO()
        call_command("rotate_seal_key", stdout=told)
        after = everything_sealed()
        assert set(after) == set(before)
        assert [place for place in before if before[place] == after[place]] == []
        assert re.match(rf"{len(before)} sealed anew, 0 were already", told.getvalue()), told.getvalue()
        again = StringIO()
        call_command("rotate_seal_key", stdout=again)
        assert again.getvalue().startswith(f"0 sealed anew, {len(before)} were already")
        assert AuditEntry.objects.filter(event_type="seal_key.rotated").exists()

    def test_then_the_new_key_alone_lets_everybody_in(
        self, before: Sealed, settings: Any, operator_a: Operator
    ) -> None:
        settings.SEAL_KEYS = [NEW_SEAL, *settings.SEAL_KEYS]
        call_command("rotate_seal_key", stdout=StringIO())
        settings.SEAL_KEYS = [NEW_SEAL]
        device = Authenticator.objects.get(user__username="ann")
        assert codes.open_key(bytes(device.sealed), user_id=device.user_id) == KEY
        with tenant_context(operator_a):
            for admin in Member.objects.filter(totp_sealed__isnull=False):
                assert second_factor.open_sealed(bytes(admin.totp_sealed or b""), admin.pk)
        call_command("rotate_seal_key", stdout=StringIO())  # it would name what it cannot open

    def test_what_no_key_opens_is_named_and_nothing_is_lost(self, before: Sealed, settings: Any) -> None:
        settings.SEAL_KEYS = [NEW_SEAL]
        with pytest.raises(CommandError, match="KENO_SEAL_KEYS_OLD") as refused:
            call_command("rotate_seal_key", stdout=StringIO())
        for what in ("Authenticator of ann", "second factor of alpha's", "webhook endpoint", "CallSigningKey"):
            assert what in str(refused.value)
        assert everything_sealed() == before
