"""Who is there for this folder's tests alone: two operators, and an admin of one's lottery."""

import json
import time

from banker import second_factor
from operators.services import OperatorTerms, create_operator
from tests.acceptance.worlds import World, make
from tests.support import lottery
from tests.support.api import call
from tests.support.members import PASSWORD


def made(slug: str, *, currency: str) -> World:
    """An operator with one of everything."""
    unit = 1 if currency == "XOF" else 100
    create_operator(
        terms=OperatorTerms(
            slug=slug,
            name=slug.title(),
            currency_code=currency,
            domain=f"{slug}.localhost",
            min_bet=1 * unit,
            max_bet=1_000 * unit,
            max_win_per_ticket=10_000_000 * unit,
        )
    )
    return make(slug)


def admin_of(world: World) -> str:
    """The token of a new admin of the operator's lottery."""
    name = lottery.username("admin")
    asked = {"username": name, "role": "admin", "password": PASSWORD}
    member = json.loads(call("POST", "banker/members", credential=world.key, body=asked).content)
    code = second_factor.code_at(member["totp_secret"], int(time.time()) // second_factor.STEP_S)
    entering = {"operator": world.operator.slug, "username": name, "password": PASSWORD, "code": code}
    return _entered(entering)


def collector_of(world: World) -> str:
    """The token of a new collector of the operator's lottery."""
    name = lottery.username("carl")
    asked = {"username": name, "role": "collector", "password": PASSWORD}
    made = call("POST", "banker/members", credential=admin_of(world), body=asked)
    assert made.status_code == 201, made.content
    return _entered({"operator": world.operator.slug, "username": name, "password": PASSWORD})


def _entered(asked: dict[str, str]) -> str:
    answer = call("POST", "banker/sessions", body=asked)
    assert answer.status_code in (200, 201), answer.content
    return str(json.loads(answer.content)["token"])
