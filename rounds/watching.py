"""How rounds and their beacons are going, for whoever watches over them."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection
from django.db.models import Exists, Max, Min, OuterRef, QuerySet

from rounds.models import Game, Participation, Relay, Round, SigningKey
from rounds.selectors import games_for

LENGTH_MAX = timedelta(days=1)
"""No round takes bets for longer."""


def relays() -> QuerySet[Relay]:
    """The relays of public beacons, as whoever drives the rounds has met them last."""
    return Relay.objects.order_by("url")


def networks_in_use() -> set[str]:
    """Where the unpredictable half of draws comes from in the games that run."""
    return set(Game.objects.filter(active=True).values_list("network", flat=True))


def participations_of(round_id: int) -> QuerySet[Participation]:
    """The operators with a bet in a round, and when each had paid."""
    return Participation.objects.filter(round_id=round_id).order_by("created_at")


def rounds_of_period(*, operator_id: UUID, since: datetime, until: datetime) -> list[int]:
    """
    The rounds that took bets from `since` to before `until`, of every game that is open to an operator, game by game in
    the order of their numbers; of each game one more before and behind, so that one sees that none is missing.
    """
    games = games_for(operator_id).order_by("pk").values_list("pk", flat=True)
    found: list[int] = []
    for game in games:
        rounds = Round.objects.filter(game=game)
        inside = rounds.filter(opens_at__lt=until, closes_at__gt=since, opens_at__gte=since - LENGTH_MAX)
        numbers = inside.aggregate(first=Min("number"), last=Max("number"))
        if numbers["first"] is not None:
            around = rounds.filter(number__range=(numbers["first"] - 1, numbers["last"] + 1))
            found += around.order_by("number").values_list("pk", flat=True)
    return found


def last_of_their_games(round_ids: Iterable[int]) -> list[Round]:
    """Those of these rounds behind which their game has none."""
    later = Round.objects.filter(game=OuterRef("game"), number__gt=OuterRef("number"))
    found = Round.objects.select_related("game").filter(pk__in=list(round_ids))
    return list(found.filter(~Exists(later)).order_by("pk"))


def lateness(since: datetime) -> list[tuple[datetime, float]]:
    """
    (moment of the close, seconds from it to the end) of the rounds that closed since then and have ended, the oldest
    first. Rounds of sandboxes go by other clocks, and do not count.
    """
    with connection.cursor() as cursor:
        cursor.execute(_LATENESS, {"since": since})
        return [(closes_at, float(seconds)) for closes_at, seconds in cursor.fetchall()]


# By their epochs, which an index finds, as the list of rounds does.
_LATENESS = """
    SELECT r.closes_at, extract(epoch FROM coalesce(r.revealed_at, r.voided_at) - r.closes_at)
    FROM public.rounds_epoch e JOIN public.rounds_round r ON r.epoch_id = e.id
    WHERE e.ends_at > %(since)s AND e.starts_at < clock_timestamp() AND NOT r.sandbox
      AND r.closes_at >= %(since)s AND r.status IN ('revealed', 'void')
    ORDER BY r.closes_at
"""


def list_signing_keys() -> QuerySet[SigningKey]:
    """The public keys by which what this installation says is verified."""
    return SigningKey.objects.all()
