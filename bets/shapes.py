"""The bodies and answers of the bet calls."""

import base64
from collections.abc import Sequence
from functools import lru_cache
from typing import Any
from uuid import UUID

import msgspec
from msgspec import structs

from bets import paytables, receipts
from bets.models import Bet, BetState, BetStatus, Paytable
from bets.selectors import multipliers
from bets.slips import Accepted
from keno_platform.core.clock import to_text
from keno_platform.core.errors import Refusal
from keno_platform.http.pagination import PageQuery
from keno_platform.http.parsing import Ask
from keno_platform.http.problems import STATUS, problem
from operators.models import Operator
from rounds.custody import sign_all
from rounds.models import Round
from rounds.selectors import rounds_by_id

OK, CREATED = 200, 201


class BetAsk(Ask, frozen=True, kw_only=True):
    """
    One bet: on the current round of `game`, or on `round_id`; with `rounds`, on so many consecutive rounds.

    With `sign_receipt` the answer carries the installation's signature over each receipt.
    """

    picks: Any
    stake: Any
    currency: Any
    game: str | None = None
    round_id: int | None = None
    player_token: str | None = None
    rounds: int = 1
    sign_receipt: bool = False


class BatchAsk(Ask, frozen=True, kw_only=True):
    """Up to 1,000 bets, each answered by itself. Item n has the idempotency key `<key>#<n>`, n from 0."""

    bets: list[BetAsk]


class BetOutput(msgspec.Struct, frozen=True, kw_only=True):
    """
    A bet. `receipt` is the base64 of its KPS-1 BET leaf, whose hash is in the round's `bets_root`.

    `receipt_signature` is Ed25519 in hex over those bytes, by the key `receipt_key_id`; null unless it is asked for.
    """

    id: UUID
    ticket_id: UUID | None
    round_id: int
    game: str
    player_token: str
    picks: list[int]
    pick_count: int
    stake: str
    currency: str
    paytable_id: UUID
    potential_max_win: str
    status: str
    hits: int | None
    multiplier: str | None
    win_amount: str | None
    created_at: str
    receipt: str
    receipt_signature: str | None = None
    receipt_key_id: str | None = None


class PlacedOutput(BetOutput, frozen=True, kw_only=True):
    """The answer to a placement: the first bet, and for a ticket all of them in the order of their rounds."""

    ticket: list[BetOutput]


class BatchItem(msgspec.Struct, frozen=True, kw_only=True):
    """One answer of a batch: the HTTP status that the bet alone would have got, and the bet or the problem."""

    status: int
    bet: PlacedOutput | None = None
    problem: dict[str, Any] | None = None


class BatchOutput(msgspec.Struct, frozen=True, kw_only=True):
    """The answers of a batch in the order of its bets."""

    results: list[BatchItem]


class ReceiptQuery(Ask, frozen=True, kw_only=True):
    """Whether to sign the receipt."""

    sign_receipt: bool = False


class BetQuery(PageQuery, frozen=True, kw_only=True):
    """
    Filters of the bet list; `from` and `to` are RFC 3339 times by the bets' ids, which carry the moment when a bet was
    asked for, a little before `created_at`; bets of the moment `to` are not included.

    An operator that names a `game` names a player or a round too.
    """

    player_token: str | None = None
    round_id: int | None = None
    game: str | None = None
    status: str | None = None
    since: str | None = msgspec.field(default=None, name="from")
    to: str | None = None


class PickOutput(msgspec.Struct, frozen=True, kw_only=True):
    """What one pick count pays, and its exact figures."""

    pick_count: int
    multipliers: dict[str, str]
    rtp: str
    rtp_exact: str
    house_edge: str
    hit_frequency: str
    standard_deviation: str


class PaytableOutput(msgspec.Struct, frozen=True, kw_only=True):
    """One version of the paytable. `hash` is the one in every BET leaf."""

    id: UUID
    name: str
    version: int
    active: bool
    hash: str
    picks: list[PickOutput]


def show_placed(
    operator: Operator, own: list[Bet], rounds: dict[int, Round], *, sign_receipt: bool = False
) -> PlacedOutput:
    """The answer to a placement, the same now and at every retry: it tells what was accepted, not what came of it."""
    all_members = [_members(operator, bet, rounds[bet.round_id]) for bet in own]
    if sign_receipt:
        all_members = _with_signatures(all_members)
    shown = [BetOutput(**members, **_PENDING) for members in all_members]
    return PlacedOutput(**all_members[0], **_PENDING, ticket=shown)


def show_answer(operator: Operator, answer: Accepted | list[Bet], *, sign_receipt: bool = False) -> PlacedOutput:
    """The same for a slip that was accepted now or before; reads the rounds of bets. Inside the operator's schema."""
    own = answer.bets() if isinstance(answer, Accepted) else answer
    return show_placed(operator, own, rounds_by_id(bet.round_id for bet in own), sign_receipt=sign_receipt)


def show_batch(
    operator: Operator, asked: Sequence[BetAsk], answers: Sequence[Accepted | list[Bet] | Refusal]
) -> BatchOutput:
    """The answer to a bulk call."""
    placed = [own.bets() if isinstance(own, Accepted) else own for own in answers]
    rounds = rounds_by_id(bet.round_id for own in placed if not isinstance(own, Refusal) for bet in own)
    return BatchOutput(
        results=[
            BatchItem(status=STATUS[own.kind], problem=problem(own))
            if isinstance(own, Refusal)
            else BatchItem(status=CREATED, bet=show_placed(operator, own, rounds, sign_receipt=ask.sign_receipt))
            for ask, own in zip(asked, placed, strict=True)
        ]
    )


