"""Free ports, below the range from which the kernel takes ports for outgoing connections."""

import random
import socket

LOWEST, HIGHEST = 20_000, 32_000


def is_free(port: int) -> bool:
    """Whether a server could listen on this port of 127.0.0.1 now."""
    with socket.socket() as probe:
        # Without this, connections that a former server closed a moment ago would count as a server.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
            probe.listen(1)
        except OSError:
            return False
    return True


def find_free() -> int:
    """A free port at random, so that several runs that start together rarely want the same one."""
    candidates = random.sample(range(LOWEST, HIGHEST), 200)
    for port in candidates:
        if is_free(port):
            return port
    raise OSError(f"No free port on 127.0.0.1 between {LOWEST} and {HIGHEST}.")
