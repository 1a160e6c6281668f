"""Calls over their limits: 429 with what to wait for, the same through Django and through the hot door."""

import json
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest
import redis
from django.contrib.auth.models import Permission, User
from django.test import Client

from audit.models import AuditEntry
from keno_platform.limits import rates
from operators.models import Operator
from operators.selectors import get_operator
from operators.services import issue_key
from operators.services.rate_limits import set_rate_limits
from operators.tenancy import tenant_context
from players.services import open_session
from rounds.models import Round
from tests.admin.desk import Desk, page_address
from tests.support.api import call, refusal
from tests.support.bets import backend, balance, bet_body, changes_nothing, new_player, player_client
from tests.support.door import Door, open_door
from tests.support.rounds import wait_for

pytestmark = pytest.mark.usefixtures("committed")
Allow = Callable[[str], None]


@pytest.fixture
def door() -> Iterator[Door]:
    with open_door() as opened:
        yield opened


@pytest.fixture
def own(operator_a: Operator, client: "redis.Redis") -> Iterator[Operator]:
    """An operator whose limits a test may change and use up."""
    client.delete(*(f"limit:{name}:{operator_a.schema_name}" for name in rates.OF_OPERATOR))
    before = dict(operator_a.rate_limits)
    yield operator_a
    set_rate_limits(operator=operator_a, limits={**dict.fromkeys(operator_a.rate_limits), **before}, actor="test")


def retry_after(response: Any) -> int:
    return int(response.headers["Retry-After"])


def test_a_player_that_bets_too_fast_is_told_when_to_come_back(
    allow: Allow, operator_a: Operator, standing_rounds: list[Round]
) -> None:
    allow("player_bets=0.1/2")
    player = new_player(operator_a, money=100_000)
    client, body = player_client(operator_a, player), bet_body(operator_a, None, round_id=standing_rounds[0].pk)
    first = client.post("bets", body)
    assert first.status_code == 201
    assert first.headers["RateLimit-Policy"] == '"player_bets";q=2;w=20, "operator_bets";q=200000;w=2'
    assert first.headers["RateLimit"].startswith('"player_bets";r=1;t=10, "operator_bets";r=')
    assert client.post("bets", body).status_code == 201
    key = str(uuid4())
    answer = changes_nothing(lambda: client.post("bets", body, key=key))
    problem = refusal(answer, 429, "rate_limited")
    assert problem["retry"] == "same_key"
    assert problem["money_moved"] == "no"
    assert problem["params"]["limit"] == "player_bets"
    assert (problem["params"]["per_second"], problem["params"]["burst"]) == ("0.1", 2)
    assert 0 < problem["params"]["retry_after_ms"] <= 10_000
    assert 1 <= retry_after(answer) <= 10
    assert '"player_bets";r=0' in answer.headers["RateLimit"]
    assert client.get("bets").status_code == 200, "reading has a limit of its own"
    other = player_client(operator_a, new_player(operator_a, money=100_000))
    assert other.post("bets", body).status_code == 201, "one player's haste is nobody else's"


def test_the_hot_door_says_the_same(
    allow: Allow, door: Door, operator_a: Operator, standing_rounds: list[Round]
) -> None:
    allow("player_bets=0.1/2")
    player = new_player(operator_a, money=100_000)
    secret, body = player_client(operator_a, player).secret, bet_body(operator_a, None, round_id=standing_rounds[0].pk)
    before = balance(operator_a, player)
    first = door.post(secret, body)
    assert first.status_code == 201
    assert first.headers["RateLimit-Policy"] == '"player_bets";q=2;w=20'
    assert first.headers["RateLimit"] == '"player_bets";r=1;t=10'
    answers = door.post_all([door.ask(secret, body) for _ in range(5)])
    assert sorted(answer.status_code for answer in answers) == [201, 429, 429, 429, 429]
    refused = next(answer for answer in answers if answer.status_code == 429)
    problem = refused.json()
    assert problem["code"] == "rate_limited"
    assert problem["params"]["limit"] == "player_bets"
    assert 1 <= retry_after(refused) <= 10
    assert '"player_bets";r=0' in refused.headers["RateLimit"]
    assert balance(operator_a, player) == before - 2 * 1_000


def test_a_retry_under_the_same_key_is_answered_once_the_time_has_come(
    allow: Allow, door: Door, operator_a: Operator, standing_rounds: list[Round]
) -> None:
    allow("player_bets=2/1")
    player = new_player(operator_a, money=100_000)
    secret, body = player_client(operator_a, player).secret, bet_body(operator_a, None, round_id=standing_rounds[0].pk)
    assert door.post(secret, body).status_code == 201
    key, tries = uuid4().hex, 0
    while (answer := door.post(secret, body, key=key)).status_code == 429:
        tries += 1
        assert tries < 100
    assert tries > 0
    assert answer.status_code == 201
    assert balance(operator_a, player) == 100_000 - 2 * 1_000


