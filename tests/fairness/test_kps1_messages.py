"""Messages: one value, one encoding, and nothing else is accepted."""

import hashlib
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairness.errors import FieldInvalid, MessageMalformed, ReservedNotZero
from fairness.messages import (
    BET_ACCEPTED_MS_OFFSET,
    BET_BLIND_OFFSET,
    BET_LENGTH,
    BET_PREFIX_LENGTH,
    CLOSE_LENGTH,
    COMMIT_LENGTH,
    EPOCH_LENGTH,
    RESULT_LENGTH,
    BetForm,
    BetLeaf,
    BetTerms,
    CloseMessage,
    CommitLeaf,
    EpochStatement,
    ResultLeaf,
    ResultStatus,
    VoidCause,
    bitmap_to_picks,
    picks_to_bitmap,
)

Message = CommitLeaf | BetLeaf | CloseMessage | ResultLeaf | EpochStatement

u64 = st.integers(0, 2**64 - 1)
u32 = st.integers(0, 2**32 - 1)
digest = st.binary(min_size=32, max_size=32)
signature = st.binary(min_size=48, max_size=48).filter(any)
draws = st.permutations(range(1, 81)).map(lambda pool: tuple(pool[:20]))
picks = st.sets(st.integers(1, 80), min_size=1).map(lambda chosen: tuple(sorted(chosen)))
position = {"stream": st.uuids(), "round_number": u64}

commits = st.builds(
    CommitLeaf,
    **position,
    open_ms=u64,
    close_ms=u64,
    beacon_chain_hash=digest,
    beacon_round=u64,
    rules_hash=digest,
    commitment=digest,
)
bets = st.builds(
    BetLeaf,
    **position,
    bet_id=st.uuids(),
    operator_id=st.uuids(),
    player_tag=digest,
    picks=picks,
    currency=st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", min_size=3, max_size=3),
    exponent=st.integers(0, 255),
    stake_minor=u64,
    paytable_hash=digest,
    accepted_ms=u64,
    blind=st.binary(min_size=16, max_size=16),
)
closes = st.builds(CloseMessage, **position, closed_ms=u64, bets_count=u32, bets_root=digest, prev_close_hash=digest)
epochs = st.builds(EpochStatement, root=digest, size=u64, committed_ms=u64)
endings = {
    "commit_leaf_hash": digest,
    "seed": digest,
    "bets_root": digest,
    "bets_count": u32,
    "drawn_ms": u64,
}
results = st.one_of(
    st.builds(
        ResultLeaf,
        **position,
        **endings,
        beacon_signature=st.none() | signature,
        numbers=draws,
        status=st.just(ResultStatus.DRAWN),
        cause=st.just(VoidCause.NONE),
    ),
    st.builds(
        ResultLeaf,
        **position,
        **endings,
        beacon_signature=signature,
        numbers=draws | st.just(()),
        status=st.just(ResultStatus.VOID),
        cause=st.sampled_from(list(VoidCause)[1:]),
    ),
    st.builds(
        ResultLeaf,
        **position,
        **endings,
        beacon_signature=st.none(),
        numbers=st.just(()),
        status=st.just(ResultStatus.VOID),
        cause=st.sampled_from(list(VoidCause)[1:]),
    ),
)
LENGTHS: dict[type[Message], int] = {
    CommitLeaf: COMMIT_LENGTH,
    BetLeaf: BET_LENGTH,
    CloseMessage: CLOSE_LENGTH,
    ResultLeaf: RESULT_LENGTH,
    EpochStatement: EPOCH_LENGTH,
}

A_BET: dict[str, Any] = {
    "stream": UUID(int=1),
    "round_number": 1,
    "bet_id": UUID(int=2),
    "operator_id": UUID(int=3),
    "player_tag": bytes(32),
    "picks": (3, 7, 21),
    "currency": "EUR",
    "exponent": 2,
    "stake_minor": 100,
    "paytable_hash": bytes(32),
}


@given(message=commits | bets | closes | results | epochs)
def test_decoding_gives_back_what_was_encoded(message: Message) -> None:
    data = message.encode()
    assert len(data) == LENGTHS[type(message)]
    assert type(message).decode(data) == message


