"""Calls that the SDK signs are let through by the platform, in both forms; a forged one is not."""

import base64
from collections.abc import Callable, Iterator
from uuid import uuid4

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from keno_operator import CallKeys, Ed25519Signer, HmacSigner, KenoClient, KenoError, Retries, Signer

from operators.models import Operator
from tests.support.bets import backend

BASE = "http://localhost"
Connect = Callable[[Signer | None], KenoClient]


@pytest.fixture
def connect(platform: httpx.WSGITransport, operator_a: Operator) -> Iterator[Connect]:
    """Clients of one backend, each with a signer of its own."""
    made: list[KenoClient] = []
    secret = backend(operator_a).secret

    def connect(signer: Signer | None) -> KenoClient:
        made.append(KenoClient(BASE, secret, signer=signer, transport=platform, retries=Retries(attempts=1)))
        return made[-1]

    yield connect
    for client in made:
        client.close()


def ed25519(keno: KenoClient) -> Signer:
    key = Ed25519PrivateKey.generate()
    public = base64.b64encode(key.public_key().public_bytes_raw()).decode()
    made = keno.add_caller_key(kind="ed25519", label="sdk", public_key=public)
    return Ed25519Signer(key_id=made.key_id, private_key=key)


def shared_secret(keno: KenoClient) -> Signer:
    made = keno.add_caller_key(kind="hmac", label="sdk")
    assert made.secret is not None
    return HmacSigner(key_id=made.key_id, secret=made.secret)


@pytest.fixture
def only_signed(operator_a: Operator) -> Callable[[], None]:
    """From now on this operator's calls must be signed."""

    def demand() -> None:
        Operator.objects.filter(pk=operator_a.pk).update(signed_calls_required=True)

    return demand


@pytest.mark.parametrize("form", [ed25519, shared_secret])
def test_signed_calls_are_let_through_where_they_must_be_signed(
    connect: Connect, form: Callable[[KenoClient], Signer], only_signed: Callable[[], None]
) -> None:
    plain = connect(None)
    signed, player = connect(form(plain)), f"p-{uuid4().hex[:12]}"
    only_signed()
    with pytest.raises(KenoError, match="signature_missing"):
        plain.list_games()
    # No body; a query; a body with an idempotency key; a path with an escaped part; a body without a key; a DELETE.
    signed.list_games()
    assert signed.list_bets(player_token=None, limit=3, from_="2026-01-01T00:00:00Z").results == []
    order = {"player_token": player, "amount": "5.00", "currency": "KES", "reference": "ጤና"}
    given = signed.deposit(**order, idempotency_key=f"order-{player}")
    assert signed.deposit(**order, idempotency_key=f"order-{player}") == given
    assert signed.read_account(player).balance == "5.00"
    session = signed.open_session(player_token=player, currency="KES")
    signed.revoke_session(session.session_id)


@pytest.mark.parametrize("form", [ed25519, shared_secret])
def test_another_key_under_the_same_name_is_refused(
    connect: Connect, form: Callable[[KenoClient], Signer], only_signed: Callable[[], None]
) -> None:
    known = form(connect(None))
    assert isinstance(known, Ed25519Signer | HmacSigner)
    only_signed()
    forged: Signer
    if isinstance(known, Ed25519Signer):
        forged = Ed25519Signer(key_id=known.key_id, private_key=Ed25519PrivateKey.generate())
    else:
        forged = HmacSigner(key_id=known.key_id, secret=base64.b64encode(b"another secret, of 32 bytes too.").decode())
    with pytest.raises(KenoError) as caught:
        connect(forged).list_games()
    assert (caught.value.code, caught.value.status, caught.value.money_moved) == ("signature_invalid", 401, "no")


def test_the_platform_publishes_keys_that_a_verifier_reads(platform: httpx.WSGITransport) -> None:
    keys = CallKeys(f"{BASE}/.well-known/keno-call-keys.json", transport=platform)
    with httpx.Client(transport=platform) as client:
        published = client.get(keys.url).json()["keys"]
    assert published
    assert all(keys.find(one["key_id"]) is not None for one in published)