def test_an_operators_bets_count_however_they_come_and_a_batch_by_its_bets(
    door: Door, own: Operator, standing_rounds: list[Round]
) -> None:
    set_rate_limits(operator=own, limits={"operator_bets": "0.5/20"}, actor="test")
    player, secret = new_player(own, money=1_000_000), backend(own).secret
    one = bet_body(own, player, round_id=standing_rounds[0].pk)
    batch = door.post(secret, {"bets": [one] * 15}, path="bets/batch")
    assert batch.status_code == 200
    answers = [door.post(secret, one).status_code for _ in range(8)]
    assert answers.count(201) == 5
    refused = door.post(secret, {"bets": [one] * 15}, path="bets/batch")
    assert refused.status_code == 429
    assert refused.json()["params"]["limit"] == "operator_bets"
    through_django = backend(own).post("bets", one)
    refusal(through_django, 429, "rate_limited")
    session = player_client(own, player).secret
    assert door.post(session, bet_body(own, None, round_id=standing_rounds[0].pk)).status_code == 429
    set_rate_limits(operator=own, limits={"operator_bets": None}, actor="test")
    wait_for(lambda: door.post(secret, one).status_code == 201, what="what the provider has set", seconds=2.5)


def test_a_backend_is_not_held_to_what_one_player_may_do(
    allow: Allow, door: Door, operator_a: Operator, standing_rounds: list[Round]
) -> None:
    allow("player_bets=0.1/1,player_calls=0.1/1")
    player, secret = new_player(operator_a, money=1_000_000), backend(operator_a).secret
    one = bet_body(operator_a, player, round_id=standing_rounds[0].pk)
    assert [door.post(secret, one).status_code for _ in range(10)] == [201] * 10


