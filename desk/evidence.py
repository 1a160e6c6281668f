"""
All bets of a player in a time, with the proof that nothing was left out: what `python -m fairness bets` checks. Made a
few rounds at a time, so that a long time needs no more memory than a short one.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

from bets.receipts import player_tag, receipt
from desk.leaves import Batch, batch_of, check_archive, span_of
from fairness.period import ABOUT, signed_digest
from keno_platform.core.clock import to_milliseconds
from keno_platform.core.errors import Kind, Refusal
from operators.models import Operator
from operators.selectors import get_operator
from operators.tenancy import tenant_context
from players.selectors import get_player
from rounds.custody import Signed, sign
from rounds.models import Round
from rounds.proofs import round_proofs
from rounds.selectors import participants, rounds_for_proof
from rounds.watching import last_of_their_games, rounds_of_period
from wallet.horizon import archived, complete_since

PERIOD_MAX = timedelta(days=1)
BATCH = 32
"""So many rounds are read together."""


class EvidencePeriodInvalid(Refusal):
    """Evidence covers a time that is over, above zero and up to a day."""

    code = "evidence_period_invalid"
    kind = Kind.INVALID
    title = "The period of the evidence is not valid"


def lines(
    *,
    operator: Operator,
    player_token: str,
    since: datetime,
    until: datetime,
    now: datetime,
    open_all: bool,
    from_archive: bool = False,
) -> Iterator[bytes]:
    """
    The document, line by line: every round that took bets in that time, whole, with the leaves of the operator opened,
    or with `open_all` those of every operator. With `from_archive` archived days are read too, which loads ClickHouse
    into this process where no server of it is configured.

    :raises EvidencePeriodInvalid: the period is empty, too long, or not over. :raises PlayerNotFound: none of the
        operator's. :raises Archived: a part of it is in the archive, and is not or cannot be read there.
    """
    if not timedelta(0) < until - since <= PERIOD_MAX or until > now:
        raise EvidencePeriodInvalid(f"`to` must be after `from` by at most {PERIOD_MAX.days} day, and not ahead.")
    with tenant_context(operator):
        player = get_player(player_token)
        if since < complete_since() and not from_archive:
            raise archived()
        tag = player_tag(bytes(operator.player_tag_secret), player.token)
        round_ids = rounds_of_period(operator_id=operator.pk, since=since, until=until)
    if from_archive and round_ids:
        _check_archive(round_ids)
    head = {
        "protocol": "KPS-1",
        "about": ABOUT,
        "operator_id": str(operator.pk),
        "player_token": player.token,
        "player_tag": tag.hex(),
        "from_ms": to_milliseconds(since),
        "to_ms": to_milliseconds(until),
        "all_opened": open_all,
    }
    return _signed(head, round_ids, operator, player.pk, open_all)


def _check_archive(round_ids: Sequence[int]) -> None:
    taking_part = sorted({operator_id for _, operator_id in participants(round_ids)})
    operators = [get_operator(operator_id=one) for one in taking_part]
    check_archive(operators, span_of(rounds_for_proof(round_ids)))


def _signed(
    head: dict[str, Any], round_ids: Sequence[int], operator: Operator, player_id: int, open_all: bool
) -> Iterator[bytes]:
    """The lines and, as the last, how many there were with the house's signature."""
    digest, count = sha256(), 0

    def told(value: dict[str, Any]) -> bytes:
        line = _json(value) + b"\n"
        digest.update(line)
        return line

    yield told(head)
    for first in range(0, len(round_ids), BATCH):
        part = round_ids[first : first + BATCH]
        rounds = {one.pk: one for one in rounds_for_proof(part)}
        batch = batch_of(list(rounds.values()), opened=None if open_all else operator)
        opened = _opened(batch, rounds)
        own = batch.bets.get(operator.pk, ())
        count += sum(bet.player_id == player_id and _is_closed(rounds[bet.round_id]) for bet in own)
        for one, document in _documents(part, rounds):
            yield told({"round": document, **_leaves(one, batch, opened)})
    ended = [str(one.game.stream) for one in last_of_their_games(round_ids)]
    digest.update(_json([len(round_ids), count, ended]))  # the last line is signed but for its signature
    signed = _signature(sign(signed_digest(digest.digest())))
    yield told({"rounds": len(round_ids), "bets": count, "ended": ended, "signed": signed})


def _is_closed(one: Round) -> bool:
    """Whether its bets are fixed under a root."""
    return one.close_message is not None


def _signature(own: Signed) -> dict[str, str]:
    return {"signature": own.signature.hex(), "key_id": own.key_id, "public_key": own.public_key.hex()}


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _documents(round_ids: Sequence[int], by_id: Mapping[int, Round]) -> Iterator[tuple[Round, dict[str, Any]]]:
    """Rounds with their proofs, in the order that was asked for."""
    rounds = [by_id[round_id] for round_id in round_ids]
    yield from zip(rounds, round_proofs(rounds), strict=True)


def _leaves(one: Round, batch: Batch, opened: Mapping[UUID, bytes]) -> dict[str, Any]:
    """The hashes of all leaves in the order of the round's tree, and those that are opened at their places."""
    if not _is_closed(one):
        return {"leaves": "", "opened": []}
    leaves = batch.leaves[one.pk]
    if len(leaves) != one.bets_count:
        raise archived(round_id=str(one.pk))
    shown = [
        {"index": place, "leaf": opened[bet_id].hex()} for place, (bet_id, _) in enumerate(leaves) if bet_id in opened
    ]
    return {"leaves": b"".join(leaf for _, leaf in leaves).hex(), "opened": shown}


def _opened(batch: Batch, rounds: Mapping[int, Round]) -> dict[UUID, bytes]:
    """By bet its leaf, of the bets that are opened."""
    found: dict[UUID, bytes] = {}
    for operator_id, bets in batch.bets.items():
        operator = get_operator(operator_id=operator_id)
        for bet in bets:
            one = rounds[bet.round_id]
            found[bet.pk] = receipt(bet, operator=operator, stream=one.game.stream, round_number=one.number)
    return found
