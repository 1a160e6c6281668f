"""Every call of the platform for an operator's backend, for asyncio."""

# Written by sdk/python/generate.py from the platform's OpenAPI document. Change that, not this.

from collections.abc import AsyncIterator
from types import NoneType
from typing import Any, Literal
from uuid import UUID

from keno_operator.calls import escaped, new_key
from keno_operator.paging import Page
from keno_operator.transport import AsyncTransport
from keno_operator.types import (
    AccountOutput,
    BatchOutput,
    BetAsk,
    BetOutput,
    BrandOutput,
    CallDetail,
    CallerKeyCreated,
    CallerKeyOutput,
    CallKeys,
    CallOutput,
    CheckOutput,
    ClockOutput,
    CountersignatureOutput,
    CurrentRound,
    DayOutput,
    DeliveryDetail,
    DeliveryOutput,
    EndpointOutput,
    EndpointWithSecret,
    ErrorGroupOutput,
    EventOutput,
    EventsOutput,
    FeedOutput,
    FlagOutput,
    GameOutput,
    InDoubtFeed,
    IntegrationOutput,
    KeyOutput,
    LayOffsOutput,
    MemberOutput,
    MovementOutput,
    NumberLimitOutput,
    NumberLimitsOutput,
    OutcomeOutput,
    OutcomesOutput,
    PartOutput,
    PaytableOutput,
    PhaseOutput,
    PingOutput,
    PlacedOutput,
    PreviewOutput,
    ProtectionOutput,
    RateLimitsOutput,
    ReplayOutput,
    ReportOutput,
    ReportRunOutput,
    RiskOutput,
    RoundFeed,
    RoundOutput,
    RunOutput,
    ScheduleOutput,
    SecretOutput,
    SessionOpened,
    SettlementOutput,
    SlipDetail,
    SlipRow,
    StatementsOutput,
    StatisticsOutput,
    StepOutput,
    SupportLink,
    TransactionFeed,
    TransactionOutput,
    TurnoverOutput,
    WalletConnectionOutput,
)


