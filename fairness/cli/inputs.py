"""From the command line to documents and knowledge: files, addresses, keys, receipts."""

import argparse
import base64
import binascii
import json
import os
import re
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit
from uuid import UUID

from fairness.chain import ChainReader, ChainSource, Expected, SavedEvidence
from fairness.checks import Asked, Knowledge, SavedClose
from fairness.documents import KeyList
from fairness.documents.members import hex_bytes
from fairness.errors import AddressUnknown, DocumentMalformed, KeyIdWrong, SourceUnreadable
from fairness.fetching import Fetch, fetch, origin_of
from fairness.messages import BET_LENGTH
from fairness.strict_json import parse

TOKEN_VARIABLE = "FAIRNESS_TOKEN"  # noqa: S105  # the name of a variable
KEYS_PATH = "/.well-known/keno-keys.json"
DAY_BYTES_MAX = 1 << 30
DAY_WITHIN_S = 1800.0
FILE_BYTES_MAX = 16 << 20
_ROUND = re.compile(r"/api/v1/rounds/([1-9][0-9]{0,15})/proof/?$", re.ASCII)
_BET = re.compile(r"/api/v1/bets/([0-9a-f-]{36})/proof/?$", re.ASCII)
_DAY = re.compile(r"/api/v1/games/([^/]+)/proofs/?$", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where documents are: a file, `-`, or an address with what it names; `is_day` when there are many of them."""

    place: str
    is_day: bool = False
    round_id: int | None = None
    game: str | None = None
    day: date | None = None

    @property
    def origin(self) -> str | None:
        """The house's address; None for files."""
        return origin_of(self.place) if is_address(self.place) else None

    def read(self) -> bytes:
        """
        The bytes there.

        :raises SourceUnreadable: there are none, or too many.
        """
        return (
            read_place(self.place, limit=DAY_BYTES_MAX, within_s=DAY_WITHIN_S)
            if self.is_day
            else read_place(self.place)
        )


def source_of(chosen: argparse.Namespace) -> Source:
    """
    What the first argument means, with --round, --game and --day.

    :raises SourceUnreadable: it means nothing.
    """
    place: str = chosen.source
    if not is_address(place):
        is_day = place.endswith(".ndjson") or chosen.day is not None
        return Source(place=place, is_day=is_day, round_id=chosen.round, game=chosen.game, day=chosen.day)
    path, base = urlsplit(place).path, place.rstrip("/")
    if found := _ROUND.search(path):
        return Source(place=place, round_id=chosen.round or int(found[1]), game=chosen.game)
    if found := _DAY.search(path):
        return Source(place=place, is_day=True, game=chosen.game or unquote(found[1]), day=chosen.day or _day_in(place))
    if path.strip("/"):
        return Source(
            place=place, is_day=path.endswith(".ndjson"), round_id=chosen.round, game=chosen.game, day=chosen.day
        )
    if chosen.round is not None:
        return Source(place=f"{base}/api/v1/rounds/{chosen.round}/proof", round_id=chosen.round, game=chosen.game)
    if chosen.game and chosen.day:
        address = f"{base}/api/v1/games/{chosen.game}/proofs?day={chosen.day}"
        return Source(place=address, is_day=True, game=chosen.game, day=chosen.day)
    raise SourceUnreadable("the house's own address needs --round, or --game and --day, beside it")


def knowledge_of(chosen: argparse.Namespace, source: Source) -> Knowledge:
    """
    What the verifier knows from elsewhere. Without --key, the house's published keys and contract count.

    :raises SourceUnreadable: something that was named could not be read.
    """
    trusted = keys_of(chosen.key) if chosen.key else published_keys(source.origin)
    published = trusted.chain if trusted else None
    return Knowledge(
        now_ms=chosen.at if chosen.at is not None else time.time_ns() // 1_000_000,
        asked=Asked(
            round_id=source.round_id,
            game=source.game,
            bet_id=chosen.bet_id or _bet_id_in(chosen.bet),
            paytable_id=chosen.paytable,
            countersigners=frozenset(chosen.countersigned),
        ),
        keys=trusted.keys if trusted else None,
        keys_from="given by the verifier" if chosen.key else f"published at {source.origin}",
        anchored=Expected(
            contract=chosen.contract or (published.contract if published else None),
            chain_id=chosen.chain_id or (published.chain_id if published and not chosen.contract else None),
        ),
        chain=_chain_of(chosen),
        close=saved_close(read_place(chosen.close)) if chosen.close else None,
        receipt=receipt_of(chosen.receipt) if chosen.receipt else None,
        allow_signed_only=chosen.allow_signed_only,
        without_bls=chosen.without_bls,
        strict=chosen.strict,
    )


def read_bet(chosen: argparse.Namespace) -> bytes | None:
    """The bet's document; its address may need a token. :raises SourceUnreadable: there is none."""
    if chosen.bet is None:
        return None
    return read_place(chosen.bet, token=os.environ.get(TOKEN_VARIABLE, "") if is_address(chosen.bet) else "")


def is_address(place: str) -> bool:
    """Whether this is an address, rather than a file's name."""
    return "://" in place


def read_place(place: str, *, limit: int = FILE_BYTES_MAX, within_s: float = 30.0, token: str = "") -> bytes:
    """
    The bytes of a file, an address, or the standard input (`-`).

    :raises SourceUnreadable: there are none, or more than `limit`.
    """
    if is_address(place):
        return fetch(Fetch(address=place, limit=limit, within_s=within_s, token=token))
    try:
        data = sys.stdin.buffer.read(limit + 1) if place == "-" else _read_file(Path(place), limit)
    except OSError as fault:
        raise SourceUnreadable(f"{place}: {fault.strerror or fault}") from fault
    if len(data) > limit:
        raise SourceUnreadable(f"{place} has more than {limit} bytes")
    return data


def keys_of(given: Sequence[str]) -> KeyList:
    """
    The keys of --key: 64 hex digits, a list as the house publishes it, or a file with a key on each line.

    :raises SourceUnreadable: one is none of these.
    """
    keys, chain = set(), None
    for one in given:
        if re.fullmatch(r"[0-9a-fA-F]{64}", one):
            keys.add(bytes.fromhex(one))
            continue
        listed = _key_list(read_place(one), one)
        keys |= listed.keys
        chain = listed.chain or chain
    return KeyList(keys=frozenset(keys), chain=chain)


def published_keys(origin: str | None) -> KeyList | None:
    """
    The list that the house itself publishes; None where it has none, or where documents come from a file.

    :raises SourceUnreadable: the house gave no answer, or not such a list.
    """
    if origin is None:
        return None
    with suppress(AddressUnknown):
        return _key_list(fetch(Fetch(address=origin + KEYS_PATH)), origin + KEYS_PATH)
    return None


def saved_close(data: bytes) -> SavedClose:
    """
    A CLOSE that was kept: the `close` of a frame or of a document, or that part alone.

    :raises SourceUnreadable: there is none.
    """
    try:
        value = parse(data)
        part = value.get("close", value) if isinstance(value, dict) else None
        if not isinstance(part, dict):
            raise DocumentMalformed("close", "must be an object")
        return SavedClose(
            message=hex_bytes(part.get("message"), "message"),
            signature=hex_bytes(part.get("signature"), "signature", 64),
            key_id=hex_bytes(part.get("key_id"), "key_id", 8).hex(),
        )
    except DocumentMalformed as refusal:
        raise SourceUnreadable(f"there is no CLOSE in what was kept: {refusal}") from refusal


def receipt_of(given: str) -> bytes:
    """
    A receipt: the bytes of the BET leaf, in base64 or hex, as text or in a file.

    :raises SourceUnreadable: it is something else.
    """
    for text in (given, None):
        written = (read_place(given).decode("ascii", "replace") if text is None else text).strip().strip('"')
        for decode in (bytes.fromhex, _base64):
            with suppress(ValueError):
                if len(leaf := decode(written)) == BET_LENGTH:
                    return leaf
    raise SourceUnreadable("the receipt is not the 176 bytes of a bet, in base64 or hex")


def save_evidence(chosen: argparse.Namespace, transactions: Sequence[tuple[str, str, int]]) -> str:
    """
    What a node says about these transactions (each with its contract and seq), as the text of a file.

    :raises ChainUnreadable: the node gives no answer.
    """
    reader = ChainReader(chosen.rpc)
    found = [reader.raw_evidence_of(one, contract=contract, seq=seq) for one, contract, seq in transactions]
    return json.dumps(found, indent=1)


def _chain_of(chosen: argparse.Namespace) -> ChainSource | None:
    if chosen.rpc:
        return ChainReader(chosen.rpc)
    return SavedEvidence.parse(read_place(chosen.chain_evidence)) if chosen.chain_evidence else None


def _key_list(data: bytes, place: str) -> KeyList:
    lines = data.decode("ascii", "replace").split()
    if lines and all(re.fullmatch(r"[0-9a-fA-F]{64}", line) for line in lines):
        return KeyList(keys=frozenset(map(bytes.fromhex, lines)), chain=None)
    try:
        return KeyList.parse(data)
    except (DocumentMalformed, KeyIdWrong) as refusal:
        raise SourceUnreadable(f"{place} is no list of keys: {refusal}") from refusal


def _read_file(path: Path, limit: int) -> bytes:
    with path.open("rb") as file:
        return file.read(limit + 1)


def _base64(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as fault:
        raise ValueError(text) from fault


def _bet_id_in(place: str | None) -> UUID | None:
    found = _BET.search(urlsplit(place).path) if place and is_address(place) else None
    return UUID(found[1]) if found else None


def _day_in(address: str) -> date | None:
    days = parse_qs(urlsplit(address).query).get("day")
    with suppress(ValueError):
        return date.fromisoformat(days[0]) if days else None
    return None
