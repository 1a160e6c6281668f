"""The three-digit lottery of one operator: its members, phases, slips and results."""

from banker.models.members import Member, MemberSession, Role
from banker.models.phases import THREE_DIGITS, Exposure, NumberLimit, Phase, PhaseStatus
from banker.models.results import Correction, CorrectionLine, Prize, Rank, ResultEntry, Settlement, Statement
from banker.models.slips import Bet, Cancellation, Slip

__all__ = [
    "THREE_DIGITS",
    "Bet",
    "Cancellation",
    "Correction",
    "CorrectionLine",
    "Exposure",
    "Member",
    "MemberSession",
    "NumberLimit",
    "Phase",
    "PhaseStatus",
    "Prize",
    "Rank",
    "ResultEntry",
    "Role",
    "Settlement",
    "Slip",
    "Statement",
]
