"""Readiness tells each part, and what is only for staff keeps no process out of service."""

from typing import Any

import pytest
from django.test import Client


@pytest.mark.usefixtures("db")
def test_without_a_chain_the_server_is_ready_and_says_that_roots_wait() -> None:
    answer = Client().get("/health/ready")
    shown = answer.json()
    assert set(shown["parts"]) == {"database", "broker", "clock", "rounds"}
    assert set(shown["notices"]) == {"chain", "record"}
    assert shown["notices"]["chain"] == "none: roots are signed and wait"
    assert (answer.status_code == 200) == all(state == "ok" for state in shown["parts"].values())


@pytest.mark.usefixtures("committed")
def test_an_alarm_of_the_chain_is_told_and_takes_nothing_out_of_service(settings: Any) -> None:
    from anchors.models import Alarm, AlarmCode
    from anchors.selectors import chain_status

    settings.CHAIN_URL = "http://127.0.0.1:1"
    alarm = Alarm.objects.create(code=AlarmCode.CHAIN_UNREACHABLE, detail="test")
    try:
        assert "chain_unreachable" in chain_status().alarms
        answer = Client().get("/health/ready").json()
        assert "chain_unreachable" in answer["notices"]["chain"]
        assert "chain" not in answer["parts"]
    finally:
        Alarm.objects.filter(pk=alarm.pk).update(ended_at=alarm.began_at)
