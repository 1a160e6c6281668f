"""`manage.py serve_metrics`: metrics of all processes of this machine and of the database, on a port of their own."""

import signal
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from keno_platform.monitoring.serving import PATH, make_server


class Command(BaseCommand):
    help = "Serve /metrics for Prometheus until it is stopped, at KENO_METRICS_LISTEN."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, help="instead of the one in KENO_METRICS_LISTEN; 0 takes a free one")

    def handle(self, *args: Any, **options: Any) -> None:
        host, port = settings.METRICS_LISTEN
        try:
            server = make_server(host, port if options["port"] is None else options["port"])
        except OSError as error:
            raise CommandError(f"{host}:{port} cannot be listened at: {error.strerror}") from error
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        self.stdout.write(f"http://{host}:{server.server_address[1]}{PATH}")
        self.stdout.flush()
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            pass
        finally:
            server.server_close()
