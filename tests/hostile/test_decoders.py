"""
Every reader of others' texts before texts that were bred to reach its corners, and before those that take longest.

Coverage-guided as in decision 43: see tests/banker/fuzzing.py. RUNS (`make hostile`) says how many texts for each.
"""

import itertools
import os
import random
import time
import tracemalloc

import pytest

from calls import redaction, rows
from keno_platform.core import strict_json
from operators import origins
from tests.banker.fuzzing import Fuzzer
from tests.hostile.decoders import DECODERS, WORDS, Decoder

SHORT = 250
WITHIN_S = 2.0
"""For the longest text that can come, in a process that shares its processor with others."""
NAMES = [one.name for one in DECODERS]


def bred(decoder: Decoder, seed: int) -> Fuzzer:
    return Fuzzer(target=decoder.try_one, files=decoder.files, words=decoder.words or WORDS, chance=random.Random(seed))


@pytest.mark.parametrize("decoder", DECODERS, ids=NAMES)
def test_no_bred_text_is_anything_but_read_or_refused(decoder: Decoder) -> None:
    found = bred(decoder, 1).search(decoder.seeds, runs=SHORT)
    assert found is None, found


@pytest.mark.proof
@pytest.mark.parametrize("decoder", DECODERS, ids=NAMES)
def test_nor_in_a_long_search(decoder: Decoder) -> None:
    runs, tried = int(os.environ.get("RUNS", "5000")), 0
    for seed in (11, 12):
        fuzzer = bred(decoder, seed)
        found = fuzzer.search(decoder.seeds, runs=runs // 2)
        tried += fuzzer.runs
        assert found is None, (seed, found)
    print(f"{decoder.name}: {tried} texts, {len(fuzzer.corpus)} kept, {len(fuzzer.steps)} steps")


@pytest.mark.parametrize("decoder", DECODERS, ids=NAMES)
def test_every_seed_is_read_or_refused_and_some_are_read(decoder: Decoder) -> None:
    """The control: what the search begins from is not refused at the door."""
    read = 0
    for seed in decoder.seeds:
        try:
            decoder.read(seed)
            read += 1
        except decoder.refusals:
            pass
    assert read or decoder.name in NEVER_READ


NEVER_READ = {"signatures", "messages of proofs"}
"""Nobody can make up a signature; and which bytes are a message only a house knows, whose documents are next door."""


def repetitions(decoder: Decoder) -> itertools.chain[str]:
    """Texts as long as may come that repeat one or two pieces: those that a careless pattern takes for ever on."""
    pieces = sorted({*(decoder.words or WORDS), *WORDS, '\\"', '"', "\\", "a", " "})
    chance = random.Random(decoder.name)
    pairs = chance.sample([a + b for a in pieces for b in pieces], k=6)
    openings = ("", *decoder.seeds[:1], '"')
    return itertools.chain.from_iterable(
        ((opening + unit * decoder.longest)[: decoder.longest] for opening in openings)
        for unit in (*chance.sample(pieces, k=6), *pairs, '\\"', '"a', "[]")
    )


@pytest.mark.parametrize("decoder", DECODERS, ids=NAMES)
def test_the_longest_texts_are_read_or_refused_in_time(decoder: Decoder) -> None:
    slow = {}
    for text in repetitions(decoder):
        began = time.process_time()
        decoder.try_one(text)
        took = time.process_time() - began
        if took > WITHIN_S:
            slow[text[:40]] = took
    assert slow == {}


def test_a_string_without_an_end_is_passed_over_once() -> None:
    """Every quote in it was once tried as the beginning of another: half a megabyte took a quarter of an hour."""
    body = ('"' + '\\"' * 250_000).encode()
    began = time.process_time()
    assert not strict_json.nests_too_deep(body.decode())
    assert time.process_time() - began < WITHIN_S


def test_long_names_of_others_are_judged_and_not_remembered() -> None:
    """What is remembered by a caller's own text must be short: memory would be the caller's to fill."""
    assert redaction.is_secret("x" * 100_000 + "_secret")
    assert rows._names_an_id("x" * 100_000 + "_id")
    assert not redaction.is_secret("x" * 100_000)
    tracemalloc.start()
    try:
        for number in range(300):
            long = f"{number}".rjust(100_000, "x")
            redaction.is_secret(long)
            rows._names_an_id(long)
            origins.client_address("192.0.2.1", f"{number}".rjust(100_000, "1"))
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept < 2_000_000


def test_the_nearest_proxys_word_counts_however_much_stands_before_it(settings: object) -> None:
    settings.TRUSTED_PROXIES = ["127.0.0.0/8"]  # type: ignore[attr-defined]
    assert origins.client_address("127.0.0.1", "9.9.9.9," * 10_000 + " 203.0.113.5") == "203.0.113.5"
    assert origins.client_address("127.0.0.1", "1" * 10_000 + "203.0.113.5") == ""
