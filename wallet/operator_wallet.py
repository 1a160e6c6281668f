"""Asking an operator's wallet: one signed call, one verdict. Nothing here knows the database."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from calls import recorder
from keno_platform import outbound
from keno_platform.core import clock
from keno_platform.core.ids import uuid7
from keno_platform.observability import tracing
from keno_platform.outbound import Answer, CallFailed, Target
from operators.models import Operator, WalletConnection
from operators.signing import ready_to_sign, signed_headers
from wallet import protocol
from wallet.models import Kind
from wallet.protocol import Currency, Order, Outcome, Verdict

DEBIT_DEADLINE_S = 2.0
"""Of the whole call: a player is waiting, and a round closes."""
DEADLINE_S = 10.0
"""Of credits and rollbacks, for which nobody waits."""
BALANCE_DEADLINE_S = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorWallet:
    """The wallet of one operator, with all that is needed to call it. Awaited in any event loop."""

    operator: Operator
    connection: WalletConnection

    @property
    def currency(self) -> Currency:
        return Currency(code=self.operator.currency_code, exponent=self.operator.currency_exponent)

    async def transact(self, order: Order) -> Verdict:
        """One attempt at a debit, credit or rollback. Never raises for what the operator or the network does."""
        request_id = str(uuid7())
        body = protocol.body_of(order, currency=self.currency, request_id=request_id)
        deadline = DEBIT_DEADLINE_S if order.kind == Kind.DEBIT else DEADLINE_S
        return await self._ask(protocol.PATHS[order.kind], body, request_id, deadline, order)

    async def balance(self, *, player_token: str, session_id: UUID | None = None) -> Verdict:
        """A player's balance at the operator."""
        request_id = str(uuid7())
        body = protocol.balance_body(
            player_token=player_token, session_id=session_id, currency=self.currency, request_id=request_id
        )
        return await self._ask(protocol.BALANCE_PATH, body, request_id, BALANCE_DEADLINE_S, None)

    async def _ask(self, path: str, body: bytes, request_id: str, deadline_s: float, order: Order | None) -> Verdict:
        url, began = self.connection.url + path, clock.now()
        if not self.connection.active:
            return Verdict(outcome=Outcome.REFUSED, detail="wallet_disconnected", sent=False)
        await ready_to_sign(self.connection)
        headers = signed_headers(self.connection, method="POST", url=url, body=body, request_id=request_id)
        answer: Answer | None = None
        with tracing.span(f"wallet{path}", **_facts_of(self.operator, order)):
            try:
                answer = await outbound.caller().post(
                    Target(url=self.connection.url, local=self.connection.is_local),
                    path,
                    body,
                    headers=headers,
                    deadline_s=deadline_s,
                    lane=self.operator.schema_name,
                    lane_max=self.connection.concurrency_max,
                )
            except CallFailed as failure:
                verdict = _verdict_of(failure)
            else:
                verdict = self._judge(order, answer, request_id)
            tracing.annotate(outcome=verdict.outcome.name.lower(), request_id=request_id)
        self._record(url, body, request_id, began, answer, verdict)
        return verdict

    def _judge(self, order: Order | None, answer: Answer, request_id: str) -> Verdict:
        if answer.status >= 500:
            outbound.caller().failed(self.operator.schema_name)
        return protocol.judge(
            order, status=answer.status, body=answer.body, currency=self.currency, request_id=request_id
        )

    def _record(
        self, url: str, body: bytes, request_id: str, began: datetime, answer: Answer | None, verdict: Verdict
    ) -> None:
        duration_ms = answer.duration_ms if answer else (clock.now() - began).total_seconds() * 1000
        recorder.record(
            recorder.Entry(
                direction="out",
                operator_id=self.operator.pk,
                key_hint="",
                method="POST",
                path=url,
                status=answer.status if answer else None,
                code="" if verdict.outcome is Outcome.OK else _code_of(verdict),
                duration_ms=duration_ms,
                request_id=request_id,
                ids=(),
                request=body,
                response=answer.body if answer else b"",
                started_at=began,
                error="" if verdict.outcome is Outcome.OK else verdict.detail,
            )
        )


def _facts_of(operator: Operator, order: Order | None) -> dict[str, Any]:
    """What a trace says of a call: never whose it is."""
    if order is None:
        return {"operator": operator.slug}
    return {"operator": operator.slug, "round_id": order.round_id, "bet_id": order.bet_id, "transaction": order.id}


def _verdict_of(failure: CallFailed) -> Verdict:
    """What was surely not sent has surely moved nothing: that is as definite as a refusal."""
    outcome = Outcome.IN_DOUBT if failure.sent else Outcome.REFUSED
    return Verdict(outcome=outcome, detail=failure.reason, sent=failure.sent)


def _code_of(verdict: Verdict) -> str:
    return "in_doubt" if verdict.outcome is Outcome.IN_DOUBT else verdict.detail
