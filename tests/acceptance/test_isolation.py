"""
Two operators' data never mix: every address below /api/v1 is called with another's ids, and answers as for none.

The list of addresses comes from the URL conf. One that stands in none of the tables below fails the first test,
so whoever adds an address says here whose ids it takes.
"""

import base64
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from keno_platform.core import clock
from operators.models import Operator
from operators.selectors import find_valid_key, get_operator
from operators.services import issue_key
from operators.tenancy import tenant_context
from players.models import Player
from rounds.models import RoundStatus
from tests.support.api import call
from tests.support.bets import backend, balance, bet_body, new_player, place, player_client
from tests.support.rounds import Timing, commit_rounds, drive, new_game, wait_until

NOWHERE = {"uuid": str(UUID(int=7 << 76)), "int": "999999999", "slug": "no-such-game", "str": "no-such-player"}


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
    phase = {"name": "p", "starts_at": clock.to_text(now), "ends_at": clock.to_text(now + timedelta(days=1))}
    spare = find_valid_key(issue_key(operator=operator, label="spare", actor="test")[1])
    assert spare is not None
    world.ids = {
        "bet": str(bet.pk),
        "cancel": str(place(operator, player, round_id=one.pk).pk),
        "game": game.code,
        "round": str(one.pk),
        "paytable": str(read(world, "GET", "paytables/active")["id"]),
        "session": opened["session_id"],
        "key": str(spare.pk),
        "phase": read(world, "POST", "banker/phases", phase)["phase_id"],
        "player": player.token,
        "operator": slug,
        "transaction": read(world, "GET", "wallet/transactions?limit=1")["results"][0]["transaction_id"],
    }
    return world


def ask(world: World | str, method: str, path: str, body: Any = None) -> Any:
    credential = world if isinstance(world, str) else world.key
    return call(method, path, credential=credential, body=body, headers={"Idempotency-Key": str(uuid4())})


def read(world: World, method: str, path: str, body: Any = None) -> Any:
    response = ask(world, method, path, body)
    assert response.status_code in (200, 201), response.content
    return json.loads(response.content)


@pytest.fixture(scope="module")
def worlds(django_db_setup: None, django_db_blocker: Any) -> tuple[World, World]:
    with django_db_blocker.unblock():
        return make("alpha"), make("beta")


