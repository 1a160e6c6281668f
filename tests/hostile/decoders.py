"""
Whatever reads what others have written, one by one: how it is called, what it may answer, and texts to begin from.

A decoder may return, or raise its own refusal; everything else is a fault. What returns is held against what its
docstring promises.
"""

import inspect
import json
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_address
from types import ModuleType
from typing import Any

from django.db.models import BigAutoField, UUIDField

from bets.door.endpoint import _language
from calls import redaction, rows
from fairness import strict_json as fairness_json
from fairness.errors import FairnessError
from fairness.messages import BetLeaf, CloseMessage, CommitLeaf, EpochStatement, ResultLeaf
from keno_platform.core import clock, money, strict_json
from keno_platform.core.errors import Refusal
from keno_platform.http import middleware, pagination, parsing
from keno_platform.limits import addresses, rates
from keno_platform.outbound import addresses as outbound
from operators import authentication, origins, verification
from reconciliation import operator_files
from wallet import protocol
from webhooks import retrying

NOW = datetime(2026, 11, 21, tzinfo=UTC)
BODY_MAX, HEADER_MAX = 512 * 1024, 32 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoder:
    """One reader. `longest` is the longest text that can come to it, in characters."""

    name: str
    read: Callable[[str], Any]
    modules: tuple[ModuleType, ...]
    seeds: tuple[str, ...]
    words: tuple[str, ...] = ()
    longest: int = HEADER_MAX
    refusals: tuple[type[Exception], ...] = (Refusal,)

    @property
    def files(self) -> frozenset[str]:
        return frozenset(inspect.getfile(one) for one in self.modules)

    def try_one(self, text: str) -> None:
        """:raises Exception: the decoder has a fault."""
        if self.longest == HEADER_MAX:  # servers hand on headers as Latin-1
            text = text.encode("latin-1", "replace").decode("latin-1")
        try:
            self.read(text)
        except self.refusals:
            return


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _json(text: str) -> None:
    value = strict_json.decode(_bytes(text))
    assert strict_json.decode(json.dumps(value, ensure_ascii=False).encode()) == value
    assert not _has_float(value)


def _has_float(value: Any) -> bool:
    if isinstance(value, dict):
        return any(_has_float(one) for one in value.values())
    return isinstance(value, float) or (isinstance(value, list) and any(_has_float(one) for one in value))


def _proof_json(text: str) -> None:
    value = fairness_json.parse(_bytes(text))
    assert not _has_float(value)
    assert fairness_json.parse(json.dumps(value).encode()) == value


def _amount(text: str) -> None:
    for exponent in (0, 2, 3):
        minor = money.parse_amount(text, exponent=exponent)
        assert text.isascii()
        assert 0 <= minor <= money.AMOUNT_MAX
        assert money.parse_amount(money.format_amount(minor, exponent=exponent), exponent=exponent) == minor


def _moment(text: str) -> None:
    moment = clock.from_text(text)
    assert moment.tzinfo is UTC
    assert clock.YEAR_MIN - 1 <= moment.year <= clock.YEAR_MAX + 1


def _cursor(text: str) -> None:
    read = 0
    for column in (UUIDField(), BigAutoField()):
        with suppress(Refusal):
            back, bound = pagination._read_cursor(text, column)
            assert back in (True, False)
            assert str(bound).isascii()
            read += 1
    if not read:
        raise parsing.ParameterInvalid("neither is it one")


def _key(text: str) -> None:
    key = parsing.read_key(text)
    assert key.isascii()
    assert key.isprintable()
    assert 1 <= len(key) <= parsing.IDEMPOTENCY_KEY_MAX


def _bearer(text: str) -> None:
    token = authentication.read_bearer(text)
    assert token
    assert token.isascii()
    assert " " not in token


def _headers(text: str) -> dict[str, str]:
    lines = (line.partition(": ") for line in text.split("\n"))
    return {name.lower(): value for name, _, value in lines}


KEYS = tuple(verification.Key(key_id=kind, kind=kind, material=b"k" * 32) for kind in ("ed25519", "hmac"))


def _signature(text: str) -> None:
    """No text is a signature by these keys."""
    call = verification.Call(
        method="POST", authority="localhost", path="/api/v1/bets", query="", headers=_headers(text), body=b"{}"
    )
    verification.verify(call, KEYS, now=int(NOW.timestamp()))
    raise AssertionError("a signature was made up")


def _forwarded(text: str) -> None:
    for proxies in ((), ("127.0.0.0/8", "10.0.0.0/8")):
        found = origins._client_address("127.0.0.1", text, proxies)
        assert not found or str(ip_address(found)) == found


