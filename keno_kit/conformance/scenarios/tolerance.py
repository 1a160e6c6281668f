"""What a wallet must bear, today and from later versions of the platform."""

from keno_kit.conformance.scenario import scenario
from keno_kit.conformance.trial import Trial, new_bet

SECTION = "versions-and-tolerance"


@scenario(SECTION, "balance", "debit")
async def unknown_members_are_ignored(t: Trial) -> None:
    """Members that a wallet does not know are ignored, also when they are objects or very large numbers."""

    async def debit() -> None:
        body = t.debit_body(new_bet(), t.unit, later={"nested": [1, {"two": None}]}, text="Ünïcode \U0001f3b1")
        t.ok(await t.send("debit", body | {"large": 2**53 + 1}))

    await t.moved(debit, by=-t.unit, what="a debit with members from the future")


@scenario(SECTION, "balance", "debit")
async def a_debit_may_be_without_a_session(t: Trial) -> None:
    """A debit whose session_id is null is taken like any other."""

    async def debit() -> None:
        t.ok(await t.debit(new_bet(), session_id=None))

    await t.moved(debit, by=-t.unit, what="a debit without a session")


@scenario(SECTION, "balance", "debit")
async def a_debit_may_be_part_of_a_ticket(t: Trial) -> None:
    """The bets of a ticket over several rounds have a debit each, with one ticket_id: each is taken."""
    ticket = new_bet().bet_id

    async def debits() -> None:
        for _ in range(3):
            t.ok(await t.debit(new_bet(), ticket_id=ticket))

    await t.moved(debits, by=-3 * t.unit, what="three debits of one ticket")


@scenario(SECTION, "debit")
async def what_is_no_json_is_no_5xx(t: Trial) -> None:
    """A body that is no JSON object is answered with a 4xx, or refused: not ok, and no 5xx."""
    for body in (b"", b"{", b"[]", b"null", b'{"request_id": NaN}', b"\xff\xfe", b"[" * 5000):
        exchange = await t.send("debit", body)
        t.check(not exchange.failure, f"the body {body[:20]!r}: {exchange.failure}")
        t.check(exchange.status < 500, f"the body {body[:20]!r} was answered with the status {exchange.status}")
        said = t.readable(exchange).get("status") if exchange.status == 200 else "refused"
        t.check(said == "refused", f"the body {body[:20]!r} was answered with {said!r}")
