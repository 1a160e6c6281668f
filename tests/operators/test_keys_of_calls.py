"""The keys that an operator's backend signs with: added, rotated, ended, and managed by the API."""

import base64
import json
import time
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.db.models.functions import Now

from audit.models import AuditEntry
from keno_platform.core.ids import uuid7
from operators.models import CallerKey, Operator
from operators.selectors import list_valid_caller_keys
from operators.services import (
    CallerKeyInvalid,
    Integration,
    OperatorInvalid,
    TooManyCallerKeys,
    add_caller_key,
    change_integration,
    issue_key,
    revoke_caller_key,
    rotate_caller_key,
)
from tests.operators.conftest import PATH, Backend, public
from tests.operators.signed import Message, by_hmac
from tests.support.api import call, refusal

pytestmark = pytest.mark.django_db


class TestKeys:
    def test_another_operators_key_signs_nothing_here(self, strict: Backend, operator_b: Operator) -> None:
        key, shared = add_caller_key(operator=operator_b, kind="hmac", label="theirs", actor="test")
        assert shared is not None
        message = Message(method="GET", url=f"http://testserver{PATH}")
        by_hmac(message, base64.b64decode(shared), key.key_id, created=int(time.time()))
        told = refusal(strict.send(message), 401, "signature_invalid")
        unknown = Message(method="GET", url=f"http://testserver{PATH}")
        by_hmac(unknown, base64.b64decode(shared), "ck_0000000000000000", created=int(time.time()))
        assert refusal(strict.send(unknown), 401, "signature_invalid") == told

    def test_during_a_rotation_both_keys_are_good_and_afterwards_only_the_new_one(self, strict: Backend) -> None:
        revoke_caller_key(key=strict.hmac, reason="r", actor="test")
        renewed = Ed25519PrivateKey.generate()
        successor, _ = rotate_caller_key(
            key=strict.ed25519, overlap=timedelta(hours=1), public_key=public(renewed), actor="test"
        )
        after = Backend(
            operator=strict.operator,
            secret=strict.secret,
            private=renewed,
            ed25519=successor,
            hmac=strict.hmac,
            shared=strict.shared,
        )
        assert strict.send(strict.signed("ed25519")).status_code == 200
        assert after.send(after.signed("ed25519")).status_code == 200
        CallerKey.objects.filter(pk=strict.ed25519.pk).update(expires_at=Now() - timedelta(microseconds=1))
        refusal(strict.send(strict.signed("ed25519")), 401, "signature_invalid")
        assert after.send(after.signed("ed25519")).status_code == 200

    def test_a_rotation_without_overlap_ends_the_old_key_at_once(self, strict: Backend) -> None:
        revoke_caller_key(key=strict.ed25519, reason="r", actor="test")
        rotate_caller_key(key=strict.hmac, overlap=timedelta(0), actor="test")
        refusal(strict.send(strict.signed("hmac")), 401, "signature_invalid")

    def test_a_revoked_key_is_refused_from_then_on(self, strict: Backend) -> None:
        assert strict.send(strict.signed("hmac")).status_code == 200
        revoke_caller_key(key=strict.hmac, reason="leaked", actor="test")
        refusal(strict.send(strict.signed("hmac")), 401, "signature_invalid")

    def test_no_third_key_is_valid_at_one_time(self, backend: Backend) -> None:
        with pytest.raises(TooManyCallerKeys):
            add_caller_key(operator=backend.operator, kind="hmac", label="third", actor="test")
        with pytest.raises(TooManyCallerKeys):
            rotate_caller_key(key=backend.hmac, overlap=timedelta(0), actor="test")
        revoke_caller_key(key=backend.hmac, reason="r", actor="test")
        add_caller_key(operator=backend.operator, kind="hmac", label="third", actor="test")
        assert len(list_valid_caller_keys(backend.operator)) == 2

    def test_a_key_that_has_ended_is_not_rotated(self, backend: Backend) -> None:
        revoke_caller_key(key=backend.hmac, reason="r", actor="test")
        with pytest.raises(CallerKeyInvalid):
            rotate_caller_key(key=backend.hmac, overlap=timedelta(days=1), actor="test")

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"kind": "rsa"}, "kind"),
            ({"label": ""}, "label"),
            ({"label": "l" * 81}, "label"),
            ({"public_key": None}, "public_key"),
            ({"public_key": "AAAA"}, "public_key"),
            ({"public_key": "é" * 44}, "public_key"),
            ({"public_key": "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"}, "public_key"),
            ({"kind": "hmac"}, "public_key"),
        ],
    )
    def test_a_key_that_does_not_hold_together_is_refused_by_the_name_of_the_field(
        self, operator_a: Operator, change: dict[str, Any], field: str
    ) -> None:
        good = {"kind": "ed25519", "label": "own", "public_key": public(Ed25519PrivateKey.generate())}
        with pytest.raises(CallerKeyInvalid) as refused:
            add_caller_key(operator=operator_a, actor="test", **(good | change))
        assert refused.value.params == {"field": field}

    def test_a_public_key_may_be_pem(self, operator_a: Operator) -> None:
        private = Ed25519PrivateKey.generate()
        pem = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
        key, secret = add_caller_key(operator=operator_a, kind="ed25519", label="pem", public_key=pem, actor="test")
        assert bytes(key.public_key or b"") == private.public_key().public_bytes_raw()
        assert secret is None

    def test_every_change_is_on_record_and_the_secret_nowhere(self, operator_a: Operator) -> None:
        before = uuid7()
        key, first = add_caller_key(operator=operator_a, kind="hmac", label="l", actor="test")
        successor, second = rotate_caller_key(key=key, overlap=timedelta(hours=1), actor="test")
        revoke_caller_key(key=successor, reason="r", actor="test")
        told = list(AuditEntry.objects.filter(operator_id=operator_a.pk, actor="test", id__gt=before).order_by("id"))
        assert [one.event_type.partition(".")[2] for one in told] == [
            *("caller_key_added", "caller_key_rotated", "caller_key_revoked"),
        ]
        assert first is not None
        assert second is not None
        stored = b"".join(bytes(one.sealed or b"") for one in (key, successor))
        for secret in (first, second):
            assert base64.b64decode(secret) not in stored
            assert all(secret not in f"{one.before}{one.after}{one.description}" for one in told)