def _bucket(text: str) -> None:
    found = addresses.bucket_of(text)
    assert found is None or re.fullmatch(r"[0-9a-f.:]+(/64)?", found)


def _log_body(text: str) -> None:
    body = rows.read_body(_bytes(text))
    assert "\x00" not in body.text
    assert len(body.text) <= rows.BODY_KEPT + 100
    body.text.encode()


def _log_text(text: str) -> None:
    planted = f'{text}\n{{"token": "ps.alpha.{"s" * 43}"}} ko_{"k" * 40}'
    kept = redaction.clean_text(planted)
    assert "s" * 43 not in kept
    assert "k" * 40 not in kept


def _answer(text: str) -> None:
    verdict = protocol.judge(
        None, status=200, body=_bytes(text), currency=protocol.Currency(code="KES", exponent=2), request_id="r"
    )
    assert verdict.outcome in protocol.Outcome


def _retry_after(text: str) -> None:
    seconds = retrying.retry_after_s(text, now=NOW)
    assert seconds is None or 0 <= seconds <= 86_400


def _request_id(text: str) -> None:
    assert re.fullmatch(r"[A-Za-z0-9._-]{8,64}", middleware.accept_id(text))


def _spoken(text: str) -> None:
    assert _language(text)


def _url(text: str) -> None:
    outbound.check_url(text, local=False)
    assert text.startswith("https://")
    assert "@" not in text


MESSAGES = (BetLeaf, CloseMessage, CommitLeaf, EpochStatement, ResultLeaf)


