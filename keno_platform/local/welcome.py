"""What an engineer sees when the platform is ready: addresses, accounts, and a bet to paste."""

import json
from typing import Any

from keno_platform.local.home import Home


def describe(home: Home) -> str:
    """The addresses of a loaded demo and a `curl` line that places a bet in it."""
    demo = json.loads(home.demo.read_text())
    lines = [f"  Players of {each['name']:<16} {_address(demo, each)}" for each in demo["operators"]]
    admin = demo["admin"]
    lines += _describe_wallets(demo)
    lines += [
        f"  Staff                       {demo['base_url']}/admin/  {admin['username']} / {admin['password']}",
        "    and the code              make code",
        *_describe_lottery(demo),
        f"  API                         {demo['base_url']}/api/v1/docs",
        f"  Check any round             {demo['base_url']}/verify",
        *_describe_chain(demo),
        f"  Keys, tokens, addresses     {home.demo}",
        f"  Logs                        {home.logs}",
        "",
        "A bet (`round_not_open`? Betting rests for the last seconds of each round: send it again):",
        "",
        _bet(demo),
        "",
        "Finished rounds (Ctrl-C stops everything):",
    ]
    return "\n".join(lines)


def _address(demo: dict[str, Any], operator: dict[str, Any]) -> str:
    port = demo["base_url"].rpartition(":")[2]
    return f"http://{operator['domain']}:{port}/demo"


def _describe_wallets(demo: dict[str, Any]) -> list[str]:
    pages = [each["page"] for each in demo["operators"] if "page" in each]
    lines = [f"  A casino with its wallet    {page}" for page in pages]
    sandbox = demo.get("sandbox")
    return [*lines, f"  Sandbox wallet (faults)     {sandbox['page']}"] if sandbox else lines


def _describe_lottery(demo: dict[str, Any]) -> list[str]:
    lottery = demo["lottery"]
    members = [f"{each['username']} / {each['password']}" for each in lottery["members"]]
    port = demo["base_url"].rpartition(":")[2]
    return [
        f"  Lottery                     http://{lottery['domain']}:{port}/lottery",
        f"    admins, with `make code`  {', '.join(members[:2])}",
        f"    collectors                {', '.join(members[2:])}",
    ]


def _describe_chain(demo: dict[str, Any]) -> list[str]:
    chain = demo.get("chain")
    return [f"  Chain (JSON-RPC)            {chain['url']}"] if chain else []


def _bet(demo: dict[str, Any]) -> str:
    operator = demo["operators"][0]
    body = {
        "game": operator["games"][0],
        "player_token": operator["players"][0],
        "picks": [3, 7, 21],
        "stake": operator["stake"],
        "currency": operator["currency"],
    }
    return (
        f"curl -sS {demo['base_url']}/api/v1/bets -H 'Authorization: Bearer {operator['api_key']}' "
        f"-H 'Content-Type: application/json' -H \"Idempotency-Key: $(date +%s%N)\" -d '{json.dumps(body)}'"
    )
