"""
Demo play: the same game for play money.

All of it lives with an operator of its own, the play-money house, whose currency is none (XTS is ISO 4217's code for
tests). So a demo bet goes the way of every bet and is drawn and settled like one, and yet no wallet of an operator is
asked, and no book, report or list of an operator that plays for real has a row of it. See
docs/launch.md.
"""

import hmac
import secrets
from contextlib import suppress
from dataclasses import replace
from uuid import UUID

from audit import services as audit
from keno_platform.core import ids
from keno_platform.core.errors import Kind, NotFound, Refusal, Retry
from operators.models import Operator
from operators.selectors import find_valid_key, get_operator
from operators.services import OperatorTerms, create_operator, revoke_key
from operators.tenancy import tenant_context
from players.details import SessionDetails
from players.models import Player, Session
from players.selectors import players_by_token
from players.services import (
    PlayerBlocked,
    PlayerExcluded,
    check_not_excluded,
    check_region,
    check_token,
    ensure_player,
    open_session,
    revoke_session,
)
from rounds.selectors import games_for
from wallet.selectors import balance_of
from wallet.services import DepositLimitReached, deposit

SLUG = "play-money"
CURRENCY = "XTS"
MONEY = 1_000_00
"""What a player of the demo has at each launch at least, in minor units."""


class DemoUnavailable(Refusal):
    """
    There is no demo play here: the installation has no play-money house (`manage.py ensure_play_money` makes it), it
    or the operator is suspended, or no shared game is open.
    """

    code = "demo_unavailable"
    kind = Kind.CONFLICT
    title = "Demo play is not available"
    retry = Retry.NEW_KEY


def ensure_house() -> Operator:
    """The play-money house, made when there is none. Not to be called inside a transaction: it creates a schema."""
    try:
        return get_operator(slug=SLUG)
    except NotFound:
        terms = OperatorTerms(
            slug=SLUG,
            name="Play money",
            currency_code=CURRENCY,
            domain=f"{SLUG}.invalid",  # reserved: no browser ever comes there
            min_bet=1_00,
            max_bet=100_00,
            max_win_per_ticket=1_000_000_00,
        )
        house, secret = create_operator(terms=terms, actor=audit.SYSTEM)
        if key := find_valid_key(secret):  # no backend speaks for it
            revoke_key(key=key, reason="the play-money house has no backend", actor=audit.SYSTEM)
        return house


def open_demo_session(
    *, operator: Operator, token: str | None, language: str, country: str, details: SessionDetails
) -> tuple[Operator, Session, str]:
    """
    A session for play money under an operator's brand: the house, the session in its books, and the launch token.

    With the operator's own player token the same player comes back to the same play money; without one it is a
    stranger. Either way the house never learns the token itself.

    :raises DemoUnavailable: as it says. :raises PlayerTokenInvalid: not a token.
    :raises PlayerBlocked: the operator blocked this player. :raises PlayerExcluded: on a break.
    :raises RegionRestricted: not offered in this country.
    :raises SessionDetailsInvalid: or ReturnAddressInvalid, as `SessionDetails.check`.
    """
    house, alias = find_house(operator), _alias(operator, token)
    details.check()
    check_region(operator=operator, country=country)
    if token is not None:
        _check_player(operator, token)
    details = replace(details, demo_for=operator.pk, cashier_url="")  # nobody pays in or out here
    with tenant_context(house):
        player = ensure_player(operator=house, token=alias, currency=CURRENCY)
        _fund(player)
        session, launch = open_session(
            operator=house, player=player, language=language, country=country, details=details
        )
    return house, session, launch


def open_preview_session(*, operator: Operator, language: str) -> str:
    """
    The launch token of a session for play money in which staff look at an operator's brand. Its name and its way home
    are those of the operator as it is given here, saved or not. All previews of an operator share one player.

    :raises DemoUnavailable: as it says.
    """
    house = find_house(operator)
    details = SessionDetails(brand=operator.name, lobby_url=operator.home_url, demo_for=operator.pk)
    with tenant_context(house):
        player = ensure_player(operator=house, token=f"{operator.slug}:preview", currency=CURRENCY)
        _fund(player)
        _, launch = open_session(operator=house, player=player, language=language, country="", details=details)
    return launch


def find_house(operator: Operator) -> Operator:
    """:raises DemoUnavailable: no house, one of both is suspended, or no shared game is active."""
    try:
        house = get_operator(slug=SLUG)
    except NotFound as error:
        raise DemoUnavailable() from error
    if not (house.is_active and operator.is_active) or not games_for(house.pk).filter(active=True).exists():
        raise DemoUnavailable()
    return house


def revoke_demo_session(*, operator: Operator, session_id: UUID) -> tuple[Operator, Session]:
    """
    End a demo session of this operator at once: the house, in whose schema it is, and the session.

    :raises NotFound: this operator has no such demo session.
    """
    house = get_operator(slug=SLUG)
    with tenant_context(house):
        return house, revoke_session(session_id=session_id, demo_for=operator.pk)


def _alias(operator: Operator, token: str | None) -> str:
    """A player's name in the house: the operator's, and what cannot be traced back to the player."""
    own = secrets.token_hex(10) if token is None else _digest(operator, token)
    return f"{operator.slug}:{own}"


def _digest(operator: Operator, token: str) -> str:
    check_token(token)
    secret = bytes(operator.player_tag_secret)
    return hmac.digest(secret, b"demo:" + token.encode(), "sha256").hex()[:20]


def _check_player(operator: Operator, token: str) -> None:
    """Whoever may not play for money is not kept at the game by play money."""
    with tenant_context(operator):
        for player in players_by_token([token]).values():
            if player.blocked:
                raise PlayerBlocked()
            check_not_excluded(player)


def _fund(player: Player) -> None:
    """Play money up to MONEY, so that whoever lost it all can go on at the next launch."""
    missing = MONEY - balance_of(player.pk)
    if missing > 0:
        with suppress(DepositLimitReached, PlayerExcluded):  # who has set a limit here plays with what is there
            deposit(key=f"demo:{ids.uuid7()}", player=player, amount=missing, reference="play money")
