"""The ASGI application: Django for HTTP, Channels for sockets."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "keno_platform.settings")
django_application = get_asgi_application()

from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402  # needs Django to be set up
from channels.security.websocket import AllowedHostsOriginValidator  # noqa: E402
from django.urls import path  # noqa: E402

from players.consumers import PlayerConsumer  # noqa: E402
from rounds.consumers import GameConsumer  # noqa: E402

sockets = URLRouter(
    [
        path("ws/v1/games/<slug:code>", GameConsumer.as_asgi()),
        path("ws/v1/player", PlayerConsumer.as_asgi()),
    ]
)
application = ProtocolTypeRouter({"http": django_application, "websocket": AllowedHostsOriginValidator(sockets)})
