"""Reading flags, inside an operator's schema."""

from uuid import UUID

from django.db.models import QuerySet

from flags.models import UNDECIDED, Flag, FlagStatus
from keno_platform.core.errors import NotFound


def flags() -> QuerySet[Flag]:
    """Every flag, with its player."""
    return Flag.objects.select_related("player")


def get_flag(flag_id: UUID) -> Flag:
    """
    One flag.

    :raises NotFound: this operator has none with this id.
    """
    found = flags().filter(pk=flag_id).first()
    if found is None:
        raise NotFound()
    return found


def last_dismissed(*, rule: str, player_id: int) -> Flag | None:
    """The newest flag of this rule about a player that staff have dismissed."""
    found = Flag.objects.filter(rule=rule, player_id=player_id, status=FlagStatus.DISMISSED)
    return found.order_by("-pk").first()


def undecided() -> QuerySet[Flag]:
    """Flags that nobody has dismissed, the oldest first."""
    return flags().filter(status__in=UNDECIDED).order_by("pk")


def flags_about(player_id: int) -> QuerySet[Flag]:
    """Every flag about a player."""
    return flags().filter(player_id=player_id).order_by("pk")
