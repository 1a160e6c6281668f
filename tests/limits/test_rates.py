"""Limits come from a text, and what is wrong in it stops the start."""

import pytest

from keno_platform.limits import rates
from keno_platform.limits.addresses import bucket_of
from keno_platform.limits.rates import DEFAULTS, Rate, RateInvalid, read_limits


def test_without_a_text_the_defaults_hold() -> None:
    assert read_limits("") == rates.Limits(rates=DEFAULTS, sockets=rates.SOCKETS_DEFAULT)


def test_what_is_named_differs_and_what_is_off_is_not_limited() -> None:
    limits = read_limits(" player_bets = 0.5/3 , address_calls=off, sockets=7 ")
    assert limits.rates["player_bets"] == Rate(0.5, 3)
    assert "address_calls" not in limits.rates
    assert limits.sockets == 7
    assert limits.rates["operator_bets"] == DEFAULTS["operator_bets"]
    assert read_limits("sockets=off").sockets is None


@pytest.mark.parametrize(
    "text",
    ["bets=1/2", "player_bets", "player_bets=", "player_bets=1", "player_bets=0/5", "player_bets=nan/5", "sockets=-1",
     "player_bets=1/0", "player_bets=inf/5", "player_bets=5/1e3", "sockets=0x7", "player_bets=2000000/5"],
)  # fmt: skip
def test_what_is_no_limit_is_refused(text: str) -> None:
    with pytest.raises(RateInvalid):
        read_limits(text)


@pytest.mark.parametrize(
    ("address", "bucket"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("10.0.0.7", "10.0.0.7"),
        ("127.0.0.1", None),
        ("::1", None),
        ("::ffff:127.0.0.1", None),
        ("", None),
        ("unix", None),
    ],
)
def test_a_subscriber_counts_as_one_and_this_machine_not_at_all(address: str, bucket: str | None) -> None:
    assert bucket_of(address) == bucket
