"""
Which pages show what belongs to one player. Whatever stands in an operator's own schema does, unless it is named here;
of the tables that all operators share, those that are named do.
"""

from django.conf import settings

NOBODYS_IN_PARTICULAR = frozenset(
    {
        "banker.numberlimit",
        "banker.phase",
        "banker.resultentry",
        "banker.settlement",
        "banker.correction",
        "bets.paytable",
        "bets.settlement",
        "wallet.archivedday",
    }
)
PERSONAL_AMONG_THE_SHARED = frozenset({"calls.call", "reconciliation.difference"})
_WITH_STORIES = "desk"
"""The room of the stories of players, bets and rounds, whose pages are no tables."""
_STORIES_OF_NOBODY = frozenset({"desk.round", "desk.home"})


def is_personal(page: str) -> bool:
    """Whether a page (`players.player`, `desk.bet`) shows one player's data, so that looking at it is on record."""
    room = page.partition(".")[0]
    if room == _WITH_STORIES:
        return page not in _STORIES_OF_NOBODY
    return page in PERSONAL_AMONG_THE_SHARED or (room in settings.TENANT_APPS and page not in NOBODYS_IN_PARTICULAR)
