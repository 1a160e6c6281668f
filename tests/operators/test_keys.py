"""Credentials: kept as hashes, rotated without a pause, ended at once."""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.db.models.functions import Now

from audit.models import AuditEntry
from keno_platform.core.ids import uuid7
from operators.models import ApiKey, Operator
from operators.selectors import find_valid_key, hash_secret
from operators.services import issue_key, revoke_key, rotate_key
from tests.support.api import call, refusal
from tests.support.bets import everything

pytestmark = pytest.mark.django_db


def status_of(secret: str) -> int:
    """What a call with this key answers."""
    return int(call("GET", "games", credential=secret).status_code)


@pytest.fixture
def key_and_secret(operator_a: Operator) -> tuple[ApiKey, str]:
    return issue_key(operator=operator_a, label="test", actor="test")


def test_a_secret_is_long_random_and_stored_nowhere(key_and_secret: tuple[ApiKey, str]) -> None:
    key, secret = key_and_secret
    assert len(secret) >= 3 + 43
    assert bytes(key.secret_hash) == hash_secret(secret)
    with connection.cursor() as cursor:
        for name in everything(("public", "op_alpha")):
            cursor.execute(f"SELECT count(*) FROM {name} t WHERE t::text LIKE %s", [f"%{secret}%"])
            assert cursor.fetchone() == (0,), name
    assert secret.startswith(key.hint)
    assert len(key.hint) < 12


def test_two_secrets_of_one_operator_differ_and_both_are_valid(operator_a: Operator) -> None:
    secrets = [issue_key(operator=operator_a, label="test", actor="test")[1] for _ in range(2)]
    assert len(set(secrets)) == 2
    assert [status_of(secret) for secret in secrets] == [200, 200]


def test_after_a_rotation_both_keys_are_valid_for_the_overlap(key_and_secret: tuple[ApiKey, str]) -> None:
    key, old = key_and_secret
    response = call("POST", f"keys/{key.pk}", credential=old, body={"overlap_seconds": 3600})
    assert response.status_code == 201
    new = json.loads(response.content)["api_key"]
    assert (status_of(old), status_of(new)) == (200, 200)
    key.refresh_from_db()
    assert key.expires_at is not None


def test_a_rotation_without_overlap_refuses_the_old_key_at_once(key_and_secret: tuple[ApiKey, str]) -> None:
    key, old = key_and_secret
    new = json.loads(call("POST", f"keys/{key.pk}", credential=old, body={"overlap_seconds": 0}).content)["api_key"]
    assert (status_of(old), status_of(new)) == (401, 200)


def test_the_overlap_is_a_day_unless_it_is_said(key_and_secret: tuple[ApiKey, str]) -> None:
    key, old = key_and_secret
    call("POST", f"keys/{key.pk}", credential=old, body={})
    day = timedelta(days=1)
    assert ApiKey.objects.filter(
        pk=key.pk, expires_at__gt=Now() + day - timedelta(minutes=1), expires_at__lt=Now() + day
    ).exists()


def test_rotating_again_never_gives_an_old_key_more_time(operator_a: Operator) -> None:
    key, old = issue_key(operator=operator_a, label="test", actor="test")
    rotate_key(key=key, overlap=timedelta(0), actor="test")
    assert status_of(old) == 401
    rotate_key(key=key, overlap=timedelta(days=30), actor="test")
    assert status_of(old) == 401


def test_a_revoked_key_is_refused_from_then_on_and_stays_so(key_and_secret: tuple[ApiKey, str]) -> None:
    key, secret = key_and_secret
    assert status_of(secret) == 200
    assert call("DELETE", f"keys/{key.pk}", credential=secret).status_code == 204
    assert status_of(secret) == 401
    rotate_key(key=key, overlap=timedelta(days=1), actor="test")
    assert status_of(secret) == 401


def test_revoking_twice_is_recorded_once(key_and_secret: tuple[ApiKey, str]) -> None:
    key, _ = key_and_secret
    for _ in range(2):
        revoke_key(key=key, reason="leaked", actor="test")
    entries = AuditEntry.objects.filter(event_type="operator.key_revoked", after__key=str(key.pk))
    assert [entry.after["reason"] for entry in entries] == ["leaked"]


def test_an_expired_key_is_refused_by_the_databases_clock(key_and_secret: tuple[ApiKey, str]) -> None:
    key, secret = key_and_secret
    ApiKey.objects.filter(pk=key.pk).update(expires_at=Now() + timedelta(seconds=5))
    assert status_of(secret) == 200
    ApiKey.objects.filter(pk=key.pk).update(expires_at=Now() - timedelta(microseconds=1))
    assert status_of(secret) == 401
    assert find_valid_key(secret) is None