def _message(text: str) -> None:
    """Bytes as hex, so that one fuzzer does for all."""
    digits = re.sub(r"[^0-9a-f]", "", text)
    data = bytes.fromhex(digits[: len(digits) // 2 * 2])
    for kind in MESSAGES:
        try:
            message = kind.decode(data)
        except FairnessError:
            continue
        assert message.encode() == data


JSON_WORDS = (
    *'"\\{}[]:,1-0.e \n\x00\ufeff\U0001f4a9',
    *(["null", "true", '"a"', "\\u", "\\ud800", "\\u0000", '{"a":1}', '"a":', "[1]", "NaN", "Infinity"]),
    "9" * 20,
)
WORDS = tuple("=,;:\"' \t\\/.-%@()*09aZ\xe9\x00")
DECODERS = (
    Decoder(
        name="JSON of calls",
        read=_json,
        modules=(strict_json,),
        seeds=('{"a": [1, "x", null, true]}', '"\\u00e9\\ud83d\\udca9"', "[[[[]]]]"),
        words=JSON_WORDS,
        longest=BODY_MAX,
    ),
    Decoder(
        name="JSON of proofs",
        read=_proof_json,
        modules=(fairness_json,),
        seeds=('{"a": [1, "x", null, true]}', '"\\u00e9"', "[[[[]]]]"),
        words=JSON_WORDS,
        longest=1 << 18,
        refusals=(FairnessError,),
    ),
    Decoder(
        name="amounts",
        read=_amount,
        modules=(money,),
        seeds=("10.00", "0", "0.5", "999999999999999"),
        words=("0", "1", ".", "-", "+", "e", "_", ",", "\u0661", "9" * 14, "\n"),
        longest=BODY_MAX,
    ),
    Decoder(
        name="times",
        read=_moment,
        modules=(clock,),
        seeds=("2026-11-21T10:00:00Z", "2026-11-21T10:00:00.123456+03:00"),
        words=("-", ":", "T", "Z", "+", ".", "W", "0", "9", "24", "60", "\u0661"),
        longest=BODY_MAX,
    ),
    Decoder(
        name="cursors",
        read=_cursor,
        modules=(pagination,),
        seeds=("bzEyMw", "bjAxOWFiMDAwLTAwMDAtNzAwMC04MDAwLTAwMDAwMDAwMDAwMA"),
        words=(*WORDS, "==", "bzA", "b", "n", "_"),
    ),
    Decoder(name="idempotency keys", read=_key, modules=(parsing,), seeds=("a-key", "x" * 128), words=WORDS),
    Decoder(
        name="credentials",
        read=_bearer,
        modules=(authentication,),
        seeds=("Bearer ko_abc", "bearer ps.alpha.x"),
        words=(*WORDS, "Bearer ", "Basic "),
    ),
    Decoder(
        name="signatures",
        read=_signature,
        modules=(verification,),
        seeds=(
            'signature-input: keno=("@method" "@authority" "@path" "@query" "content-digest" "idempotency-key");'
            f'created={int(NOW.timestamp())};keyid="ed25519";alg="ed25519"\n'
            f"signature: keno=:{'A' * 86}==:\ncontent-digest: sha-256=:RBNvo1WzZ4oRRq0W9+hknpT7T8If536DEMBg9hyq/4o=:",
            f"x-keno-timestamp: {int(NOW.timestamp())}\nx-keno-key: hmac\nx-keno-signature: {'0' * 64}",
        ),
        words=(*WORDS, "keno=", "sig=", "created", "expires=1", "keyid", "t=", "v1=", "\n", ";a;a", '"@method" '),
    ),
    Decoder(
        name="addresses of proxies",
        read=_forwarded,
        modules=(origins,),
        seeds=("203.0.113.5", "1.2.3.4, 10.0.0.1, 127.0.0.1", "::1, fe80::1%eth0"),
        words=(*WORDS, "::", "127.0.0.1", "::ffff:1.2.3.4", "[::1]:80"),
    ),
    Decoder(
        name="addresses that are counted",
        read=_bucket,
        modules=(addresses,),
        seeds=("203.0.113.5", "2001:db8::1", "::ffff:1.2.3.4", "fe80::1%eth0"),
        words=(*WORDS, "::", "%1"),
    ),
    Decoder(
        name="bodies for the log",
        read=_log_body,
        modules=(rows, redaction),
        seeds=('{"token": "x", "bet_id": "1", "a": [{"b": 1.5}]}', "token=abc&x=1", "plain"),
        words=(*JSON_WORDS, "token", "secret", "_password", "Bearer ", "ko_" + "a" * 20, "1e999", "_id"),
        longest=BODY_MAX,
    ),
    Decoder(
        name="texts for the log",
        read=_log_text,
        modules=(redaction,),
        seeds=("password=abc", 'x "api_key": "y"', "Authorization: Bearer abc"),
        words=(*WORDS, "token", "my_secret", "Bearer ", '"password"', "whsec_", "'"),
        longest=rows.BODY_KEPT + rows.CREDENTIAL_MAX,
    ),
    Decoder(
        name="answers of wallets",
        read=_answer,
        modules=(protocol,),
        seeds=('{"request_id": "r", "status": "ok", "balance": "10.00", "currency": "KES"}', "<html>"),
        words=(*JSON_WORDS, '"status"', '"refused"', '"code"', '"request_id"', '"r"', '"balance"'),
        longest=64 * 1024,
    ),
    Decoder(
        name="when to come again",
        read=_retry_after,
        modules=(retrying,),
        seeds=("120", "Wed, 21 Oct 2026 07:28:00 GMT"),
        words=(*WORDS, "GMT", "Jan", "99999999999", "-0000", "+9999", "(", "Mon,"),
    ),
    Decoder(name="ids of requests", read=_request_id, modules=(middleware,), seeds=("abc-12345",), words=WORDS),
    Decoder(
        name="languages",
        read=_spoken,
        modules=(inspect.getmodule(_language) or strict_json,),
        seeds=("fr-CH, fr;q=0.9, *;q=0.5", "am"),
        words=(*WORDS, "q=", "en-", "ti", "*"),
    ),
    Decoder(
        name="addresses of operators",
        read=_url,
        modules=(outbound,),
        seeds=("https://casino.example/wallet", "https://[2001:db8::1]/x", "https://a.b:443/"),
        words=(*WORDS, "https://", "http://", "127.0.0.1", "[::", "localhost", "0x7f.1", "\u3002", "xn--", "#", "?"),
        longest=BODY_MAX,
        refusals=(Refusal,),
    ),
    Decoder(
        name="files of operators",
        read=operator_files.read_csv_text,
        modules=(operator_files,),
        seeds=(
            "transaction_id,kind,status,amount,currency,player_token,created_at\n"
            "019ab000-0000-7000-8000-000000000000,debit,ok,10.00,KES,p,2026-11-21T10:00:00Z\n",
        ),
        words=(*WORDS, "\n", "\r", '""', "debit", "credit", "rollback", "effective", "KES", "1e400", ",,,"),
        longest=BODY_MAX,
    ),
    Decoder(
        name="limits",
        read=rates.read_limits,
        modules=(rates,),
        seeds=("player_bets=5/50, sockets=off", "address_calls=0.5/1"),
        words=(*WORDS, "player_bets", "sockets", "off", "nan", "inf", "1e9"),
        refusals=(rates.RateInvalid,),
    ),
    Decoder(
        name="messages of proofs",
        read=_message,
        modules=tuple(inspect.getmodule(one) or strict_json for one in MESSAGES),
        seeds=("4b505331" + "00" * 172, "4b50533101" + "11" * 100),
        words=("00", "ff", "4b505331", "01", "02", "03", "04", "05", "00" * 16),
        refusals=(FairnessError,),
    ),
)
