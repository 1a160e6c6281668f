"""Deposits and withdrawals of operators on the transfer wallet."""

import hashlib
from uuid import UUID

import msgspec
from django.db import transaction

from keno_platform.core import ids
from keno_platform.core.clock import to_text
from keno_platform.core.errors import IdempotencyKeyReused, Refusal, Retry
from keno_platform.core.errors import Kind as Refused
from operators.selectors import get_operator_of_schema
from operators.tenancy import current_schema
from players.models import LimitKind, Player
from players.services import check_not_excluded
from wallet import selectors
from wallet.horizon import refuse_archived
from wallet.models import Account, Kind, Transaction, TransferKey
from wallet.services.books import post_movements


class InsufficientFunds(Refusal):
    """The player's balance does not cover the amount."""

    code = "insufficient_funds"
    kind = Refused.CONFLICT
    title = "The balance is not sufficient"
    retry = Retry.NEW_KEY


class DepositLimitReached(Refusal):
    """A limit of the player's deposits forbids this one; `params.left` is what it leaves."""

    code = "deposit_limit_reached"
    kind = Refused.CONFLICT
    title = "The limit for deposits is reached"
    retry = Retry.NEW_KEY


@transaction.atomic(durable=True)
def deposit(*, key: str, player: Player, amount: int, reference: str) -> Transaction:
    """
    Bring money from the operator to a player's balance. The same key again answers with the first transaction.

    :raises IdempotencyKeyReused: the key was used with other terms. :raises Archived: it was, with these, long ago.
    :raises PlayerExcluded: :raises DepositLimitReached: the player is on a break, or has a limit.
    """
    return _transfer(Kind.DEPOSIT, key=key, player=player, amount=amount, reference=reference)


@transaction.atomic(durable=True)
def withdraw(*, key: str, player: Player, amount: int, reference: str) -> Transaction:
    """
    Take money from a player's balance back to the operator.

    :raises InsufficientFunds: the balance is smaller. :raises IdempotencyKeyReused: as for `deposit`.
    """
    return _transfer(Kind.WITHDRAWAL, key=key, player=player, amount=-amount, reference=reference)


def claim_cause(*, key: str, kind: Kind, player: Player, amount: int) -> UUID | None:
    """
    For a movement of another room, in the caller's transaction, which holds the account: claim this key for it. The id
    of its cause; None when the key was claimed before, with the same terms, and the movement is made.

    :raises IdempotencyKeyReused: with other terms.
    """
    cause = ids.bet_id()
    if _claim(key, cause, kind, player, amount, "") == UUID(int=cause.int | kind.value):
        return cause
    return None


def _claim(key: str, cause: UUID, kind: Kind, player: Player, amount: int, reference: str) -> UUID:
    """The movement that the key stands for: of this cause, or of the one that was first."""
    terms = hashlib.sha256(msgspec.json.encode([kind.value, player.token, amount, reference])).digest()
    TransferKey.objects.bulk_create(
        [TransferKey(key=key, fingerprint=terms, transaction_id=UUID(int=cause.int | kind.value))],
        ignore_conflicts=True,
    )
    claimed = TransferKey.objects.get(pk=key)
    if bytes(claimed.fingerprint) != terms:
        raise IdempotencyKeyReused(key=key)
    return claimed.transaction_id


def _transfer(kind: Kind, *, key: str, player: Player, amount: int, reference: str) -> Transaction:
    cause = ids.bet_id()
    # The account first: a retry waits here for the call before it, and then finds its key.
    Account.objects.bulk_create([Account(player=player)], ignore_conflicts=True)
    account = Account.objects.select_for_update().get(player=player)
    transaction_id = _claim(key, cause, kind, player, amount, reference)
    if transaction_id == UUID(int=cause.int | kind.value):
        if account.balance + amount < 0:
            raise InsufficientFunds()
        if kind is Kind.DEPOSIT:
            _check_deposit(player, account, amount)
        post_movements(kind, causes=[cause], players=[player.pk], amounts=[amount], reference=reference)
    found = Transaction.objects.select_related("account__player").filter(pk=transaction_id).first()
    if found is None:
        refuse_archived(transaction_id, transaction_id=str(transaction_id))
        raise Transaction.DoesNotExist(f"transaction {transaction_id} of key {key}")
    return found


def _check_deposit(player: Player, account: Account, amount: int) -> None:
    """With the account locked: of two deposits at once the second counts the first."""
    operator = get_operator_of_schema(current_schema())
    if not account.guarded and not operator.guarded:
        return
    player.guarded = account.guarded  # as it is now that nobody else can change it
    check_not_excluded(player)
    for limit in selectors.limits_of(operator, player.pk):
        used = limit.used or 0
        if limit.kind == LimitKind.DEPOSIT and used + amount > limit.amount:
            raise DepositLimitReached(
                period=limit.period,
                source=limit.source,
                limit=operator.money(limit.amount),
                used=operator.money(used),
                left=operator.money(max(limit.amount - used, 0)),
                resets_at=to_text(limit.until) if limit.until else None,
            )