@given(message=commits | bets | closes | results | epochs, data=st.data())
def test_a_changed_byte_is_refused_or_is_another_message_with_one_encoding(
    message: Message, data: st.DataObject
) -> None:
    changed = bytearray(message.encode())
    changed[data.draw(st.integers(0, len(changed) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        other = type(message).decode(bytes(changed))
    except MessageMalformed:
        return
    assert other != message
    assert other.encode() == changed


@given(message=commits | bets | closes | results | epochs, length=st.integers(0, 230))
def test_no_message_is_read_from_another_length(message: Message, length: int) -> None:
    data = message.encode().ljust(length, b"\0")[:length]
    if length != LENGTHS[type(message)]:
        with pytest.raises(MessageMalformed):
            type(message).decode(data)


@given(message=commits | bets | closes | results | epochs)
def test_no_message_is_read_as_another_type(message: Message) -> None:
    for kind, length in LENGTHS.items():
        if kind is not type(message):
            with pytest.raises(MessageMalformed):
                kind.decode(message.encode().ljust(length, b"\0")[:length])


@given(chosen=picks)
def test_number_k_is_the_bit_that_the_protocol_says(chosen: tuple[int, ...]) -> None:
    bitmap = picks_to_bitmap(chosen)
    assert bitmap_to_picks(bitmap) == chosen
    for k in range(1, 81):
        assert bool(bitmap[(k - 1) >> 3] & 0x80 >> ((k - 1) & 7)) == (k in chosen)


@given(leaf=bets)
def test_a_bet_prefix_is_everything_before_the_acceptance(leaf: BetLeaf) -> None:
    data = leaf.encode()
    assert leaf.prefix() == data[:BET_PREFIX_LENGTH]
    assert data[BET_ACCEPTED_MS_OFFSET:BET_BLIND_OFFSET] == leaf.accepted_ms.to_bytes(8, "big")
    assert data[BET_BLIND_OFFSET:] == leaf.blind


@given(leaf=bets)
def test_a_form_for_many_bets_gives_each_the_same_prefix(leaf: BetLeaf) -> None:
    form = BetForm(
        stream=leaf.stream,
        round_number=leaf.round_number,
        operator_id=leaf.operator_id,
        currency=leaf.currency,
        exponent=leaf.exponent,
        paytable_hash=leaf.paytable_hash,
    )
    filled = form.prefix(bet_id=leaf.bet_id, player_tag=leaf.player_tag, picks=leaf.picks, stake_minor=leaf.stake_minor)
    assert filled == leaf.prefix()


@pytest.mark.parametrize("wrong", [{"player_tag": bytes(31)}, {"picks": (3, 2)}, {"picks": ()}, {"picks": (81,)}])
def test_a_form_refuses_what_does_not_fit(wrong: dict[str, Any]) -> None:
    common = ("stream", "round_number", "operator_id", "currency", "exponent", "paytable_hash")
    form = BetForm(**{name: A_BET[name] for name in common})
    good = {"bet_id": UUID(int=16), "player_tag": bytes(32), "picks": (1, 2), "stake_minor": 1}
    with pytest.raises(FieldInvalid):
        form.prefix(**(good | wrong))


def test_terms_known_before_acceptance_give_the_prefix_of_the_later_leaf() -> None:
    leaf = BetLeaf(**A_BET, accepted_ms=1_800_000_000_000, blind=hashlib.sha256(b"blind").digest()[:16])
    assert BetTerms(**A_BET).prefix() + leaf.encode()[BET_PREFIX_LENGTH:] == leaf.encode()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("stream", b"\0" * 16),
        ("round_number", -1),
        ("round_number", 2**64),
        ("round_number", True),
        ("bet_id", "00000000-0000-0000-0000-000000000002"),
        ("player_tag", bytes(31)),
        ("player_tag", bytearray(32)),
        ("picks", ()),
        ("picks", (7, 3)),
        ("picks", (3, 3)),
        ("picks", (0, 1)),
        ("picks", (80, 81)),
        ("picks", [3, 7]),
        ("currency", "eur"),
        ("currency", "EURO"),
        ("currency", "ÄÖÜ"),
        ("currency", b"EUR"),
        ("exponent", 256),
        ("stake_minor", -1),
        ("stake_minor", 1.0),
        ("paytable_hash", bytes(33)),
    ],
)
def test_a_bet_with_a_value_that_no_leaf_can_carry_is_refused(field: str, value: object) -> None:
    with pytest.raises(FieldInvalid):
        BetTerms(**{**A_BET, field: value})


@given(leaf=results)
def test_a_result_cannot_contradict_itself(leaf: ResultLeaf) -> None:
    other = ResultStatus.VOID if leaf.status is ResultStatus.DRAWN else ResultStatus.DRAWN
    with pytest.raises(FieldInvalid):
        replace(leaf, status=other)
    with pytest.raises(FieldInvalid):
        replace(leaf, beacon_signature=bytes(48))
    with pytest.raises(FieldInvalid):
        replace(leaf, numbers=tuple(range(1, 20)))


def test_an_epoch_statement_has_the_bytes_of_the_protocol() -> None:
    statement = EpochStatement(root=b"r" * 32, size=90_000, committed_ms=1_800_000_000_000)
    size, committed = (90_000).to_bytes(8, "big"), (1_800_000_000_000).to_bytes(8, "big")
    assert statement.encode() == b"KPS1\x05\0\0\0" + b"r" * 32 + size + committed + bytes(8)
    for at in (5, 7, 56, 63):
        data = bytearray(statement.encode())
        data[at] = 1
        with pytest.raises(ReservedNotZero):
            EpochStatement.decode(bytes(data))
