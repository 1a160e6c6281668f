"""The page on isolation is what the tables say that the tests prove."""

import os

from keno_platform.asgi import sockets
from tests.hostile.isolation_page import PAGE, page
from tests.hostile.socket_table import SOCKETS


def test_the_page_is_what_the_tables_say() -> None:
    """WRITE_PAGES=1 (`make isolation`) writes it instead."""
    if os.environ.get("WRITE_PAGES"):
        PAGE.write_text(page(), encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == page(), "make isolation"


def test_every_socket_of_the_server_is_in_the_table() -> None:
    served = {f"/{route.pattern}" for route in sockets.routes}
    assert served == {*SOCKETS, "/ws/v1/games/<slug:code>"}
