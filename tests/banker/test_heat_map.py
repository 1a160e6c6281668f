"""What admins see while slips arrive: frames after the commit, on a socket that only an admin's session opens."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import pytest
from asgiref.sync import sync_to_async
from asgiref.testing import ApplicationCommunicator
from django.db import connections

from banker import second_factor
from banker.models import Member, Role
from banker.services.members import MemberTerms, add_member, set_active
from banker.services.sessions import sign_in, sign_out
from banker.services.slips import SlipOverLimit, cancel_slip
from keno_platform.asgi import application
from keno_platform.live import frames
from keno_platform.live.topics import banker_topic
from operators.models import Operator
from tests.support import lottery
from tests.support.live import topics

pytestmark = pytest.mark.usefixtures("committed")
PASSWORD = "correct horse battery"
PATIENCE_S = 15.0


def test_each_slip_and_cancellation_tells_the_numbers_that_changed_and_what_is_on_them_now(
    operator_a: Operator,
) -> None:
    carl = lottery.collector(operator_a, credit=1_000_00)
    with lottery.open_phase(operator_a, global_limit=100_00) as phase, topics(banker_topic("op_alpha")) as told:
        slip = lottery.place(operator_a, carl, phase, "123 10\n124 20; 123=1").slip
        with pytest.raises(SlipOverLimit):
            lottery.place(operator_a, carl, phase, "123 100")
        cancel_slip(operator=operator_a, slip_id=slip.pk, actor="tests")
        lottery.limit(operator_a, phase, "123", 0)
        lottery.close(operator_a, phase)
        told.wait(4)
    placed, cancelled, limited, closed = told
    assert placed == {
        "type": "risk_update",
        "phase_id": str(phase.pk),
        "numbers": [
            {"number": "123", "total": "11.00", "potential_payout": "880.00", "bets": 2, "version": 1},
            {"number": "124", "total": "20.00", "potential_payout": "1600.00", "bets": 1, "version": 1},
        ],
    }
    assert [(one["number"], one["total"], one["bets"], one["version"]) for one in cancelled["numbers"]] == [
        ("123", "0.00", 0, 2),
        ("124", "0.00", 0, 2),
    ]
    assert [one["status"] for one in (limited, closed)] == ["open", "closed"]
    for one, shape in ((placed, frames.RiskUpdate), (cancelled, frames.RiskUpdate), (closed, frames.PhaseChanged)):
        assert msgspec.to_builtins(msgspec.convert(one, shape)) == one


def signed_in(operator: Operator, role: Role) -> tuple[Member, Any, str]:
    """A member, its session and its token."""
    name = lottery.username("watch")
    terms = MemberTerms(username=name, role=role, password=PASSWORD)
    member, secret = add_member(operator=operator, terms=terms, actor="tests")
    code = second_factor.code_at(secret, int(time.time()) // second_factor.STEP_S) if secret else ""
    return member, *sign_in(operator=operator, username=name, password=PASSWORD, code=code)


@asynccontextmanager
async def socket(token: str) -> AsyncIterator[ApplicationCommunicator]:
    headers = [(b"host", b"alpha.localhost"), (b"origin", b"http://alpha.localhost")]
    scope = {"type": "websocket", "path": "/ws/v1/banker", "query_string": b"", "headers": headers, "subprotocols": []}
    one = ApplicationCommunicator(application, scope)
    await one.send_input({"type": "websocket.connect"})
    assert (await one.receive_output(PATIENCE_S))["type"] == "websocket.accept"
    await one.send_input({"type": "websocket.receive", "text": json.dumps({"type": "auth", "token": token})})
    try:
        yield one
    finally:
        await one.send_input({"type": "websocket.disconnect", "code": 1000})
        await one.wait(PATIENCE_S)


async def next_of(one: ApplicationCommunicator) -> Any:
    """The next frame's type, or the code of the close."""
    message = await one.receive_output(PATIENCE_S)
    return message["code"] if message["type"] == "websocket.close" else json.loads(message["text"])["type"]


def run(scenario: Callable[[], Any]) -> Any:
    async def bounded() -> Any:
        async with asyncio.timeout(60):
            try:
                return await scenario()
            finally:
                await sync_to_async(connections.close_all)()

    return asyncio.run(bounded())


async def apart(work: Callable[[], Any]) -> Any:
    """A call of the database, on a thread and connection of its own."""

    def there() -> Any:
        try:
            return work()
        finally:
            connections.close_all()

    return await asyncio.to_thread(there)


def test_an_admins_socket_sees_slips_and_closes_with_its_session_only(operator_a: Operator) -> None:
    _, session, token = signed_in(operator_a, Role.ADMIN)
    other, _, _ = signed_in(operator_a, Role.ADMIN)
    carl = lottery.collector(operator_a, credit=1_000_00)
    with lottery.open_phase(operator_a) as phase:

        async def scenario() -> list[Any]:
            async with socket(token) as one:
                seen = [await next_of(one)]
                await apart(lambda: set_active(operator=operator_a, member_id=other.pk, active=False, actor="tests"))
                await apart(lambda: lottery.place(operator_a, carl, phase, "123 10"))
                seen.append(await next_of(one))
                await apart(lambda: sign_out(operator=operator_a, session_id=session.pk))
                return [*seen, await next_of(one)]

        assert run(scenario) == ["ready", "risk_update", 4401]


@pytest.mark.parametrize("token", ["bm.alpha.nobodys", "x", ""])
def test_a_socket_without_a_session_is_closed(operator_a: Operator, token: str) -> None:
    async def scenario() -> Any:
        async with socket(token) as one:
            return await next_of(one)

    assert run(scenario) == frames.UNAUTHENTICATED


def test_a_collectors_session_opens_no_heat_map(operator_a: Operator) -> None:
    _, _, token = signed_in(operator_a, Role.COLLECTOR)

    async def scenario() -> Any:
        async with socket(token) as one:
            return await next_of(one)

    assert run(scenario) == frames.UNAUTHENTICATED
