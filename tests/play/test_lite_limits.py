"""What the page without scripts says when a limit is reached."""

from typing import Any

import pytest

from operators.models import Operator
from play.lite.shown import explain
from play.lite.words import Words

pytestmark = pytest.mark.django_db
RESETS = {"resets_at": "2026-11-22T00:00:00.000Z"}
SHOWN = "\u206822 Nov 2026 00:00 UTC\u2069"


@pytest.mark.parametrize(
    ("code", "params", "said"),
    [
        (
            "stake_limit_reached",
            {"period": "bet", "limit": "50.00", "left": "50.00"},
            "Your limit for one bet is {}50.00.",
        ),
        (
            "stake_limit_reached",
            {"period": "day", "limit": "50.00", "left": "5.00", **RESETS},
            f"Your limit for stakes is reached. Left: {{}}5.00. It starts anew: {SHOWN}.",
        ),
        (
            "loss_limit_reached",
            {"period": "week", "limit": "50.00", "left": "0.00", **RESETS},
            f"Your limit for losses is reached. Left: {{}}0.00. It starts anew: {SHOWN}.",
        ),
        ("session_limit_reached", {"minutes": 90}, "Your time limit for a session is reached."),
        ("too_soon", {"retry_after_ms": 4_100, "min_ms": 5_000}, "Please wait 5 s before the next bet."),
        ("ticket_length", {"rounds_max": 1}, "Here each bet is for one round."),
        ("ticket_length", {"rounds_max": 20}, "The title"),
        ("player_excluded", {"kind": "cool_off", "until": None}, "The title"),
    ],
)
def test_a_reached_limit_says_what_is_left_and_when_it_starts_anew(
    operator_a: Operator, code: str, params: dict[str, Any], said: str
) -> None:
    words = Words(operator=operator_a, house=None, language="en")
    problem = {"code": code, "params": params, "title": "The title", "money_moved": "no"}
    symbol = words.money("0.00").removesuffix("0.00")
    assert explain(words, problem) == [said.format(symbol), "You were not charged."]