def test_every_change_of_a_key_is_on_record_without_its_secret(operator_a: Operator) -> None:
    before = uuid7()
    key, first = issue_key(operator=operator_a, label="test", actor="test")
    successor, second = rotate_key(key=key, overlap=timedelta(0), actor="test")
    revoke_key(key=successor, reason="r", actor="test")
    told = list(AuditEntry.objects.filter(operator_id=operator_a.pk, actor="test", id__gt=before).order_by("id"))
    assert [one.event_type.partition(".")[2] for one in told] == [
        *("key_issued", "key_issued", "key_rotated", "key_revoked"),
    ]
    for one in told:
        text = f"{one.before}{one.after}{one.description}"
        assert first not in text
        assert second not in text


def test_an_operator_lists_its_own_keys_without_their_secrets(operator_a: Operator, operator_b: Operator) -> None:
    own, secret = issue_key(operator=operator_a, label="mine", actor="test")
    other, _ = issue_key(operator=operator_b, label="theirs", actor="test")
    text = call("GET", "keys", credential=secret).content.decode()
    assert str(own.pk) in text
    assert str(other.pk) not in text
    assert secret not in text
    assert hash_secret(secret).hex() not in text


def test_the_providers_key_is_no_operators_and_the_other_way_round(operator_a: Operator) -> None:
    _, provider = issue_key(operator=None, label="test", actor="test")
    _, own = issue_key(operator=operator_a, label="test", actor="test")
    assert (provider[:3], own[:3]) == ("kp_", "ko_")
    for path in ("games", "bets", "wallet/transactions", "keys", "rounds"):
        refusal(call("GET", path, credential=provider), 403, "caller_not_allowed")
    refusal(call("GET", "operators", credential=own), 403, "caller_not_allowed")
    assert call("GET", "operators", credential=provider).status_code == 200


def test_nearly_the_right_key_is_no_key(key_and_secret: tuple[ApiKey, str]) -> None:
    _, secret = key_and_secret
    changed = secret[:-1] + ("A" if secret[-1] != "A" else "B")
    for wrong in (
        *(changed, secret[:-1], secret + "A", secret.upper(), secret.swapcase()),
        *("kp_" + secret[3:], "ko_", "ko_" + "A" * 43, "xx_" + secret[3:], secret[3:], "ps.alpha.x", "null"),
        hash_secret(secret).hex(),
    ):
        refusal(call("GET", "games", credential=wrong), 401, "unauthenticated") if not wrong.startswith("ps.") else (
            refusal(call("GET", "games", credential=wrong), 401, "session_expired")
        )


def test_an_authorization_that_is_not_one_bearer_token_is_refused(key_and_secret: tuple[ApiKey, str]) -> None:
    _, secret = key_and_secret
    for header in (
        *("", " ", "Bearer", "Bearer ", secret, f"Basic {secret}", f"Token {secret}", f"Bearer  {secret}"),
        *(f"Bearer {secret} {secret}", f"Bearer {secret},Bearer {secret}", f"Bearer {secret}, Bearer {secret}"),
        *(f"Bearer {secret},", f"Bearer\t{secret}", "Bearer \u0663", f"Bearer {secret}é", f"Bearer: {secret}"),
    ):
        response = call("GET", "games", headers={"Authorization": header})
        assert response.status_code in (400, 401), header
        refusal(response, response.status_code, json.loads(response.content)["code"])


def test_the_scheme_may_be_written_in_any_case(key_and_secret: tuple[ApiKey, str]) -> None:
    for scheme in ("Bearer", "bearer", "BEARER"):
        assert call("GET", "games", headers={"Authorization": f"{scheme} {key_and_secret[1]}"}).status_code == 200


def test_a_key_in_another_place_than_the_header_is_not_seen(key_and_secret: tuple[ApiKey, str]) -> None:
    _, secret = key_and_secret
    refusal(call("GET", f"games?access_token={secret}"), 401, "unauthenticated")
    refusal(call("GET", f"games?authorization=Bearer%20{secret}"), 401, "unauthenticated")
    refusal(call("GET", "games", headers={"X-Authorization": f"Bearer {secret}"}), 401, "unauthenticated")


@pytest.mark.parametrize("key_id", [UUID(int=0), uuid4()])
def test_a_key_that_is_not_there_is_neither_rotated_nor_revoked(
    key_and_secret: tuple[ApiKey, str], key_id: UUID
) -> None:
    body: dict[str, Any] = {}
    refusal(call("POST", f"keys/{key_id}", credential=key_and_secret[1], body=body), 404, "not_found")
    refusal(call("DELETE", f"keys/{key_id}", credential=key_and_secret[1]), 404, "not_found")
