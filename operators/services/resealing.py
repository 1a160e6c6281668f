"""Sealing this room's secrets anew when the installation's seal key has changed."""

from collections.abc import Iterator
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from django.db import transaction

from operators.models import CallerKey, CallSigningKey, WalletConnection
from operators.sealing import SEAL
from operators.services.call_keys import call_key_about
from operators.services.caller_keys import caller_key_about
from operators.services.wallets import wallet_secret_about

Sealed = CallSigningKey | CallerKey | WalletConnection


@dataclass(frozen=True, slots=True, kw_only=True)
class Resealed:
    """What it came to. `lost` names what no key opens."""

    already: int
    resealed: int
    lost: tuple[str, ...]


@transaction.atomic
def reseal() -> Resealed:
    """Seal anew, under the first of the seal keys, whatever one of the old ones still seals."""
    already, resealed, lost = 0, 0, []
    for row, column, about in _sealed_rows():
        sealed = bytes(getattr(row, column))
        if SEAL.is_current(sealed, about=about):
            already += 1
            continue
        try:
            secret = SEAL.open(sealed, about=about)
        except InvalidTag:
            lost.append(f"{type(row).__name__} {row}")
            continue
        setattr(row, column, SEAL.close(secret, about=about))
        row.save(update_fields=[column])
        resealed += 1
    return Resealed(already=already, resealed=resealed, lost=tuple(lost))


def _sealed_rows() -> Iterator[tuple[Sealed, str, str]]:
    """Each sealed value: its row, its column, and what it is sealed about."""
    for own in CallSigningKey.objects.select_for_update():
        yield own, "sealed", call_key_about(own.key_id)
    for key in CallerKey.objects.select_for_update().filter(sealed__isnull=False):
        yield key, "sealed", caller_key_about(key.operator_id, key.key_id)
    for wallet in WalletConnection.objects.select_for_update():
        if wallet.hmac_secret is not None:
            yield wallet, "hmac_secret", wallet_secret_about(wallet.operator_id, wallet.hmac_key_id)
        if wallet.hmac_previous is not None:
            yield wallet, "hmac_previous", wallet_secret_about(wallet.operator_id, wallet.hmac_previous_key_id)
