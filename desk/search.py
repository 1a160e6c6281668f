"""
One search for whatever a complaint contains: any id, number, token, reference, name or address. Every question has an
index that answers it; what a text cannot be is not asked for.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Q
from psycopg import sql

from calls.selectors import calls_naming
from desk.addresses import story_of
from desk.sight import Sight
from desk.stories.sources import page_of
from operators.models import Operator
from rounds.selectors import list_games

TERM_MAX, HITS_MAX = 200, 50
OPERATORS_AT_ONCE = 40
_BIGGEST = 2**63 - 1
_CAUSE = ~0xF
_HASH = re.compile(r"0x[0-9a-fA-F]{64}")
_CHAIN_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """What was typed, and what it could be."""

    text: str
    uuid: UUID | None
    number: int | None

    @property
    def cause(self) -> UUID | None:
        """The bet that it would be about, if it is the id of a bet or of one of its movements."""
        return UUID(int=self.uuid.int & _CAUSE) if self.uuid else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """Something found: what it is, where its page is, and in whose books; None: in those that all share."""

    kind: str
    title: str
    address: str
    operator: Operator | None = None
    is_story: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shared:
    """A question to a table that all operators share."""

    label: str
    kind: str
    condition: Callable[[Term], Q | None]
    story: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Own:
    """A question to a table of each operator: a condition in SQL on one value, and what of a row names its page."""

    label: str
    kind: str
    table: str
    column: str
    value: Callable[[Term], Any]
    page: str
    story: str = ""


def read_term(typed: str) -> Term | None:
    """What was typed, as a term; None where it can name nothing."""
    text = typed.strip()
    if not text or len(text) > TERM_MAX or "\x00" in text:
        return None
    try:
        uuid = UUID(text)
    except ValueError:
        uuid = None
    number = int(text) if text.isascii() and text.isdigit() and int(text) <= _BIGGEST else None
    return Term(text=text, uuid=uuid, number=number)


def find(term: Term, sight: Sight) -> list[Hit]:
    """Everything that this names, of what the member may see: stories first, those of the picked operator before."""
    found = [*_in_books(term, sight), *_shared(term, sight)]
    return sorted(found, key=lambda hit: not hit.is_story)[:HITS_MAX]


def _by_id(term: Term) -> Q | None:
    return Q(pk=term.uuid) if term.uuid else None


def _numbered(*paths: str) -> Callable[[Term], Q | None]:
    def condition(term: Term) -> Q | None:
        if term.number is None:
            return None
        return Q(*((path, term.number) for path in paths), _connector=Q.OR)

    return condition


def _named(*paths: str) -> Callable[[Term], Q | None]:
    return lambda term: Q(*((path, term.text) for path in paths), _connector=Q.OR)


def _round(term: Term) -> Q | None:
    """By its id, or by its number in any game; game by game, as the index has it."""
    if term.number is None:
        return None
    games = list(list_games().values_list("pk", flat=True))
    return Q(pk=term.number) | Q(game__in=games, number=term.number)


def _like(pattern: re.Pattern[str], path: str) -> Callable[[Term], Q | None]:
    return lambda term: Q(**{path: term.text.lower()}) if pattern.fullmatch(term.text) else None


def _operator(term: Term) -> Q | None:
    found = Q(slug=term.text) | Q(name=term.text) | Q(domains__domain=term.text.lower())
    return found | Q(pk=term.uuid) if term.uuid else found


_SHARED = (
    _Shared(label="rounds.round", kind="Round", condition=_round, story="round"),
    _Shared(label="operators.operator", kind="Operator", condition=_operator),
    _Shared(label="rounds.game", kind="Game", condition=_named("code", "name")),
    _Shared(label="rounds.epoch", kind="Epoch", condition=_numbered("pk", "anchor_seq")),
    _Shared(label="rounds.resultstree", kind="Tree of results", condition=_numbered("pk", "anchor_seq")),
    _Shared(label="anchors.root", kind="Anchored root", condition=_numbered("pk")),
    _Shared(label="anchors.transaction", kind="Chain transaction", condition=_like(_HASH, "hash")),
    _Shared(label="anchors.contract", kind="Contract", condition=_like(_CHAIN_ADDRESS, "address")),
    _Shared(label="operators.apikey", kind="API key", condition=_by_id),
    _Shared(label="operators.callerkey", kind="Key for signed calls", condition=_named("key_id")),
    _Shared(label="webhooks.event", kind="Webhook event", condition=_by_id),
    _Shared(label="webhooks.delivery", kind="Webhook delivery", condition=_by_id),
    _Shared(label="webhooks.endpoint", kind="Webhook endpoint", condition=_by_id),
    _Shared(label="reconciliation.reconciliationrun", kind="Reconciliation", condition=_by_id),
    _Shared(label="approvals.request", kind="Request for approval", condition=_by_id),
    _Shared(label="audit.auditentry", kind="Entry of the record", condition=_by_id),
)
# A bet, its stake, payout and calls share all but the last four bits of their ids, and a ticket's id is that of its
# first bet: each leads to the bet.
_OWN = (
    _Own(
        label="bets.betstate",
        kind="Bet",
        table="bets_bet",
        column="id",
        value=lambda term: term.cause,
        page="id",
        story="bet",
    ),
    _Own(
        label="players.player",
        kind="Player",
        table="players_player",
        column="token",
        value=lambda term: term.text,
        page="token",
        story="player",
    ),
    _Own(
        label="bets.betstate",
        kind="Bet of this key",
        table="bets_slip",
        column="key",
        value=lambda term: f"o:{term.text}",
        page="first_bet_id",
        story="bet",
    ),
    _Own(
        label="wallet.transaction",
        kind="Transaction",
        table="wallet_transaction",
        column="id",
        value=lambda term: term.uuid,
        page="id",
    ),
    _Own(
        label="wallet.transaction",
        kind="Transfer of this key",
        table="wallet_transferkey",
        column="key",
        value=lambda term: term.text,
        page="transaction_id",
    ),
    _Own(
        label="wallet.walletcall",
        kind="Wallet call",
        table="wallet_walletcall",
        column="id",
        value=lambda term: term.uuid,
        page="id",
    ),
    _Own(
        label="players.session",
        kind="Session",
        table="players_session",
        column="id",
        value=lambda term: term.uuid,
        page="id",
    ),
    _Own(
        label="players.session",
        kind="Session of this reference",
        table="players_session",
        column="reference",
        value=lambda term: term.text,
        page="id",
    ),
    _Own(
        label="bets.paytable",
        kind="Paytable",
        table="bets_paytable",
        column="id",
        value=lambda term: term.uuid,
        page="id",
    ),
    _Own(label="flags.flag", kind="Flag", table="flags_flag", column="id", value=lambda term: term.uuid, page="id"),
    _Own(
        label="banker.phase",
        kind="Lottery phase",
        table="banker_phase",
        column="id",
        value=lambda term: term.uuid,
        page="id",
    ),
)
PER_TABLE = 10


def _shared(term: Term, sight: Sight) -> Iterator[Hit]:
    for one in _SHARED:
        condition = one.condition(term)
        if condition is None:
            continue
        for row in sight.rows(one.label).filter(condition).order_by("-pk").distinct()[:PER_TABLE]:
            address = story_of(one.story, row.pk) if one.story else page_of(one.label, row.pk)
            yield Hit(kind=one.kind, title=str(row), address=address, is_story=bool(one.story))
    yield from _calls(term, sight)


def _calls(term: Term, sight: Sight) -> Iterator[Hit]:
    """The request log, which is searched for every id that was named in a call."""
    if not sight.sees("calls.call"):
        return
    found = sight.narrowed("calls.call", calls_naming(term.text))
    for call in found.order_by("-pk")[:PER_TABLE]:
        title = f"{call.method} {call.path[:100]} ({call.status or 'no answer'})"
        yield Hit(kind="Call", title=title, address=page_of("calls.call", call.pk))


def _in_books(term: Term, sight: Sight) -> Iterator[Hit]:
    asked = [(one, value) for one in _OWN if sight.sees(one.label) and (value := one.value(term)) is not None]
    operators = sight.operators()
    seen: set[tuple[UUID, str, str]] = set()
    for first in range(0, len(operators) if asked else 0, OPERATORS_AT_ONCE):
        part = operators[first : first + OPERATORS_AT_ONCE]
        for place, number, key in _ask(part, asked):
            operator, (one, _) = part[place], asked[number]
            address = story_of(one.story, key) if one.story else page_of(one.label, key)
            if (operator.pk, one.story or one.label, key) not in seen:
                seen.add((operator.pk, one.story or one.label, key))
                yield Hit(kind=one.kind, title=key, address=address, operator=operator, is_story=bool(one.story))


def _ask(operators: Sequence[Operator], asked: Sequence[tuple[_Own, Any]]) -> list[tuple[int, int, str]]:
    """(place of the operator, number of the question, what names the page): all questions to all of them in one."""
    each = sql.SQL("(SELECT {}, {}, {}::text FROM {} WHERE {} = {} LIMIT {})")
    parts = [
        each.format(
            sql.Literal(place),
            sql.Literal(number),
            sql.Identifier(one.page),
            sql.Identifier(operator.schema_name, one.table),
            sql.Identifier(one.column),
            sql.Literal(value),
            sql.Literal(PER_TABLE),
        )
        for place, operator in enumerate(operators)
        for number, (one, value) in enumerate(asked)
    ]
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL(" UNION ALL ").join(parts).as_string(cursor.connection))
        return [(place, number, key) for place, number, key in cursor.fetchall()]
