"""Pages from templates. Whatever is filled in is escaped, unless it is given as Markup."""

from html import escape
from pathlib import Path
from string import Template

from aiohttp import web

from examples.operator.book import Account, Entry
from examples.operator.money import show

HERE = Path(__file__).parent
WORDS = {"debit": "Stake", "credit": "Win", "rollback": "Stake back", "deposit": "Deposit"}
STATES = {
    "applied": "",
    "rolled_back": "given back",
    "tombstone": "never came, and never may",
    "no_effect": "no effect",
}


class Markup(str):
    """A text that is HTML already."""

    __slots__ = ()


def fill(template: str, /, **values: str) -> Markup:
    """The template with its `$names` filled in."""
    return Markup(
        Template(template).substitute(
            {name: value if isinstance(value, Markup) else escape(value) for name, value in values.items()}
        )
    )


def page(
    template: str, title: str, player: Account | None, /, *, status: int = 200, frames: str = "'none'", **values: str
) -> web.Response:
    """A whole page. It loads nothing from elsewhere, and shows frames of the origin `frames` only."""
    content = fill(_read(template), **values)
    text = fill(_read("layout"), title=title, player=_player(player), content=content)
    policy = f"default-src 'self'; frame-src {frames}; frame-ancestors 'none'; base-uri 'none'"
    headers = {"Content-Security-Policy": policy, "Cache-Control": "no-store"}
    return web.Response(text=text, status=status, content_type="text/html", headers=headers)


def _read(name: str) -> str:
    return (HERE / "pages" / f"{name}.html").read_text(encoding="utf-8")


def _player(player: Account | None) -> Markup:
    if player is None:
        return Markup()
    return fill(
        '<form method="post" action="/logout"><span>$name · <b id="shown-balance">$balance</b></span>'
        '<button class="quiet">Leave</button></form>',
        name=player.name,
        balance=balance_of(player),
    )


def balance_of(player: Account) -> str:
    """A balance with its currency."""
    return f"{show(player.balance, player.currency)} {player.currency}"


def rows(lines: list[Markup]) -> Markup:
    """The lines of a table, or one that says that there are none."""
    return Markup("".join(lines) or '<tr><td colspan="9">Nothing yet.</td></tr>')


def effect_of(entry: Entry) -> Markup:
    """What a transaction did to the balance, as a cell."""
    sign = "plus" if entry.effect > 0 else "minus" if entry.effect < 0 else ""
    text = f"{show(entry.effect, entry.currency)} {entry.currency}" if entry.effect else "–"
    return fill('<td class="number $sign">$text</td>', sign=sign, text=f"+{text}" if entry.effect > 0 else text)


def time_of(text: str) -> str:
    return text[:19].replace("T", " ")
