"""Taking slips, and taking them back. Each is one transaction, and one entry of the audit log."""

import base64
import hashlib
import hmac
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec

from audit import services as audit
from banker import announce, selectors
from banker.announce import Change
from banker.models import Member, Slip
from banker.slips import Slip as Read
from banker.slips import parse, render
from keno_platform.core import ids
from keno_platform.core.errors import IdempotencyKeyReused, Kind, Refusal, Retry
from keno_platform.database.arrays import Bigints, Ints, Texts
from operators.models import Operator
from operators.tenancy import call_function, tenant_transaction
from wallet import selectors as wallet
from wallet.models import Kind as Movement
from wallet.services import InsufficientFunds

PATIENCE_MS = 3000
"""How long a slip waits for any one lock."""
CHECK_CODE_LENGTH = 8


class PhaseNotTaking(Refusal):
    """The phase takes no slips: it has not begun, or it is over. Nor are slips taken back then."""

    code = "phase_not_taking"
    kind = Kind.CONFLICT
    title = "The phase takes no slips now"
    retry = Retry.NEW_KEY


class SlipOverLimit(Refusal):
    """
    More on some numbers than is free. `params.numbers` names each, with the lines that it stands on as they were typed,
    what was asked on it in all, and what is free. No bet of the slip was taken.
    """

    code = "slip_over_limit"
    kind = Kind.CONFLICT
    title = "Numbers of this slip are over their limit"
    retry = Retry.NEW_KEY


class SlipTotalDiffers(Refusal):
    """The slip comes to another total than the one that was confirmed; `params.total` is the slip's."""

    code = "slip_total_differs"
    kind = Kind.CONFLICT
    title = "The slip's total is not the one that was confirmed"
    retry = Retry.NEW_KEY


class NotSelling(Refusal):
    """Only an active collector hands in slips, of an operator that is active."""

    code = "not_selling"
    kind = Kind.FORBIDDEN
    title = "This member does not sell slips"
    retry = Retry.NEW_KEY


class SlipStands(Refusal):
    """In this phase slips are not taken back."""

    code = "slip_stands"
    kind = Kind.CONFLICT
    title = "Slips of this phase are not taken back"
    retry = Retry.NEVER


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a collector hands in. `total` is what was confirmed, in minor units; None when nothing was shown."""

    phase_id: UUID
    text: str
    partial: bool = False
    total: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """A number of a partial slip that got less than was asked on it, in minor units."""

    number: str
    asked: int
    taken: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A slip that stands, as it was accepted; the same again for a retry."""

    slip: Slip
    balance: int
    cuts: tuple[Cut, ...]
    check_code: str


@dataclass(frozen=True, slots=True)
class _Answer:
    """What `banker_place` answers, in its order."""

    outcome: str
    slip: UUID
    moment: Any
    balance: int | None
    total: int | None
    taken: list[int] | None
    over_numbers: list[str] | None
    over_asked: list[int] | None
    over_free: list[int] | None
    changed: list[str]
    totals: list[int]
    counts: list[int]
    versions: list[int]


def place_slip(*, operator: Operator, member: Member, asked: Asked, key: str) -> Placed:
    """
    Take a slip: all of it, or where `partial` was asked for, what is still free of each number, in the slip's order.
    The same key again answers with the slip that it became.

    :raises SlipInvalid: it cannot be read. :raises SlipTotalDiffers: another total was confirmed.
    :raises SlipOverLimit: more than is free. :raises InsufficientFunds: more than the collector has.
    :raises PhaseNotFound: none. :raises PhaseNotTaking: not open. :raises NotSelling: not an active collector.
    :raises IdempotencyKeyReused: the key became another slip.
    """
    read = parse(asked.text, exponent=operator.currency_exponent)
    if asked.total is not None and asked.total != read.total:
        raise SlipTotalDiffers(total=operator.money(read.total))
    with tenant_transaction(operator):
        answer = _place(operator, member, asked, read, key)
        _require(operator, answer, read, key)
        placed = placed_slip(operator, selectors.get_slip(answer.slip))
        if answer.outcome == "accepted":
            _record("placed", operator, placed.slip, actor_of(member))
            announce.risk_update(operator, placed.slip.phase, changes(*_changed(answer)))
    return placed


def cancel_slip(*, operator: Operator, slip_id: UUID, actor: str, member: Member | None = None) -> Slip:
    """
    Take a slip back before the close; a second time changes nothing. With `member`, only one of its own.

    :raises SlipNotFound: none. :raises PhaseNotTaking: the phase is over. :raises SlipStands: not in this phase.
    """
    with tenant_transaction(operator):
        selectors.get_slip(slip_id, member=member)
        [(outcome, *changed)] = call_function("banker_cancel", [slip_id, actor[:150], PATIENCE_MS])
        if outcome == "phase_over":
            raise PhaseNotTaking()
        if outcome == "not_allowed":
            raise SlipStands()
        slip = selectors.get_slip(slip_id)
        if outcome == "cancelled":
            _record("cancelled", operator, slip, actor)
            announce.risk_update(operator, slip.phase, changes(*changed))
    return slip


