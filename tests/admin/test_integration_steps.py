"""What staff do about integrations: wallets, keys of signatures, addresses; each through its service, on record."""

import base64
import re
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.contrib.auth.models import Permission, User

from operators.models import CallerKey, CallSigningKey, Operator, WalletConnection, WalletMode
from operators.selectors import get_operator, get_wallet_connection, list_valid_caller_keys
from operators.services import add_caller_key, ensure_call_key, revoke_caller_key
from tests.admin.desk import Desk, last_entry, list_address, page_address, told

pytestmark = pytest.mark.usefixtures("committed")
SECRET = re.compile(r'id="secret">([^<]+)<')
WALLET = {
    "url": "https://wallet.casino.example/keno",
    "signing": "hmac",
    "settlement": "round",
    "concurrency_max": "50",
    "zero_win_notices": "on",
}


def secret_on(answer: Any) -> str:
    assert "no-store" in answer["Cache-Control"]
    [secret] = SECRET.findall(answer.content.decode())
    return str(secret)


@pytest.fixture
def clerk(committed: None, unique: Any) -> Desk:
    """Staff who may do everything about wallets and operators, and are no superuser."""
    user = User.objects.create_user(unique("clerk"), is_staff=True)
    user.user_permissions.set(Permission.objects.filter(content_type__app_label="operators"))
    return Desk(user)


def test_a_wallet_is_connected_and_its_secret_is_shown_once(desk: Desk, new_operator: Operator) -> None:
    address = page_address(new_operator, "connect")
    secret = secret_on(desk.take(address, **WALLET))
    assert len(base64.b64decode(secret)) == 32
    wallet = get_wallet_connection(new_operator)
    assert (wallet.url, wallet.signing, wallet.settlement, wallet.concurrency_max) == (
        *("https://wallet.casino.example/keno", "hmac", "round", 50),
    )
    assert wallet.zero_win_notices
    assert get_operator(slug=new_operator.slug).wallet_mode == WalletMode.SEAMLESS
    assert last_entry("operator.wallet_connected").actor == f"staff:{desk.user.username}"
    changed = desk.take(address, **(WALLET | {"settlement": "bet"}))
    assert (changed.status_code, get_wallet_connection(new_operator).settlement) == (302, "bet")
    for page in (page_address(wallet), list_address(WalletConnection), page_address(new_operator)):
        assert secret not in desk.get(page).content.decode()


def test_a_wallet_that_may_not_be_called_is_refused_and_the_page_stays(desk: Desk, new_operator: Operator) -> None:
    for url in ("http://127.0.0.1/", "https://10.0.0.1/", "https://localhost/"):
        answer = desk.take(page_address(new_operator, "connect"), **(WALLET | {"url": url}))
        assert answer.status_code == 200
        assert "address_not_allowed" in told(answer)
    assert not WalletConnection.objects.filter(operator=new_operator).exists()


def test_only_a_superuser_lets_calls_into_our_own_network(desk: Desk, clerk: Desk, new_operator: Operator) -> None:
    address = page_address(new_operator, "connect")
    local = WALLET | {"url": "http://127.0.0.1:8100/wallet", "is_local": "on"}
    assert clerk.take(address, **local).status_code == 403
    assert not WalletConnection.objects.filter(operator=new_operator).exists()
    assert clerk.take(address, **WALLET).status_code == 200
    assert desk.take(address, **local).status_code == 302
    assert get_wallet_connection(new_operator).is_local


def test_a_wallet_is_paused_resumed_and_its_secret_renewed(desk: Desk, new_operator: Operator) -> None:
    first = secret_on(desk.take(page_address(new_operator, "connect"), **WALLET))
    wallet = get_wallet_connection(new_operator)
    assert desk.take(page_address(wallet, "pause"), reason="").status_code == 200
    assert get_wallet_connection(new_operator).active
    assert "paused now" in told(desk.take(page_address(wallet, "pause"), reason="The operator asked"))
    assert not get_wallet_connection(new_operator).active
    assert last_entry("operator.wallet_paused").after["reason"] == "The operator asked"
    assert "paused already" in told(desk.get(page_address(wallet, "pause")))
    assert desk.take(page_address(wallet, "resume"), reason="It is back").status_code == 302
    assert get_wallet_connection(new_operator).active
    second = secret_on(desk.take(page_address(wallet, "rotate"), overlap_hours="24"))
    assert second != first
    assert get_wallet_connection(new_operator).hmac_previous_key_id == wallet.hmac_key_id


