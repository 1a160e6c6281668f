"""Keys change without a pause and without a loss: the one that seals, and the one that signs."""

import secrets
from io import StringIO
from typing import Any

import pytest
from cryptography.exceptions import InvalidTag
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.test import Client

from audit.models import AuditEntry
from fairness.ed25519 import verify_ed25519
from rounds import custody
from rounds.models import Epoch, SigningKey
from rounds.proofs import round_proof
from rounds.selectors import get_round_for_proof
from tests.support.rounds import Timing, again, commit_rounds, drive, new_game

pytestmark = pytest.mark.usefixtures("db")
BRIEF = Timing(betting=0.05, pause=0.02)


def _rotate() -> str:
    output = StringIO()
    call_command("rotate_seal_key", stdout=output)
    return output.getvalue()


def test_after_a_rotation_the_new_key_alone_opens_everything(settings: Any) -> None:
    rounds = commit_rounds(new_game(network="local"), count=2, timing=Timing(betting=0.1))
    old, new = settings.SEAL_KEYS[0], secrets.token_bytes(32)

    settings.SEAL_KEYS = [new, old]
    drive(rounds[:1])  # while both are known, nothing waits
    assert "sealed anew" in _rotate()

    settings.SEAL_KEYS = [new]
    drive(rounds)
    assert [again(one).status for one in rounds] == ["revealed", "revealed"]
    settings.SEAL_KEYS = [old]
    with pytest.raises(InvalidTag):
        custody.sign(b"anything")


def test_a_second_rotation_has_nothing_to_do(settings: Any) -> None:
    commit_rounds(new_game(), timing=BRIEF)
    settings.SEAL_KEYS = [secrets.token_bytes(32), *settings.SEAL_KEYS]
    _rotate()
    assert _rotate().startswith("0 sealed anew")
    assert AuditEntry.objects.filter(event_type="seal_key.rotated").count() == 2


def test_what_no_key_opens_is_named_and_kept(settings: Any) -> None:
    one = commit_rounds(new_game(), timing=BRIEF)[0]
    sealed = bytes(one.epoch.sealed_key)
    settings.SEAL_KEYS = [secrets.token_bytes(32)]
    with pytest.raises(CommandError, match=f"epoch {one.epoch_id}"):
        _rotate()
    assert bytes(Epoch.objects.get(pk=one.epoch_id).sealed_key) == sealed


def test_a_sealed_key_opens_only_for_the_root_it_was_sealed_about() -> None:
    first, second = (commit_rounds(new_game(), timing=BRIEF)[0].epoch for _ in range(2))
    assert custody._epoch_key(bytes(first.sealed_key), bytes(first.root)) is not None
    assert custody._epoch_key(bytes(first.sealed_key), bytes(second.root)) is None


def test_a_retired_signing_key_stays_listed_and_what_it_signed_stays_valid() -> None:
    rounds = commit_rounds(new_game(), count=2, timing=Timing(betting=0.5))
    drive(rounds[:1])
    call_command("rotate_signing_key", stdout=StringIO())
    drive(rounds)

    listed = {key["key_id"]: key for key in Client().get("/.well-known/keno-keys.json").json()["keys"]}
    closes = [round_proof(get_round_for_proof(one.pk))["close"] for one in rounds]
    assert closes[0]["key_id"] != closes[1]["key_id"]
    for close in closes:
        assert listed[close["key_id"]]["public_key"] == close["public_key"]
        verify_ed25519(
            public_key=bytes.fromhex(close["public_key"]),
            message=bytes.fromhex(close["message"]),
            signature=bytes.fromhex(close["signature"]),
        )
    assert listed[closes[0]["key_id"]]["valid_until"] is not None
    assert listed[closes[1]["key_id"]]["valid_until"] is None


def test_the_database_lets_only_one_key_sign() -> None:
    custody.signing_keys()
    with pytest.raises(IntegrityError, match="rounds_one_key_signs"), transaction.atomic():
        SigningKey.objects.create(key_id="00", public_key=bytes(32), sealed=bytes(60))
