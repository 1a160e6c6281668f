"""A verifier against an operator who changes things after the commitment."""

import inspect
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairness import bls, errors, merkle, verify
from fairness.draw import draw_key, draw_numbers
from fairness.hashing import sha256
from fairness.merkle import audit_path, leaf_hash, root_of, verify_inclusion
from fairness.messages import CommitLeaf
from fairness.networks import NONE, QUICKNET, Network, beacon_round_for
from fairness.rules import rules_hash, rules_text
from fairness.seeds import commit_seed, derive_seed
from fairness.verify import verify_draw, verify_epoch_key, verify_rules

STREAM = UUID("0b2f7a57-3a4e-4d0b-9c55-1d0f2f3c4b5a")
EPOCH_KEY = sha256(b"an epoch key")
SECRET = b"\x2a" * 32
PUBLIC_KEY = bls.public_key_of(SECRET)
LOCAL = Network(
    name="local",
    public=False,
    chain_hash=sha256(PUBLIC_KEY),
    public_key=PUBLIC_KEY,
    genesis=1_700_000_000,
    period=1,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Draw:
    """Everything that is public about one honest draw."""

    commit: CommitLeaf
    seed: bytes
    beacon_signature: bytes | None
    network: Network
    numbers: tuple[int, ...]

    def verify(self) -> None:
        verify_draw(
            commit=self.commit,
            seed=self.seed,
            beacon_signature=self.beacon_signature,
            network=self.network,
            numbers=self.numbers,
        )

    def redrawn(self) -> "Draw":
        """The same with numbers that follow from the rest, as a liar would publish them."""
        key = draw_key(
            seed=self.seed,
            commit_leaf_hash=leaf_hash(self.commit.encode()),
            beacon_signature=self.beacon_signature,
        )
        return replace(self, numbers=draw_numbers(key=key))


def honest_draw(network: Network, *, close_ms: int = 1_800_000_007_000) -> Draw:
    seed = derive_seed(epoch_key=EPOCH_KEY, stream=STREAM, round_number=9)
    commit = CommitLeaf(
        stream=STREAM,
        round_number=9,
        open_ms=close_ms - 7000,
        close_ms=close_ms,
        beacon_chain_hash=network.chain_hash,
        beacon_round=beacon_round_for(network, close_ms),
        rules_hash=rules_hash(rules_text(network_name=network.name)),
        commitment=commit_seed(stream=STREAM, round_number=9, seed=seed),
    )
    signature = bls.sign_beacon(secret=SECRET, beacon_round=commit.beacon_round) if network.has_beacon else None
    draw = Draw(commit=commit, seed=seed, beacon_signature=signature, network=network, numbers=())
    return draw.redrawn()


DRAW = honest_draw(LOCAL)
REVEALED_ONLY = honest_draw(NONE)


def changed(data: bytes, at: int, mask: int) -> bytes:
    return data[:at] + bytes([data[at] ^ mask]) + data[at + 1 :]


def test_an_honest_draw_verifies() -> None:
    DRAW.verify()
    REVEALED_ONLY.verify()


@pytest.mark.parametrize("draw", [DRAW, REVEALED_ONLY], ids=["local", "none"])
def test_every_changed_byte_of_the_commitment_is_noticed(draw: Draw) -> None:
    leaf = draw.commit.encode()
    for at in range(len(leaf)):
        for mask in (0x01, 0x80, 0xFF):
            with pytest.raises(errors.FairnessError):
                replace(draw, commit=CommitLeaf.decode(changed(leaf, at, mask))).verify()


@pytest.mark.parametrize("draw", [DRAW, REVEALED_ONLY], ids=["local", "none"])
def test_every_changed_byte_of_the_seed_is_noticed(draw: Draw) -> None:
    for at in range(32):
        for mask in (0x01, 0x80, 0xFF):
            with pytest.raises(errors.SeedNotCommitted):
                replace(draw, seed=changed(draw.seed, at, mask)).redrawn().verify()


def test_every_changed_byte_of_the_signature_is_noticed() -> None:
    signature = DRAW.beacon_signature
    assert signature is not None
    for at in range(48):
        for mask in (0x01, 0x20, 0x80, 0xFF):
            with pytest.raises(errors.BeaconSignatureInvalid):
                replace(DRAW, beacon_signature=changed(signature, at, mask)).redrawn().verify()


# What this check pins by itself: header, stream, round, chain hash, beacon round, commitment.
pinned_bytes = st.sampled_from([*range(32), *range(48, 88), *range(120, 152)])


@given(at=pinned_bytes, mask=st.integers(1, 255))
def test_a_change_of_what_is_pinned_is_noticed_even_with_numbers_to_match(at: int, mask: int) -> None:
    data = changed(DRAW.commit.encode(), at, mask)
    try:
        lie = replace(DRAW, commit=CommitLeaf.decode(data)).redrawn()
    except errors.MessageMalformed:
        return
    with pytest.raises(errors.FairnessError):
        lie.verify()


def test_a_leaf_exchanged_together_with_its_numbers_is_caught_by_the_epoch_tree() -> None:
    lie = replace(DRAW, commit=replace(DRAW.commit, open_ms=DRAW.commit.open_ms - 1)).redrawn()
    lie.verify()  # consistent in itself: that it was committed is for the tree to prove
    assert lie.numbers != DRAW.numbers
    hashes = [leaf_hash(draw.commit.encode()) for draw in (REVEALED_ONLY, DRAW)]
    proof: dict[str, Any] = {"index": 1, "size": 2, "path": audit_path(hashes, 1), "root": root_of(hashes)}
    verify_inclusion(leaf_hash=leaf_hash(DRAW.commit.encode()), **proof)
    with pytest.raises(errors.InclusionProofInvalid):
        verify_inclusion(leaf_hash=leaf_hash(lie.commit.encode()), **proof)


@given(numbers=st.permutations(range(1, 81)).map(lambda pool: tuple(pool[:20])))
def test_no_other_numbers_verify(numbers: tuple[int, ...]) -> None:
    with pytest.raises(errors.NumbersNotByDraw):
        replace(REVEALED_ONLY, numbers=numbers).verify()


def test_the_order_of_the_numbers_is_part_of_the_result() -> None:
    with pytest.raises(errors.NumbersNotByDraw):
        replace(DRAW, numbers=tuple(sorted(DRAW.numbers))).verify()
    with pytest.raises(errors.NumbersNotByDraw):
        replace(DRAW, numbers=DRAW.numbers[:19]).verify()


@pytest.mark.parametrize("length", [0, 31, 33])
def test_a_seed_of_another_length_is_not_the_committed_one(length: int) -> None:
    with pytest.raises(errors.SeedNotCommitted):
        replace(DRAW, seed=bytes(length)).verify()


def test_a_beacon_round_chosen_among_several_is_noticed() -> None:
    later = DRAW.commit.beacon_round + 1
    lie = replace(
        DRAW,
        commit=replace(DRAW.commit, beacon_round=later),
        beacon_signature=bls.sign_beacon(secret=SECRET, beacon_round=later),
    )
    with pytest.raises(errors.BeaconRoundNotByRule):
        lie.redrawn().verify()


def test_a_beacon_can_be_neither_dropped_nor_slipped_in() -> None:
    with pytest.raises(errors.BeaconMissing):
        replace(DRAW, beacon_signature=None).redrawn().verify()
    with pytest.raises(errors.BeaconUnexpected):
        replace(REVEALED_ONLY, beacon_signature=DRAW.beacon_signature).redrawn().verify()


@pytest.mark.parametrize(
    "posing",
    [
        replace(LOCAL, public=True),
        replace(LOCAL, name="drand-quicknet"),
        replace(LOCAL, chain_hash=QUICKNET.chain_hash),
        replace(QUICKNET, public_key=PUBLIC_KEY),
        replace(QUICKNET, period=1),
        replace(QUICKNET, genesis=QUICKNET.genesis - 3),
    ],
    ids=["public", "name", "chain hash", "key", "period", "genesis"],
)
def test_an_own_beacon_cannot_pose_as_a_public_one(posing: Network) -> None:
    with pytest.raises(errors.NetworkNotAsPinned):
        honest_draw(posing).verify()


def test_a_network_that_was_not_committed_is_refused() -> None:
    with pytest.raises(errors.NetworkNotCommitted):
        replace(DRAW, network=QUICKNET).verify()
    with pytest.raises(errors.NetworkNotCommitted):
        replace(DRAW, network=NONE, beacon_signature=None).redrawn().verify()
    with pytest.raises(errors.NetworkNotCommitted):
        replace(REVEALED_ONLY, network=LOCAL).verify()


def test_rules_are_taken_from_the_commitment() -> None:
    text = rules_text(network_name="local")
    verify_rules(commit=DRAW.commit, text=text, network=LOCAL)
    with pytest.raises(errors.RulesNotCommitted):
        verify_rules(commit=DRAW.commit, text=text + " ", network=LOCAL)
    with pytest.raises(errors.RulesNotCommitted):
        verify_rules(commit=DRAW.commit, text=text, network=QUICKNET)
    other = '{"algorithm":"KPS-1","draw":10,"network":"local","pool":80,"void_policy":1}'
    with pytest.raises(errors.RulesNotCommitted):
        verify_rules(commit=replace(DRAW.commit, rules_hash=rules_hash(other)), text=other, network=LOCAL)


def test_an_epoch_key_gives_the_seed_of_its_own_rounds_only() -> None:
    verify_epoch_key(commit=DRAW.commit, epoch_key=EPOCH_KEY)
    with pytest.raises(errors.SeedNotFromEpochKey):
        verify_epoch_key(commit=DRAW.commit, epoch_key=sha256(b"another"))


def test_verifying_returns_nothing_that_could_be_taken_for_a_verdict() -> None:
    checks = [
        check
        for module in (verify, bls, merkle)
        for name, check in inspect.getmembers(module, inspect.isfunction)
        if name.startswith("verify_")
    ]
    assert len(checks) >= 8
    assert {inspect.signature(check).return_annotation for check in checks} == {None}
