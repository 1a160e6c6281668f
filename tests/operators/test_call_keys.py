"""Our keys: public before they sign, changed without a pause, kept sealed, and signing without asking the database."""

import asyncio
import base64
import json
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.conf import LazySettings
from django.db import connection
from django.db.models import F
from django.db.models.functions import Now
from django.test import Client

from audit.models import AuditEntry
from operators.keyring import KEPT_S, Keyring, keyring
from operators.models import CallerKey, CallSigningKey, Operator, WalletConnection
from operators.ports import ports
from operators.sealing import Seal
from operators.selectors import get_wallet_connection
from operators.services import (
    add_caller_key,
    connect_wallet,
    ensure_call_key,
    reseal,
    rotate_call_key,
    rotate_wallet_secret,
)
from operators.signing import signed_headers
from operators.verification import Key, SignatureInvalid, verify
from tests.operators.signed import ID, Message, library_accepts
from tests.support.bets import everything

pytestmark = pytest.mark.django_db
URL = "http://127.0.0.1:8100/wallet/debit"
OLD, NEW = bytes(range(32)), bytes(range(32, 64))


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What a test makes of the keys is rolled back with it, and may not stay in memory."""
    monkeypatch.setattr(ports, "has_money", lambda operator: False)  # other tests have played here
    keyring.forget()
    yield
    keyring.forget()


@pytest.fixture
def wallet(operator_a: Operator) -> WalletConnection:
    connect_wallet(operator=operator_a, url="http://127.0.0.1:8100/wallet", is_local=True, actor="test")
    return get_wallet_connection(operator_a)


def published() -> list[dict[str, Any]]:
    answer = Client().get("/.well-known/keno-call-keys.json")
    assert answer.status_code == 200
    found: list[dict[str, Any]] = json.loads(answer.content)["keys"]
    return found


def signed(wallet: WalletConnection) -> Message:
    body = b'{"amount":"1.00"}'
    headers = signed_headers(wallet, method="POST", url=URL, body=body, request_id=ID)
    return Message(method="POST", url=URL, headers=headers, body=body)


def signer(message: Message) -> str:
    """Under which of the published keys a message is signed."""
    now = int(time.time())
    for key in published():
        public = Ed25519PublicKey.from_public_bytes(base64.b64decode(key["public_key"]))
        if f'keyid="{key["key_id"]}"' in message.headers["Signature-Input"]:
            assert library_accepts(message, public, key["key_id"], now)
            return str(key["key_id"])
    raise AssertionError("signed under a key that is not published")


class TestOurKeys:
    def test_a_call_is_signed_under_a_key_that_anybody_can_read(self, wallet: WalletConnection) -> None:
        key = next(one for one in published() if one["valid_until"] is None)
        assert set(key) == {"key_id", "algorithm", "public_key", "valid_from", "valid_until"}
        assert key["algorithm"] == "ed25519"
        assert signer(signed(wallet)) in {one["key_id"] for one in published()}

    def test_a_new_key_is_published_at_once_and_signs_only_after_the_overlap(self, wallet: WalletConnection) -> None:
        old = signer(signed(wallet))
        new = rotate_call_key(overlap=timedelta(hours=1), actor="test")
        keyring.forget()
        assert signer(signed(wallet)) == old
        ends = {one["key_id"]: one["valid_until"] for one in published()}
        assert ends[new.key_id] is None
        assert ends[old] is not None
        CallSigningKey.objects.update(
            valid_from=F("valid_from") - timedelta(hours=2), signs_from=F("signs_from") - timedelta(hours=2)
        )
        keyring.forget()
        assert signer(signed(wallet)) == new.key_id

    def test_the_old_key_stays_valid_for_five_minutes_after_it_signed_last(self) -> None:
        rotate_call_key(overlap=timedelta(0), actor="test")
        old = ensure_call_key()
        new = rotate_call_key(overlap=timedelta(hours=1), actor="test")
        old.refresh_from_db()
        assert old.retired_at == new.signs_from + timedelta(seconds=300)
        assert CallSigningKey.objects.get(retired_at__isnull=True) == new

    def test_a_rotation_without_overlap_signs_with_the_new_key_at_once(self, wallet: WalletConnection) -> None:
        signed(wallet)
        new = rotate_call_key(overlap=timedelta(0), actor="test")
        keyring.forget()
        assert signer(signed(wallet)) == new.key_id

    @pytest.mark.parametrize("hours", [0, 1, 3])
    def test_a_key_that_waits_for_its_time_when_the_next_is_made_never_signs(
        self, wallet: WalletConnection, hours: int
    ) -> None:
        rotate_call_key(overlap=timedelta(0), actor="test")
        old = ensure_call_key()
        waiting = rotate_call_key(overlap=timedelta(hours=2), actor="test")
        last = rotate_call_key(overlap=timedelta(hours=hours), actor="test")
        waiting.refresh_from_db()
        old.refresh_from_db()
        assert waiting.retired_at is not None
        assert waiting.retired_at < waiting.signs_from
        assert old.retired_at == last.signs_from + timedelta(seconds=300)
        keyring.forget()
        assert signer(signed(wallet)) == (last if hours == 0 else old).key_id
        day = timedelta(days=1)
        CallSigningKey.objects.update(
            valid_from=F("valid_from") - day, signs_from=F("signs_from") - day, retired_at=F("retired_at") - day
        )
        keyring.forget()
        assert signer(signed(wallet)) == last.key_id

    def test_rotations_are_on_record(self) -> None:
        old = ensure_call_key()
        new = rotate_call_key(overlap=timedelta(hours=1), actor="somebody")
        entry = AuditEntry.objects.get(event_type="call_signing_key.rotated")
        assert (entry.actor, entry.before, entry.after) == (
            "somebody",
            {"key": old.key_id},
            {"key": new.key_id, "overlap_s": 3600},
        )

    def test_there_is_one_key_without_an_end(self) -> None:
        ensure_call_key()
        before = CallSigningKey.objects.count()
        assert ensure_call_key() == ensure_call_key()
        assert CallSigningKey.objects.count() == before

    def test_a_thousand_signatures_ask_the_database_nothing(
        self, wallet: WalletConnection, django_assert_num_queries: Any
    ) -> None:
        signed(wallet)
        with django_assert_num_queries(0):
            for _ in range(1000):
                signed(wallet)

    def test_what_is_known_of_the_keys_is_read_again_after_a_while(self, wallet: WalletConnection) -> None:
        ring = Keyring()
        first = ring.current().key_id
        new = rotate_call_key(overlap=timedelta(0), actor="test")
        assert ring.current().key_id == first
        ring._good_until -= KEPT_S
        assert ring.current().key_id == new.key_id


class TestEventLoops:
    """Signing happens in event loops, where the database may not be asked."""

    def test_before_the_first_signature_in_an_event_loop_the_keys_are_read_while_the_loop_goes_on(
        self, committed: None
    ) -> None:
        ring = Keyring()

        async def once() -> str:
            ring._loading.acquire()  # somebody reads them already, and for long
            waiting = asyncio.create_task(ring.ready())
            await asyncio.sleep(0.05)
            assert not waiting.done()
            ring._loading.release()
            await waiting
            return ring.current().key_id

        assert asyncio.run(once()) == ensure_call_key().key_id

    def test_no_signature_in_an_event_loop_waits_for_the_database(self) -> None:
        async def at_once() -> None:
            with pytest.raises(RuntimeError, match="await ready"):
                Keyring().current()

        asyncio.run(at_once())

    def test_later_ones_do_not_wait_for_the_database(self, committed: None) -> None:
        ring = Keyring()
        known = ring.current()

        async def sign_while_keys_are_locked() -> float:
            ring._good_until = 0.0
            began = time.perf_counter()
            assert ring.current() == known
            took = time.perf_counter() - began
            await asyncio.to_thread(ring._loading.acquire)  # held until the keys are read
            return took

        assert asyncio.run(sign_while_keys_are_locked()) < 0.5
        assert ring._good_until > time.monotonic()
        assert ring.current().key_id == known.key_id


class TestHmac:
    @pytest.fixture
    def shared(self, operator_a: Operator) -> tuple[WalletConnection, bytes]:
        secret = connect_wallet(
            operator=operator_a, url="http://127.0.0.1:8100/wallet", signing="hmac", is_local=True, actor="test"
        )
        assert secret is not None
        return get_wallet_connection(operator_a), base64.b64decode(secret)

    def accepted(self, wallet: WalletConnection, secret: bytes, key_id: str) -> bool:

        message = signed(wallet)
        assert message.headers["X-Keno-Key"] in (wallet.hmac_key_id, wallet.hmac_previous_key_id)
        try:
            found = verify(message.call(), [Key(key_id=key_id, kind="hmac", material=secret)], now=int(time.time()))
        except SignatureInvalid:
            return False
        return found == key_id

    def test_a_call_is_signed_with_the_secret_that_was_shown(self, shared: tuple[WalletConnection, bytes]) -> None:
        wallet, secret = shared
        assert self.accepted(wallet, secret, wallet.hmac_key_id)
        assert not self.accepted(wallet, bytes(32), wallet.hmac_key_id)

    def test_during_a_rotation_the_old_secret_signs_until_the_overlap_is_over(
        self, operator_a: Operator, shared: tuple[WalletConnection, bytes]
    ) -> None:
        wallet, old = shared
        key_id, new = rotate_wallet_secret(operator=operator_a, overlap=timedelta(hours=1), actor="test")
        rotated = get_wallet_connection(operator_a)
        assert rotated.hmac_previous_key_id == wallet.hmac_key_id
        assert self.accepted(rotated, old, wallet.hmac_key_id)
        WalletConnection.objects.update(hmac_previous_until=Now())
        assert self.accepted(get_wallet_connection(operator_a), base64.b64decode(new), key_id)

    def test_a_second_rotation_inside_the_overlap_leaves_the_one_that_signs_in_place(
        self, operator_a: Operator, shared: tuple[WalletConnection, bytes]
    ) -> None:
        wallet, old = shared
        rotate_wallet_secret(operator=operator_a, overlap=timedelta(hours=1), actor="test")
        key_id, new = rotate_wallet_secret(operator=operator_a, overlap=timedelta(hours=2), actor="test")
        rotated = get_wallet_connection(operator_a)
        assert self.accepted(rotated, old, wallet.hmac_key_id)
        WalletConnection.objects.update(hmac_previous_until=Now())
        assert self.accepted(get_wallet_connection(operator_a), base64.b64decode(new), key_id)

    def test_an_overlap_of_nothing_signs_with_the_new_one_at_once(
        self, operator_a: Operator, shared: tuple[WalletConnection, bytes]
    ) -> None:
        key_id, new = rotate_wallet_secret(operator=operator_a, overlap=timedelta(0), actor="test")
        assert self.accepted(get_wallet_connection(operator_a), base64.b64decode(new), key_id)


class TestAtRest:
    def make(self, operator: Operator) -> dict[str, bytes]:
        """One of every secret of this room, by the name of where it is sealed."""
        ensure_call_key()
        first = connect_wallet(
            operator=operator, url="http://127.0.0.1:8100", signing="hmac", is_local=True, actor="test"
        )
        _, second = rotate_wallet_secret(operator=operator, overlap=timedelta(hours=1), actor="test")
        _, third = add_caller_key(operator=operator, kind="hmac", label="l", actor="test")
        given = {"hmac_previous": first, "hmac_secret": second, "caller": third}
        return {name: base64.b64decode(text) for name, text in given.items() if text}

    def test_no_secret_stands_anywhere_in_the_database(self, operator_a: Operator) -> None:
        secrets = self.make(operator_a)
        with connection.cursor() as cursor:
            for name in everything(("public", "op_alpha")):
                for secret in secrets.values():
                    forms = (secret.hex(), base64.b64encode(secret).decode())
                    cursor.execute(
                        f"SELECT count(*) FROM {name} t WHERE t::text LIKE %s OR t::text LIKE %s",
                        [f"%{form}%" for form in forms],
                    )
                    assert cursor.fetchone() == (0,), name

    def test_what_is_sealed_opens_only_for_its_purpose_and_about_the_same_thing(self, settings: LazySettings) -> None:
        settings.SEAL_KEYS = [OLD]
        seal = Seal(purpose="one")
        sealed = seal.close(b"secret", about="a")
        assert seal.open(sealed, about="a") == b"secret"
        assert seal.close(b"secret", about="a") != sealed
        for other, about in ((seal, "b"), (Seal(purpose="two"), "a")):
            with pytest.raises(InvalidTag):
                other.open(sealed, about=about)

    def test_everything_is_sealed_anew_under_a_new_seal_key(self, operator_a: Operator, settings: LazySettings) -> None:
        reseal()  # what other tests have left is sealed under the key of this run
        before = settings.SEAL_KEYS
        secrets = self.make(operator_a)
        settings.SEAL_KEYS = [NEW, *before]
        done = reseal()
        assert done.lost == ()
        assert done.resealed >= 4
        again = reseal()
        assert (again.resealed, again.already, again.lost) == (0, done.resealed + done.already, ())
        settings.SEAL_KEYS = [NEW]
        wallet = get_wallet_connection(operator_a)
        keyring.forget()
        assert signer_of_hmac(wallet, secrets["hmac_previous"])
        WalletConnection.objects.update(signing="ed25519")
        assert signer(signed(get_wallet_connection(operator_a)))

    def test_what_no_key_opens_is_named_and_left(self, operator_a: Operator, settings: LazySettings) -> None:
        self.make(operator_a)
        stored = {bytes(one.sealed or b"") for one in CallerKey.objects.all()}
        settings.SEAL_KEYS = [NEW]
        done = reseal()
        assert done.resealed == 0
        assert len(done.lost) >= 4
        assert any("CallSigningKey" in name for name in done.lost)
        assert {bytes(one.sealed or b"") for one in CallerKey.objects.all()} == stored


def signer_of_hmac(wallet: WalletConnection, secret: bytes) -> bool:
    """Whether a wallet's calls are signed with this secret now."""

    key = Key(key_id=wallet.hmac_previous_key_id, kind="hmac", material=secret)
    return verify(signed(wallet).call(), [key], now=int(time.time())) == key.key_id
