"""Facts of the API as the pages show them."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from keno_platform.core import clock
from play.lite.words import Words, duration

BOARD = range(1, 81)
TICKET_LENGTH = 6
REFRESH_MIN_S, REFRESH_MAX_S = 3, 30
"""Between two looks at a draw that is awaited: not before anything can have changed, and never so late as to bore."""
FATES = {"pending": "bet.pending", "lost": "bet.lost"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownBet:
    """A bet. `picks` are numbers with whether they were drawn; `again` is the address that asks for the same."""

    id: str
    ticket: str
    round: str
    picks: list[tuple[int, bool]]
    stake: str
    possible: str
    placed: str
    status: str
    fate: str
    hits: str
    multiplier: str
    again: str


def show_bet(words: Words, bet: dict[str, Any], *, number: int | None = None, drawn: Iterable[int] = ()) -> ShownBet:
    """A bet as the API has it; the round's number and its draw where they are known."""
    numbers = set(drawn)
    again = {"game": bet["game"], "picks": " ".join(map(str, bet["picks"])), "stake": bet["stake"]}
    return ShownBet(
        id=bet["id"],
        ticket=f"#{bet['id'][-TICKET_LENGTH:].upper()}",
        round=words("round.number", number=number) if number else "",
        picks=[(pick, pick in numbers) for pick in bet["picks"]],
        stake=words.money(bet["stake"]),
        possible=words.money(bet["potential_max_win"]),
        placed=words.moment(bet["created_at"]),
        status=bet["status"],
        fate=fate_of(words, bet),
        hits="" if bet["hits"] is None else words("bet.hits", hits=bet["hits"]),
        multiplier=words("lite.multiplier", multiplier=bet["multiplier"]) if bet["status"] == "won" else "",
        again=f"/lite?{urlencode(again)}",
    )


def fate_of(words: Words, bet: dict[str, Any]) -> str:
    """What became of a bet, in words that neither cheer nor scold."""
    if bet["status"] == "won":
        return words("bet.won", amount=words.money(bet["win_amount"]))
    if bet["status"] == "rolled_back":
        return words("bet.returned", amount=words.money(bet["stake"]))
    return words(FATES[bet["status"]])


def phase_of(words: Words, one: dict[str, Any], now: datetime) -> str:
    """Where a round stands at this moment of the server's clock."""
    if one["status"] == "scheduled":
        return words("round.next_in", time=left_until(one["opens_at"], now))
    if one["status"] == "open" and clock.from_text(one["closes_at"]) > now:
        return words("round.closes_in", time=left_until(one["closes_at"], now))
    if one["status"] in ("open", "closed"):
        return words("round.drawing")
    return words("round.void" if one["status"] == "void" else "round.drawn_numbers")


def left_until(text: str, now: datetime) -> str:
    """The time until a moment of the API."""
    return duration((clock.from_text(text) - now).total_seconds())


def refresh_after(one: dict[str, Any], now: datetime) -> int:
    """Seconds until it is worth looking at a round again."""
    left = (clock.from_text(one["closes_at"]) - now).total_seconds()
    return round(min(max(left, REFRESH_MIN_S), REFRESH_MAX_S))


def explain(words: Words, problem: dict[str, Any]) -> list[str]:
    """Why something was refused, what is allowed, and what became of the money."""
    if problem.get("code") == "rate_limited":
        return [words("lite.wait")]
    params = problem.get("params", {})
    charged = {"no": "money.not_charged", "unknown": "money.returning"}.get(problem.get("money_moved", ""))
    money = [words(charged)] if charged else []
    if of_limit := _of_limit(words, problem.get("code", ""), params):
        return [of_limit, *money]
    lines = [problem.get("title") or words("error.unexpected")]
    if {"stake_min", "stake_max"} & params.keys():
        bounds = [words.money(params[name]) for name in ("stake_min", "stake_max") if params.get(name)]
        lines.append(" – ".join(bounds))
    if params.get("left") is not None:
        lines.append(words("protection.left", amount=words.money(params["left"])))
    if params.get("resets_at"):
        lines.append(words("protection.resets_at", time=words.moment(params["resets_at"])))
    return [*lines, *money]


def _of_limit(words: Words, code: str, params: dict[str, Any]) -> str:
    """What is said when a limit is reached; nothing for any other refusal."""
    match code:
        case "stake_limit_reached" if params["period"] == "bet":
            return words("limit.stake_bet", amount=words.money(params["limit"]))
        case "stake_limit_reached" | "loss_limit_reached":
            key = {"stake_limit_reached": "limit.stake_period", "loss_limit_reached": "limit.loss"}[code]
            return words(key, amount=words.money(params["left"]), time=words.moment(params["resets_at"]))
        case "session_limit_reached":
            return words("limit.session")
        case "too_soon":
            return words("limit.too_soon", seconds=words.number(math.ceil(params["retry_after_ms"] / 1000)))
        case "ticket_length" if params.get("rounds_max") == 1:
            return words("limit.one_round")
    return ""
