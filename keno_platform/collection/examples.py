"""
What an OpenAPI document does not say: values that make sense. `{{name}}` is a variable of the collections.

An operation that stands in none of these tables gets what its schema requires, by the names of the members.
"""

from typing import Any

VARIABLES = {
    "base": ("http://localhost:8000", "the server's address"),
    "key": ("", "an operator's API key, ko_..."),
    "provider_key": ("", "the provider's API key, kp_..."),
    "session": ("", "a player's session token, ps...."),
    "member": ("", "a lottery member's session token, bm...."),
    "operator": ("sandbox", "an operator's slug"),
    "currency": ("KES", "the operator's currency"),
    "game": ("keno-10s", "a game's code"),
    "player": ("player-1", "the operator's own name for a player"),
    "round_id": ("1", "a round, from GET /api/v1/rounds"),
    "password": ("", "a lottery member's password"),
    "launch_token": ("", "from POST /api/v1/sessions; good once, for a minute"),
    "day": ("2026-11-20", "a day in UTC that is over"),
}
"""Their defaults and what they are. Others are ids, without a default."""
SECRET = frozenset({"key", "provider_key", "session", "member", "password", "launch_token"})
NO_ID = "00000000-0000-7000-8000-000000000000"
"""The default of an id: there is no such thing, which a server says with 404."""

PROVIDERS_OWN = frozenset({"operators"})
"""Tags of calls that are made with the provider's key."""

PATH_VARIABLES = {"code": "game", "slug": "operator", "player_token": "player"}
"""Path parameters that are variables under another name; others are variables under their own."""
PATH_VALUES = {"number": "007", "seq": "1", "part": "1", "kind": "loss", "period": "day"}
OWN_KEY_IDS = {"caller-keys": "caller_key_id"}
"""Tags in which `key_id` is another one than an API key's."""

_DAY = {"from": "2026-11-20T00:00:00Z", "to": "2026-11-21T00:00:00Z"}
QUERIES: dict[str, dict[str, str]] = {
    "report_turnover_json": _DAY,
    "report_turnover_csv": _DAY,
    "list_bets": {"player_token": "{{player}}"},
    "list_calls": {"q": "{{player}}"},
    "list_flags": {"status": "open"},
    "list_rounds": {"game": "{{game}}", "limit": "10"},
    "list_transactions": {"player_token": "{{player}}"},
    "latest_draws": {"count": "5"},
    "day_proofs": {"day": "{{day}}"},
    "suggest_lay_offs": {"payout_max": "10000.00"},
    **{f"account_{form}": _DAY for form in ("csv", "json", "pdf")},
    **{f"own_account_{form}": _DAY for form in ("csv", "json", "pdf")},
}

_BET = {
    "player_token": "{{player}}",
    "game": "{{game}}",
    "picks": [7, 21, 63],
    "stake": "10.00",
    "currency": "{{currency}}",
}
BODIES: dict[str, dict[str, Any]] = {
    "place_bet": _BET,
    "place_bets": {"bets": [_BET, _BET | {"picks": [1, 2, 3, 4, 5]}]},
    "deposit": {"player_token": "{{player}}", "amount": "100.00", "currency": "{{currency}}", "reference": "cash-1"},
    "withdraw": {"player_token": "{{player}}", "amount": "1.00", "currency": "{{currency}}", "reference": "cash-2"},
    "open_session": {"player_token": "{{player}}", "currency": "{{currency}}"},
    "create_operator": {
        "slug": "new-casino",
        "name": "New Casino",
        "currency": "KES",
        "domain": "new-casino.localhost",
        "min_bet": "1.00",
        "max_bet": "1000.00",
        "max_win_per_ticket": "100000.00",
    },
    "create_phase": {"name": "evening", "starts_at": "2026-11-21T18:00:00Z", "ends_at": "2026-11-21T23:00:00Z"},
    "set_number_limit": {"max_amount": "50.00"},
    "set_phase_end": {"ends_at": "2100-01-01T00:00:00Z"},
    "set_global_limit": {"global_limit": "50000.00"},
    "set_member_password": {"password": "{{password}}"},
    "change_member_password": {"present": "{{password}}", "password": "{{password}}"},
    "check_slip": {"check_code": "ABCD2345"},
    "banker_sign_in": {"operator": "{{operator}}", "username": "maria", "password": "{{password}}"},
    "add_member": {"username": "maria", "role": "collector", "commission": 1000},
    "set_commission": {"commission": 1000},
    "move_credit": {"amount": "100.00", "direction": "give"},
    "preview_slip": {"text": "123 500R200\n1** 10"},
    "place_slip": {"phase_id": "{{phase_id}}", "text": "123 500", "total": "500.00"},
    "enter_result": {"number": "123"},
    "confirm_result": {"number": "123"},
    "propose_correction": {"number": "124", "reason": "an example"},
    "rotate_key": {"overlap_seconds": 86_400},
    "rotate_caller_key": {"overlap_seconds": 86_400},
    "rotate_wallet_secret": {"overlap_seconds": 86_400},
    "rotate_webhook_secret": {"overlap_seconds": 86_400},
    "add_caller_key": {"kind": "hmac", "label": "backend"},
    "set_operator_rate_limits": {"player_bets": "5/50", "player_calls": None},
    "change_integration": {"frame_ancestors": ["https://casino.example"]},
    "connect_wallet": {"url": "https://casino.example/wallet", "signing": "ed25519"},
    "change_webhook_endpoint": {"description": "settlements"},
    "create_webhook_endpoint": {"url": "https://casino.example/webhooks", "events": ["bet.settled", "round.finished"]},
    "reconcile": {"from": "2026-11-20T00:00:00Z", "to": "2026-11-21T00:00:00Z", "rows": []},
    "put_reconciliation_part": {"rows": []},
    "countersign_round": {"public_key": "00" * 32, "signature": "00" * 64},
    "step_clock": {"until": "drawn"},
    "create_game": {"code": "my-keno", "name": "My Keno"},
    "set_limit": {"amount": "500.00"},
    "set_players_limit": {"amount": "500.00"},
    "exclude_oneself": {"kind": "cool_off", "hours": 24},
    "exclude_player": {"kind": "cool_off", "hours": 24, "reason": "an example"},
    "answer_reality_check": {"choice": "continue"},
}

BY_NAME: dict[str, Any] = {
    "player_token": "{{player}}",
    "currency": "{{currency}}",
    "game": "{{game}}",
    "code": "my-code",
    "amount": "1.00",
    "stake": "10.00",
    "picks": [7, 21, 63],
    "reason": "an example",
    "launch_token": "{{launch_token}}",
    "url": "https://casino.example/keno",
    "since": "2026-11-20T00:00:00Z",
    "from": "2026-11-20T00:00:00Z",
    "until": "2026-11-21T00:00:00Z",
    "to": "2026-11-21T00:00:00Z",
    "starts_at": "2026-11-21T18:00:00Z",
    "ends_at": "2026-11-21T23:00:00Z",
    "day": "{{day}}",
}
"""Values of members and parameters that are required, by their names."""

LAST = (
    "connect_wallet",
    "cancel_bet",
    "exclude_player",
    "close_phase",
    "set_member_password",
    "change_member_password",
    "deactivate_member",
    "banker_sign_out",
    "revoke_session",
    "suspend_operator",
    "resume_operator",
)
"""Operations that end what others need: in a run of all they come last, after every DELETE, in this order."""
