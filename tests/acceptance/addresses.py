"""Every address below /api/v1 by what it takes an id of; one that stands nowhere here fails a test."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.urls import URLPattern, URLResolver, get_resolver, resolve

from tests.acceptance.worlds import World, ask
from tests.support.bets import bet_body

Body = Callable[[World, str], dict[str, Any]]
NOBODYS = {"round": "999999999", "player": "no-such-player"} | dict.fromkeys(
    ("game", "caller_key", "operator"), "no-such-name"
)
"""Ids that nobody has; all others are UUIDs."""
NO_UUID = str(UUID(int=7 << 76))


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One call that names something by its id. `{}` in the path is the id; or it stands in the body."""

    method: str
    path: str
    owned: str
    body: Body | None = None
    status: int = 404
    control: bool = True
    players: bool = False

    @property
    def unknown(self) -> str:
        return NOBODYS.get(self.owned, NO_UUID)

    @property
    def route(self) -> str:
        """As the URL conf has it."""
        path = self.path.partition("?")[0].format(self.unknown)
        return resolve(f"/api/v1/{path}").route.removeprefix("api/v1/")

    def run(self, credential: World | str, asker: World, one: str) -> Any:
        body = self.body(asker, one) if self.body else {} if self.method in ("POST", "PUT") else None
        return ask(credential, self.method, self.path.format(one), body)


def of(owned: str, *calls: str, below: str = "", **extra: Any) -> Iterator[Case]:
    """Calls such as `GET bets/{}`, all with an id of the same kind and, with `below`, under one path."""
    for one in calls:
        method, _, path = one.partition(" ")
        yield Case(method=method, path=below + path, owned=owned, **extra)


def saying(**values: Any) -> Body:
    return lambda asker, one: values


def bet_on(where: str) -> Body:
    return lambda asker, one: bet_body(
        asker.operator, asker.player, **{where: int(one) if where == "round_id" else one}
    )


def bet_for(asker: World, one: str) -> dict[str, Any]:
    return bet_body(asker.operator, None, player_token=one, game=asker.ids["game"])


def batch(single: Body) -> Body:
    return lambda asker, one: {"bets": [single(asker, one)]}


def money(name: str, units: int, **more: Any) -> Body:
    return lambda asker, one: {name: asker.operator.money(units), **more}


FORMS = ("csv", "json", "pdf")
YEARS = "from=2026-01-01T00:00:00Z&to=2100-01-01T00:00:00Z"
HOUR = "from=2026-01-01T00:00:00Z&to=2026-01-01T01:00:00Z"
REASON = saying(reason="r")
PROVIDERS: dict[str, Any] = {"status": 403, "control": False}
"""The provider's or an admin's own: an operator's key may not even ask."""

