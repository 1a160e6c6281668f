"""All texts of the player's client together."""

from localization.texts import events, game, lite, lottery, page, papers, protection, reports, screens, verify

PARTS: dict[str, dict[str, str]] = {
    "page": page.TEXTS,
    "game": game.TEXTS,
    "screens": screens.TEXTS,
    "protection": protection.TEXTS,
    "lite": lite.TEXTS,
    "verify": verify.TEXTS,
    "lottery": lottery.TEXTS,
    "papers": papers.TEXTS,
    "reports": reports.TEXTS,
    "events": events.TEXTS,
}
CLIENT_TEXTS: dict[str, str] = {key: text for part in PARTS.values() for key, text in part.items()}
"""For each key its English source."""
BUNDLES: dict[str, tuple[str, ...]] = {
    "game": ("page", "game"),
    "screens": ("screens",),
    "protection": ("protection",),
}
"""
What the client fetches together, and of which parts it is made. `lite` and `verify` come with their pages, `papers` are
printed.
"""


def keys_of(bundle: str) -> frozenset[str]:
    """The keys of one bundle of the client."""
    return frozenset(key for part in BUNDLES[bundle] for key in PARTS[part])
