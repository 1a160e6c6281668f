"""Changing what the lottery consists of: phases, members, slips and results."""

from banker.services.in_play import clear_number_limit, set_end, set_global_limit
from banker.services.phases import (
    GLOBAL_LIMIT,
    MULTIPLIER,
    AnotherPhaseOpen,
    NumberInvalid,
    PhaseInvalid,
    PhaseNotInStatus,
    PhaseTerms,
    close_due,
    close_phase,
    create_phase,
    open_phase,
    set_number_limit,
)
from banker.services.resealing import reseal

__all__ = [
    "GLOBAL_LIMIT",
    "MULTIPLIER",
    "AnotherPhaseOpen",
    "NumberInvalid",
    "PhaseInvalid",
    "PhaseNotInStatus",
    "PhaseTerms",
    "clear_number_limit",
    "close_due",
    "close_phase",
    "create_phase",
    "open_phase",
    "reseal",
    "set_end",
    "set_global_limit",
    "set_number_limit",
]
