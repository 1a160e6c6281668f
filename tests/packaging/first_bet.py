"""
A first bet, as an operator's backend places it: money in, a bet, its result. Run inside a container, by what the image
has; the key of the operator comes on standard input. Prints what became of the bet as JSON.
"""

import json
import sys
import time
import urllib.error
import urllib.request
import uuid

GAME, WEB = sys.argv[1:3]
WITHIN_S = 120
key = sys.stdin.read().strip()


def call(method: str, path: str, body: object = None) -> dict:
    request = urllib.request.Request(  # noqa: S310  # the web beside it
        f"{WEB}/api/v1/{path}",
        method=method,
        data=json.dumps(body).encode() if body else None,
        headers={
            "Authorization": f"Bearer {key}",
            "Content-Type": "application/json",
            "Idempotency-Key": uuid.uuid4().hex,
        },
    )
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310
            return json.load(answer)
    except urllib.error.HTTPError as refused:
        return json.load(refused)


def wait_for(question: str, *, until: set[str]) -> dict:
    deadline = time.monotonic() + WITHIN_S
    found = call("GET", question)
    while found.get("status") not in until:
        if time.monotonic() > deadline:
            sys.exit(f"{question}: {found}")
        time.sleep(0.5)
        found = call("GET", question)
    return found


money = {"player_token": "first", "amount": "100.00", "currency": "KES", "reference": "first"}
paid_in = call("POST", "wallet/deposits", money)
slip = {"game": GAME, "player_token": "first", "picks": [3, 7, 21], "stake": "10.00", "currency": "KES"}
bet: dict = {}
deadline = time.monotonic() + WITHIN_S
while "id" not in bet and time.monotonic() < deadline:
    wait_for(f"games/{GAME}/rounds/current", until={"open"})
    bet = call("POST", "bets", slip)
    time.sleep(0.2)
if "id" not in bet:
    sys.exit(f"no bet: {bet}, after {paid_in}")
settled = wait_for(f"bets/{bet['id']}", until={"won", "lost"})
print(json.dumps({"bet": settled, "account": call("GET", "wallet/accounts/first")}))