def test_trying_a_wallet_says_what_came_of_it(desk: Desk, new_operator: Operator) -> None:
    local = WALLET | {"url": "http://127.0.0.1:9/wallet", "is_local": "on"}
    desk.take(page_address(new_operator, "connect"), **local)
    said = told(desk.take(page_address(get_wallet_connection(new_operator), "ping"), player_token="p-1"))
    assert "connection" in said
    assert "There was no answer." in said


def test_an_integration_is_changed_and_shown_as_it_stands(desk: Desk, new_operator: Operator) -> None:
    address = page_address(new_operator, "integrate")
    asked = {"allowed_addresses": "198.51.100.7\r\n2001:db8::/32\r\n", "frame_ancestors": "https://casino.example"}
    assert desk.take(address, sandbox="on", **asked).status_code == 302
    operator = get_operator(slug=new_operator.slug)
    assert operator.sandbox
    assert operator.allowed_addresses == ["198.51.100.7", "2001:db8::/32"]
    assert operator.frame_ancestors == ["https://casino.example"]
    page = desk.get(address).content.decode()
    assert "2001:db8::/32" in page
    for wrong in ({"allowed_addresses": "everywhere"}, {"frame_ancestors": "*"}, {"signed_calls_required": "on"}):
        answer = desk.take(address, **(asked | wrong))
        assert answer.status_code == 200
        assert "operator_invalid" in told(answer)
    assert get_operator(slug=new_operator.slug).allowed_addresses == ["198.51.100.7", "2001:db8::/32"]


def test_keys_for_signed_calls_are_added_rotated_and_revoked(desk: Desk, new_operator: Operator) -> None:
    public = base64.b64encode(Ed25519PrivateKey.generate().public_key().public_bytes_raw()).decode()
    add = list_address(CallerKey) + "add/"
    own = {"operator": str(new_operator.pk), "label": "backend"}
    assert desk.take(add, kind="ed25519", public_key=public, **own).status_code == 302
    shared = secret_on(desk.take(add, kind="hmac", **own))
    newest, oldest = list_valid_caller_keys(new_operator)
    assert (newest.kind, oldest.kind) == ("hmac", "ed25519")
    refused = desk.take(add, kind="hmac", **own)
    assert "too_many_caller_keys" in told(refused)
    assert desk.take(page_address(oldest, "revoke"), reason="Not used").status_code == 302
    renewed = secret_on(desk.take(page_address(newest, "rotate"), overlap_hours="1"))
    assert renewed != shared
    assert last_entry("operator.caller_key_rotated").before == {"key": newest.key_id}
    assert "revoked already" in told(desk.get(page_address(oldest, "revoke")))
    for page in (page_address(newest), list_address(CallerKey)):
        text = desk.get(page).content.decode()
        assert shared not in text
        assert renewed not in text


def test_our_own_key_is_rotated_once_at_a_time(desk: Desk) -> None:
    key = ensure_call_key()
    assert "is published" in told(desk.take(page_address(key, "rotate"), overlap_hours="24"))
    newest = CallSigningKey.objects.get(retired_at__isnull=True)
    assert newest != key
    assert last_entry("call_signing_key.rotated").actor == f"staff:{desk.user.username}"
    assert "has a successor already" in told(desk.get(page_address(key, "rotate")))


def test_who_may_only_look_takes_none_of_these_steps(desk: Desk, new_operator: Operator, unique: Any) -> None:
    desk.take(page_address(new_operator, "connect"), **WALLET)
    key, _ = add_caller_key(operator=new_operator, kind="hmac", label="l", actor="test")
    user = User.objects.create_user(unique("looker"), is_staff=True)
    user.user_permissions.set(
        Permission.objects.filter(content_type__app_label="operators", codename__startswith="view_")
    )
    looker = Desk(user)
    wallet = get_wallet_connection(new_operator)
    forbidden = [
        *(page_address(wallet, step) for step in ("ping", "rotate", "pause", "resume")),
        *(page_address(key, step) for step in ("rotate", "revoke")),
        *(page_address(new_operator, step) for step in ("integrate", "connect")),
        page_address(CallSigningKey.objects.get(retired_at__isnull=True), "rotate"),
        list_address(CallerKey) + "add/",
    ]
    for address in forbidden:
        assert looker.get(address).status_code in (302, 403), address
        assert looker.client.post(address, {}).status_code in (302, 403), address
    assert looker.get(page_address(wallet)).status_code == 200
    assert get_wallet_connection(new_operator).active
    revoke_caller_key(key=key, reason="r", actor="test")
