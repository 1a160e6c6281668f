"""`python -m keno_platform.local.chain`: serve the chain in a directory until told to stop."""

import argparse
import asyncio
import contextlib
import logging
import sys
import time
from pathlib import Path

import uvicorn
from eth_typing import Address

from keno_platform.local.chain import parameters
from keno_platform.local.chain.http import make_application
from keno_platform.local.chain.ledger import Ledger
from keno_platform.local.chain.methods import Methods
from keno_platform.local.chain.producer import Producer
from keno_platform.local.chain.store import StoreFailed


def main() -> int:
    arguments = _parse()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    arguments.directory.mkdir(parents=True, exist_ok=True)
    try:
        # A second ago, so that the first block can be made now.
        ledger = Ledger(arguments.directory, now=int(time.time()) - 1)
    except StoreFailed as failure:
        print(failure, file=sys.stderr)
        return 1
    logging.info("block %s is the newest; listening on port %s", ledger.head.block_number, arguments.port)
    producer = Producer(ledger, block_seconds=arguments.block_seconds)
    for account in arguments.fund:
        producer.fund(account)
    asyncio.run(_serve(Methods(ledger, producer), producer, port=arguments.port))
    return 0


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m keno_platform.local.chain", description=__doc__)
    parser.add_argument("--directory", type=Path, required=True, help="where the chain is kept")
    parser.add_argument("--port", type=int, required=True, help="of 127.0.0.1")
    parser.add_argument("--fund", type=_account, action="append", default=[], help="an account that shall have money")
    parser.add_argument("--block-seconds", type=int, default=12, help="an empty block after so long without any (12)")
    return parser.parse_args()


def _account(text: str) -> Address:
    try:
        return parameters.address(text)
    except parameters.InvalidParameters as error:
        raise argparse.ArgumentTypeError(str(error)) from error


async def _serve(methods: Methods, producer: Producer, *, port: int) -> None:
    """Serve and make blocks; when either fails, so does the other, and the process ends."""
    config = uvicorn.Config(
        make_application(methods),
        host="127.0.0.1",
        port=port,
        lifespan="off",
        ws="none",
        access_log=False,
        log_config=None,
        server_header=False,
        timeout_graceful_shutdown=5,
    )
    server = uvicorn.Server(config)
    making = asyncio.create_task(producer.run())
    making.add_done_callback(lambda _: setattr(server, "should_exit", True))
    await server.serve()
    making.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await making


if __name__ == "__main__":
    sys.exit(main())