PLAY = [
    *of("bet", "GET bets/{}", "GET bets/{}/proof", players=True),
    *of("cancel", "POST bets/{}/cancel"),
    *of("game", "GET rounds/current", "GET draws", "GET statistics", below="games/{}/"),
    *of("game", "GET clock", "POST clock/pause", "POST clock/step", "POST clock/run", below="games/{}/"),
    *of("round", "GET rounds/{}", "POST rounds/{}/support-link"),
    *of(
        *("round", "POST rounds/{}/countersignature"),
        body=saying(public_key="00" * 32, signature="00" * 64),
        control=False,
    ),
    *of("paytable", "GET paytables/{}"),
    # Ids in filters: what is not there is an empty list, or the refusal that an unknown id gets.
    *of("player", "GET bets?player_token={}"),
    *of("round", "GET bets?round_id={}", status=200),
    *of("game", "GET bets?round_id=1&game={}", "GET rounds?status=open&game={}"),
    *of("player", f"GET evidence/bets?player_token={{}}&{HOUR}", control=False),  # its answer is a stream
    # Ids in bodies.
    *of("game", "POST bets", body=bet_on("game")),
    *of("round", "POST bets", body=bet_on("round_id")),
    *of("player", "POST bets", body=bet_for),
    *of("game", "POST bets/batch", body=batch(bet_on("game")), status=200),
    *of("round", "POST bets/batch", body=batch(bet_on("round_id")), status=200),
    *of("player", "POST bets/batch", body=batch(bet_for), status=200),
]
PLAYERS = [
    *of("player", "GET wallet/accounts/{}", players=True),
    *of("player", "GET wallet/transactions?player_token={}", "GET flags?player_token={}"),
    *of("bet", "GET wallet/transactions?bet_id={}", status=200),
    *of("session", "DELETE sessions/{}"),
    *of("flag", "GET flags/{}"),
    *of("player", "GET players/{}/protection", "DELETE players/{}/protection/limits/session/session/pending"),
    *of("player", "PUT players/{}/protection/limits/session/session", body=saying(minutes=600)),
    *of("player", "POST players/{}/protection/exclusions", body=saying(kind="cool_off", hours=1)),  # not offered
    *of("player", f"POST players/{{}}/protection/exclusions/{NO_UUID}/lift", body=REASON, control=False),
]
INTEGRATION = [
    *of("key", "POST keys/{}", "DELETE keys/{}"),
    *of("caller_key", "POST caller-keys/{}", "DELETE caller-keys/{}"),
    *of("call", "GET calls/{}"),
    *of("event", "GET events/{}"),
    *of("endpoint", *(f"{method} webhooks/endpoints/{{}}" for method in ("GET", "PATCH", "DELETE"))),
    *of(
        *("endpoint", "POST secret", "POST pause", "POST resume", "POST test", "POST replay"),
        below="webhooks/endpoints/{}/",
    ),
    *of("delivery", "GET webhooks/deliveries/{}", "POST webhooks/deliveries/{}/replay"),
    *of("endpoint", "GET webhooks/deliveries?endpoint_id={}", status=200),
    *of("event", "GET webhooks/deliveries?event_id={}", status=200),
    *of("run", "GET reconciliation/{}", "GET reconciliation/{}/differences", "POST reconciliation/{}/compare"),
    *of("run", "PUT reconciliation/{}/parts/1", body=saying(rows=[])),
]
RECORDS = [
    *of("report", "GET reports/runs/{}", "GET reports/runs/{}/file"),
    *of("schedule", "DELETE reports/schedules/{}"),
    *of("entry", "GET record/entries/{}/proof"),
    *of("operator", "POST suspend", "POST resume", below="operators/{}/", body=REASON, **PROVIDERS),
    *of(
        *("operator", "GET operators/{}", "PATCH operators/{}"),
        *(f"{method} operators/{{}}/brand" for method in ("GET", "PATCH")),
        *(f"{method} operators/{{}}/{name}" for method in ("GET", "PUT") for name in ("rate-limits", "wallet")),
        **PROVIDERS,
    ),
]
LOTTERY = [
    *of("phase", "GET banker/phases/{}"),
    *of("phase", "GET limits", "DELETE limits/007", below="banker/phases/{}/"),
    *of("phase", "POST open", "POST close", "GET settlement", "GET statements", below="banker/phases/{}/"),
    *of("phase", "GET risk", "GET risk/worst", "GET risk/what-if/123", below="banker/phases/{}/"),
    *of("phase", "GET risk/lay-offs?payout_max=1", below="banker/phases/{}/"),
    *of("phase", "PUT banker/phases/{}/limits/007", body=money("max_amount", 100)),
    *of("phase", "PUT banker/phases/{}/global-limit", body=money("global_limit", 500)),
    *of("phase", "PUT banker/phases/{}/end", body=saying(ends_at="2100-01-01T00:00:00Z")),
    *of(
        "phase",
        *(f"GET banker/phases/{{}}/{name}.{form}" for name in ("risk", "statements", "report") for form in FORMS),
    ),
    *of("phase", "GET result", "POST result", below="banker/phases/{}/", **PROVIDERS),
    *of(
        *("phase", "POST result/confirm", "POST result/reject", "POST corrections"),
        below="banker/phases/{}/",
        **PROVIDERS,
    ),
    *of("slip", "GET banker/slips/{}", "POST banker/slips/{}/cancel"),
    *of("slip", "GET banker/slips/{}/receipt.pdf", "GET banker/slips/{}/receipt.escpos"),
    *of("slip", "POST banker/slips/{}/check", body=saying(check_code="ABCD2345")),
    *of("sold", "GET banker/slips?phase_id={}", status=200),
    *of("member", "GET banker/slips?member_id={}", status=200),
    *of("member", "GET banker/members/{}", "GET banker/members/{}/movements"),
    *of("member", *(f"GET banker/members/{{}}/account.{form}?{YEARS}" for form in FORMS)),
    *of("member", "POST second-factor", "POST activate", "POST deactivate", below="banker/members/{}/"),
    *of("member", "PUT banker/members/{}/commission", body=saying(commission=100)),
    *of("member", "POST banker/members/{}/credit", body=money("amount", 100, direction="give")),
    *of("member", "PUT banker/members/{}/password", body=saying(password="correct horse battery")),
]
CASES = [*PLAY, *PLAYERS, *INTEGRATION, *RECORDS, *LOTTERY]

OWN_NAMES = {"sessions", "wallet/ping", "wallet/deposits", "wallet/withdrawals", "calls"}
"""
They take a player's token, which is the operator's own name for a player: never another's. Tested by itself. So is
the search of the request log, which finds whatever the operator itself has asked for.
"""
FOR_ANYONE = {
    *("rounds/<int:round_id>/proof", "games/<slug:code>/proofs", "anchors", "anchors/<int:seq>/leaves"),
    *("schema", "asyncapi.json", "docs", "docs/errors", "sessions/enter", "banker/sessions"),
}
OF_ONESELF = {
    *("protection", "protection/exclusions", "protection/reality-checks"),
    *(f"protection/limits/<slug:kind>/<slug:period>{rest}" for rest in ("", "/pending")),
}
"""A player's own, which the session names; an operator's key is refused."""
OF_A_DAY = {f"reconciliation/days/<str:day>{form}" for form in ("", ".csv", ".json")}
"""Named by a date, which is nobody's; that a day holds one operator's rows only is tested in tests/reconciliation."""
OF_A_REPORT = {f"reports/<slug:name>.{form}" for form in ("csv", "json", "pdf")}
"""Named by a report, which is nobody's; whose rows are in it is tested in LISTS and in tests/reports."""
WITHOUT_IDS = {
    *("feeds/transactions", "feeds/rounds", "feeds/in-doubt", "reconciliation"),
    *("webhooks/endpoints", "events"),
    *("brand", "rate-limits", "integration", "caller-keys", "wallet/connection", "wallet/connection/secret"),
    *("operators", "keys", "games", "paytables/active", "banker/phases", "calls/errors"),
    *("banker/members", "banker/me", "banker/sessions/end", "banker/slips/preview"),
    *("banker/me/password", "banker/me/movements", *(f"banker/me/account.{form}" for form in FORMS)),
    *("reports/turnover.json", "reports/turnover.csv", "reports", "reports/runs", "reports/schedules"),
    *("regulator/feed", "record", "record/entries", "record/checkpoint", "record/consistency"),
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