Body = Callable[[World, str], dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One call that names something by its id. `{}` in the path is the id; or it stands in the body."""

    method: str
    route: str
    path: str
    owned: str
    unknown: str
    body: Body | None = None
    status: int = 404
    control: bool = True
    players: bool = False

    def run(self, credential: World | str, asker: World, one: str) -> Any:
        body = self.body(asker, one) if self.body else {} if self.method in ("POST", "PUT") else None
        return ask(credential, self.method, self.path.format(one), body)


def bet_on(**where: str) -> Body:
    def body(asker: World, one: str) -> dict[str, Any]:
        given = {name: int(one) if name == "round_id" else one for name in where}
        return bet_body(asker.operator, asker.player, **given)

    return body


def bet_for(asker: World, one: str) -> dict[str, Any]:
    return bet_body(asker.operator, None, player_token=one, game=asker.ids["game"])


def batch(single: Body) -> Body:
    return lambda asker, one: {"bets": [single(asker, one)]}


LIMIT: Body = lambda asker, one: {"max_amount": asker.operator.money(100)}  # noqa: E731
COUNTERSIGNATURE: Body = lambda asker, one: {"public_key": "00" * 32, "signature": "00" * 64}  # noqa: E731
REASON: Body = lambda asker, one: {"reason": "r"}  # noqa: E731


def cases() -> Iterator[Case]:
    uuid, number, slug, text = NOWHERE["uuid"], NOWHERE["int"], NOWHERE["slug"], NOWHERE["str"]
    for route, path, method, owned, unknown, extra in (
        ("bets/<uuid:bet_id>", "bets/{}", "GET", "bet", uuid, {"players": True}),
        ("bets/<uuid:bet_id>/proof", "bets/{}/proof", "GET", "bet", uuid, {"players": True}),
        ("bets/<uuid:bet_id>/cancel", "bets/{}/cancel", "POST", "cancel", uuid, {}),
        ("games/<slug:code>/rounds/current", "games/{}/rounds/current", "GET", "game", slug, {}),
        ("games/<slug:code>/draws", "games/{}/draws", "GET", "game", slug, {}),
        ("rounds/<int:round_id>", "rounds/{}", "GET", "round", number, {}),
        ("paytables/<uuid:paytable_id>", "paytables/{}", "GET", "paytable", uuid, {}),
        ("wallet/accounts/<str:player_token>", "wallet/accounts/{}", "GET", "player", text, {"players": True}),
        ("sessions/<uuid:session_id>", "sessions/{}", "DELETE", "session", uuid, {}),
        ("keys/<uuid:key_id>", "keys/{}", "POST", "key", uuid, {}),
        ("keys/<uuid:key_id>", "keys/{}", "DELETE", "key", uuid, {}),
        ("banker/phases/<uuid:phase_id>", "banker/phases/{}", "GET", "phase", uuid, {}),
        ("banker/phases/<uuid:phase_id>/limits", "banker/phases/{}/limits", "GET", "phase", uuid, {}),
        (
            *("banker/phases/<uuid:phase_id>/limits/<str:number>", "banker/phases/{}/limits/007", "PUT"),
            *("phase", uuid, {"body": LIMIT}),
        ),
        ("banker/phases/<uuid:phase_id>/open", "banker/phases/{}/open", "POST", "phase", uuid, {}),
        ("banker/phases/<uuid:phase_id>/close", "banker/phases/{}/close", "POST", "phase", uuid, {}),
        # The provider's: an operator may not even ask.
        *(
            (f"operators/<slug:slug>/{verb}", f"operators/{{}}/{verb}", "POST", "operator", slug, provider)
            for verb in ("suspend", "resume")
            for provider in ({"body": REASON, "status": 403, "control": False},)
        ),
        # Ids in filters: what is not there is an empty list, or the refusal that an unknown id gets.
        ("bets", "bets?player_token={}", "GET", "player", text, {}),
        ("bets", "bets?round_id={}", "GET", "round", number, {"status": 200}),
        ("rounds", "rounds?status=open&game={}", "GET", "game", slug, {}),
        ("wallet/transactions", "wallet/transactions?player_token={}", "GET", "player", text, {}),
        ("wallet/transactions", "wallet/transactions?bet_id={}", "GET", "bet", uuid, {"status": 200}),
        (
            *("rounds/<int:round_id>/countersignature", "rounds/{}/countersignature", "POST", "round", number),
            {"body": COUNTERSIGNATURE, "control": False},
        ),
        # Ids in bodies.
        ("bets", "bets", "POST", "game", slug, {"body": bet_on(game="")}),
        ("bets", "bets", "POST", "round", number, {"body": bet_on(round_id="")}),
        ("bets", "bets", "POST", "player", text, {"body": bet_for}),
        ("bets/batch", "bets/batch", "POST", "game", slug, {"body": batch(bet_on(game="")), "status": 200}),
        ("bets/batch", "bets/batch", "POST", "round", number, {"body": batch(bet_on(round_id="")), "status": 200}),
        ("bets/batch", "bets/batch", "POST", "player", text, {"body": batch(bet_for), "status": 200}),
    ):
        yield Case(route=route, path=path, method=method, owned=owned, unknown=unknown, **extra)


CASES = list(cases())
OWN_NAMES = {"sessions", "wallet/deposits", "wallet/withdrawals"}
"""They take a player's token, which is the operator's own name for a player: never another's. Tested by itself."""
FOR_ANYONE = {
    *("rounds/<int:round_id>/proof", "games/<slug:code>/proofs", "anchors", "anchors/<int:seq>/leaves"),
    *("schema", "docs", "docs/errors", "sessions/enter"),
}
WITHOUT_IDS = {
    *("operators", "keys", "games", "paytables/active", "banker/phases"),
    *("reports/turnover.json", "reports/turnover.csv"),
}


def routes() -> set[str]:
    """Every address below /api/v1, as the URL conf has it."""

    def walk(resolver: Any, prefix: str) -> Iterator[str]:
        for one in resolver.url_patterns:
            if isinstance(one, URLResolver):
                yield from walk(one, prefix + str(one.pattern))
            elif isinstance(one, URLPattern):
                yield prefix + str(one.pattern)

    return {route.removeprefix("api/v1/") for route in walk(get_resolver(), "") if route.startswith("api/v1/")}


def test_every_address_stands_in_a_table_of_this_file() -> None:
    known = {case.route for case in CASES} | OWN_NAMES | FOR_ANYONE | WITHOUT_IDS
    assert routes() - known == set(), "say here whose ids these addresses take"
    assert known - routes() == set(), "these addresses are gone"


def test_no_address_with_an_id_in_it_is_called_one_without() -> None:
    assert {route for route in routes() if "<" in route} <= {case.route for case in CASES} | FOR_ANYONE


def test_every_method_of_an_address_with_an_id_is_called() -> None:
    def views(resolver: Any, prefix: str) -> Iterator[tuple[str, Any]]:
        for one in resolver.url_patterns:
            if isinstance(one, URLResolver):
                yield from views(one, prefix + str(one.pattern))
            else:
                yield prefix + str(one.pattern), one.callback

    methods = ("get", "post", "put", "patch", "delete")
    answered = {
        (route.removeprefix("api/v1/"), method.upper())
        for route, view in views(get_resolver(), "")
        if route.startswith("api/v1/") and "<" in route
        for method in methods
        if hasattr(view.view_class, method)
    }
    called = {(case.route, case.method) for case in CASES}
    assert {one for one in answered if one[0] not in FOR_ANYONE} - called == set()


def normal(response: Any, one: str) -> tuple[int, str, str]:
    """An answer without what may differ: the id that was asked for, which the asker knows."""
    return response.status_code, response.get("Content-Type", ""), without(response, one)


def without(response: Any, one: str) -> str:
    """The body, with the id that was asked for blotted out wherever it stands by itself."""
    return re.sub(rf"(?<!\w){re.escape(one)}(?!\w)", "<id>", response.content.decode())


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.method} {case.path} {case.owned}")
class TestIds:
    def test_another_operators_id_answers_exactly_like_one_that_nobody_has(
        self, committed: None, worlds: tuple[World, World], case: Case
    ) -> None:
        for owner, asker in (worlds, worlds[::-1]):
            foreign = case.run(asker, asker, owner.ids[case.owned])
            nobodys = case.run(asker, asker, case.unknown)
            assert foreign.status_code == case.status, foreign.content
            assert normal(foreign, owner.ids[case.owned]) == normal(nobodys, case.unknown)
            told = without(foreign, owner.ids[case.owned])
            assert [mark for mark in owner.marks if mark in told] == []

    def test_another_operators_player_learns_no_more(
        self, committed: None, worlds: tuple[World, World], case: Case
    ) -> None:
        for owner, asker in (worlds, worlds[::-1]):
            foreign = case.run(asker.session, asker, owner.ids[case.owned])
            nobodys = case.run(asker.session, asker, case.unknown)
            assert normal(foreign, owner.ids[case.owned]) == normal(nobodys, case.unknown)
            told = without(foreign, owner.ids[case.owned])
            assert [mark for mark in owner.marks if mark in told] == []

    def test_another_player_of_the_same_operator_learns_nothing_of_a_players_own(
        self, committed: None, worlds: tuple[World, World], case: Case
    ) -> None:
        if not case.players:
            return
        owner = worlds[0]
        other = new_player(owner.operator)
        session = player_client(owner.operator, other).secret
        foreign = case.run(session, owner, owner.ids[case.owned])
        nobodys = case.run(session, owner, case.unknown)
        assert foreign.status_code == 404
        assert normal(foreign, owner.ids[case.owned]) == normal(nobodys, case.unknown)