class AsyncKenoClient(AsyncTransport):
    """
    The platform's API: `async with AsyncKenoClient(base_url, key) as keno: ...`

    Every method raises `KenoError` when its call does not succeed. Arguments that are None are not sent.
    """

    async def account_csv(self, member_id: UUID | str, *, from_: str | None = None, to: str | None = None) -> str:
        """A member's movements with their balances, as CSV."""
        return await self._call(
            str, "GET", f"/api/v1/banker/members/{escaped(member_id)}/account.csv", query={"from": from_, "to": to}
        )

    async def account_json(self, member_id: UUID | str, *, from_: str | None = None, to: str | None = None) -> Any:
        """A member's movements with their balances, as JSON."""
        return await self._call(
            object, "GET", f"/api/v1/banker/members/{escaped(member_id)}/account.json", query={"from": from_, "to": to}
        )

    async def account_pdf(self, member_id: UUID | str, *, from_: str | None = None, to: str | None = None) -> bytes:
        """A member's movements with their balances, as PDF."""
        return await self._call(
            bytes, "GET", f"/api/v1/banker/members/{escaped(member_id)}/account.pdf", query={"from": from_, "to": to}
        )

    async def activate_member(self, member_id: UUID | str) -> MemberOutput:
        """Let a member work again."""
        return await self._call(MemberOutput, "POST", f"/api/v1/banker/members/{escaped(member_id)}/activate")

    async def active_paytable(self) -> PaytableOutput:
        """The paytable that new bets get."""
        return await self._call(PaytableOutput, "GET", "/api/v1/paytables/active")

    async def add_caller_key(self, *, kind: str, label: str, public_key: str | None = None) -> CallerKeyCreated:
        """An operator's keys for signed calls: at most two are valid at one time."""
        return await self._call(
            CallerKeyCreated,
            "POST",
            "/api/v1/caller-keys",
            body={"kind": kind, "label": label, "public_key": public_key},
        )

    async def add_member(
        self,
        *,
        username: str,
        role: str,
        password: str | None = None,
        parent_id: UUID | None = None,
        commission: int | None = None,
    ) -> MemberOutput:
        """The members of the operator's lottery."""
        return await self._call(
            MemberOutput,
            "POST",
            "/api/v1/banker/members",
            body={
                "username": username,
                "role": role,
                "password": password,
                "parent_id": parent_id,
                "commission": commission,
            },
        )

    async def ask_for_report(
        self,
        *,
        report: str,
        period: str | None = None,
        from_: str | None = None,
        to: str | None = None,
        operator: str | None = None,
        game: str | None = None,
        by: str | None = None,
        player: str | None = None,
        at_least: str | None = None,
        language: str | None = None,
        format: str | None = None,
    ) -> ReportRunOutput:
        """Reports that are made in the background."""
        return await self._call(
            ReportRunOutput,
            "POST",
            "/api/v1/reports/runs",
            body={
                "report": report,
                "period": period,
                "from": from_,
                "to": to,
                "operator": operator,
                "game": game,
                "by": by,
                "player": player,
                "at_least": at_least,
                "language": language,
                "format": format,
            },
        )

    async def bet_proof(self, bet_id: UUID | str) -> Any:
        """The proof that a bet is in its round's committed set."""
        return await self._call(object, "GET", f"/api/v1/bets/{escaped(bet_id)}/proof")

    async def bets_evidence(
        self,
        *,
        from_: str | None = None,
        operator: str | None = None,
        player_token: str | None = None,
        to: str | None = None,
    ) -> str:
        """
        All bets of a player in a time, with what proves that none is missing: each round that took bets then,
        whole, a line
        for each. `python -m fairness bets` checks it.
        """
        return await self._call(
            str,
            "GET",
            "/api/v1/evidence/bets",
            query={"from": from_, "operator": operator, "player_token": player_token, "to": to},
        )

    async def call_keys(self) -> CallKeys:
        """Our public keys for calls to operators. Needs no credential."""
        return await self._call(CallKeys, "GET", "/.well-known/keno-call-keys.json")

    async def cancel_bet(self, bet_id: UUID | str) -> BetOutput:
        """Taking a bet back while its round is open."""
        return await self._call(BetOutput, "POST", f"/api/v1/bets/{escaped(bet_id)}/cancel")

    async def cancel_slip(self, slip_id: UUID | str) -> SlipRow:
        """Taking a slip back before the close; a second time changes nothing."""
        return await self._call(SlipRow, "POST", f"/api/v1/banker/slips/{escaped(slip_id)}/cancel")

    async def change_brand(
        self,
        *,
        name: str | None = None,
        logo_url: str | None = None,
        primary_color: str | None = None,
        languages: list[str] | None = None,
        default_language: str | None = None,
        second_language: str | None = None,
        board_order: str | None = None,
        home_url: str | None = None,
        cashier_url: str | None = None,
    ) -> BrandOutput:
        """The caller's own looks."""
        return await self._call(
            BrandOutput,
            "PATCH",
            "/api/v1/brand",
            body={
                "name": name,
                "logo_url": logo_url,
                "primary_color": primary_color,
                "languages": languages,
                "default_language": default_language,
                "second_language": second_language,
                "board_order": board_order,
                "home_url": home_url,
                "cashier_url": cashier_url,
            },
        )

    async def change_operator_brand(
        self,
        slug: str,
        *,
        name: str | None = None,
        logo_url: str | None = None,
        primary_color: str | None = None,
        languages: list[str] | None = None,
        default_language: str | None = None,
        second_language: str | None = None,
        board_order: str | None = None,
        home_url: str | None = None,
        cashier_url: str | None = None,
    ) -> BrandOutput:
        """An operator's looks, for the provider."""
        return await self._call(
            BrandOutput,
            "PATCH",
            f"/api/v1/operators/{escaped(slug)}/brand",
            body={
                "name": name,
                "logo_url": logo_url,
                "primary_color": primary_color,
                "languages": languages,
                "default_language": default_language,
                "second_language": second_language,
                "board_order": board_order,
                "home_url": home_url,
                "cashier_url": cashier_url,
            },
        )

    async def change_webhook_endpoint(
        self,
        endpoint_id: UUID | str,
        *,
        url: str | None = None,
        events: list[str] | None = None,
        description: str | None = None,
    ) -> EndpointOutput:
        """One endpoint."""
        return await self._call(
            EndpointOutput,
            "PATCH",
            f"/api/v1/webhooks/endpoints/{escaped(endpoint_id)}",
            body={"url": url, "events": events, "description": description},
        )

    async def check_slip(self, slip_id: UUID | str, *, check_code: str) -> CheckOutput:
        """Whether a receipt that somebody shows is genuine, and what it has won."""
        return await self._call(
            CheckOutput, "POST", f"/api/v1/banker/slips/{escaped(slip_id)}/check", body={"check_code": check_code}
        )

    async def clear_number_limit(self, phase_id: UUID | str, number: str) -> PhaseOutput:
        """The limit of one number."""
        return await self._call(
            PhaseOutput, "DELETE", f"/api/v1/banker/phases/{escaped(phase_id)}/limits/{escaped(number)}"
        )

    async def close_phase(self, phase_id: UUID | str) -> PhaseOutput:
        """From open to closed."""
        return await self._call(PhaseOutput, "POST", f"/api/v1/banker/phases/{escaped(phase_id)}/close")

    async def compare_reconciliation(self, run_id: UUID | str) -> RunOutput:
        """Compare what a run has collected."""
        return await self._call(RunOutput, "POST", f"/api/v1/reconciliation/{escaped(run_id)}/compare")

    async def countersign_round(self, round_id: int, *, public_key: str, signature: str) -> CountersignatureOutput:
        """The caller's operator signs a round's CLOSE too; its signature is kept and shown with the round."""
        return await self._call(
            CountersignatureOutput,
            "POST",
            f"/api/v1/rounds/{escaped(round_id)}/countersignature",
            body={"public_key": public_key, "signature": signature},
        )

    async def create_game(
        self,
        *,
        code: str,
        name: str | None = None,
        interval_seconds: int | None = None,
        betting_seconds: int | None = None,
    ) -> GameOutput:
        """The games open to the caller's operator. A sandbox can make some of its own."""
        return await self._call(
            GameOutput,
            "POST",
            "/api/v1/games",
            body={"code": code, "name": name, "interval_seconds": interval_seconds, "betting_seconds": betting_seconds},
        )

    async def create_phase(
        self,
        *,
        name: str,
        starts_at: str,
        ends_at: str,
        global_limit: str | None = None,
        multiplier: int | None = None,
        tod_multiplier: int | None = None,
        neighbour_multiplier: int | None = None,
        cancellation: bool | None = None,
    ) -> PhaseOutput:
        """The operator's phases."""
        return await self._call(
            PhaseOutput,
            "POST",
            "/api/v1/banker/phases",
            body={
                "name": name,
                "starts_at": starts_at,
                "ends_at": ends_at,
                "global_limit": global_limit,
                "multiplier": multiplier,
                "tod_multiplier": tod_multiplier,
                "neighbour_multiplier": neighbour_multiplier,
                "cancellation": cancellation,
            },
        )

    async def create_webhook_endpoint(
        self, *, url: str, events: list[str], description: str | None = None
    ) -> EndpointWithSecret:
        """An operator's endpoints."""
        return await self._call(
            EndpointWithSecret,
            "POST",
            "/api/v1/webhooks/endpoints",
            body={"url": url, "events": events, "description": description},
        )

    async def current_round(self, code: str) -> CurrentRound:
        """The round that is open, or the next one that will open."""
        return await self._call(CurrentRound, "GET", f"/api/v1/games/{escaped(code)}/rounds/current")

    async def day_proofs(self, code: str, *, day: str | None = None) -> str:
        """The proofs of a game's finished rounds of one day, a JSON document on each line. Needs no credential."""
        return await self._call(str, "GET", f"/api/v1/games/{escaped(code)}/proofs", query={"day": day})

    async def deactivate_member(self, member_id: UUID | str) -> MemberOutput:
        """Let a member work no longer."""
        return await self._call(MemberOutput, "POST", f"/api/v1/banker/members/{escaped(member_id)}/deactivate")

    async def delete_webhook_endpoint(self, endpoint_id: UUID | str) -> None:
        """One endpoint."""
        await self._call(NoneType, "DELETE", f"/api/v1/webhooks/endpoints/{escaped(endpoint_id)}")

    async def deposit(
        self,
        *,
        player_token: str,
        amount: str,
        currency: str,
        reference: str | None = None,
        idempotency_key: str | None = None,
    ) -> TransactionOutput:
        """Money from the operator to a player's balance."""
        return await self._call(
            TransactionOutput,
            "POST",
            "/api/v1/wallet/deposits",
            body={"player_token": player_token, "amount": amount, "currency": currency, "reference": reference},
            key=idempotency_key or new_key(),
        )

    async def end_report_schedule(self, schedule_id: UUID | str) -> None:
        """One report that is made by itself."""
        await self._call(NoneType, "DELETE", f"/api/v1/reports/schedules/{escaped(schedule_id)}")

    async def exclude_player(
        self,
        player_token: str,
        *,
        kind: Literal["cool_off", "self_exclusion"],
        hours: int | None = None,
        days: int | None = None,
        forever: bool | None = None,
        source: Literal["operator", "player"] | None = None,
        reason: str | None = None,
    ) -> ProtectionOutput:
        """A break or self-exclusion of a player."""
        return await self._call(
            ProtectionOutput,
            "POST",
            f"/api/v1/players/{escaped(player_token)}/protection/exclusions",
            body={"kind": kind, "hours": hours, "days": days, "forever": forever, "source": source, "reason": reason},
        )

    async def feed_in_doubt(self, *, after: UUID | str | None = None, limit: int | None = None) -> InDoubtFeed:
        """The calls at the operator's wallet that are not definite now. On the transfer wallet there are none."""
        return await self._call(InDoubtFeed, "GET", "/api/v1/feeds/in-doubt", query={"after": after, "limit": limit})

    def follow_in_doubt(
        self, *, after: UUID | str | None = None, limit: int | None = None
    ) -> AsyncIterator[InDoubtFeed]:
        """Every answer of `feed_in_doubt` until there is no more for now; keep the `after` of each."""
        return self._answers(lambda after: self.feed_in_doubt(after=after, limit=limit), after, "after")

    async def feed_rounds(self, *, after: str | None = None, limit: int | None = None) -> RoundFeed:
        """Finished rounds of the operator's games, in the order in which they ended, with its own figures in them."""
        return await self._call(RoundFeed, "GET", "/api/v1/feeds/rounds", query={"after": after, "limit": limit})

    def follow_rounds(self, *, after: str | None = None, limit: int | None = None) -> AsyncIterator[RoundFeed]:
        """Every answer of `feed_rounds` until there is no more for now; keep the `after` of each."""
        return self._answers(lambda after: self.feed_rounds(after=after, limit=limit), after, "after")

    async def feed_transactions(self, *, after: str | None = None, limit: int | None = None) -> TransactionFeed:
        """The operator's transactions, forward in time: none is missed by following, and none told twice."""
        return await self._call(
            TransactionFeed, "GET", "/api/v1/feeds/transactions", query={"after": after, "limit": limit}
        )

    def follow_transactions(
        self, *, after: str | None = None, limit: int | None = None
    ) -> AsyncIterator[TransactionFeed]:
        """Every answer of `feed_transactions` until there is no more for now; keep the `after` of each."""
        return self._answers(lambda after: self.feed_transactions(after=after, limit=limit), after, "after")

    async def get_brand(self) -> BrandOutput:
        """The caller's own looks."""
        return await self._call(BrandOutput, "GET", "/api/v1/brand")

    async def get_call(self, call_id: UUID | str) -> CallDetail:
        """One call with everything that is known of it."""
        return await self._call(CallDetail, "GET", f"/api/v1/calls/{escaped(call_id)}")

    async def get_event(self, event_id: UUID | str) -> EventOutput:
        """One event."""
        return await self._call(EventOutput, "GET", f"/api/v1/events/{escaped(event_id)}")

    async def get_integration(self) -> IntegrationOutput:
        """What the provider has set for the caller's operator."""
        return await self._call(IntegrationOutput, "GET", "/api/v1/integration")

    async def get_operator_brand(self, slug: str) -> BrandOutput:
        """An operator's looks, for the provider."""
        return await self._call(BrandOutput, "GET", f"/api/v1/operators/{escaped(slug)}/brand")

    async def get_operator_rate_limits(self, slug: str) -> RateLimitsOutput:
        """The provider reads and sets an operator's limits."""
        return await self._call(RateLimitsOutput, "GET", f"/api/v1/operators/{escaped(slug)}/rate-limits")

    async def get_rate_limits(self) -> RateLimitsOutput:
        """The operator reads how often it and its players may call."""
        return await self._call(RateLimitsOutput, "GET", "/api/v1/rate-limits")

    async def get_wallet_connection(self) -> WalletConnectionOutput:
        """The caller's own wallet, as it is called."""
        return await self._call(WalletConnectionOutput, "GET", "/api/v1/wallet/connection")

    async def get_webhook_delivery(self, delivery_id: UUID | str) -> DeliveryDetail:
        """One delivery with its attempts."""
        return await self._call(DeliveryDetail, "GET", f"/api/v1/webhooks/deliveries/{escaped(delivery_id)}")

    async def get_webhook_endpoint(self, endpoint_id: UUID | str) -> EndpointOutput:
        """One endpoint."""
        return await self._call(EndpointOutput, "GET", f"/api/v1/webhooks/endpoints/{escaped(endpoint_id)}")

    async def latest_draws(self, code: str, *, count: int | None = None) -> list[RoundOutput]:
        """The latest rounds whose numbers are known, newest first."""
        return await self._call(
            list[RoundOutput], "GET", f"/api/v1/games/{escaped(code)}/draws", query={"count": count}
        )

    async def lift_exclusion(self, player_token: str, exclusion_id: UUID | str, *, reason: str) -> ProtectionOutput:
        """The end of a break that the operator began itself. Nothing else is ended early."""
        return await self._call(
            ProtectionOutput,
            "POST",
            f"/api/v1/players/{escaped(player_token)}/protection/exclusions/{escaped(exclusion_id)}/lift",
            body={"reason": reason},
        )

    async def list_bets(
        self,
        *,
        cursor: str | None = None,
        from_: str | None = None,
        game: str | None = None,
        limit: int | None = None,
        player_token: str | None = None,
        round_id: int | None = None,
        status: str | None = None,
        to: str | None = None,
    ) -> Page[BetOutput]:
        """Placing one bet, and listing bets."""
        return await self._call(
            Page[BetOutput],
            "GET",
            "/api/v1/bets",
            query={
                "cursor": cursor,
                "from": from_,
                "game": game,
                "limit": limit,
                "player_token": player_token,
                "round_id": round_id,
                "status": status,
                "to": to,
            },
        )

    def iter_bets(
        self,
        *,
        from_: str | None = None,
        game: str | None = None,
        limit: int | None = None,
        player_token: str | None = None,
        round_id: int | None = None,
        status: str | None = None,
        to: str | None = None,
    ) -> AsyncIterator[BetOutput]:
        """Every row of `list_bets`, page by page; `limit` is the size of a page."""
        return self._rows(
            lambda cursor: self.list_bets(
                cursor=cursor,
                from_=from_,
                game=game,
                limit=limit,
                player_token=player_token,
                round_id=round_id,
                status=status,
                to=to,
            )
        )

    async def list_call_errors(self, *, from_: str | None = None) -> list[ErrorGroupOutput]:
        """What went wrong, by code and endpoint."""
        return await self._call(list[ErrorGroupOutput], "GET", "/api/v1/calls/errors", query={"from": from_})

    async def list_caller_keys(self) -> list[CallerKeyOutput]:
        """An operator's keys for signed calls: at most two are valid at one time."""
        return await self._call(list[CallerKeyOutput], "GET", "/api/v1/caller-keys")

    async def list_calls(
        self,
        *,
        code: str | None = None,
        cursor: str | None = None,
        direction: str | None = None,
        from_: str | None = None,
        key: str | None = None,
        limit: int | None = None,
        q: str | None = None,
        status: int | None = None,
    ) -> Page[CallOutput]:
        """The calls of 30 days, those of an operator for itself."""
        return await self._call(
            Page[CallOutput],
            "GET",
            "/api/v1/calls",
            query={
                "code": code,
                "cursor": cursor,
                "direction": direction,
                "from": from_,
                "key": key,
                "limit": limit,
                "q": q,
                "status": status,
            },
        )

    def iter_calls(
        self,
        *,
        code: str | None = None,
        direction: str | None = None,
        from_: str | None = None,
        key: str | None = None,
        limit: int | None = None,
        q: str | None = None,
        status: int | None = None,
    ) -> AsyncIterator[CallOutput]:
        """Every row of `list_calls`, page by page; `limit` is the size of a page."""
        return self._rows(
            lambda cursor: self.list_calls(
                cursor=cursor, code=code, direction=direction, from_=from_, key=key, limit=limit, q=q, status=status
            )
        )

    async def list_differences(
        self, run_id: UUID | str, *, cursor: str | None = None, limit: int | None = None, result: str | None = None
    ) -> Page[dict[str, Any]]:
        """What a comparison found, newest first."""
        return await self._call(
            Page[dict[str, Any]],
            "GET",
            f"/api/v1/reconciliation/{escaped(run_id)}/differences",
            query={"cursor": cursor, "limit": limit, "result": result},
        )

    def iter_differences(
        self, run_id: UUID | str, *, limit: int | None = None, result: str | None = None
    ) -> AsyncIterator[dict[str, Any]]:
        """Every row of `list_differences`, page by page; `limit` is the size of a page."""
        return self._rows(lambda cursor: self.list_differences(run_id, cursor=cursor, limit=limit, result=result))

    async def list_events(
        self, *, after: int | None = None, from_: str | None = None, limit: int | None = None, type: str | None = None
    ) -> EventsOutput:
        """What happened, to be pulled: the way round a receiver that was away."""
        return await self._call(
            EventsOutput, "GET", "/api/v1/events", query={"after": after, "from": from_, "limit": limit, "type": type}
        )

    def follow_events(
        self, *, after: int | None = None, from_: str | None = None, limit: int | None = None, type: str | None = None
    ) -> AsyncIterator[EventsOutput]:
        """Every answer of `list_events` until there is no more for now; keep the `next_after` of each."""
        return self._answers(
            lambda after: self.list_events(after=after, from_=from_, limit=limit, type=type), after, "next_after"
        )

    async def list_flags(
        self,
        *,
        cursor: str | None = None,
        limit: int | None = None,
        player_token: str | None = None,
        rule: str | None = None,
        status: str | None = None,
    ) -> Page[FlagOutput]:
        """What rules found in the operator's bets, newest first."""
        return await self._call(
            Page[FlagOutput],
            "GET",
            "/api/v1/flags",
            query={"cursor": cursor, "limit": limit, "player_token": player_token, "rule": rule, "status": status},
        )

    def iter_flags(
        self,
        *,
        limit: int | None = None,
        player_token: str | None = None,
        rule: str | None = None,
        status: str | None = None,
    ) -> AsyncIterator[FlagOutput]:
        """Every row of `list_flags`, page by page; `limit` is the size of a page."""
        return self._rows(
            lambda cursor: self.list_flags(
                cursor=cursor, limit=limit, player_token=player_token, rule=rule, status=status
            )
        )

    async def list_games(self) -> list[GameOutput]:
        """The games open to the caller's operator. A sandbox can make some of its own."""
        return await self._call(list[GameOutput], "GET", "/api/v1/games")

    async def list_keys(self) -> Any:
        """An operator's own keys, without their secrets."""
        return await self._call(object, "GET", "/api/v1/keys")

    async def list_leaves(self, seq: int) -> bytes:
        """
        All leaves below one root, one after another: 152 bytes each for an epoch, 212 for results; of the
        record's roots
        the one checkpoint, 136 bytes.
        """
        return await self._call(bytes, "GET", f"/api/v1/anchors/{escaped(seq)}/leaves")

    async def list_members(self, *, cursor: str | None = None, limit: int | None = None) -> Page[MemberOutput]:
        """The members of the operator's lottery."""
        return await self._call(
            Page[MemberOutput], "GET", "/api/v1/banker/members", query={"cursor": cursor, "limit": limit}
        )

    def iter_members(self, *, limit: int | None = None) -> AsyncIterator[MemberOutput]:
        """Every row of `list_members`, page by page; `limit` is the size of a page."""
        return self._rows(lambda cursor: self.list_members(cursor=cursor, limit=limit))

    async def list_movements(
        self, member_id: UUID | str, *, cursor: str | None = None, limit: int | None = None
    ) -> Page[MovementOutput]:
        """A member's movements by what caused them, the newest first: a prize stands beside its slip."""
        return await self._call(
            Page[MovementOutput],
            "GET",
            f"/api/v1/banker/members/{escaped(member_id)}/movements",
            query={"cursor": cursor, "limit": limit},
        )

    def iter_movements(self, member_id: UUID | str, *, limit: int | None = None) -> AsyncIterator[MovementOutput]:
        """Every row of `list_movements`, page by page; `limit` is the size of a page."""
        return self._rows(lambda cursor: self.list_movements(member_id, cursor=cursor, limit=limit))

    async def list_number_limits(self, phase_id: UUID | str) -> NumberLimitsOutput:
        """The limits of a phase."""
        return await self._call(NumberLimitsOutput, "GET", f"/api/v1/banker/phases/{escaped(phase_id)}/limits")

    async def list_phases(self, *, cursor: str | None = None, limit: int | None = None) -> Page[PhaseOutput]:
        """The operator's phases."""
        return await self._call(
            Page[PhaseOutput], "GET", "/api/v1/banker/phases", query={"cursor": cursor, "limit": limit}
        )

    def iter_phases(self, *, limit: int | None = None) -> AsyncIterator[PhaseOutput]:
        """Every row of `list_phases`, page by page; `limit` is the size of a page."""
        return self._rows(lambda cursor: self.list_phases(cursor=cursor, limit=limit))

    async def list_reconciliations(self, *, cursor: str | None = None, limit: int | None = None) -> Page[RunOutput]:
        """Comparing the operator's transactions with ours."""
        return await self._call(
            Page[RunOutput], "GET", "/api/v1/reconciliation", query={"cursor": cursor, "limit": limit}
        )

    def iter_reconciliations(self, *, limit: int | None = None) -> AsyncIterator[RunOutput]:
        """Every row of `list_reconciliations`, page by page; `limit` is the size of a page."""
        return self._rows(lambda cursor: self.list_reconciliations(cursor=cursor, limit=limit))

    async def list_report_runs(self, *, cursor: str | None = None, limit: int | None = None) -> Page[ReportRunOutput]:
        """Reports that are made in the background."""
        return await self._call(
            Page[ReportRunOutput], "GET", "/api/v1/reports/runs", query={"cursor": cursor, "limit": limit}
        )

    def iter_report_runs(self, *, limit: int | None = None) -> AsyncIterator[ReportRunOutput]:
        """Every row of `list_report_runs`, page by page; `limit` is the size of a page."""
        return self._rows(lambda cursor: self.list_report_runs(cursor=cursor, limit=limit))

    async def list_report_schedules(
        self, *, cursor: str | None = None, limit: int | None = None
    ) -> Page[ScheduleOutput]:
        """Reports that are made by themselves."""
        return await self._call(
            Page[ScheduleOutput], "GET", "/api/v1/reports/schedules", query={"cursor": cursor, "limit": limit}
        )

    def iter_report_schedules(self, *, limit: int | None = None) -> AsyncIterator[ScheduleOutput]:
        """Every row of `list_report_schedules`, page by page; `limit` is the size of a page."""
        return self._rows(lambda cursor: self.list_report_schedules(cursor=cursor, limit=limit))

    async def list_reports(self, *, language: str | None = None) -> list[ReportOutput]:
        """Every report there is, with its columns and parameters."""
        return await self._call(list[ReportOutput], "GET", "/api/v1/reports", query={"language": language})

    async def list_roots(self, *, after: int | None = None, limit: int | None = None) -> Any:
        """Every root in the order of the chain, with its place there once it is final. Needs no credential."""
        return await self._call(object, "GET", "/api/v1/anchors", query={"after": after, "limit": limit})

    async def list_rounds(
        self,
        *,
        cursor: str | None = None,
        from_: str | None = None,
        game: str | None = None,
        limit: int | None = None,
        status: str | None = None,
        to: str | None = None,
    ) -> Page[RoundOutput]:
        """Rounds with filters, newest first; without a status the finished ones."""
        return await self._call(
            Page[RoundOutput],
            "GET",
            "/api/v1/rounds",
            query={"cursor": cursor, "from": from_, "game": game, "limit": limit, "status": status, "to": to},
        )

    def iter_rounds(
        self,
        *,
        from_: str | None = None,
        game: str | None = None,
        limit: int | None = None,
        status: str | None = None,
        to: str | None = None,
    ) -> AsyncIterator[RoundOutput]:
        """Every row of `list_rounds`, page by page; `limit` is the size of a page."""
        return self._rows(
            lambda cursor: self.list_rounds(cursor=cursor, from_=from_, game=game, limit=limit, status=status, to=to)
        )

    async def list_slips(
        self,
        *,
        cursor: str | None = None,
        limit: int | None = None,
        member_id: UUID | str | None = None,
        phase_id: UUID | str | None = None,
        winning: bool | None = None,
    ) -> Page[SlipRow]:
        """Slips of the operator's lottery; a collector sees its own."""
        return await self._call(
            Page[SlipRow],
            "GET",
            "/api/v1/banker/slips",
            query={"cursor": cursor, "limit": limit, "member_id": member_id, "phase_id": phase_id, "winning": winning},
        )

    def iter_slips(
        self,
        *,
        limit: int | None = None,
        member_id: UUID | str | None = None,
        phase_id: UUID | str | None = None,
        winning: bool | None = None,
    ) -> AsyncIterator[SlipRow]:
        """Every row of `list_slips`, page by page; `limit` is the size of a page."""
        return self._rows(
            lambda cursor: self.list_slips(
                cursor=cursor, limit=limit, member_id=member_id, phase_id=phase_id, winning=winning
            )
        )

    async def list_statements(self, phase_id: UUID | str) -> StatementsOutput:
        """The collectors' statements."""
        return await self._call(StatementsOutput, "GET", f"/api/v1/banker/phases/{escaped(phase_id)}/statements")

    async def list_transactions(
        self,
        *,
        bet_id: UUID | str | None = None,
        cursor: str | None = None,
        from_: str | None = None,
        kind: str | None = None,
        limit: int | None = None,
        player_token: str | None = None,
    ) -> Page[TransactionOutput]:
        """Every movement, newest first."""
        return await self._call(
            Page[TransactionOutput],
            "GET",
            "/api/v1/wallet/transactions",
            query={
                "bet_id": bet_id,
                "cursor": cursor,
                "from": from_,
                "kind": kind,
                "limit": limit,
                "player_token": player_token,
            },
        )

    def iter_transactions(
        self,
        *,
        bet_id: UUID | str | None = None,
        from_: str | None = None,
        kind: str | None = None,
        limit: int | None = None,
        player_token: str | None = None,
    ) -> AsyncIterator[TransactionOutput]:
        """Every row of `list_transactions`, page by page; `limit` is the size of a page."""
        return self._rows(
            lambda cursor: self.list_transactions(
                cursor=cursor, bet_id=bet_id, from_=from_, kind=kind, limit=limit, player_token=player_token
            )
        )

    async def list_webhook_deliveries(
        self,
        *,
        cursor: str | None = None,
        endpoint_id: UUID | str | None = None,
        event_id: UUID | str | None = None,
        from_: str | None = None,
        limit: int | None = None,
        state: Literal["delivered", "failed", "pending"] | None = None,
        type: str | None = None,
    ) -> Page[DeliveryOutput]:
        """Deliveries, newest first."""
        return await self._call(
            Page[DeliveryOutput],
            "GET",
            "/api/v1/webhooks/deliveries",
            query={
                "cursor": cursor,
                "endpoint_id": endpoint_id,
                "event_id": event_id,
                "from": from_,
                "limit": limit,
                "state": state,
                "type": type,
            },
        )

    def iter_webhook_deliveries(
        self,
        *,
        endpoint_id: UUID | str | None = None,
        event_id: UUID | str | None = None,
        from_: str | None = None,
        limit: int | None = None,
        state: Literal["delivered", "failed", "pending"] | None = None,
        type: str | None = None,
    ) -> AsyncIterator[DeliveryOutput]:
        """Every row of `list_webhook_deliveries`, page by page; `limit` is the size of a page."""
        return self._rows(
            lambda cursor: self.list_webhook_deliveries(
                cursor=cursor,
                endpoint_id=endpoint_id,
                event_id=event_id,
                from_=from_,
                limit=limit,
                state=state,
                type=type,
            )
        )

    async def list_webhook_endpoints(self) -> list[EndpointOutput]:
        """An operator's endpoints."""
        return await self._call(list[EndpointOutput], "GET", "/api/v1/webhooks/endpoints")

    async def make_support_link(
        self, round_id: int, *, player_token: str | None = None, bet_id: UUID | None = None
    ) -> SupportLink:
        """An address of a page about one round for the operator's support staff, good for an hour."""
        return await self._call(
            SupportLink,
            "POST",
            f"/api/v1/rounds/{escaped(round_id)}/support-link",
            body={"player_token": player_token, "bet_id": bet_id},
        )

    async def move_credit(
        self, member_id: UUID | str, *, amount: str, direction: str, idempotency_key: str | None = None
    ) -> MemberOutput:
        """Credit that admins give and take."""
        return await self._call(
            MemberOutput,
            "POST",
            f"/api/v1/banker/members/{escaped(member_id)}/credit",
            body={"amount": amount, "direction": direction},
            key=idempotency_key or new_key(),
        )

    async def number_statistics(self, code: str, *, rounds: int | None = None) -> StatisticsOutput:
        """How often each number was drawn in the latest rounds. It says nothing of rounds to come."""
        return await self._call(
            StatisticsOutput, "GET", f"/api/v1/games/{escaped(code)}/statistics", query={"rounds": rounds}
        )

    async def open_phase(self, phase_id: UUID | str) -> PhaseOutput:
        """From draft to open."""
        return await self._call(PhaseOutput, "POST", f"/api/v1/banker/phases/{escaped(phase_id)}/open")

    async def open_session(
        self,
        *,
        currency: str,
        player_token: str | None = None,
        mode: Literal["demo", "real"] | None = None,
        language: str | None = None,
        country: str | None = None,
        brand: str | None = None,
        jurisdiction: str | None = None,
        session_reference: str | None = None,
        lobby_url: str | None = None,
        cashier_url: str | None = None,
        history_url: str | None = None,
        reality_check_url: str | None = None,
    ) -> SessionOpened:
        """The operator's backend opens a session."""
        return await self._call(
            SessionOpened,
            "POST",
            "/api/v1/sessions",
            body={
                "currency": currency,
                "player_token": player_token,
                "mode": mode,
                "language": language,
                "country": country,
                "brand": brand,
                "jurisdiction": jurisdiction,
                "session_reference": session_reference,
                "lobby_url": lobby_url,
                "cashier_url": cashier_url,
                "history_url": history_url,
                "reality_check_url": reality_check_url,
            },
        )

    async def pause_clock(self, code: str) -> ClockOutput:
        """
        Stops the clock: an open round stays open. After an hour it goes on by itself; asked again, an hour from
        then.
        """
        return await self._call(ClockOutput, "POST", f"/api/v1/games/{escaped(code)}/clock/pause")

    async def pause_webhook_endpoint(self, endpoint_id: UUID | str) -> EndpointOutput:
        """Messages for this endpoint wait from now on."""
        return await self._call(EndpointOutput, "POST", f"/api/v1/webhooks/endpoints/{escaped(endpoint_id)}/pause")

    async def phase_report_csv(self, phase_id: UUID | str) -> str:
        """What a settled phase took and paid, with its prizes and collectors, as CSV."""
        return await self._call(str, "GET", f"/api/v1/banker/phases/{escaped(phase_id)}/report.csv")

    async def phase_report_json(self, phase_id: UUID | str) -> Any:
        """What a settled phase took and paid, with its prizes and collectors, as JSON."""
        return await self._call(object, "GET", f"/api/v1/banker/phases/{escaped(phase_id)}/report.json")

    async def phase_report_pdf(self, phase_id: UUID | str) -> bytes:
        """What a settled phase took and paid, with its prizes and collectors, as PDF."""
        return await self._call(bytes, "GET", f"/api/v1/banker/phases/{escaped(phase_id)}/report.pdf")

    async def ping_wallet(self, *, player_token: str) -> PingOutput:
        """One signed call to the caller's own wallet, and everything about it."""
        return await self._call(PingOutput, "POST", "/api/v1/wallet/ping", body={"player_token": player_token})

    async def place_bet(
        self,
        *,
        picks: Any,
        stake: Any,
        currency: Any,
        game: str | None = None,
        round_id: int | None = None,
        player_token: str | None = None,
        rounds: int | None = None,
        sign_receipt: bool | None = None,
        idempotency_key: str | None = None,
    ) -> PlacedOutput:
        """Placing one bet, and listing bets."""
        return await self._call(
            PlacedOutput,
            "POST",
            "/api/v1/bets",
            body={
                "picks": picks,
                "stake": stake,
                "currency": currency,
                "game": game,
                "round_id": round_id,
                "player_token": player_token,
                "rounds": rounds,
                "sign_receipt": sign_receipt,
            },
            key=idempotency_key or new_key(),
        )

    async def place_bets(self, *, bets: list[BetAsk], idempotency_key: str | None = None) -> BatchOutput:
        """Placing up to 1,000 bets at once. Each is accepted or refused by itself."""
        return await self._call(
            BatchOutput, "POST", "/api/v1/bets/batch", body={"bets": bets}, key=idempotency_key or new_key()
        )

    async def preview_slip(self, *, text: str) -> PreviewOutput:
        """A slip as it is read. Nothing is taken."""
        return await self._call(PreviewOutput, "POST", "/api/v1/banker/slips/preview", body={"text": text})

    async def put_reconciliation_part(self, run_id: UUID | str, part: int, *, rows: list[dict[str, Any]]) -> PartOutput:
        """A part of the operator's rows, as JSON or as CSV with a heading. The same part again takes its place."""
        return await self._call(
            PartOutput, "PUT", f"/api/v1/reconciliation/{escaped(run_id)}/parts/{escaped(part)}", body={"rows": rows}
        )

    async def read_account(self, player_token: str) -> AccountOutput:
        """A player's balance, for the operator or for the player. In seamless mode the operator's wallet is asked."""
        return await self._call(AccountOutput, "GET", f"/api/v1/wallet/accounts/{escaped(player_token)}")

    async def read_bet(self, bet_id: UUID | str, *, sign_receipt: bool | None = None) -> BetOutput:
        """One bet."""
        return await self._call(
            BetOutput, "GET", f"/api/v1/bets/{escaped(bet_id)}", query={"sign_receipt": sign_receipt}
        )

    async def read_clock(self, code: str) -> ClockOutput:
        """The clock of a sandbox's game."""
        return await self._call(ClockOutput, "GET", f"/api/v1/games/{escaped(code)}/clock")

    async def read_day(self, day: str) -> DayOutput:
        """What the files of a finished day (UTC) are: rows, totals, lengths and SHA-256."""
        return await self._call(DayOutput, "GET", f"/api/v1/reconciliation/days/{escaped(day)}")

    async def read_day_csv(self, day: str) -> str:
        """Every transaction of a finished day (UTC), as CSV."""
        return await self._call(str, "GET", f"/api/v1/reconciliation/days/{escaped(day)}.csv")

    async def read_day_json(self, day: str) -> Any:
        """Every transaction of a finished day (UTC), as one JSON object with their number and totals."""
        return await self._call(object, "GET", f"/api/v1/reconciliation/days/{escaped(day)}.json")

    async def read_flag(self, flag_id: UUID | str) -> FlagOutput:
        """One flag."""
        return await self._call(FlagOutput, "GET", f"/api/v1/flags/{escaped(flag_id)}")

    async def read_member(self, member_id: UUID | str) -> MemberOutput:
        """One member."""
        return await self._call(MemberOutput, "GET", f"/api/v1/banker/members/{escaped(member_id)}")

    async def read_paytable(self, paytable_id: UUID | str) -> PaytableOutput:
        """One version of the paytable, with exact figures."""
        return await self._call(PaytableOutput, "GET", f"/api/v1/paytables/{escaped(paytable_id)}")

    async def read_phase(self, phase_id: UUID | str) -> PhaseOutput:
        """One phase."""
        return await self._call(PhaseOutput, "GET", f"/api/v1/banker/phases/{escaped(phase_id)}")

    async def read_players_protection(self, player_token: str) -> ProtectionOutput:
        """What protects one of the operator's players."""
        return await self._call(ProtectionOutput, "GET", f"/api/v1/players/{escaped(player_token)}/protection")

    async def read_reconciliation(self, run_id: UUID | str) -> RunOutput:
        """One comparison."""
        return await self._call(RunOutput, "GET", f"/api/v1/reconciliation/{escaped(run_id)}")

    async def read_report_csv(
        self,
        name: str,
        *,
        at_least: str | None = None,
        by: str | None = None,
        from_: str | None = None,
        game: str | None = None,
        language: str | None = None,
        operator: str | None = None,
        period: str | None = None,
        player: str | None = None,
        to: str | None = None,
    ) -> str:
        """A short report as CSV."""
        return await self._call(
            str,
            "GET",
            f"/api/v1/reports/{escaped(name)}.csv",
            query={
                "at_least": at_least,
                "by": by,
                "from": from_,
                "game": game,
                "language": language,
                "operator": operator,
                "period": period,
                "player": player,
                "to": to,
            },
        )

    async def read_report_file(self, run_id: UUID | str) -> bytes:
        """The file of a report that is done."""
        return await self._call(bytes, "GET", f"/api/v1/reports/runs/{escaped(run_id)}/file")

    async def read_report_json(
        self,
        name: str,
        *,
        at_least: str | None = None,
        by: str | None = None,
        from_: str | None = None,
        game: str | None = None,
        language: str | None = None,
        operator: str | None = None,
        period: str | None = None,
        player: str | None = None,
        to: str | None = None,
    ) -> Any:
        """A short report as JSON."""
        return await self._call(
            object,
            "GET",
            f"/api/v1/reports/{escaped(name)}.json",
            query={
                "at_least": at_least,
                "by": by,
                "from": from_,
                "game": game,
                "language": language,
                "operator": operator,
                "period": period,
                "player": player,
                "to": to,
            },
        )

    async def read_report_pdf(
        self,
        name: str,
        *,
        at_least: str | None = None,
        by: str | None = None,
        from_: str | None = None,
        game: str | None = None,
        language: str | None = None,
        operator: str | None = None,
        period: str | None = None,
        player: str | None = None,
        to: str | None = None,
    ) -> bytes:
        """A short report as PDF, in one of the nine languages."""
        return await self._call(
            bytes,
            "GET",
            f"/api/v1/reports/{escaped(name)}.pdf",
            query={
                "at_least": at_least,
                "by": by,
                "from": from_,
                "game": game,
                "language": language,
                "operator": operator,
                "period": period,
                "player": player,
                "to": to,
            },
        )

    async def read_report_run(self, run_id: UUID | str) -> ReportRunOutput:
        """One report that was asked for: how far it is, and what its file is."""
        return await self._call(ReportRunOutput, "GET", f"/api/v1/reports/runs/{escaped(run_id)}")

    async def read_risk(self, phase_id: UUID | str, *, by: str | None = None, limit: int | None = None) -> RiskOutput:
        """The heat map."""
        return await self._call(
            RiskOutput, "GET", f"/api/v1/banker/phases/{escaped(phase_id)}/risk", query={"by": by, "limit": limit}
        )

    async def read_round(self, round_id: int) -> RoundOutput:
        """One round."""
        return await self._call(RoundOutput, "GET", f"/api/v1/rounds/{escaped(round_id)}")

    async def read_settlement(self, phase_id: UUID | str) -> SettlementOutput:
        """What a phase took and paid."""
        return await self._call(SettlementOutput, "GET", f"/api/v1/banker/phases/{escaped(phase_id)}/settlement")

    async def read_slip(self, slip_id: UUID | str) -> SlipDetail:
        """One slip with its bets."""
        return await self._call(SlipDetail, "GET", f"/api/v1/banker/slips/{escaped(slip_id)}")

    async def receipt_escpos(self, slip_id: UUID | str) -> bytes:
        """
        The receipt of a slip as a thermal printer of 58 mm takes it: ESC/POS, a picture that needs no letters
        there.
        """
        return await self._call(bytes, "GET", f"/api/v1/banker/slips/{escaped(slip_id)}/receipt.escpos")

    async def receipt_pdf(self, slip_id: UUID | str, *, paper: str | None = None) -> bytes:
        """The receipt of a slip, on a roll of 58 mm or on A4."""
        return await self._call(
            bytes, "GET", f"/api/v1/banker/slips/{escaped(slip_id)}/receipt.pdf", query={"paper": paper}
        )

    async def reconcile(
        self,
        *,
        from_: str | None = None,
        to: str | None = None,
        rows: list[dict[str, Any]] | None = None,
        file_name: str | None = None,
    ) -> RunOutput:
        """Comparing the operator's transactions with ours."""
        return await self._call(
            RunOutput,
            "POST",
            "/api/v1/reconciliation",
            body={"from": from_, "to": to, "rows": rows, "file_name": file_name},
        )

    async def record_checkpoint(self, *, number: int | None = None) -> Any:
        """The state of the caller's log as the house signed it: worth keeping, and checking against later ones."""
        return await self._call(object, "GET", "/api/v1/record/checkpoint", query={"number": number})

    async def record_consistency(self, *, first: int | None = None, second: int | None = None) -> Any:
        """What proves that the caller's log has only grown between two sizes."""
        return await self._call(object, "GET", "/api/v1/record/consistency", query={"first": first, "second": second})

    async def record_entries(self, *, first: int | None = None, limit: int | None = None) -> Any:
        """Entries of the caller's log in its order, each with its index."""
        return await self._call(object, "GET", "/api/v1/record/entries", query={"first": first, "limit": limit})

    async def record_entry_proof(self, entry_id: UUID | str) -> Any:
        """One entry of the caller's log, and what proves that it stands there unchanged."""
        return await self._call(object, "GET", f"/api/v1/record/entries/{escaped(entry_id)}/proof")

    async def record_log(self) -> str:
        """
        The caller's whole log: the signed state on the first line, then an entry on each line. Together they show
        that
        nothing is missing.
        """
        return await self._call(str, "GET", "/api/v1/record")

    async def regulator_feed(self, *, after: int | None = None, limit: int | None = None) -> FeedOutput:
        """
        The whole sealed record in one order, for a regulator: every entry of every log has a number that never
        changes, and
        who has all numbers up to one has missed nothing.
        """
        return await self._call(FeedOutput, "GET", "/api/v1/regulator/feed", query={"after": after, "limit": limit})

    async def renew_second_factor(self, member_id: UUID | str) -> MemberOutput:
        """A new second factor for an admin that has lost its own, by the operator's backend."""
        return await self._call(MemberOutput, "POST", f"/api/v1/banker/members/{escaped(member_id)}/second-factor")

    async def replay_failed_webhooks(
        self, endpoint_id: UUID | str, *, since: str, until: str | None = None
    ) -> ReplayOutput:
        """Everything that has failed at this endpoint since a time is sent once more."""
        return await self._call(
            ReplayOutput,
            "POST",
            f"/api/v1/webhooks/endpoints/{escaped(endpoint_id)}/replay",
            body={"since": since, "until": until},
        )

    async def replay_webhook_delivery(self, delivery_id: UUID | str) -> DeliveryOutput:
        """One delivery is sent once more, whatever became of it."""
        return await self._call(DeliveryOutput, "POST", f"/api/v1/webhooks/deliveries/{escaped(delivery_id)}/replay")

    async def report_turnover_csv(self, *, from_: str | None = None, to: str | None = None) -> str:
        """Turnover by day and game, as CSV. The headings are the same in every language: programs read them."""
        return await self._call(str, "GET", "/api/v1/reports/turnover.csv", query={"from": from_, "to": to})

    async def report_turnover_json(self, *, from_: str | None = None, to: str | None = None) -> TurnoverOutput:
        """Turnover by day and game, as JSON."""
        return await self._call(TurnoverOutput, "GET", "/api/v1/reports/turnover.json", query={"from": from_, "to": to})

    async def resume_webhook_endpoint(self, endpoint_id: UUID | str) -> EndpointOutput:
        """The end of a pause, or of being disabled."""
        return await self._call(EndpointOutput, "POST", f"/api/v1/webhooks/endpoints/{escaped(endpoint_id)}/resume")

    async def revoke_caller_key(self, key_id: str) -> None:
        """One key for signed calls, renewed or ended."""
        await self._call(NoneType, "DELETE", f"/api/v1/caller-keys/{escaped(key_id)}")

    async def revoke_key(self, key_id: UUID | str) -> None:
        """An operator renews its own key; the old one stays valid for the overlap."""
        await self._call(NoneType, "DELETE", f"/api/v1/keys/{escaped(key_id)}")

    async def revoke_session(self, session_id: UUID | str) -> None:
        """The operator's backend ends a session; its sockets close."""
        await self._call(NoneType, "DELETE", f"/api/v1/sessions/{escaped(session_id)}")

    async def risk_csv(self, phase_id: UUID | str) -> str:
        """Every number with its stakes, possible payout, limit and room, as CSV."""
        return await self._call(str, "GET", f"/api/v1/banker/phases/{escaped(phase_id)}/risk.csv")

    async def risk_json(self, phase_id: UUID | str) -> Any:
        """Every number with its stakes, possible payout, limit and room, as JSON."""
        return await self._call(object, "GET", f"/api/v1/banker/phases/{escaped(phase_id)}/risk.json")

    async def risk_pdf(self, phase_id: UUID | str) -> bytes:
        """Every number with its stakes, possible payout, limit and room, as PDF."""
        return await self._call(bytes, "GET", f"/api/v1/banker/phases/{escaped(phase_id)}/risk.pdf")

    async def rotate_caller_key(
        self, key_id: str, *, overlap_seconds: int | None = None, public_key: str | None = None
    ) -> CallerKeyCreated:
        """One key for signed calls, renewed or ended."""
        return await self._call(
            CallerKeyCreated,
            "POST",
            f"/api/v1/caller-keys/{escaped(key_id)}",
            body={"overlap_seconds": overlap_seconds, "public_key": public_key},
        )

    async def rotate_key(self, key_id: UUID | str, *, overlap_seconds: int | None = None) -> KeyOutput:
        """An operator renews its own key; the old one stays valid for the overlap."""
        return await self._call(
            KeyOutput, "POST", f"/api/v1/keys/{escaped(key_id)}", body={"overlap_seconds": overlap_seconds}
        )

    async def rotate_wallet_secret(self, *, overlap_seconds: int | None = None) -> SecretOutput:
        """A new shared secret for calls to the caller's wallet."""
        return await self._call(
            SecretOutput, "POST", "/api/v1/wallet/connection/secret", body={"overlap_seconds": overlap_seconds}
        )

    async def rotate_webhook_secret(
        self, endpoint_id: UUID | str, *, overlap_seconds: int | None = None
    ) -> EndpointWithSecret:
        """A new secret for an endpoint; the old one signs beside it for the overlap."""
        return await self._call(
            EndpointWithSecret,
            "POST",
            f"/api/v1/webhooks/endpoints/{escaped(endpoint_id)}/secret",
            body={"overlap_seconds": overlap_seconds},
        )

    async def round_proof(self, round_id: int) -> Any:
        """Everything that a stranger needs to check a round. Needs no credential."""
        return await self._call(object, "GET", f"/api/v1/rounds/{escaped(round_id)}/proof")

    async def run_clock(self, code: str) -> ClockOutput:
        """Lets the clock go on from where it is."""
        return await self._call(ClockOutput, "POST", f"/api/v1/games/{escaped(code)}/clock/run")

    async def schedule_report(
        self,
        *,
        report: str,
        every: str,
        format: str | None = None,
        operator: str | None = None,
        game: str | None = None,
        by: str | None = None,
        player: str | None = None,
        at_least: str | None = None,
        language: str | None = None,
    ) -> ScheduleOutput:
        """Reports that are made by themselves."""
        return await self._call(
            ScheduleOutput,
            "POST",
            "/api/v1/reports/schedules",
            body={
                "report": report,
                "every": every,
                "format": format,
                "operator": operator,
                "game": game,
                "by": by,
                "player": player,
                "at_least": at_least,
                "language": language,
            },
        )

    async def set_commission(self, member_id: UUID | str, *, commission: int) -> MemberOutput:
        """A collector's commission."""
        return await self._call(
            MemberOutput,
            "PUT",
            f"/api/v1/banker/members/{escaped(member_id)}/commission",
            body={"commission": commission},
        )

    async def set_global_limit(self, phase_id: UUID | str, *, global_limit: str) -> PhaseOutput:
        """The limit of all numbers that have none of their own. It acts at once."""
        return await self._call(
            PhaseOutput,
            "PUT",
            f"/api/v1/banker/phases/{escaped(phase_id)}/global-limit",
            body={"global_limit": global_limit},
        )

    async def set_member_password(self, member_id: UUID | str, *, password: str) -> MemberOutput:
        """
        Another password for a member that has lost its own: a collector's by admins, an admin's by the backend
        only.
        """
        return await self._call(
            MemberOutput, "PUT", f"/api/v1/banker/members/{escaped(member_id)}/password", body={"password": password}
        )

    async def set_number_limit(self, phase_id: UUID | str, number: str, *, max_amount: str) -> NumberLimitOutput:
        """The limit of one number."""
        return await self._call(
            NumberLimitOutput,
            "PUT",
            f"/api/v1/banker/phases/{escaped(phase_id)}/limits/{escaped(number)}",
            body={"max_amount": max_amount},
        )

    async def set_operator_rate_limits(
        self,
        slug: str,
        *,
        operator_bets: str | None = None,
        operator_calls: str | None = None,
        player_bets: str | None = None,
        player_calls: str | None = None,
    ) -> RateLimitsOutput:
        """The provider reads and sets an operator's limits."""
        return await self._call(
            RateLimitsOutput,
            "PUT",
            f"/api/v1/operators/{escaped(slug)}/rate-limits",
            body={
                "operator_bets": operator_bets,
                "operator_calls": operator_calls,
                "player_bets": player_bets,
                "player_calls": player_calls,
            },
        )

    async def set_phase_end(self, phase_id: UUID | str, *, ends_at: str) -> PhaseOutput:
        """Until when slips are taken. A phase whose end has passed is not brought back."""
        return await self._call(
            PhaseOutput, "PUT", f"/api/v1/banker/phases/{escaped(phase_id)}/end", body={"ends_at": ends_at}
        )

    async def set_players_limit(
        self,
        player_token: str,
        kind: str,
        period: str,
        *,
        amount: str | None = None,
        minutes: int | None = None,
        source: Literal["operator", "player"] | None = None,
    ) -> ProtectionOutput:
        """The operator's limits of a player, and on behalf of the player the player's own."""
        return await self._call(
            ProtectionOutput,
            "PUT",
            f"/api/v1/players/{escaped(player_token)}/protection/limits/{escaped(kind)}/{escaped(period)}",
            body={"amount": amount, "minutes": minutes, "source": source},
        )

    async def signing_keys(self) -> Any:
        """The public keys that this installation signs with, and its contract on the chain. Needs no credential."""
        return await self._call(object, "GET", "/.well-known/keno-keys.json")

    async def statements_csv(self, phase_id: UUID | str) -> str:
        """The statements of a phase; a collector gets its own, as CSV."""
        return await self._call(str, "GET", f"/api/v1/banker/phases/{escaped(phase_id)}/statements.csv")

    async def statements_json(self, phase_id: UUID | str) -> Any:
        """The statements of a phase; a collector gets its own, as JSON."""
        return await self._call(object, "GET", f"/api/v1/banker/phases/{escaped(phase_id)}/statements.json")

    async def statements_pdf(self, phase_id: UUID | str) -> bytes:
        """The statements of a phase; a collector gets its own, as PDF."""
        return await self._call(bytes, "GET", f"/api/v1/banker/phases/{escaped(phase_id)}/statements.pdf")

    async def step_clock(
        self, code: str, *, until: Literal["closed", "drawn", "opened", "revealed"] | None = None
    ) -> StepOutput:
        """Moves the clock to the next boundary, stops it there, and answers when all that follows from it is done."""
        return await self._call(StepOutput, "POST", f"/api/v1/games/{escaped(code)}/clock/step", body={"until": until})

    async def suggest_lay_offs(self, phase_id: UUID | str, *, payout_max: str | None = None) -> LayOffsOutput:
        """What to place elsewhere."""
        return await self._call(
            LayOffsOutput,
            "GET",
            f"/api/v1/banker/phases/{escaped(phase_id)}/risk/lay-offs",
            query={"payout_max": payout_max},
        )

    async def test_webhook_endpoint(self, endpoint_id: UUID | str) -> DeliveryOutput:
        """An `endpoint.test` to this endpoint; its delivery tells what was sent, and what the endpoint answered."""
        return await self._call(DeliveryOutput, "POST", f"/api/v1/webhooks/endpoints/{escaped(endpoint_id)}/test")

    async def what_if(self, phase_id: UUID | str, number: str) -> OutcomeOutput:
        """What it would come to if this number won."""
        return await self._call(
            OutcomeOutput, "GET", f"/api/v1/banker/phases/{escaped(phase_id)}/risk/what-if/{escaped(number)}"
        )

    async def withdraw(
        self,
        *,
        player_token: str,
        amount: str,
        currency: str,
        reference: str | None = None,
        idempotency_key: str | None = None,
    ) -> TransactionOutput:
        """Money from a player's balance back to the operator."""
        return await self._call(
            TransactionOutput,
            "POST",
            "/api/v1/wallet/withdrawals",
            body={"player_token": player_token, "amount": amount, "currency": currency, "reference": reference},
            key=idempotency_key or new_key(),
        )

    async def withdraw_players_limit(
        self, player_token: str, kind: str, period: str, *, source: Literal["operator", "player"] | None = None
    ) -> ProtectionOutput:
        """A looser limit of a player that waits."""
        return await self._call(
            ProtectionOutput,
            "DELETE",
            f"/api/v1/players/{escaped(player_token)}/protection/limits/{escaped(kind)}/{escaped(period)}/pending",
            query={"source": source},
        )

    async def worst_outcomes(self, phase_id: UUID | str, *, limit: int | None = None) -> OutcomesOutput:
        """The outcomes that would cost the most, permutations and neighbours included."""
        return await self._call(
            OutcomesOutput, "GET", f"/api/v1/banker/phases/{escaped(phase_id)}/risk/worst", query={"limit": limit}
        )
