"""Who hears what on which socket: the table that docs/isolation.md shows and test_isolation.py proves."""

READY, HELLO = "ready", "hello"
CREDENTIALS = ("player", "other operator's player", "admin", "other operator's admin", "collector", "key", "nobody")
SOCKETS: dict[str, dict[str, str | int]] = {
    "/ws/v1/player": {
        "player": READY,
        "other operator's player": READY,
        "admin": 4401,
        "other operator's admin": 4401,
        "collector": 4401,
        "key": 4401,
        "nobody": 4401,
    },
    "/ws/v1/banker": {
        "player": 4401,
        "other operator's player": 4401,
        "admin": READY,
        "other operator's admin": READY,
        "collector": 4401,
        "key": 4401,
        "nobody": 4401,
    },
}
"""
By the credential in the first message. `ready`: the frames of whoever the credential belongs to, on whatever host the
socket was opened, and of nobody else.
"""
GAMES: dict[str, str | int] = {"own": HELLO, "shared": HELLO, "other operator's": 4404, "nobody's": 4404}
"""On an operator's host, by whose game it is."""
