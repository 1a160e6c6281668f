"""The story of one round: how it was committed, closed, drawn and paid, and what it was in the operator's books."""

from collections.abc import Iterator
from dataclasses import dataclass

from audit.selectors import entries_of_round
from bets.selectors import find_settlement, top_payouts
from desk.addresses import story_of
from desk.sight import Sight
from desk.stories import proof, sources
from desk.stories.timeline import GOOD, Check, Fact, Happening, Section, in_order
from keno_platform.core.clock import to_text
from keno_platform.staff.columns import NOTHING, code, link, list_link, record_link
from operators.bound import shown_amount
from operators.models import Operator
from rounds.models import Round
from rounds.selectors import get_round
from rounds.watching import participations_of
from webhooks.selectors import deliveries_about

PART_MAX, TOP_WINS = 200, 10


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundStory:
    """A round with all that is known of it."""

    round: Round
    facts: list[Fact]
    happenings: list[Happening]
    checks: list[Check]
    sections: list[Section]


def tell(round_id: int, *, operator: Operator | None, sight: Sight) -> RoundStory:
    """
    The whole story of a round; with an operator, its books in it too, inside its schema.

    :raises RoundNotFound: there is none, or it is of a game that this member may not see.
    """
    one = get_round(round_id=round_id, operator_id=sight.within)
    own = operator if operator is not None and sight.sees("bets.settlement") else None
    return RoundStory(
        round=one,
        facts=_facts(one),
        happenings=in_order(_happenings(one, operator, sight)),
        checks=proof.checks_of(one),
        sections=[_payers(one, sight), *([_books(one, own), _wins(one)] if own else [])],
    )


def _facts(one: Round) -> list[Fact]:
    numbers = " ".join(f"{number:02d}" for number in sorted(one.numbers_drawn or ())) or NOTHING
    tree = one.results_tree_id
    return [
        Fact(name="Game", value=record_link("rounds.game", one.game_id, one.game)),
        Fact(name="Number", value=one.number),
        Fact(name="Numbers drawn", value=numbers),
        Fact(name="Betting", value=f"{to_text(one.opens_at)} to {to_text(one.closes_at)}"),
        Fact(name="Bets, of all operators", value=NOTHING if one.bets_count is None else f"{one.bets_count:,}"),
        Fact(name="Epoch", value=record_link("rounds.epoch", one.epoch_id)),
        Fact(name="Tree of results", value=record_link("rounds.resultstree", tree) if tree else "in none yet"),
        Fact(name="Beacon", value=f"round {one.beacon_round} of {one.network}" if one.beacon_round else one.network),
        Fact(name="Commitment", value=code(bytes(one.server_seed_hash).hex())),
        Fact(name="All about it", value=record_link("rounds.round", one.pk, "every column of it")),
    ]


def _happenings(one: Round, operator: Operator | None, sight: Sight) -> Iterator[Happening]:
    yield from sources.of_round(one)
    if one.results_tree is not None:
        link = sources.page_of("rounds.resultstree", one.results_tree_id)
        at = one.results_tree.created_at
        yield Happening(at=at, source="round", what="Result put into a tree", link=link, tone=GOOD)
    if operator is not None and sight.sees("bets.settlement") and (settled := find_settlement(one.pk)):
        said = f"{settled.bets:,} bets, {settled.winners:,} of them won"
        yield Happening(
            at=settled.settled_at,
            source="bet",
            what=f"Settled for {operator.name}",
            detail=said,
            link=sources.page_of("bets.settlement", one.pk),
            tone=GOOD,
        )
    if operator is not None and sight.sees("webhooks.delivery"):
        yield from sources.of_deliveries(deliveries_about(operator, [str(one.pk)]))
    entries = entries_of_round(one.pk, operator_id=operator.pk if operator else None)
    yield from sources.of_record(sight.narrowed("audit.auditentry", entries)[:PART_MAX])


def _payers(one: Round, sight: Sight) -> Section:
    """Who had bets in it, of those whose books may be seen, and whether each has paid."""
    names = {operator.pk: operator.name for operator in sight.operators()}
    rows = tuple(
        (names[each.operator_id], to_text(each.settled_at) if each.settled_at else "not yet")
        for each in participations_of(one.pk)
        if each.operator_id in names
    )
    note = "" if rows else "Nobody bet in this round."
    return Section(title="Operators with bets in it", headings=("Operator", "Paid at"), rows=rows, note=note)


def _books(one: Round, operator: Operator) -> Section:
    settled = find_settlement(one.pk)
    title = f"In the books of {operator.name}"
    if settled is None:
        return Section(title=title, note="No settlement: no bet of this operator, or it is not settled yet.")
    return Section(
        title=title,
        facts=(
            Fact(name="Bets", value=f"{settled.bets:,}"),
            Fact(name="Stakes", value=shown_amount(settled.stakes)),
            Fact(name="Winners", value=f"{settled.winners:,}"),
            Fact(name="Paid, or returned", value=shown_amount(settled.payouts)),
            Fact(name="Each bet", value=list_link("bets.betstate", "its bets", f"q={one.pk}")),
        ),
    )


def _wins(one: Round) -> Section:
    rows = tuple(
        (link(story_of("bet", win.bet_id), win.bet_id), str(win.hits), shown_amount(win.amount))
        for win in top_payouts(one.pk, TOP_WINS)
    )
    note = "" if rows else "Nobody has won in it."
    return Section(title="Highest wins", headings=("Bet", "Hits", "Win"), rows=rows, note=note)