class TestApi:
    def test_an_operator_adds_lists_rotates_and_revokes_its_keys(
        self, operator_a: Operator, operator_b: Operator
    ) -> None:
        _, secret = issue_key(operator=operator_a, label="test", actor="test")
        add_caller_key(operator=operator_b, kind="hmac", label="theirs", actor="test")
        answer = call("POST", "caller-keys", credential=secret, body={"kind": "hmac", "label": "mine"})
        assert answer.status_code == 201
        assert answer["Cache-Control"] == "no-store"
        made = json.loads(answer.content)
        assert len(base64.b64decode(made["secret"])) == 32
        rotated = call("POST", f"caller-keys/{made['key_id']}", credential=secret, body={"overlap_seconds": 60})
        renewed = json.loads(rotated.content)
        assert (rotated.status_code, renewed["kind"]) == (201, "hmac")
        assert renewed["secret"] not in (None, made["secret"])
        assert call("DELETE", f"caller-keys/{renewed['key_id']}", credential=secret).status_code == 204
        listed = json.loads(call("GET", "caller-keys", credential=secret).content)
        assert [one["key_id"] for one in listed] == [renewed["key_id"], made["key_id"]]
        assert listed[0]["revoked_at"] is not None
        assert listed[1]["expires_at"] is not None
        assert all("secret" not in one for one in listed)
        for overlap in (-1, 30 * 86_400 + 1):
            wrong = call("POST", f"caller-keys/{made['key_id']}", credential=secret, body={"overlap_seconds": overlap})
            refusal(wrong, 422, "parameter_invalid")

    def test_the_provider_sets_what_an_operator_needs_and_the_operator_reads_it(self, operator_a: Operator) -> None:
        _, provider = issue_key(operator=None, label="test", actor="test")
        _, own = issue_key(operator=operator_a, label="test", actor="test")
        change = {"allowed_addresses": ["127.0.0.1/32", "2001:db8::/32"], "frame_ancestors": ["https://casino.example"]}
        answer = call("PATCH", "operators/alpha", credential=provider, body=change)
        assert answer.status_code == 200
        shown = json.loads(call("GET", "integration", credential=own).content)
        assert shown["allowed_addresses"] == ["127.0.0.1", "2001:db8::/32"]
        assert shown["frame_ancestors"] == ["https://casino.example"]
        assert shown["your_address"] == "127.0.0.1"
        assert json.loads(call("GET", "operators/alpha", credential=provider).content)["slug"] == "alpha"
        entry = AuditEntry.objects.get(event_type="operator.integration_changed", operator_id=operator_a.pk)
        assert entry.before == {"allowed_addresses": [], "frame_ancestors": []}
        assert call("PATCH", "operators/alpha", credential=provider, body=change).status_code == 200
        assert AuditEntry.objects.filter(event_type="operator.integration_changed").count() == 1
        refusal(call("PATCH", "operators/alpha", credential=own, body=change), 403, "caller_not_allowed")

    def test_signatures_cannot_be_asked_for_before_there_is_a_key_to_check_them(self, operator_a: Operator) -> None:
        with pytest.raises(OperatorInvalid) as refused:
            change_integration(operator=operator_a, change=Integration(signed_calls_required=True), actor="test")
        assert refused.value.params == {"field": "signed_calls_required"}

    @pytest.mark.parametrize(
        ("field", "entry"),
        [
            *(
                ("allowed_addresses", one)
                for one in ("", "x", "1.2.3", "1.2.3.4/8", "1.2.3.4/33", "::1/129", "1.2.3.4,")
            ),
            *(
                ("frame_ancestors", one)
                for one in (
                    *("", "*", "casino.example", "http://casino.example", "https://casino.example/", "https://"),
                    *("https://casino.example; script-src *", "https://*.casino.example", "https://a b.example"),
                    *(
                        "https://casino.example:0",
                        "https://casino.example\n",
                        "https://UPPER.example",
                        "'self'",
                        "data:",
                    ),
                )
            ),
        ],
    )
    def test_what_is_no_network_or_origin_is_refused(self, operator_a: Operator, field: str, entry: str) -> None:
        with pytest.raises(OperatorInvalid) as refused:
            change_integration(operator=operator_a, change=Integration(**{field: (entry,)}), actor="test")  # type: ignore[arg-type]
        assert refused.value.params == {"field": field}

    def test_origins_of_casinos_and_of_ones_own_machine_may_frame_the_client(self, operator_a: Operator) -> None:
        origins = ("https://casino.example", "https://www.casino.example:8443", "http://localhost:8100")
        origins += ("http://127.0.0.1:8100", "https://shop.localhost", "http://shop.localhost:81")
        change_integration(operator=operator_a, change=Integration(frame_ancestors=origins), actor="test")
        operator_a.refresh_from_db()
        assert operator_a.frame_ancestors == list(origins)
