"""The demo's operators."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Brand:
    """One demo operator; amounts as decimal strings of its currency."""

    slug: str
    name: str
    currency: str
    language: str
    color: str
    min_bet: str
    max_bet: str
    max_win: str
    stake: str
    money: str


BRANDS = (
    Brand(
        slug="savanna",
        name="Savanna Bet",
        currency="KES",
        language="sw",
        color="#0f7b4f",
        min_bet="20",
        max_bet="2000",
        max_win="20000000",
        stake="50.00",
        money="100000",
    ),
    Brand(
        slug="atlas",
        name="Atlas Jeux",
        currency="XOF",
        language="fr",
        color="#b4430f",
        min_bet="100",
        max_bet="20000",
        max_win="200000000",
        stake="500",
        money="1000000",
    ),
    Brand(
        slug="meskel",
        name="Meskel Lotto",
        currency="ETB",
        language="am",
        color="#5b3fd1",
        min_bet="5",
        max_bet="1000",
        max_win="10000000",
        stake="10.00",
        money="50000",
    ),
)
BAOBAB = Brand(
    slug="baobab",
    name="Baobab Bet",
    currency="KES",
    language="en",
    color="#7a3b10",
    min_bet="10",
    max_bet="5000",
    max_win="50000000",
    stake="20.00",
    money="50000.00",
)
"""The one that holds its players' money itself: its own server is `examples/operator`."""
SANDBOX = Brand(
    slug="sandbox",
    name="Sandbox",
    currency="KES",
    language="en",
    color="#4b5563",
    min_bet="1",
    max_bet="1000",
    max_win="10000000",
    stake="10.00",
    money="10000.00",
)
"""For integrators: a wallet that is wrong on demand (`keno_kit`), and a game whose clock they turn by hand."""