def test_the_owner_is_answered_otherwise_by_every_one_of_these_calls(
    committed: None, worlds: tuple[World, World]
) -> None:
    """The control: the ids are good, so it is the credential that the tests above are about."""
    owner = worlds[0]
    assert [case.method for case in CASES].count("DELETE") == 2
    last = {"cancel": 1, "session": 1, "key": 2}  # these calls end what they name
    for case in sorted(CASES, key=lambda case: (last.get(case.owned, 0), case.method == "DELETE")):
        if case.control:
            own = case.run(owner, owner, owner.ids[case.owned])
            nobodys = case.run(owner, owner, case.unknown)
            assert normal(own, owner.ids[case.owned]) != normal(nobodys, case.unknown), case
            assert own.status_code != 404, (case, own.content)


LISTS = [
    *("bets", "wallet/transactions", "rounds?status=open", "games", "keys", "banker/phases", "paytables/active"),
    *("reports/turnover.json", "reports/turnover.csv"),
]


@pytest.mark.parametrize("path", LISTS)
def test_no_list_shows_anything_of_another_operator(committed: None, worlds: tuple[World, World], path: str) -> None:
    if path.startswith("reports/"):
        now, day = clock.now(), timedelta(days=1)
        path += f"?from={clock.to_text(now - day)}&to={clock.to_text(now + day)}"
    for owner, asker in (worlds, worlds[::-1]):
        response = ask(asker, "GET", path)
        assert response.status_code == 200, response.content
        assert [mark for mark in owner.marks if mark in response.content.decode()] == []


