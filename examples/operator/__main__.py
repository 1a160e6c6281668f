"""
Start the operator:

    python -m examples.operator --port 9000 --database baobab.sqlite --platform http://localhost:8000 --key ko_...

Secrets may come from the environment instead: KENO_API_KEY, WALLET_HMAC_SECRET, KENO_WEBHOOK_SECRET (the last two may
hold two, separated by a space, while one is being replaced).
"""

import argparse
import logging
import os
import sys
from pathlib import Path

from aiohttp import web

from examples.operator.server import Settings, make_application


def read_arguments(arguments: list[str]) -> tuple[argparse.Namespace, Settings]:
    """The command line as settings; says what is wrong with it and ends the program otherwise."""
    parser = argparse.ArgumentParser(
        prog="python -m examples.operator", description="Baobab Bet, an operator with a seamless wallet."
    )
    add = parser.add_argument
    add("--port", type=int, default=9000)
    add("--host", default="127.0.0.1")
    add("--database", type=Path, required=True, help="the SQLite file; made when it is not there")
    add("--platform", required=True, metavar="URL", help="where the platform is")
    add("--key", default=os.environ.get("KENO_API_KEY"), metavar="API_KEY", help="of this operator's backend")
    add("--currency", default="KES", help="of the accounts that are made on the first start")
    add("--wallet-keys", metavar="URL", help="call keys: an address or a file; the platform's own by default")
    add("--public-url", metavar="URL", help="the wallet's base address at the platform, when a proxy stands between")
    add("--welcome", metavar="AMOUNT", help="give whoever is not known an account with this much: for demos only")
    add("--quiet", action="store_true", help="log only what went wrong")
    given = parser.parse_args(arguments)
    if not given.key:
        parser.error("the platform's API key is needed: --key or KENO_API_KEY")
    return given, Settings(
        database=given.database,
        platform=given.platform,
        api_key=given.key,
        currency=given.currency,
        wallet_keys=given.wallet_keys,
        hmac_secrets=os.environ.get("WALLET_HMAC_SECRET", "").split(),
        webhook_secrets=os.environ.get("KENO_WEBHOOK_SECRET", "").split(),
        public_url=given.public_url,
        welcome_amount=given.welcome,
    )


def main(arguments: list[str]) -> None:
    given, settings = read_arguments(arguments)
    logging.basicConfig(
        level=logging.WARNING if given.quiet else logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    logging.getLogger("httpx").setLevel(logging.WARNING)
    print(f"Baobab Bet: http://{given.host}:{given.port}/ (wallet below /wallet, webhooks at /webhooks)", flush=True)
    web.run_app(make_application(settings), host=given.host, port=given.port, print=None, access_log=None)


if __name__ == "__main__":
    main(sys.argv[1:])
