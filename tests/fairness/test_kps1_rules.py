"""Seeds, rules, paytables and networks: canonical forms, and refusals where there is none."""

import hashlib
import json
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairness.errors import InputInvalid, NetworkHasNoBeacon, NetworkInvalid, RulesMalformed
from fairness.networks import NONE, QUICKNET, Network, beacon_round_for, beacon_time
from fairness.rules import canonical_json, paytable_hash, paytable_text, rules_hash, rules_text
from fairness.seeds import commit_seed, derive_seed

LOCAL = Network(name="local", public=False, chain_hash=b"c" * 32, public_key=b"k" * 96, genesis=100, period=7)


def test_rules_are_exactly_the_text_of_the_proof_document() -> None:
    text = '{"algorithm":"KPS-1","draw":20,"network":"local","pool":80,"void_policy":1}'
    assert rules_text(network_name="local") == text
    assert rules_text(network_name="local", void_policy=2) == text.replace(":1}", ":2}")
    assert rules_hash(text) == hashlib.sha256(text.encode()).digest()


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(max_codepoint=127)), inner),
)


@given(value=json_values)
def test_canonical_json_is_json_and_its_own_canonical_form(value: object) -> None:
    text = canonical_json(value)
    assert text.isascii()
    assert json.loads(text) == value
    assert canonical_json(json.loads(text)) == text


@pytest.mark.parametrize("value", [1.5, float("nan"), {1: "a"}, {"ä": 1}, [b"x"], {"a": {"b": {1, 2}}}])
def test_what_has_no_canonical_form_is_refused(value: object) -> None:
    with pytest.raises(RulesMalformed):
        canonical_json(value)


def test_rules_beyond_ascii_are_refused() -> None:
    with pytest.raises(RulesMalformed):
        rules_hash('{"network":"lokál"}')


def test_a_paytable_is_hashed_in_one_form_only() -> None:
    assert paytable_text({5: {3: "3", 4: "20", 5: "610"}}) == '{"5":{"3":"3","4":"20","5":"610"}}'
    assert paytable_text({10: {1: "0.50"}, 2: {10: "1.0", 2: "2.25"}}) == (
        '{"10":{"1":"0.5"},"2":{"10":"1","2":"2.25"}}'
    )
    assert paytable_hash({2: {2: "9"}, 1: {1: "3.50"}}) == paytable_hash({1: {1: "3.5"}, 2: {2: "9.000"}})
    assert paytable_hash({1: {1: "610"}}) != paytable_hash({1: {1: "61"}})


@pytest.mark.parametrize("multiplier", ["", "-1", "+1", "1e3", "1,5", ".5", "5.", "01", " 1", "1\n", "٣", "NaN"])
def test_a_multiplier_that_is_no_plain_decimal_is_refused(multiplier: str) -> None:
    with pytest.raises(RulesMalformed):
        paytable_hash({1: {1: multiplier}})


@given(close_ms=st.integers(0, 2**42))
@pytest.mark.parametrize("network", [QUICKNET, LOCAL])
def test_the_beacon_round_is_the_first_one_a_second_after_the_close(network: Network, close_ms: int) -> None:
    chosen = beacon_round_for(network, close_ms)
    assert beacon_time(network, chosen) * 1000 >= close_ms + 1000
    if chosen > 1:
        assert beacon_time(network, chosen - 1) * 1000 < close_ms + 1000


def test_the_network_without_a_beacon_has_round_zero_and_no_times() -> None:
    assert beacon_round_for(NONE, 1_800_000_000_000) == 0
    assert NONE.chain_hash == bytes(32)
    with pytest.raises(NetworkHasNoBeacon):
        beacon_time(NONE, 1)
    with pytest.raises(NetworkInvalid):
        beacon_time(QUICKNET, 0)


def test_beacon_rounds_are_counted_from_genesis() -> None:
    assert [beacon_time(LOCAL, r) for r in (1, 2, 11)] == [100, 107, 170]
    assert [beacon_round_for(LOCAL, ms) for ms in (0, 99_000, 99_001, 106_000, 106_001)] == [1, 1, 2, 2, 3]


@pytest.mark.parametrize(
    "change",
    [
        {"name": "none"},
        {"chain_hash": bytes(32)},
        {"chain_hash": bytes(31)},
        {"public_key": b""},
        {"public_key": bytes(48)},
        {"period": 0},
        {"genesis": -1},
    ],
)
def test_a_network_that_contradicts_itself_is_refused(change: dict[str, object]) -> None:
    values = {name: getattr(LOCAL, name) for name in Network.__slots__}
    with pytest.raises(NetworkInvalid):
        Network(**{**values, **change})


def test_seeds_differ_by_key_stream_and_round() -> None:
    key, stream = b"k" * 32, UUID(int=1)
    seeds = {
        derive_seed(epoch_key=key, stream=stream, round_number=1),
        derive_seed(epoch_key=b"l" * 32, stream=stream, round_number=1),
        derive_seed(epoch_key=key, stream=UUID(int=2), round_number=1),
        derive_seed(epoch_key=key, stream=stream, round_number=2),
    }
    assert len(seeds) == 4


def test_a_seed_commits_to_its_own_round_only() -> None:
    seed = b"s" * 32
    commitments = {
        commit_seed(stream=UUID(int=stream), round_number=number, seed=seed) for stream in (1, 2) for number in (1, 2)
    }
    assert len(commitments) == 4


def test_keys_seeds_and_rounds_that_do_not_fit_are_refused() -> None:
    with pytest.raises(InputInvalid):
        derive_seed(epoch_key=b"k" * 31, stream=UUID(int=1), round_number=1)
    with pytest.raises(InputInvalid):
        derive_seed(epoch_key=b"k" * 32, stream=UUID(int=1), round_number=-1)
    with pytest.raises(InputInvalid):
        commit_seed(stream=UUID(int=1), round_number=2**64, seed=b"s" * 32)
    with pytest.raises(InputInvalid):
        commit_seed(stream=UUID(int=1), round_number=1, seed=b"s" * 33)