def encode_batch(operator: Operator, accepted: Sequence[Accepted]) -> bytes:
    """The same as JSON when every bet was accepted."""
    items = (b'{"status":%d,"bet":%s,"problem":null}' % (CREATED, encode_accepted(operator, own)) for own in accepted)
    return b'{"results":[%s]}' % b",".join(items)


def show_accepted(operator: Operator, accepted: Accepted) -> PlacedOutput:
    """The same for what was accepted just now, without its rows."""
    shown = [_show_fresh(operator, accepted, place) for place in range(len(accepted.slip.bet_ids))]
    return PlacedOutput(**structs.asdict(shown[0]), ticket=shown)


def encode_accepted(operator: Operator, accepted: Accepted) -> bytes:
    """The same as JSON. A bet alone is its own ticket, and is not written twice by the encoder."""
    if len(accepted.slip.bet_ids) > 1:
        return _encoder.encode(show_accepted(operator, accepted))
    one = _encoder.encode(_show_fresh(operator, accepted, 0))
    return b"".join((one[:-1], b',"ticket":[', one, b"]}"))


def _show_fresh(operator: Operator, accepted: Accepted, place: int) -> BetOutput:
    slip = accepted.slip
    one, bet_ids = slip.rounds[place], slip.bet_ids
    return BetOutput(
        id=bet_ids[place],
        ticket_id=bet_ids[0] if len(bet_ids) > 1 else None,
        round_id=one.id,
        game=one.game.code,
        player_token=slip.player.token,
        picks=list(slip.picks),
        pick_count=len(slip.picks),
        stake=operator.money(slip.stake),
        currency=operator.currency_code,
        paytable_id=slip.paytable.id,
        potential_max_win=operator.money(slip.potential),
        created_at=_text_of(accepted.moment),
        receipt=base64.b64encode(accepted.leaf(place)).decode(),
        **_PENDING,
    )


def _with_signatures(all_members: list[dict[str, Any]]) -> list[dict[str, Any]]:
    signatures = sign_all([base64.b64decode(members["receipt"]) for members in all_members])
    return [
        members | {"receipt_signature": own.signature.hex(), "receipt_key_id": own.key_id}
        for members, own in zip(all_members, signatures, strict=True)
    ]


_text_of = lru_cache(maxsize=256)(to_text)
"""Bets that were accepted together have their moment in common."""
_encoder = msgspec.json.Encoder()
_PENDING: dict[str, Any] = {
    "status": BetStatus.PENDING.value,
    "hits": None,
    "multiplier": None,
    "win_amount": None,
}


def show_bet(operator: Operator, bet: BetState, one: Round, *, sign_receipt: bool = False) -> BetOutput:
    """A bet with what became of it."""
    members = _members(operator, bet, one)
    [members] = _with_signatures([members]) if sign_receipt else [members]
    hits = bet.hits
    if hits is None and one.numbers_drawn is not None:
        hits = len(set(bet.picks) & set(one.numbers_drawn))
    won = bet.multiplier_hundredths
    return BetOutput(
        **members,
        status=bet.settlement_status,
        hits=hits,
        multiplier=paytables.text_of(won) if won is not None else None,
        win_amount=operator.money(bet.win_amount) if bet.win_amount is not None else None,
    )


def _members(operator: Operator, bet: Bet | BetState, one: Round) -> dict[str, Any]:
    leaf = receipts.receipt(bet, operator=operator, stream=one.game.stream, round_number=one.number)
    return {
        "id": bet.pk,
        "ticket_id": bet.ticket_id,
        "round_id": bet.round_id,
        "game": one.game.code,
        "player_token": bet.player.token,
        "picks": list(bet.picks),
        "pick_count": bet.pick_count,
        "stake": operator.money(bet.stake),
        "currency": operator.currency_code,
        "paytable_id": bet.paytable_id,
        "potential_max_win": operator.money(bet.potential_max_win),
        "created_at": to_text(bet.created_at),
        "receipt": base64.b64encode(leaf).decode(),
    }


def show_paytable(paytable: Paytable) -> PaytableOutput:
    """A paytable with the figures of each pick count, computed exactly."""
    table = multipliers(paytable)
    return PaytableOutput(
        id=paytable.pk,
        name=paytable.name,
        version=paytable.version,
        active=paytable.active,
        hash=bytes(paytable.hash).hex(),
        picks=[_show_pick(pick, row) for pick, row in table.items()],
    )


def _show_pick(pick_count: int, row: dict[int, int]) -> PickOutput:
    figures = paytables.statistics(pick_count, row)
    return PickOutput(
        pick_count=pick_count,
        multipliers={str(hits): paytables.text_of(pays) for hits, pays in row.items()},
        rtp=f"{float(figures.rtp):.6f}",
        rtp_exact=str(figures.rtp),
        house_edge=f"{float(1 - figures.rtp):.6f}",
        hit_frequency=f"{float(figures.hit_frequency):.6f}",
        standard_deviation=f"{figures.standard_deviation:.4f}",
    )
