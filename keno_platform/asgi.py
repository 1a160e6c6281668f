"""
The ASGI application: Django for HTTP, Channels' routing and check of origins for sockets. What serves a socket then is
a bare ASGI application: a consumer's tasks and dispatching would cost more than the frames; see decision 20.
"""

import os
from typing import Any

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "keno_platform.settings")
django_application = get_asgi_application()

from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402  # needs Django to be set up
from channels.security.websocket import AllowedHostsOriginValidator  # noqa: E402
from django.conf import settings  # noqa: E402
from django.urls import path  # noqa: E402

from banker.consumers import banker_socket  # noqa: E402
from bets.door import endpoint  # noqa: E402
from keno_platform import lifespan  # noqa: E402
from keno_platform.http import encrypted  # noqa: E402
from keno_platform.http.chunks import with_lengths  # noqa: E402
from keno_platform.limits.sockets import limited  # noqa: E402
from keno_platform.live.refusing import known_only, readable_origin  # noqa: E402
from keno_platform.observability.instruments import SOCKETS  # noqa: E402
from operators.origins import socket_address  # noqa: E402
from players.consumers import player_socket  # noqa: E402
from rounds.consumers import game_socket  # noqa: E402

sockets = URLRouter(
    [
        path("ws/v1/games/<slug:code>", game_socket),  # type: ignore[arg-type]  # Channels calls it
        path("ws/v1/player", player_socket),  # type: ignore[arg-type]
        path("ws/v1/banker", banker_socket),  # type: ignore[arg-type]
    ]
)


routed = ProtocolTypeRouter(
    {
        "http": with_lengths(django_application),
        "websocket": readable_origin(
            AllowedHostsOriginValidator(limited(known_only(sockets), address_of=socket_address))
        ),
        "lifespan": lifespan.application,
    }
)


async def application(scope: Any, receive: Any, send: Any) -> None:
    """Placements go past everything else's handling of requests."""
    if settings.ENCRYPTED_ONLY and scope["type"] != "lifespan" and encrypted.came_in_the_clear(scope):
        await encrypted.refuse(scope, send)
    elif scope["type"] == "websocket":
        with SOCKETS.track_inprogress():
            await routed(scope, receive, send)
    else:
        await (endpoint.application if endpoint.is_for_us(scope) else routed)(scope, receive, send)
