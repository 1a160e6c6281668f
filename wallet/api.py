"""The transfer wallet's calls."""

from uuid import UUID

import msgspec
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from keno_platform.core import clock
from keno_platform.core.errors import NotFound
from keno_platform.core.ids import uuid7_floor
from keno_platform.core.money import AmountInvalid, parse_amount
from keno_platform.http.openapi import IDEMPOTENCY_KEY, Problem, query_parameters
from keno_platform.http.pagination import Page, PageQuery, paginate
from keno_platform.http.parsing import Ask, ParameterInvalid, idempotency_key, read, read_query
from operators.authentication import CallerView
from operators.models import Operator
from players.authentication import PlayerOrOperatorView
from players.selectors import get_player
from players.services import ensure_player
from wallet import selectors, services
from wallet.models import Kind, Transaction
from wallet.services import balances
from wallet.services.refusals import WalletModeOther


class TransferAsk(Ask, frozen=True, kw_only=True):
    """Money between the operator and a player's balance here."""

    player_token: str
    amount: str
    currency: str
    reference: str = ""


class TransactionOutput(msgspec.Struct, frozen=True, kw_only=True):
    """One movement. Exactly one of debit and credit is not zero."""

    transaction_id: UUID
    kind: str
    player_token: str
    bet_id: UUID | None
    debit_amount: str
    credit_amount: str
    balance_after: str
    currency: str
    reference: str
    wallet_status: str
    rollback_flag: bool
    created_at: str


class AccountOutput(msgspec.Struct, frozen=True, kw_only=True):
    """A player's balance."""

    player_token: str
    balance: str
    currency: str


class TransactionQuery(PageQuery, frozen=True, kw_only=True):
    """Filters of the transaction list; `from` is an RFC 3339 time."""

    player_token: str | None = None
    bet_id: UUID | None = None
    kind: str | None = None
    since: str | None = msgspec.field(default=None, name="from")


def show(operator: Operator, row: Transaction) -> TransactionOutput:
    """A transaction as the API prints it. A row exists only for a movement that succeeded."""
    return TransactionOutput(
        transaction_id=row.pk,
        kind=Kind(row.kind).label,
        player_token=row.account.player.token,
        bet_id=selectors.cause_of(row),
        debit_amount=operator.money(max(-row.amount, 0)),
        credit_amount=operator.money(max(row.amount, 0)),
        balance_after=operator.money(row.balance_after),
        currency=operator.currency_code,
        reference=row.reference or "",
        wallet_status="success",
        rollback_flag=row.kind == Kind.REFUND,
        created_at=clock.to_text(row.created_at),
    )


class DepositsView(CallerView):
    """Money from the operator to a player's balance."""

    moves_money = True

    @extend_schema(
        operation_id="deposit",
        parameters=[IDEMPOTENCY_KEY],
        request=TransferAsk,
        responses={201: TransactionOutput, 403: Problem, 409: Problem, 422: Problem, 429: Problem, 503: Problem},
    )
    def post(self, request: Request) -> Response:
        key, ask, operator = idempotency_key(request), read(request, TransferAsk), self.operator
        if operator.is_seamless:
            raise WalletModeOther()
        amount = _amount(ask, operator)
        player = ensure_player(operator=operator, token=ask.player_token, currency=ask.currency)
        row = services.deposit(key=key, player=player, amount=amount, reference=ask.reference)
        return Response(show(operator, row), status=201)


class WithdrawalsView(CallerView):
    """Money from a player's balance back to the operator."""

    moves_money = True

    @extend_schema(
        operation_id="withdraw",
        parameters=[IDEMPOTENCY_KEY],
        request=TransferAsk,
        responses={201: TransactionOutput, 409: Problem, 429: Problem, 503: Problem},
    )
    def post(self, request: Request) -> Response:
        key, ask, operator = idempotency_key(request), read(request, TransferAsk), self.operator
        if operator.is_seamless:
            raise WalletModeOther()
        amount = _amount(ask, operator)
        player = ensure_player(operator=operator, token=ask.player_token, currency=ask.currency)
        row = services.withdraw(key=key, player=player, amount=amount, reference=ask.reference)
        return Response(show(operator, row), status=201)


def _amount(ask: TransferAsk, operator: Operator) -> int:
    amount = parse_amount(ask.amount, exponent=operator.currency_exponent)
    if amount == 0:
        raise AmountInvalid("The amount must be above zero.", exponent=operator.currency_exponent)
    if len(ask.reference) > 128 or "\x00" in ask.reference:
        raise ParameterInvalid("reference is at most 128 characters.")
    return amount


class AccountView(PlayerOrOperatorView):
    """A player's balance, for the operator or for the player. In seamless mode the operator's wallet is asked."""

    @extend_schema(operation_id="read_account", responses={200: AccountOutput, 404: Problem})
    def get(self, request: Request, player_token: str) -> Response:
        if self.caller.player_id and player_token != self.caller.player_token:
            raise NotFound()
        operator, player = self.operator, get_player(player_token)
        minor = (
            balances.ask(operator=operator, player=player, session_id=self.caller.session_id)
            if operator.is_seamless
            else selectors.balance_of(player.pk)
        )
        return Response(
            AccountOutput(player_token=player.token, balance=operator.money(minor), currency=operator.currency_code)
        )


class TransactionsView(CallerView):
    """Every movement, newest first."""

    @extend_schema(
        operation_id="list_transactions",
        parameters=query_parameters(TransactionQuery),
        responses={200: Page, 422: Problem},
    )
    def get(self, request: Request) -> Response:
        query, operator = read_query(request, TransactionQuery), self.operator
        rows = selectors.transactions_of_bet(query.bet_id) if query.bet_id else selectors.transactions()
        if query.player_token is not None:
            rows = rows.filter(account__player=get_player(query.player_token))
        if query.kind is not None:
            rows = rows.filter(kind=_kind(query.kind))
        if query.since is not None:
            rows = rows.filter(pk__gte=uuid7_floor(clock.from_text(query.since)))
        return Response(paginate(request, query, rows, lambda row: show(operator, row)))


def _kind(name: str) -> int:
    for kind in Kind:
        if kind.label == name:
            return kind.value
    raise ParameterInvalid(f"kind must be one of {', '.join(kind.label for kind in Kind)}.")