def test_a_player_lists_only_own_bets_whoever_is_named(committed: None, worlds: tuple[World, World]) -> None:
    owner = worlds[0]
    session = player_client(owner.operator, new_player(owner.operator)).secret
    for query in ("", f"?player_token={owner.player.token}", f"?round_id={owner.ids['round']}"):
        response = ask(session, "GET", f"bets{query}")
        assert response.status_code in (200, 422)
        assert owner.ids["bet"] not in response.content.decode()
    assert owner.ids["bet"] in ask(owner.session, "GET", "bets").content.decode()


def test_a_player_cannot_bet_for_another(committed: None, worlds: tuple[World, World]) -> None:
    owner = worlds[0]
    other = new_player(owner.operator, money=10_000)
    session = player_client(owner.operator, other).secret
    before = balance(owner.operator, owner.player)
    response = ask(session, "POST", "bets", bet_body(owner.operator, owner.player, game=owner.ids["game"]))
    assert response.status_code == 422
    assert balance(owner.operator, owner.player) == before


@pytest.mark.parametrize(
    ("path", "owned"), [("wallet/transactions", "transaction"), ("bets", "bet"), ("banker/phases", "phase")]
)
@pytest.mark.parametrize("way", ["o", "n"])
def test_a_cursor_from_another_operators_list_shows_own_rows_only(
    committed: None, worlds: tuple[World, World], path: str, owned: str, way: str
) -> None:
    for owner, asker in (worlds, worlds[::-1]):
        cursor = base64.urlsafe_b64encode(f"{way}{owner.ids[owned]}".encode()).decode().rstrip("=")
        response = ask(asker, "GET", f"{path}?cursor={cursor}&limit=500")
        assert response.status_code == 200
        text = response.content.decode()
        assert [mark for mark in owner.marks if mark in text.replace(cursor, "")] == []


def test_one_player_token_at_two_operators_is_two_players(committed: None, worlds: tuple[World, World]) -> None:
    """The calls that take a token and make the player: they never reach the other operator's player."""
    for owner, asker in (worlds, worlds[::-1]):
        before = balance(owner.operator, owner.player)
        currency = asker.operator.currency_code
        amount = asker.operator.money(100)
        moved = {"player_token": owner.player.token, "amount": amount, "currency": currency}
        poor = ask(asker, "POST", "wallet/withdrawals", moved)
        assert (poor.status_code, json.loads(poor.content)["code"]) == (409, "insufficient_funds")
        assert ask(asker, "POST", "wallet/deposits", moved).status_code == 201
        opened = ask(asker, "POST", "sessions", {"player_token": owner.player.token, "currency": currency})
        assert opened.status_code == 201
        assert balance(owner.operator, owner.player) == before
        account = json.loads(ask(asker, "GET", f"wallet/accounts/{owner.player.token}").content)
        assert (account["balance"], account["currency"]) == (amount, currency)
        with tenant_context(asker.operator):
            assert Player.objects.filter(token=owner.player.token).count() == 1


def test_a_rounds_proof_is_for_anyone_and_tells_of_no_operator(committed: None, worlds: tuple[World, World]) -> None:
    owner, asker = worlds
    path = f"rounds/{owner.ids['round']}/proof"
    texts = {call("GET", path).content, ask(asker, "GET", path).content, ask(owner, "GET", path).content}
    assert len(texts) == 1
    text = texts.pop().decode()
    assert [mark for mark in owner.marks if mark in text and mark != owner.ids["game"]] == []
    assert str(owner.operator.pk) not in text
    assert owner.operator.name not in text
