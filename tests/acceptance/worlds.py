"""Two operators with one of everything that has an id, and calls in their names."""

import json
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import uuid4

from calls import recorder
from flags.models import Flag, RuleCode
from keno_platform.core import clock
from operators.models import Operator
from operators.selectors import find_valid_key, get_operator
from operators.services import add_caller_key, issue_key
from operators.tenancy import tenant_context
from players.models import Player
from rounds.models import RoundStatus
from tests.audit.horizon import seal_all
from tests.support import lottery
from tests.support.api import call
from tests.support.bets import backend, new_player, place, player_client
from tests.support.rounds import Timing, commit_rounds, drive, new_game, wait_until


@dataclass(slots=True, kw_only=True)
class World:
    """What one operator has, and who calls for it."""

    operator: Operator
    key: str
    player: Player
    session: str
    ids: dict[str, str] = field(default_factory=dict)

    @property
    def marks(self) -> list[str]:
        """Texts that nobody else may ever read."""
        return [self.player.token, *(self.ids[name] for name in ("bet", "game", "paytable", "session", "key", "phase"))]


def make(slug: str) -> World:
    """One of everything that has an id, as an operator's own."""
    operator = get_operator(slug=slug)
    unit = 10**operator.currency_exponent
    player = new_player(operator, token=f"own-{uuid4().hex}", money=1_000 * unit)
    world = World(
        operator=operator,
        key=backend(operator).secret,
        player=player,
        session=player_client(operator, player).secret,
    )
    game = new_game(f"own-{slug}-{uuid4().hex[:8]}", owner_id=operator.pk)
    [one] = commit_rounds(game, timing=Timing(betting=600))
    wait_until(one.opens_at)
    drive([one], RoundStatus.OPEN)
    bet = place(operator, player, round_id=one.pk)
    opened = read(world, "POST", "sessions", {"player_token": player.token, "currency": operator.currency_code})
    now = clock.now()
    hook = {"url": "https://hooks.example.com/keno", "events": ["operator.suspended"]}
    endpoint = read(world, "POST", "webhooks/endpoints", hook)["endpoint_id"]
    delivery = read(world, "POST", f"webhooks/endpoints/{endpoint}/test")
    read(world, "POST", f"webhooks/endpoints/{endpoint}/pause")
    phase = {"name": "p", "starts_at": clock.to_text(now), "ends_at": clock.to_text(now + timedelta(days=1))}
    assert recorder.wait_until_written()
    spare = find_valid_key(issue_key(operator=operator, label="spare", actor="test")[1])
    assert spare is not None
    seller = lottery.collector(operator, credit=1_000)
    with lottery.open_phase(operator) as sold:
        slip = lottery.place(operator, seller, sold, "123 1").slip
    seal_all()
    world.ids = {
        "member": str(seller.pk),
        "sold": str(sold.pk),
        "slip": str(slip.pk),
        "bet": str(bet.pk),
        "cancel": str(place(operator, player, round_id=one.pk).pk),
        "game": game.code,
        "round": str(one.pk),
        "paytable": str(read(world, "GET", "paytables/active")["id"]),
        "session": opened["session_id"],
        "key": str(spare.pk),
        "caller_key": add_caller_key(operator=operator, kind="hmac", label="own", actor="test")[0].key_id,
        "phase": read(world, "POST", "banker/phases", phase)["phase_id"],
        "endpoint": endpoint,
        "delivery": delivery["delivery_id"],
        "event": delivery["event_id"],
        "run": read(world, "POST", "reconciliation", {})["id"],
        "report": read(world, "POST", "reports/runs", {"report": "liability"})["id"],
        "schedule": read(world, "POST", "reports/schedules", {"report": "liability", "every": "day"})["id"],
        "player": player.token,
        "operator": slug,
        "flag": flag_of(world),
        "call": read(world, "GET", "calls?limit=1")["results"][0]["call_id"],
        "entry": read(world, "GET", "record/entries?limit=1")["entries"][0]["entry"]["id"],
        "transaction": read(world, "GET", "wallet/transactions?limit=1")["results"][0]["transaction_id"],
    }
    return world


def flag_of(world: World) -> str:
    """A flag about the operator's own player."""
    subject = f"player:{world.player.pk}"
    with tenant_context(world.operator):
        flag = Flag.objects.create(rule=RuleCode.TEMPO, subject=subject, player=world.player, evidence={})
    return str(flag.pk)


def ask(world: World | str, method: str, path: str, body: Any = None) -> Any:
    credential = world if isinstance(world, str) else world.key
    return call(method, path, credential=credential, body=body, headers={"Idempotency-Key": str(uuid4())})


def read(world: World, method: str, path: str, body: Any = None) -> Any:
    response = ask(world, method, path, body)
    assert response.status_code in (200, 201, 202), response.content
    return json.loads(response.content)
