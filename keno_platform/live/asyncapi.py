"""The AsyncAPI 3 document of the sockets, made from `frames`."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

import msgspec

from keno_platform.live import frames

_GAME = """Frames of one game's rounds, for anyone, on an operator's domain. The first is `hello`; the others follow as
they happen, each with the next `seq`. A client that sees a gap, or was closed, connects again and goes on from the
new `hello`. Frames and members that it does not know it ignores. Whatever a client sends closes the socket. With
`?lean=1` each frame has only what is new in it, and those after the draw only their `seq`: a round takes 400 bytes."""
_PLAYER = """Frames of one player. The session token comes in the first message, never in the address; `ready`
answers it. Frames are hints: after a connection was lost, GET /api/v1/bets has the truth."""
_BANKER = """What the admins of a three-digit lottery watch: a heat map's numbers as they change. The token of an
admin's session comes in the first message; `ready` answers it. Frames are hints: after a connection was lost,
GET /api/v1/banker/phases/{phase_id}/risk has the truth."""
_DESCRIPTION = """Live frames beside the HTTP API; whoever cannot hold a socket polls
GET /api/v1/games/{code}/rounds/current and GET /api/v1/bets instead. An address that opens too many sockets, or too
fast, is refused with 429 and Retry-After before the socket is opened."""


def document(base_url: str) -> dict[str, Any]:
    """The whole document, for the server at this address."""
    everything: tuple[type[msgspec.Struct], ...] = tuple(
        dict.fromkeys((*frames.GAME_FRAMES, *frames.PLAYER_FRAMES, *frames.PLAYER_MESSAGES, *frames.BANKER_FRAMES))
    )
    _, schemas = msgspec.json.schema_components(everything, ref_template="#/components/schemas/{name}")
    base = urlsplit(base_url)
    code = {"description": "The game's code, such as keno-10s."}
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Keno platform: live frames", "version": "1.0.0", "description": _plain(_DESCRIPTION)},
        "defaultContentType": "application/json",
        "servers": {
            "here": {
                "host": base.netloc,
                "protocol": "wss" if base.scheme == "https" else "ws",
                "description": "The host of an operator's own domain decides whose games are shown.",
            }
        },
        "channels": {
            "game": _channel("/ws/v1/games/{code}", _GAME, frames.GAME_FRAMES, parameters={"code": code}),
            "player": _channel("/ws/v1/player", _PLAYER, (*frames.PLAYER_FRAMES, *frames.PLAYER_MESSAGES)),
            "banker": _channel("/ws/v1/banker", _BANKER, (*frames.BANKER_FRAMES, *frames.PLAYER_MESSAGES)),
        },
        "operations": {
            "sendGameFrames": _operation("send", "game", frames.GAME_FRAMES),
            "sendPlayerFrames": _operation("send", "player", frames.PLAYER_FRAMES),
            "receiveAuth": _operation("receive", "player", frames.PLAYER_MESSAGES),
            "sendBankerFrames": _operation("send", "banker", frames.BANKER_FRAMES),
            "receiveAdminsAuth": _operation("receive", "banker", frames.PLAYER_MESSAGES),
        },
        "components": {"messages": {_name(one): _message(one) for one in everything}, "schemas": schemas},
    }


def type_of(frame: type[msgspec.Struct]) -> str:
    """The `type` member that a frame goes by, such as round.opened."""
    [field] = [one for one in msgspec.structs.fields(frame) if one.name == "type"]
    return str(field.type.__args__[0])


def _channel(address: str, text: str, messages: Sequence[type[msgspec.Struct]], **more: Any) -> dict[str, Any]:
    return {
        "address": address,
        "description": _plain(text),
        "messages": {_name(one): {"$ref": f"#/components/messages/{_name(one)}"} for one in messages},
        "bindings": {"ws": {"method": "GET"}},
        "x-close-codes": {str(code): why for code, why in frames.CLOSE_CODES.items()},
        **more,
    }


def _operation(action: str, channel: str, messages: Sequence[type[msgspec.Struct]]) -> dict[str, Any]:
    return {
        "action": action,
        "channel": {"$ref": f"#/channels/{channel}"},
        "messages": [{"$ref": f"#/channels/{channel}/messages/{_name(one)}"} for one in messages],
    }


def _message(one: type[msgspec.Struct]) -> dict[str, Any]:
    return {
        "name": type_of(one),
        "summary": _plain(one.__doc__ or ""),
        "payload": {"$ref": f"#/components/schemas/{one.__name__}"},
    }


def _name(one: type[msgspec.Struct]) -> str:
    name = one.__name__
    return name[0].lower() + name[1:]


def _plain(text: str) -> str:
    return " ".join(text.split())
