"""A browser without scripts, and a player at the page that needs none."""

from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode

from django.test import Client

from operators.models import Operator
from operators.tenancy import tenant_context
from players.models import Player
from players.services import open_session
from rounds.models import Game, Round
from tests.support.rounds import Timing, commit_rounds, drive, wait_until

HOST = "alpha.localhost"


class _Forms(HTMLParser):
    """The forms of a page, as a browser would send them untouched."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[dict[str, Any]] = []
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        own = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append({"action": own["action"], "method": own.get("method", "get"), "fields": {}})
        elif not self.forms:
            return
        fields = self.forms[-1]["fields"]
        name = own.get("name", "")
        if tag == "input" and (own.get("type") != "checkbox" or "checked" in own):
            fields.setdefault(name, []).append(own.get("value", ""))
        elif tag == "select":
            self._select = name
        elif tag == "option" and ("selected" in own or self._select not in fields):
            fields[self._select] = [own["value"]] if "value" in own else []

    def handle_data(self, data: str) -> None:
        if self.forms and self.forms[-1]["fields"].get(self._select) == [] and data.strip():
            self.forms[-1]["fields"][self._select] = [data.strip()]


class Phone:
    """A browser without scripts. It keeps cookies, and is refused what a browser would be."""

    def __init__(self, host: str = HOST) -> None:
        self.client = Client(enforce_csrf_checks=True)
        self.host = host
        self.page: Any = None

    def open(self, address: str) -> Any:
        return self._arrive(self.client.get(address, headers={"Host": self.host}))

    def send(self, action: str, **changes: Any) -> Any:
        """Send the page's form that goes there, with these fields otherwise; None leaves one out."""
        form = next(form for form in self.forms() if form["action"] == action)
        fields = form["fields"] | {
            name: value if isinstance(value, list) else [value] for name, value in changes.items()
        }
        fields = {name: values for name, values in fields.items() if values != [None]}
        if form["method"] == "get":
            return self.open(f"{action}?{urlencode(fields, doseq=True)}")
        return self._arrive(self.client.post(action, fields, headers={"Host": self.host}))

    def forms(self) -> list[dict[str, Any]]:
        parser = _Forms()
        parser.feed(self.text)
        return parser.forms

    @property
    def text(self) -> str:
        return str(self.page.content.decode())

    def _arrive(self, response: Any) -> Any:
        self.page = response
        while self.page.status_code in (302, 303):
            self.page = self.client.get(self.page["Location"], headers={"Host": self.host})
        return self.page


def open_for(game: Game, *, betting: float = 60, count: int = 1) -> list[Round]:
    rounds = commit_rounds(game, count=count, timing=Timing(betting=betting))
    wait_until(rounds[0].opens_at)
    drive(rounds[:1], "open")
    return rounds


def launch(operator: Operator, player: Player, *, language: str = "en") -> str:
    with tenant_context(operator):
        return open_session(operator=operator, player=player, language=language, country="")[1]


def phone_of(operator: Operator, player: Player, *, language: str = "en") -> Phone:
    """A phone on which the player has pressed Play."""
    phone = Phone(f"{operator.slug}.localhost")
    phone.open(f"/lite?launch={launch(operator, player, language=language)}")
    phone.send("/lite/enter")
    assert phone.page.status_code == 200, phone.text
    return phone
