"""Refusals in words: what was refused, and the facts that the member can act on."""

from typing import Any

from banker.web.words import KEYS, Words
from keno_platform.core.errors import Refusal


def explain(words: Words, refusal: Refusal) -> list[str]:
    """The title, and below it what the parameters say."""
    return [words.title_of(refusal.title), *_facts(words, refusal.code, refusal.params)]


def _facts(words: Words, code: str, params: dict[str, Any]) -> list[str]:
    match code:
        case "insufficient_funds":
            return [_amounts(words, "balance_short", params, "balance", "total")]
        case "credit_not_there":
            return [f"{words('balance')}: {words.money_of(params['balance'])}"]
        case "slip_total_differs":
            return [f"{words('total')}: {words.money_of(params['total'])}"]
        case "correction_not_covered":
            return [_lack(words, name, amount) for name, amount in params["members"].items()]
    field = str(params.get("field", ""))
    return [words(f"field_{field}")] if f"lottery.field_{field}" in KEYS else []


def _amounts(words: Words, key: str, params: dict[str, Any], *names: str) -> str:
    return words(key, **{name: words.money_of(params[name]) for name in names})


def _lack(words: Words, name: str, amount: str) -> str:
    return words("lacks", name=name, amount=words.money_of(amount))
