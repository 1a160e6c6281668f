"""Answers as the API gives them, for the OpenAPI document. A test holds each against its schema."""

from typing import Any

_MEMBER = "019ab000-0000-7000-8000-000000000001"
_PHASE = "019ab000-0000-7000-8000-000000000002"
_SLIP = "019ab000-0000-7000-8000-000200000000"
_AT = "2026-11-21T18:05:00.123Z"
_MONEY = {"total_in": "120000.00", "total_out": "80000.00"}

_CARL: dict[str, Any] = {
    "member_id": _MEMBER,
    "username": "maria",
    "role": "collector",
    "parent_id": None,
    "commission": 1000,
    "active": True,
    "balance": "10000.00",
    "currency": "KES",
    "created_at": _AT,
    "totp_secret": None,
    "totp_address": None,
}
_EVENING: dict[str, Any] = {
    "phase_id": _PHASE,
    "name": "evening",
    "status": "open",
    "starts_at": "2026-11-21T18:00:00.000Z",
    "ends_at": "2026-11-21T23:00:00.000Z",
    "global_limit": "50000.00",
    "currency": "KES",
    "multiplier": 80,
    "tod_multiplier": 0,
    "neighbour_multiplier": 0,
    "cancellation": True,
    "winning_number": None,
    "created_at": _AT,
}
_TAKEN: dict[str, Any] = {
    "slip_id": _SLIP,
    "phase_id": _PHASE,
    "member_id": _MEMBER,
    "text": "123 500",
    "bets": 1,
    "asked": "500.00",
    "total": "500.00",
    "currency": "KES",
    "cut": [],
    "balance_after": "9500.00",
    "check_code": "ABCD2345",
    "created_at": _AT,
}
_ENTERED: dict[str, Any] = {
    "phase_id": _PHASE,
    "correction": False,
    "reason": "",
    "entered_by": "ann",
    "entered_at": _AT,
    "decided_by": None,
    "confirmed": None,
    "number": None,
}
_IF_123: dict[str, Any] = {"number": "123", "payout": "80000.00", "net": "40000.00", "prizes": {"123": "80000.00"}}

ANSWERS: dict[str, dict[str, Any]] = {
    "banker_sign_in": {
        "token": "bm.sandbox.nOtaReaLtOkeN",
        "member_id": _MEMBER,
        "username": "maria",
        "role": "collector",
        "expires_at": "2026-11-22T06:05:00.123Z",
    },
    "banker_me": _CARL,
    "add_member": _CARL | {"balance": "0.00"},
    "move_credit": _CARL,
    "create_phase": _EVENING | {"status": "draft"},
    "open_phase": _EVENING,
    "close_phase": _EVENING | {"status": "closed"},
    "preview_slip": {
        "lines": [
            {"line": 1, "text": "123 500R200", "bets": 6, "total": "1500.00"},
            {"line": 2, "text": "1** 10", "bets": 100, "total": "1000.00"},
        ],
        "bets": 106,
        "total": "2500.00",
        "currency": "KES",
    },
    "place_slip": _TAKEN,
    "read_slip": {
        "slip": _TAKEN,
        "cancelled": False,
        "won": "0.00",
        "bets": [{"bet_id": _SLIP[:-8] + "00000010", "line": 1, "number": "123", "amount": "500.00"}],
    },
    "read_risk": {
        "phase_id": _PHASE,
        "status": "open",
        "currency": "KES",
        "multiplier": 80,
        "total": "120000.00",
        "numbers": [
            {
                "number": "123",
                "total": "1000.00",
                "bets": 2,
                "potential_payout": "80000.00",
                "limit": "50000.00",
                "room": "49000.00",
                "version": 2,
            }
        ],
    },
    "what_if": _IF_123,
    "worst_outcomes": {"phase_id": _PHASE, "currency": "KES", "outcomes": [_IF_123]},
    "suggest_lay_offs": {
        "phase_id": _PHASE,
        "currency": "KES",
        "payout_max": "10000.00",
        "numbers": [{"number": "123", "total": "1000.00", "potential_payout": "80000.00", "amount": "875.00"}],
    },
    "enter_result": _ENTERED,
    "confirm_result": _ENTERED | {"decided_by": "bob", "confirmed": True, "number": "123"},
    "propose_correction": _ENTERED | {"correction": True, "reason": "misread"},
    "read_settlement": {
        "phase_id": _PHASE,
        "winning_number": "123",
        "currency": "KES",
        "slips": 240,
        "bets": 5120,
        "winners": 2,
        **_MONEY,
        "net_profit": "40000.00",
        "commission": "12000.00",
        "settled_at": _AT,
        "corrections": [],
    },
    "list_statements": {
        "phase_id": _PHASE,
        "currency": "KES",
        "statements": [
            {
                "member_id": _MEMBER,
                "username": "maria",
                "slips": 240,
                **_MONEY,
                "commission_rate": 1000,
                "commission": "12000.00",
                "due": "28000.00",
            }
        ],
    },
}
