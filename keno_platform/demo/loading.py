"""Loading the demo, as often as one likes: what is there already stays as it is."""

import json
import secrets
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model

from keno_platform.core.errors import NotFound
from keno_platform.core.money import exponent_of, parse_amount
from operators.models import Operator
from operators.selectors import find_valid_key, get_operator, primary_domain
from operators.services import OperatorTerms, create_operator, issue_key
from operators.tenancy import tenant_context
from players.selectors import players_by_token
from players.services import ensure_player
from rounds.models import Anchoring
from rounds.services.epochs import schedule_ahead
from rounds.services.games import GameInvalid, create_game
from wallet.services import deposit

ACTOR = "demo"
ADMIN = "admin"


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
SHARED_GAMES = (
    ("keno-10s", "Keno 10 seconds", 10, 7, Anchoring.SIGNED_ONLY),
    ("keno-20s", "Keno 20 seconds", 20, 15, Anchoring.REQUIRED),
)
"""The slower one does not open before its commitments are on the chain, to show what that means."""
PRIVATE_GAME = ("savanna-keno", "Savanna Keno", 10, 7, Anchoring.SIGNED_ONLY)
PLAYERS = 20


def load(output: Path) -> dict[str, Any]:
    """Make what is missing, and write the file that scripts start from."""
    before = json.loads(output.read_text()) if output.exists() else {}
    operators = [_operator(brand) for brand in BRANDS]
    for game in SHARED_GAMES:
        _game(*game, owner=None)
    _game(*PRIVATE_GAME, owner=operators[0])
    schedule_ahead()
    demo = {
        "base_url": settings.BASE_URL,
        "operators": [_describe(brand, operator, before) for brand, operator in zip(BRANDS, operators, strict=True)],
        "provider_key": _key(None, before.get("provider_key", "")),
        "admin": _admin(before.get("admin", {})),
        "chain": {"url": settings.CHAIN_URL} if settings.CHAIN_URL else None,
    }
    output.parent.mkdir(parents=True, exist_ok=True)
    output.touch(mode=0o600)
    output.write_text(json.dumps(demo, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return demo


def _operator(brand: Brand) -> Operator:
    with suppress(NotFound):
        return get_operator(slug=brand.slug)
    terms = OperatorTerms(
        slug=brand.slug,
        name=brand.name,
        currency_code=brand.currency,
        domain=f"{brand.slug}.localhost",
        min_bet=_minor(brand.currency, brand.min_bet),
        max_bet=_minor(brand.currency, brand.max_bet),
        max_win_per_ticket=_minor(brand.currency, brand.max_win),
        default_language=brand.language,
        primary_color=brand.color,
        logo_url=f"/static/play/{brand.slug}.svg",
    )
    operator, _ = create_operator(terms=terms, actor=ACTOR)
    return operator


def _game(code: str, name: str, interval: int, betting: int, anchoring: Anchoring, *, owner: Operator | None) -> None:
    with suppress(GameInvalid):  # it exists
        create_game(
            code=code,
            name=name,
            interval_seconds=interval,
            betting_seconds=betting,
            anchoring=anchoring if settings.CHAIN_URL else Anchoring.SIGNED_ONLY,
            owner_id=owner.pk if owner else None,
            actor=ACTOR,
        )


def _describe(brand: Brand, operator: Operator, before: dict[str, Any]) -> dict[str, Any]:
    known = {each["slug"]: each for each in before.get("operators", [])}.get(brand.slug, {})
    with tenant_context(operator):
        players = [_player(operator, brand, number) for number in range(1, PLAYERS + 1)]
    games = [code for code, *_ in SHARED_GAMES] + ([PRIVATE_GAME[0]] if operator.slug == BRANDS[0].slug else [])
    return {
        "slug": operator.slug,
        "name": operator.name,
        "domain": primary_domain(operator),
        "currency": operator.currency_code,
        "wallet_mode": operator.wallet_mode,
        "language": operator.default_language,
        "api_key": _key(operator, known.get("api_key", "")),
        "games": games,
        "players": players,
        "stake": brand.stake,
        "money": brand.money,
    }


def _player(operator: Operator, brand: Brand, number: int) -> str:
    token = f"demo-{number}"
    if token not in players_by_token([token]):
        player = ensure_player(operator=operator, token=token, currency=brand.currency)
        deposit(
            key=f"demo:{token}",
            player=player,
            amount=_minor(brand.currency, brand.money),
            reference="demo money",
        )
    return token


def _key(operator: Operator | None, known: str) -> str:
    """The key of the last run while it is valid, else a new one: secrets are not kept anywhere else."""
    key = find_valid_key(known) if known else None
    if key is not None and key.operator == operator:
        return known
    _, secret = issue_key(operator=operator, label="demo", actor=ACTOR)
    return secret


def _admin(known: dict[str, str]) -> dict[str, str]:
    users = get_user_model()
    user = users.objects.filter(username=ADMIN).first()
    password = known.get("password", "")
    if user is None:
        password = secrets.token_urlsafe(9)
        users.objects.create_superuser(ADMIN, password=password)
    elif not password or not user.check_password(password):
        password = secrets.token_urlsafe(9)
        user.set_password(password)
        user.save()
    return {"username": ADMIN, "password": password}


def _minor(currency: str, text: str) -> int:
    return parse_amount(text, exponent=exponent_of(currency))
