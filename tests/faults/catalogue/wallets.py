"""Operators' wallets that are wrong, in the ways that the sandbox wallet knows, or that are not there."""

import contextlib
from collections.abc import Iterator, Sequence

import httpx

from tests.faults.catalogue.fault import Fault, Parameters, both, one_of
from tests.faults.ground import Ground

SHARES = (0.2, 0.5, 1.0)


@contextlib.contextmanager
def be_wrong(ground: Ground, parameters: Parameters) -> Iterator[None]:
    """The sandbox wallet is wrong in one way, for a share of its calls."""
    address = f"http://127.0.0.1:{ground.wallet_ports['sandbox']}/faults"
    _tell("POST", address, {"fault": parameters["fault"], "share": parameters["share"]})
    try:
        yield
    finally:
        _tell("DELETE", address, None)


@contextlib.contextmanager
def kill_wallet(ground: Ground, parameters: Parameters) -> Iterator[None]:
    """A wallet's process is killed, perhaps between its commit and its answer. Its books are on disk."""
    ground.process(parameters["wallet"]).kill()
    yield


def _tell(method: str, address: str, body: object) -> None:
    """Tried until the wallet is there: it may just have been killed."""
    with httpx.Client(transport=httpx.HTTPTransport(retries=6), timeout=15, trust_env=False) as client:
        client.request(method, address, json=body).raise_for_status()


def _wrong(number: str, kind: str, faults: Sequence[str], weight: float = 1) -> Fault:
    choose = both(one_of("fault", *faults), one_of("share", *SHARES))
    return Fault(number=number, kind=kind, hurt=be_wrong, choose=choose, hold_s=(2, 7), weight=weight)


FAULTS = (
    _wrong("F17", "wallet answers too late", ("timeout-after", "timeout-before", "late"), weight=2),
    _wrong("F18", "wallet's own fault", ("500-after", "500-before", "503"), weight=2),
    _wrong("F19", "wallet hangs up", ("reset", "reset-before", "cut", "closes-connections", "empty")),
    _wrong("F19", "wallet answers nonsense", ("malformed", "html", "nan", "huge", "redirect", "wrong-content-type")),
    _wrong("F19", "wallet answers another call", ("wrong-request-id", "wrong-transaction-id", "refusal-without-ids")),
    _wrong("F19", "wallet answers other money", ("wrong-amount", "wrong-currency", "wrong-decimals")),
    _wrong("F19", "wallet answers unknown words", ("unknown-status", "unknown-code", "amount-as-number")),
    _wrong("F20", "wallet answers byte by byte", ("drip",), weight=2),
    Fault(
        number="F22",
        kind="wallet killed",
        hurt=kill_wallet,
        choose=one_of("wallet", "baobab", "sandbox"),
        weight=2,
    ),
)
