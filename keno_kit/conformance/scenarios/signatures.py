"""Signatures: whatever is not signed as it must be is refused, and moves nothing. All in both forms."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from keno_kit.conformance.calling import Exchange
from keno_kit.conformance.scenario import scenario
from keno_kit.conformance.trial import Trial, new_bet
from keno_kit.signing import WINDOW_S, Message

SECTION = "signatures"
FAR_S = 2 * WINDOW_S


async def refused(t: Trial, call: Callable[[], Awaitable[Exchange]], what: str) -> None:
    async def send() -> None:
        t.refused(await call(), "signature_invalid")

    await t.moved(send, by=0, what=what)


async def debit(t: Trial, **how: Any) -> Exchange:
    return await t.send("debit", t.debit_body(new_bet(), t.unit), **how)


@scenario(SECTION, "balance", "debit")
async def a_missing_signature_is_refused(t: Trial) -> None:
    """A call without a signature is refused with signature_invalid."""

    def strip(message: Message, signature: dict[str, str]) -> Message:
        signature.clear()
        return message

    await refused(t, lambda: debit(t, tamper=strip), "a call without a signature")


@scenario(SECTION, "balance", "debit")
async def a_wrong_signature_is_refused(t: Trial) -> None:
    """A call whose signature has one bit turned is refused with signature_invalid."""

    def turn(message: Message, signature: dict[str, str]) -> Message:
        for name in ("signature", "x-keno-signature"):
            if name in signature:
                signature[name] = _turned(signature[name])
        return message

    await refused(t, lambda: debit(t, tamper=turn), "a call with a wrong signature")


@scenario(SECTION, "balance", "debit")
async def an_unknown_key_is_refused(t: Trial) -> None:
    """A call that is signed well, but under a key id that the wallet was not given, is refused."""
    signer = t.wallet.signer
    stranger = replace(signer, key_id="a-key-that-nobody-has") if hasattr(signer, "key") else _other_secret(signer)

    def resign(message: Message, signature: dict[str, str]) -> Message:
        signature.clear()
        signature.update(stranger.sign(message, at_s=int(time.time())))
        return message

    await refused(t, lambda: debit(t, tamper=resign), "a call under an unknown key")


@scenario(SECTION, "balance", "debit")
async def an_old_signature_is_refused(t: Trial) -> None:
    """A call that was signed more than 300 s ago is refused with signature_invalid."""
    await refused(t, lambda: debit(t, at_s=int(time.time()) - FAR_S), "a call with an old signature")


@scenario(SECTION, "balance", "debit")
async def a_signature_of_the_future_is_refused(t: Trial) -> None:
    """A call that claims to be signed more than 300 s from now is refused with signature_invalid."""
    await refused(t, lambda: debit(t, at_s=int(time.time()) + FAR_S), "a call with a signature of the future")


@scenario(SECTION, "balance", "debit")
async def a_clock_may_differ_a_little(t: Trial) -> None:
    """A call that was signed a minute ago, or in a minute by the wallet's clock, is taken."""

    async def both() -> None:
        for seconds in (-60, 60):
            t.ok(await debit(t, at_s=int(time.time()) + seconds))

    await t.moved(both, by=-2 * t.unit, what="two debits by clocks that differ a little")


@scenario(SECTION, "balance", "debit")
async def another_body_is_refused(t: Trial) -> None:
    """A call whose body is another than the one that was signed is refused with signature_invalid."""

    def swap(message: Message, _: dict[str, str]) -> Message:
        other = message.body.replace(f'"{t.text(t.unit)}"'.encode(), f'"{t.text(2 * t.unit)}"'.encode())
        return replace(message, body=other)

    await refused(t, lambda: debit(t, tamper=swap), "a call with another body than was signed")


@scenario(SECTION, "balance", "debit")
async def a_signature_for_another_call_is_refused(t: Trial) -> None:
    """A debit with the signature of a balance call is refused with signature_invalid."""
    await refused(t, lambda: debit(t, target="balance"), "a debit with the signature of a balance")


@scenario(SECTION, "balance", "debit")
async def another_request_id_is_refused(t: Trial) -> None:
    """A call whose X-Request-Id is another than the one that was signed is refused with signature_invalid."""

    def swap(message: Message, _: dict[str, str]) -> Message:
        return replace(message, headers={**message.headers, "x-request-id": new_bet().bet_id})

    await refused(t, lambda: debit(t, tamper=swap), "a call with another X-Request-Id than was signed")


@scenario(SECTION, "balance")
async def an_unsigned_balance_is_refused(t: Trial) -> None:
    """A balance is told to nobody whose call is not signed."""

    def strip(message: Message, signature: dict[str, str]) -> Message:
        signature.clear()
        return message

    t.refused(await t.send("balance", t.body(), tamper=strip), "signature_invalid")


def _turned(signature: str) -> str:
    """Another signature of the same length and form."""
    at = signature.index("=:") + 10 if "=:" in signature else 10
    other = "A" if signature[at] not in "Aa" else "B"
    return signature[:at] + (other if "=:" in signature else other.lower()) + signature[at + 1 :]


def _other_secret(signer: Any) -> Any:
    return replace(signer, secret=bytes(byte ^ 255 for byte in signer.secret))