def test_calls_that_place_nothing_are_limited_by_themselves(own: Operator) -> None:
    set_rate_limits(operator=own, limits={"operator_calls": "0.1/3"}, actor="test")
    api = backend(own)
    answers = [api.get("games") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert answers[0].headers["RateLimit"] == '"operator_calls";r=2;t=10'
    problem = refusal(answers[3], 429, "rate_limited")
    assert problem["params"]["limit"] == "operator_calls"
    assert 1 <= retry_after(answers[3]) <= 10


def test_limits_of_one_operator_are_not_anothers(own: Operator, operator_b: Operator) -> None:
    set_rate_limits(operator=own, limits={"operator_calls": "0.1/1"}, actor="test")
    flooded, other = backend(own), backend(operator_b)
    assert [flooded.get("games").status_code for _ in range(2)] == [200, 429]
    assert [other.get("games").status_code for _ in range(10)] == [200] * 10


def test_players_of_one_address_share_its_calls_and_another_address_has_its_own(
    allow: Allow, operator_a: Operator, address: str
) -> None:
    allow("address_calls=0.1/4")
    sessions = [player_client(operator_a, new_player(operator_a)).secret for _ in range(2)]
    here = Client(REMOTE_ADDR=address)
    answers = [call("GET", "bets", credential=sessions[n % 2], client=here).status_code for n in range(6)]
    assert answers == [200] * 4 + [429] * 2
    assert call("GET", "bets", credential=sessions[0], client=Client(REMOTE_ADDR="192.0.2.77")).status_code == 200
    assert call("GET", "bets", credential=sessions[0]).status_code == 200, "this machine's own address is not counted"
    assert call("GET", "games", credential=backend(operator_a).secret, client=here).status_code == 200, "nor a backend"


def test_an_address_is_the_clients_where_a_trusted_proxy_says_so(
    allow: Allow, settings: Any, operator_a: Operator, address: str
) -> None:
    allow("address_calls=0.1/1")
    settings.TRUSTED_PROXIES = ["10.0.0.0/8"]
    proxy, session = Client(REMOTE_ADDR="10.0.0.1"), player_client(operator_a, new_player(operator_a)).secret

    def ask(forwarded: str) -> int:
        headers = {"X-Forwarded-For": forwarded}
        return int(call("GET", "bets", credential=session, client=proxy, headers=headers).status_code)

    assert [ask(address), ask(address)] == [200, 429]
    assert ask(f"203.0.113.200, {address}") == 429, "what the client made up before it does not count"


def test_a_public_document_counts_for_the_address(allow: Allow, address: str) -> None:
    allow("address_calls=0.1/2")
    here = Client(REMOTE_ADDR=address)
    path = "/.well-known/keno-call-keys.json"
    assert [call("GET", path, client=here).status_code for _ in range(3)] == [200, 200, 429]


class TestEntering:
    """Launch tokens and session tokens cannot be tried out."""

    def enter(self, client: Client, token: str) -> Any:
        return call("POST", "sessions/enter", body={"launch_token": token}, client=client)

    def test_entering_is_limited_by_address(self, allow: Allow, operator_a: Operator, address: str) -> None:
        allow("address_entries=0.1/3")
        here = Client(REMOTE_ADDR=address)
        player = new_player(operator_a)
        with tenant_context(operator_a):
            opened = [open_session(operator=operator_a, player=player, language="en", country="") for _ in range(4)]
        tokens = [launch for _, launch in opened]
        answers = [self.enter(here, token) for token in tokens]
        assert [answer.status_code for answer in answers] == [201, 201, 201, 429]
        assert json.loads(answers[3].content)["params"]["limit"] == "address_entries"
        assert self.enter(Client(), tokens[3]).status_code == 201, "a refused launch token is not used up"

    def test_who_has_tried_too_many_launch_tokens_is_not_looked_up(
        self, allow: Allow, operator_a: Operator, address: str
    ) -> None:
        allow("address_guesses=0.1/3")
        here = Client(REMOTE_ADDR=address)
        answers = [self.enter(here, f"alpha.{uuid4().hex}").status_code for _ in range(6)]
        assert answers == [401, 401, 401, 401, 429, 429], "the fourth was one too many"
        refusal(self.enter(here, "alpha.x"), 429, "rate_limited")
        assert self.enter(Client(REMOTE_ADDR="192.0.2.99"), "alpha.x").status_code == 401

    def test_the_same_holds_for_keys_and_sessions_at_both_doors(
        self, allow: Allow, door: Door, operator_a: Operator, settings: Any, address: str
    ) -> None:
        allow("address_guesses=0.1/2")
        settings.TRUSTED_PROXIES = ["127.0.0.0/8"]
        via = {"X-Forwarded-For": address}
        statuses = [door.post(f"ko_{uuid4().hex}", {}, **via).status_code for _ in range(4)]
        assert statuses == [401, 401, 401, 429]
        here = Client(REMOTE_ADDR=address)
        assert call("GET", "bets", credential=f"ps.alpha.{uuid4().hex}", client=here).status_code == 429


class TestWhatAnOperatorIsAllowed:
    """The provider sets it, on record; the operator reads it."""

    @pytest.fixture
    def provider(self) -> str:
        return issue_key(operator=None, label="test", actor="test")[1]

    def put(self, provider: str, body: dict[str, Any], slug: str = "alpha") -> Any:
        return call("PUT", f"operators/{slug}/rate-limits", credential=provider, body=body)

    def test_it_is_set_and_read_and_taken_back(self, provider: str, own: Operator) -> None:
        changed = self.put(provider, {"player_bets": "0.25/5", "operator_calls": "off"})
        assert changed.status_code == 200
        shown = {
            one["limit"]: one
            for one in json.loads(call("GET", "rate-limits", credential=backend(own).secret).content)["limits"]
        }
        assert shown["player_bets"] == {"limit": "player_bets", "per_second": "0.25", "burst": 5, "own": True}
        assert shown["operator_calls"] == {"limit": "operator_calls", "per_second": None, "burst": None, "own": True}
        assert shown["operator_bets"]["own"] is False
        entry = AuditEntry.objects.filter(event_type="operator.rate_limits_changed").order_by("-pk")[0]
        assert entry.after == {"player_bets": "0.25/5", "operator_calls": "off"}
        assert self.put(provider, {"player_bets": None, "operator_calls": None}).status_code == 200
        assert get_operator(slug="alpha").rate_limits == {}

    @pytest.mark.parametrize("text", ["5", "0/5", "5/0", "x", "5/5/5", "-1/5"])
    def test_what_is_no_rate_is_refused(self, provider: str, text: str) -> None:
        answer = changes_nothing(lambda: self.put(provider, {"player_bets": text}))
        refusal(answer, 422, "operator_invalid")

    def test_staff_set_it_too(self, own: Operator, unique: Callable[[str], str]) -> None:
        user = User.objects.create_user(unique("clerk"), is_staff=True)
        user.user_permissions.add(*Permission.objects.filter(codename__in=("view_operator", "change_operator")))
        desk = Desk(user)
        page = desk.get(page_address(own, "limit")).content.decode()
        assert "Empty: 10/100." in page
        wrong = desk.client.post(page_address(own, "limit"), {"player_bets": "many"})
        assert "is no rate" in wrong.content.decode()
        assert desk.client.post(page_address(own, "limit"), {"player_bets": "3/30"}).status_code == 302
        assert get_operator(slug="alpha").rate_limits == {"player_bets": "3/30"}
        entry = AuditEntry.objects.filter(event_type="operator.rate_limits_changed").order_by("-pk")[0]
        assert entry.actor == f"staff:{user.username}"
        assert 'value="3/30"' in desk.get(page_address(own, "limit")).content.decode()

    def test_operators_may_not_set_it(self, operator_a: Operator) -> None:
        refusal(self.put(backend(operator_a).secret, {"player_bets": "9/9"}), 403, "caller_not_allowed")
