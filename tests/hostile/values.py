"""What hostile callers put where a number, a text or an id belongs."""

DEEP = "[" * 5_000 + "]" * 5_000
LONG_DIGITS = "9" * 4_301

JSON_VALUES = (
    # Numbers that readers disagree about.
    *("0", "-0", "-1", "1", "2147483648", "9223372036854775808", "-9223372036854775809", LONG_DIGITS, "1" + "0" * 40),
    *("1.0", "5e0", "1e400", "-1e400", "1e-400", "NaN", "Infinity", "-Infinity", "0x10", "01", "+1", ".5", "5."),
    # Texts that look like numbers.
    *('"1e2"', '"1_000"', '" 5 "', '"+5"', '"5\\n"', '"05"', '"-0"', '"NaN"', '"1,5"', '"1e999999999"', '"0x10"'),
    *('"\uff11\uff12"', '"\u0663"', '"\u00b2"', '"\u2460"', '"\u0661\u0662.\u0663"', '"10.123456789"', '"10.00"'),
    f'"{LONG_DIGITS}"',
    # Texts as such.
    *(
        '""',
        '" "',
        '"\\u0000"',
        '"\\ud800"',
        '"\\udc00\\ud800"',
        '"\ufeff"',
        '"\u202e\u200b"',
        '"e\u0301"',
        '"\U0001f4a9"',
    ),
    *('"\\\\"', '"\\"', '"\t"', '"\x01"', '"\\u0001"', f'"{"a" * 10_000}"', f'"{chr(0x10FFFF) * 1_000}"'),
    *('"\' OR 1=1 --"', '"{{7*7}}"', '"%s%n"', '"../../etc/passwd"', '"<script>"', '"=cmd()"', '"; DROP TABLE x"'),
    *('"2026-01-01T00:00:00Z"', '"0001-01-01T00:00:00Z"', '"9999-12-31T23:59:59Z"', '"2026-02-30T00:00:00Z"'),
    *('"2026-01-01"', '"2026-01-01T24:00:00Z"', '"2026-01-01T00:00:00+99:99"', '"10000-01-01T00:00:00Z"'),
    *('"00000000-0000-0000-0000-000000000000"', '"019ab000-0000-7000-8000-000000000000"', '"KES"', '"kes"', '"XXX"'),
    # Other kinds of value.
    *("null", "true", "false", "[]", "{}", "[[]]", "[null]", '{"": null}', '{"__proto__": {}}', '{"$ne": 1}', "[1, 1]"),
    *(DEEP, '{"a":' * 3_000 + "1" + "}" * 3_000, "[" + "1," * 20_000 + "1]", "tru", "'a'", "undefined", "1 2"),
)
"""JSON texts, good and bad, that stand in place of one value."""

TEXTS = (
    *("", "0", "-1", "1", "00", "1e2", "+1", "1.0", "9223372036854775807", "9223372036854775808", LONG_DIGITS[:900]),
    *("null", "undefined", "NaN", "true", "[]", "{}", "*", "%", "..", "../..", "a" * 2_000, "a b", "a/b", "a\\b"),
    *(
        "\x00",
        "\x7f",
        "\r\n",
        "\ud7ff",
        "\u0663",
        "\uff11",
        "\u200b",
        "\u202e",
        "\ufeff",
        "\U0001f4a9",
        "\u00df",
        "\u0130",
    ),
    *("' OR 1=1 --", '"', "<script>", "{{7*7}}", "%s%n", "${x}", ";", "=cmd()", "-", "_", "~", "@", ",", "a,b"),
    *("00000000-0000-0000-0000-000000000000", "019ab000-0000-7000-8000-000000000000", "g" * 36, "{" + "0" * 36 + "}"),
    *("2026-01-01", "2026-02-30", "0001-01-01", "9999-12-31", "10000-01-01", "2026-1-1", "20260101", "2026-W01-1"),
    *("0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z", "2026-01-01T00:00:00", "2026-01-01T00:00:00+25:00"),
    *("bzA", "bnA", "b", "====", "bzAxOWFiMDAwLTAwMDAtNzAwMC04MDAwLTAwMDAwMDAwMDAwMA", "b/8="),
    *("won", "OPEN", "open", "day", "month", "game", "operator", "en", "xx", "en-GB-oxendict", "year", "stake", "loss"),
)
"""Texts for paths and queries, before they are quoted."""

RAW_PATHS = (
    *("//", "/./", "/../", "/%2e%2e/", "/%2f", "/%00", "/%zz", "/%c0%af", "/%ff", "/%ed%a0%80", "/;a=b", "/\\", "/%5c"),
    *("/%u0041", "/" + "a/" * 500, "/" + "%41" * 500, "/:8000", "/@localhost", "/#", "/%0d%0aSet-Cookie:a=b", "/*"),
)
"""Pieces of a path that are sent as they are."""

HEADERS = (
    *("Idempotency-Key: ", "Idempotency-Key: " + "x" * 300, "Idempotency-Key: a\tb", "Idempotency-Key: a,b"),
    *("Idempotency-Key: \xe9", "Idempotency-Key: one\r\nIdempotency-Key: two", "Content-Type: text/plain"),
    *("Content-Type: ", "Content-Type: application/json; charset=utf-16", "Content-Type: multipart/form-data"),
    *("Content-Type: application/x-www-form-urlencoded", "Content-Type: application/json, text/html"),
    *("Content-Encoding: gzip", "Accept: text/html", "Accept: */*;q=x", "Accept: ", "Accept-Language: " + "a," * 3_000),
    *("Accept-Language: \u0661".encode("utf-8").decode("latin-1"), "Accept-Language: xx-XX-x-" + "a" * 200),
    *("Accept-Encoding: gzip, br, \xff", "Authorization: ", "Authorization: Basic Og==", "Authorization: Bearer"),
    *("Authorization: Bearer a b", "Authorization: Bearer \xe9", "Authorization: Bearer " + "a" * 9_000),
    *(
        "X-Request-Id: " + "a" * 500,
        "X-Request-Id: \xff\xfe",
        "X-Forwarded-For: 127.0.0.1, ::1, x",
        "X-Forwarded-For: \xff",
    ),
    *("X-Forwarded-Host: beta.localhost", "X-Forwarded-Proto: https,http", "X-Http-Method-Override: DELETE"),
    *("X_Keno_Key: forged", "X-Keno-Signature: t=1,v1=00", "X-Keno-Signature: \xff", "Signature-Input: sig=()"),
    *("Signature-Input: " + "(" * 2_000, "Signature: sig=:AA==:", "Content-Digest: sha-256=:AA==:", "Origin: null"),
    *(
        "Origin: https://evil.example",
        "Referer: \xff",
        "Cookie: a",
        "Cookie: sessionid=" + "x" * 4_000,
        "Cookie: \xff=\xfe",
    ),
    *("Range: bytes=0-0,-1,5-2", "If-None-Match: \xff", "If-Modified-Since: yesterday", "Expect: 200-ok"),
    *("traceparent: 00-" + "f" * 32 + "-" + "f" * 16 + "-ff", "traceparent: \xff", "tracestate: " + "a=b," * 500),
    *("Connection: upgrade\r\nUpgrade: h2c", "Connection: close, close", "Via: 1.1 \xff", "Forwarded: for=\xff;by="),
)
"""Header lines."""
