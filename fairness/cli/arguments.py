"""What can be said on the command line."""

import argparse
import re
from collections.abc import Sequence
from datetime import UTC, date, datetime
from uuid import UUID

_DESCRIPTION = """\
Check a round of Keno without trusting the house: every check is made here, from the documents that the house has
signed and from a chain that you choose."""

_EPILOG = """\
examples:
  python -m fairness verify https://house.example/api/v1/rounds/123/proof --rpc http://127.0.0.1:8545
  python -m fairness verify round.json --bet bet.json --receipt receipt.txt --chain-evidence evidence.json
  python -m fairness verify https://house.example --game keno-10s --day 2026-11-21 --rpc http://127.0.0.1:8545

The variable FAIRNESS_TOKEN, where it is set, is sent as a bearer's token to the address of --bet, and nowhere else.
Exit code 0: all checks passed. 1: one failed. 2: something could not be read, or was asked wrongly."""


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """The arguments of one run. Ends the process with code 2 where they make no sense."""
    parser = argparse.ArgumentParser(prog="python -m fairness", description=_DESCRIPTION)
    commands = parser.add_subparsers(dest="command", required=True, metavar="verify | record | bets | evidence")
    verify = commands.add_parser(
        "verify",
        help="check a round, a bet, or a whole day",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    _add_source(verify)
    _add_asked(verify)
    _add_known(verify)
    _add_manner(verify)
    _add_record(commands.add_parser("record", help="check entries of the record, or a whole log"))
    _add_bets(commands.add_parser("bets", help="check that these are all bets of a player in a time"))
    evidence = commands.add_parser("evidence", help="save what a chain says about a round, for --chain-evidence")
    evidence.add_argument("source", metavar="FILE_OR_ADDRESS", help="the round's document")
    evidence.add_argument("--rpc", required=True, metavar="URL", help="JSON-RPC address of a node that you trust")
    return parser.parse_args(arguments)


def _add_source(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "source",
        metavar="FILE_OR_ADDRESS",
        help="a round's document, or a day's (.ndjson); - reads the standard input; the house's own address together"
        " with --round, or with --game and --day",
    )
    parser.add_argument("--bet", metavar="FILE_OR_ADDRESS", help="the document of a bet in this round")


def _add_asked(parser: argparse.ArgumentParser) -> None:
    asked = parser.add_argument_group("what was asked for, if the address does not say it")
    asked.add_argument("--round", type=int, metavar="ID", help="the round's id")
    asked.add_argument("--game", metavar="CODE", help="the game's code")
    asked.add_argument("--day", type=_day, metavar="YYYY-MM-DD", help="the day (UTC)")
    asked.add_argument("--bet-id", type=UUID, metavar="UUID", help="the bet's id")
    asked.add_argument("--paytable", metavar="ID", help="the paytable's id")
    asked.add_argument(
        "--countersigned", type=UUID, action="append", default=[], metavar="OPERATOR", help="must have signed the CLOSE"
    )


def _add_known(parser: argparse.ArgumentParser) -> None:
    known = parser.add_argument_group("what you know from elsewhere")
    _add_chain(known)
    known.add_argument(
        "--key", action="append", default=[], metavar="HEX_OR_FILE", help="a key of the house, or its list of keys"
    )
    known.add_argument(
        "--close", metavar="FILE", help="the CLOSE, or the frame, that was kept from the time of the close"
    )
    known.add_argument("--receipt", metavar="TEXT_OR_FILE", help="the receipt of the bet, in base64 or hex")


def _add_chain(known: argparse._ActionsContainer) -> None:
    chain = known.add_mutually_exclusive_group()
    chain.add_argument("--rpc", metavar="URL", help="JSON-RPC address of a node that you trust")
    chain.add_argument("--chain-evidence", metavar="FILE", help="a node's answers, saved before")
    known.add_argument("--contract", type=_address, metavar="0x..", help="the contract in which the house anchors")
    known.add_argument("--chain-id", type=int, metavar="N", help="the chain on which it is")


def _add_record(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Check what the house's record says: an entry with its proof, the signed state of a log, or a whole log (a line"
        " for each entry after its state): that nothing in it was changed, removed, put in or moved."
    )
    parser.add_argument("source", metavar="FILE_OR_ADDRESS", help="the document; - reads the standard input")
    parser.add_argument(
        "--kept", action="append", default=[], metavar="FILE", help="a state of the log, kept from before"
    )
    parser.add_argument("--consistency", metavar="FILE_OR_ADDRESS", help="the proof that the log has grown from it")
    parser.add_argument("--complete", action="store_true", help="the document must be a whole log")
    parser.add_argument("--anchored", action="store_true", help="fail where the checkpoint is not on the chain")
    _add_chain(parser)
    parser.add_argument(
        "--key", action="append", default=[], metavar="HEX_OR_FILE", help="a key of the house, or a list"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of text")


def _add_bets(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Check what the house says a player has bet in a time: that no round of that time is left out, that every leaf"
        " of each round is there, and that the opened ones are what was fixed before the outcome could be known."
    )
    parser.add_argument("source", metavar="FILE_OR_ADDRESS", help="the document; - reads the standard input")
    parser.add_argument(
        "--key", action="append", default=[], metavar="HEX_OR_FILE", help="a key of the house, or a list"
    )
    parser.add_argument("--allow-signed-only", action="store_true", help="accept rounds that opened without an anchor")
    parser.add_argument("--without-bls", action="store_true", help="skip the beacon's signature")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of text")


def _add_manner(parser: argparse.ArgumentParser) -> None:
    manner = parser.add_argument_group("how to judge and to tell")
    manner.add_argument("--allow-signed-only", action="store_true", help="accept rounds that opened without an anchor")
    manner.add_argument("--without-bls", action="store_true", help="skip the beacon's signature")
    manner.add_argument("--strict", action="store_true", help="fail where a check was skipped that could be made")
    manner.add_argument("--at", type=_moment, metavar="TIME", help="judge what is due as of then (ISO 8601 or ms)")
    manner.add_argument("--json", action="store_true", help="print one JSON object instead of text")


def _day(text: str) -> date:
    return date.fromisoformat(text)


def _address(text: str) -> str:
    if not re.fullmatch(r"0x[0-9a-fA-F]{40}", text):
        raise ValueError(text)
    return text.lower()


def _moment(text: str) -> int:
    """Milliseconds since 1970."""
    if text.isdecimal():
        return int(text)
    moment = datetime.fromisoformat(text)
    return int(moment.replace(tzinfo=moment.tzinfo or UTC).timestamp() * 1000)
