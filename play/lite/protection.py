"""Responsible play without scripts: the reality check, limits, breaks."""

from typing import TYPE_CHECKING, Any

from django.http import HttpResponse

from keno_platform.core import clock
from play.lite.words import duration

if TYPE_CHECKING:
    from play.lite.pages import Table

ENDLESS = "forever"


def read(table: "Table") -> dict[str, Any]:
    """
    What protects the player now, as the API tells it.

    :raises Refused: it does not. Then there is no game either.
    """
    found: dict[str, Any] = table.get("protection")
    return found


def check_is_due(protected: dict[str, Any]) -> bool:
    """Whether the player has to look up from the game before it goes on."""
    check = protected["reality_check"]
    return bool(check) and clock.from_text(check["due_at"]) <= clock.from_text(protected["now"])


def check_page(table: "Table", protected: dict[str, Any]) -> HttpResponse:
    """How long it has been and with what result; the player goes on or stops."""
    words, session = table.words, protected["session"]
    net = session["net_position"]
    key = "reality.even" if float(net) == 0 else "reality.lost" if net.startswith("-") else "reality.won"
    return table.show(
        "check",
        elapsed=words("reality.elapsed", time=duration(session["elapsed_seconds"])),
        net=words(key, amount=words.money(net.removeprefix("-"))),
        helpline=protected["profile"]["helpline"],
    )


def facts_of(table: "Table", protected: dict[str, Any]) -> dict[str, Any]:
    """What the page of responsible play shows."""
    words, profile, session = table.words, protected["profile"], protected["session"]
    facts = []
    if session and profile["show_elapsed"]:
        facts.append(words("protection.elapsed", time=duration(session["elapsed_seconds"])))
    if session and profile["show_net_position"]:
        facts.append(words("protection.net", amount=words.money(session["net_position"])))
    return {
        "age": words("protection.age", age=profile["minimum_age"]),
        "facts": facts,
        "helpline": profile["helpline"],
        "limits": [_shown_limit(table, one) for one in protected["limits"]],
        "offered": [
            (f"{one['kind']}/{period}", _title(table, one["kind"], period))
            for one in protected["limits_offered"]
            for period in one["periods"]
        ],
        "breaks": _breaks(table, profile),
    }


def _title(table: "Table", kind: str, period: str) -> str:
    return f"{table.words(f'protection.kind_{kind}')}: {table.words(f'protection.period_{period}')}"


def _shown_limit(table: "Table", one: dict[str, Any]) -> dict[str, Any]:
    words, pending = table.words, one["pending"]
    lines = [words(f"protection.source_{one['source']}")]
    if one["used"] is not None:
        lines.append(words("protection.used", amount=words.money(one["used"])))
    if one["left"] is not None:
        lines.append(words("protection.left", amount=words.money(one["left"])))
    if one["resets_at"]:
        lines.append(words("protection.resets_at", time=words.moment(one["resets_at"])))
    if pending:
        lines.append(_shown_pending(table, pending))
    return {
        "what": f"{one['kind']}/{one['period']}",
        "title": _title(table, one["kind"], one["period"]),
        "value": _value(table, one),
        "lines": lines,
        "is_own": one["source"] == "player",
        "pending": pending,
    }


def _shown_pending(table: "Table", pending: dict[str, Any]) -> str:
    moment, value = table.words.moment(pending["effective_from"]), _value(table, pending)
    if not value:
        return table.words("protection.pending_none", time=moment)
    return table.words("protection.pending", time=moment, amount=value)


def _value(table: "Table", one: dict[str, Any]) -> str:
    if one["amount"] is not None:
        return table.words.money(one["amount"])
    return "" if one["minutes"] is None else table.words("protection.minutes_short", minutes=one["minutes"])


def _breaks(table: "Table", profile: dict[str, Any]) -> list[tuple[str, str]]:
    """What can be chosen: for the form, and for the eye."""
    words = table.words
    cool_off, exclusion = words("protection.cool_off"), words("protection.self_exclusion")
    offered = [
        (f"cool_off:{hours}", f"{cool_off}: {words.counted('protection.hours', hours)}")
        for hours in profile["cool_off_hours"]
    ]
    offered += [
        (f"self_exclusion:{days}", f"{exclusion}: {words.counted('protection.days', days)}")
        for days in profile["exclusion_days"]
    ]
    if profile["exclusion_forever"]:
        offered.append((f"self_exclusion:{ENDLESS}", f"{exclusion}: {words('protection.for_ever')}"))
    return offered


def exclusion_of(choice: str) -> dict[str, Any]:
    """The body of the call that a choice asks for; what is not offered, the API refuses."""
    kind, _, length = choice.partition(":")
    if length == ENDLESS:
        return {"kind": kind, "forever": True}
    count = int(length) if length.isdecimal() and len(length) < 6 else 0
    return {"kind": kind, "hours" if kind == "cool_off" else "days": count}


def told(table: "Table", exclusion: dict[str, Any]) -> str:
    """Until when the player takes a break."""
    if exclusion["until"] is None:
        return table.words("protection.excluded_for_ever")
    key = "protection.on_break_until" if exclusion["kind"] == "cool_off" else "protection.excluded_until"
    return table.words(key, time=table.words.moment(exclusion["until"]))
