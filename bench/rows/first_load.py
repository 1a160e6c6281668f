"""What a player waits for: the bytes of the first load, and on a poor connection the time until one can play."""

import contextlib
import gzip
import http.client
import re
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median
from urllib.parse import urlsplit

from bench.browsing import (
    CPU_TIMES_SLOWER,
    DOWN_KBIT,
    INSIDE,
    LATENCY_MS,
    MISSING,
    Stage,
    browsing,
    open_cold,
    open_stage,
    throttle,
)
from bench.harness import Bench, Row, Web, meets
from bench.lighthouse import NotHere, lighthouse

ORDER, SECONDS = 130, 50
QUICK = False
TARGET_BYTES, TARGET_READY, TARGET_SCORE = "<= 25 kB", "<= 5 s", ">= 95"
READY = f"playable in a cold Chromium at {DOWN_KBIT} kbit/s, {LATENCY_MS} ms, {CPU_TIMES_SLOWER}x slower CPU"
SCORE = "Lighthouse performance of the player's client, mobile"


def run(bench: Bench) -> Iterable[Row]:
    with open_stage() as stage, bench.web(**INSIDE) as url:
        yield _weight(stage, url)
        yield _ready(bench, stage, url)
        yield _score(bench, stage, url)


def _weight(stage: Stage, url: Web) -> Row:
    """Whatever the page names, and its texts, as they come over the wire to a browser that takes gzip."""
    page = _fetch(stage, url, "/")
    tags = re.findall(r"<(?:link|script|img)\b[^>]*>", page.text)
    named = {found[1] for tag in tags if (found := re.search(r'(?:href|src)="([^"]+)"', tag))}
    parts = {"/": page} | {path: _fetch(stage, url, path) for path in sorted(named | {"/texts/game/en.json"})}
    value = sum(part.sent for part in parts.values()) / 1000
    return Row(
        name="first load of the player's client: page, style, scripts, picture and texts, gzip over the wire",
        value=value,
        unit="kB",
        target=TARGET_BYTES,
        met=meets(TARGET_BYTES, value),
        figures={
            "files": float(len(parts)),
            "uncompressed_kb": sum(part.whole for part in parts.values()) / 1000,
            "sent_uncompressed_kb": sum(part.sent for part in parts.values() if part.sent == part.whole) / 1000,
            "largest_kb": max(part.sent for part in parts.values()) / 1000,
        },
        note="bodies without their heads, English texts, everything cold",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    sent: int
    whole: int
    text: str


def _fetch(stage: Stage, url: Web, path: str) -> _Part:
    connection = http.client.HTTPConnection("127.0.0.1", urlsplit(url).port or 80, timeout=10)
    with contextlib.closing(connection):
        connection.request("GET", path, headers={"Host": stage.host, "Accept-Encoding": "gzip"})
        answer = connection.getresponse()
        sent = answer.read()
    if answer.status != 200:
        raise RuntimeError(f"{path} answered {answer.status}")
    body = gzip.decompress(sent) if answer.headers["Content-Encoding"] == "gzip" else sent
    return _Part(sent=len(sent), whole=len(body), text=body.decode(errors="replace"))


def _ready(bench: Bench, stage: Stage, url: Web) -> Row:
    with browsing() as page:
        if page is None:
            return Row(name=READY, value=None, unit="s", target=TARGET_READY, met=None, note=MISSING)
        unhindered = open_cold(page, stage.launch(url))
        throttle(page)
        samples = [open_cold(page, stage.launch(url)) for _ in range(bench.scale(3, 1))]
    value = median(samples)
    return Row(
        name=READY,
        value=value,
        unit="s",
        target=TARGET_READY,
        met=meets(TARGET_READY, value),
        samples=tuple(samples),
        figures={"unhindered_s": unhindered},
        note="from following the operator's link until board and balance are shown, session entered and texts read; "
        "DevTools throttles requests and processor, one browser on the same machine as the server",
    )


def _score(bench: Bench, stage: Stage, url: Web) -> Row:
    """Lighthouse as it is, for a phone: it throttles by its own model."""
    from tests.browser.chromium import find_program

    try:
        bench.progress("Lighthouse")
        with lighthouse(find_program()) as asked:
            scores = [asked.score(stage.launch(url)) for _ in range(3)]
    except NotHere as missing:
        return Row(name=SCORE, value=None, unit="points", target=TARGET_SCORE, met=None, note=str(missing))
    value = median(one.performance for one in scores)
    return Row(
        name=SCORE,
        value=value,
        unit="points",
        target=TARGET_SCORE,
        met=meets(TARGET_SCORE, value),
        samples=tuple(one.performance for one in scores),
        figures={
            "accessibility": median(one.accessibility for one in scores),
            "best_practices": median(one.best_practices for one in scores),
            "seo": median(one.seo for one in scores),
        },
    )