def placed_slip(operator: Operator, slip: Slip) -> Placed:
    """A slip as it was accepted, made again from rows that never change. Inside the operator's schema."""
    movement = wallet.transactions().get(pk=UUID(int=slip.pk.int | Movement.SLIP.value))
    return Placed(
        slip=slip, balance=movement.balance_after, cuts=_cuts(operator, slip), check_code=check_code(operator, slip)
    )


def check_code(operator: Operator, slip: Slip) -> str:
    """Eight characters that only this installation can make for a slip: whoever forges a receipt cannot."""
    secret = hmac.new(bytes(operator.player_tag_secret), b"banker slip v1", hashlib.sha256).digest()
    terms = msgspec.json.encode([str(slip.pk), str(slip.member_id), slip.total_amount, slip.text])
    digest = hmac.new(secret, terms, hashlib.sha256).digest()
    return base64.b32encode(digest).decode()[:CHECK_CODE_LENGTH]


def is_genuine(operator: Operator, slip: Slip, code: str) -> bool:
    """Whether this is the slip's check code, however it was typed."""
    typed = "".join(code.split()).upper()
    return hmac.compare_digest(typed.encode(errors="replace"), check_code(operator, slip).encode())


def actor_of(member: Member) -> str:
    """How the audit log names a member."""
    return f"{member.role} {member.username}"


def changes(
    numbers: Iterable[str], totals: Iterable[int], counts: Iterable[int], versions: Iterable[int]
) -> list[Change]:
    """What the SQL functions say of the numbers that changed."""
    return [Change(*one) for one in zip(numbers, totals, counts, versions, strict=True)]


def _place(operator: Operator, member: Member, asked: Asked, read: Read, key: str) -> _Answer:
    shown = render(read)
    lines, numbers, amounts = zip(*read.bets(), strict=True)
    fingerprint = hashlib.sha256(msgspec.json.encode([str(asked.phase_id), asked.partial, shown])).digest()
    slip_id = UUID(int=ids.uuid7().int & ~selectors.PART_MASK)
    bets = [Texts(numbers), Bigints(amounts), Ints(lines)]
    if not operator.is_active and not Slip.objects.filter(member=member, key=key).exists():
        raise NotSelling()
    parameters = [asked.phase_id, member.pk, key, fingerprint, slip_id, asked.partial, shown, *bets, PATIENCE_MS]
    [row] = call_function("banker_place", parameters)
    return _Answer(*row)


def _require(operator: Operator, answer: _Answer, read: Read, key: str) -> None:
    """:raises Refusal: the outcome is one."""
    match answer.outcome:
        case "key_reused":
            raise IdempotencyKeyReused(key=key)
        case "not_selling":
            raise NotSelling()
        case "phase_unknown":
            raise selectors.PhaseNotFound()
        case "phase_over" | "phase_not_begun":
            raise PhaseNotTaking(reason=answer.outcome)
        case "insufficient_funds":
            raise InsufficientFunds(
                balance=operator.money(answer.balance or 0), total=operator.money(answer.total or 0)
            )
        case "over_limit":
            raise SlipOverLimit(numbers=_offenders(operator, answer, read))


def _offenders(operator: Operator, answer: _Answer, read: Read) -> list[dict[str, object]]:
    over = zip(answer.over_numbers or (), answer.over_asked or (), answer.over_free or (), strict=True)
    lines: Mapping[str, set[int]] = defaultdict(set)
    wanted = set(answer.over_numbers or ())
    for item in read.items:
        for number, _ in item.bets():
            if number in wanted:
                lines[number].add(item.line)
    return [
        {"number": number, "lines": sorted(lines[number]), "asked": operator.money(asked), "free": operator.money(free)}
        for number, asked, free in over
    ]


def _cuts(operator: Operator, slip: Slip) -> tuple[Cut, ...]:
    if slip.total_amount == slip.asked:
        return ()
    asked: dict[str, int] = defaultdict(int)
    taken: dict[str, int] = defaultdict(int)
    for _, number, amount in parse(slip.text, exponent=operator.currency_exponent).bets():
        asked[number] += amount
    for number, amount in selectors.bets_of(slip).values_list("number", "amount"):
        taken[number] += amount
    return tuple(
        Cut(number=number, asked=asked[number], taken=taken[number])
        for number in sorted(asked)
        if taken[number] < asked[number]
    )


def _changed(answer: _Answer) -> tuple[list[str], list[int], list[int], list[int]]:
    return answer.changed, answer.totals, answer.counts, answer.versions


def _record(verb: str, operator: Operator, slip: Slip, actor: str) -> None:
    audit.record(
        f"slip.{verb}",
        description=f"slip {slip.pk} of {slip.member.username}: {verb}",
        actor=actor,
        operator_id=operator.pk,
        after={"phase": slip.phase.name, "bets": slip.bets, "total": operator.money(slip.total_amount)},
    )
