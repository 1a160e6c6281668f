"""Alarms: said once when they begin and once when they end, and kept."""

import logging
from collections.abc import Mapping

from django.db import connection

from anchors.models import Alarm, AlarmCode

logger = logging.getLogger(__name__)

_KEY = (AlarmCode.PUBLISHER_KEY_MISSING,)
_NODE = (
    AlarmCode.CHAIN_UNREACHABLE,
    AlarmCode.CHAIN_FROZEN,
    AlarmCode.CHAIN_SLOW,
    AlarmCode.CHAIN_REFUSES,
    AlarmCode.CHAIN_UNSUITABLE,
)
_PLACE = (
    AlarmCode.BALANCE_LOW,
    AlarmCode.CHAIN_CHANGED,
    AlarmCode.CONTRACT_MISSING,
    AlarmCode.CONTRACT_FOREIGN,
    AlarmCode.DEPLOYMENT_FAILED,
    AlarmCode.PUBLISHER_KEY_WRONG,
    AlarmCode.FINAL_ROOTS_LOST,
    AlarmCode.CHAIN_CONTRADICTS,
)
_SENDING = (
    AlarmCode.FEE_OVER_CAP,
    AlarmCode.TRANSACTION_REFUSED,
    AlarmCode.CHAIN_STALLED,
    AlarmCode.KEY_USED_ELSEWHERE,
)
STAGES = (_KEY, _NODE, _PLACE, _SENDING)
"""In the order in which a pass finds them: what stops it at one stage says nothing about the later ones."""


class Halt(Exception):
    """Something keeps the sender from going on, and a person must know."""

    def __init__(self, code: AlarmCode, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}")
        self.code, self.detail = code, detail


def settle(found: Mapping[AlarmCode, str], *, stopped_by: AlarmCode | None = None) -> None:
    """
    Begin the alarms that a pass has found, and end those that it can say are over: all others, or only those up to
    the stage at which one stopped it.
    """
    reached = len(STAGES) if stopped_by is None else _stage(stopped_by) + 1
    judged = {code for stage in STAGES[:reached] for code in stage}
    open_now = dict(Alarm.objects.filter(ended_at=None).values_list("code", "detail"))
    for code, detail in found.items():
        if code not in open_now:
            _begin(code, detail)
        elif open_now[code] != detail:
            Alarm.objects.filter(code=code, ended_at=None).update(detail=detail)
    for code in sorted(judged - set(found)):
        if code in open_now:
            _end(code)


def _stage(code: AlarmCode) -> int:
    return next(place for place, stage in enumerate(STAGES) if code in stage)


def _begin(code: AlarmCode, detail: str) -> None:
    """Only who makes the row says so: of two senders at once, one."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO public.anchors_alarm (code, detail, began_at) VALUES (%s, %s, clock_timestamp())"
            " ON CONFLICT (code) WHERE ended_at IS NULL DO NOTHING RETURNING id",
            [code, detail],
        )
        begun = cursor.fetchone() is not None
    if begun:
        logger.error("alarm %s: %s%s (docs/anchoring.md)", code, code.label, f": {detail}" if detail else "")


def _end(code: AlarmCode) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE public.anchors_alarm SET ended_at = clock_timestamp() WHERE code = %s AND ended_at IS NULL"
            " RETURNING ended_at - began_at",
            [code],
        )
        ended = cursor.fetchone()
    if ended:
        logger.warning("alarm %s is over after %d s", code, ended[0].total_seconds())
