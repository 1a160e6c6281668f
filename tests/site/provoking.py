"""
What goes wrong in `make runbooks`, one part after the other: provoked on a real installation, seen to fire, ended by
the commands of the runbook, and seen to go quiet. Hours that a test cannot wait for are written into the rows.
"""

import contextlib
import json
import os
import signal
import threading
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import psutil
import psycopg

from tests.site.watching import Watched, wait_for

MESSAGES = 520
GONE = (psycopg.OperationalError, psycopg.InterfaceError)


def console(one: Watched, *, name: str = "console") -> psycopg.Connection[Any]:
    """Somebody's session on the database, with the platform's role."""
    port = json.loads((one.front.home.path / "ports.json").read_text())["postgres"]
    return psycopg.connect(f"postgresql://keno@127.0.0.1:{port}/keno?application_name={name}")


def bet(one: Watched, slug: str, *, game: str = "keno-10s") -> int:
    """Place one bet as the operator's backend would; the status of the answer, 0 for none."""
    operator = next(each for each in one.demo["operators"] if each["slug"] == slug)
    terms = {"game": game, "player_token": operator["players"][0], "picks": [3, 7, 21]}
    money = {"stake": operator["stake"], "currency": operator["currency"]}
    headers = {"Authorization": f"Bearer {operator['api_key']}", "Idempotency-Key": str(uuid.uuid4())}
    try:
        answered = httpx.post(f"{one.base}/api/v1/bets", json=terms | money, headers=headers, timeout=30)
    except httpx.HTTPError:
        return 0
    return answered.status_code


def bets_at_once(one: Watched, slug: str, count: int) -> list[int]:
    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(lambda _: bet(one, slug), range(count)))


def backdate(one: Watched, statement: str) -> None:
    """Past the triggers, as nobody but a superuser can."""
    one.run_sql("SET session_replication_role = replica", statement)


def nobody_has_checked(one: Watched) -> None:
    """The nightly check was forgotten for a day and a half."""
    before = "CHECKED.set(time.time() - 130_000)"
    code = f"import time; from keno_platform.observability.instruments import CHECKED; {before}"
    one.keno("manage", "shell", "--no-imports", "-c", code)
    one.until_firing("KenoInvariantsUnchecked", within_s=30)
    one.end("KenoInvariantsUnchecked")
    one.until_quiet("KenoInvariantsUnchecked")


def workers_are_away(one: Watched) -> None:
    """Settlement, wallet and webhooks have nobody; messages pile up; later those of settlement are lost."""
    for name in ("wallet", "webhooks"):
        one.supervisor.stop(name)
    _wait_for_rows(one, "op_baobab.wallet_walletcall WHERE state = 'pending' AND kind = 7")
    _wait_for_rows(one, "webhooks_event WHERE sequence IS NULL")
    for name in ("settlement", "settlement-2"):
        one.supervisor.stop(name)
    backdate(one, "UPDATE op_baobab.wallet_walletcall SET created_at = created_at - interval '10 minutes'")
    _suspend_and_resume(one)
    push = f"from audit.tasks import seal; [seal.apply_async(queue='default') for _ in range({MESSAGES})]"
    one.keno("manage", "shell", "--no-imports", "-c", push)
    one.until_firing(
        *("KenoSettlementLate", "KenoRoundsRunOut", "KenoWalletBehind", "KenoWebhooksLate", "KenoRecordUnsealed"),
        "KenoQueueLong",
        within_s=300,
    )
    one.end("KenoRoundsRunOut", "KenoWalletBehind", "KenoWebhooksLate")
    one.until_quiet("KenoRoundsRunOut", "KenoWalletBehind", "KenoWebhooksLate")
    one.keno("queues", "--empty", "settlement")
    lost = one.scrape()
    one.end("KenoSettlementLate", "KenoQueueLong", "KenoRecordUnsealed")
    one.until_firing("KenoSweeperBusy", within_s=120, since=lost)
    one.end("KenoSweeperBusy")
    one.until_quiet("KenoSettlementLate", "KenoQueueLong", "KenoRecordUnsealed", "KenoSweeperBusy", within_s=240)


def _wait_for_rows(one: Watched, what: str) -> None:
    with one.superuser() as connection:
        wait_for(lambda: connection.execute(f"SELECT count(*) FROM {what}").fetchone()[0], seconds=180)  # type: ignore[index]


def _suspend_and_resume(one: Watched) -> None:
    """Two entries for the record."""
    for step in ("suspend", "resume"):
        httpx.post(
            f"{one.base}/api/v1/operators/meskel/{step}",
            json={"reason": "a rehearsal"},
            headers={"Authorization": f"Bearer {one.demo['provider_key']}"},
            timeout=30,
        ).raise_for_status()


def rounds_hang(one: Watched) -> None:
    """The worker of rounds hangs between a round's close and its draw."""
    closed = "SELECT count(*) FROM rounds_round WHERE status = 'closed' AND NOT sandbox"

    def is_caught() -> bool:
        one.signal("rounds", signal.SIGSTOP)
        if connection.execute(closed).fetchone()[0]:  # type: ignore[index]
            return True
        one.signal("rounds", signal.SIGCONT)
        return False

    with one.superuser() as connection:
        wait_for(lambda: connection.execute(closed).fetchone()[0] and is_caught(), seconds=60)  # type: ignore[index]
    one.until_firing("KenoRoundsLate", "KenoDrawsWait", within_s=90)
    one.end("KenoRoundsLate", "KenoDrawsWait")
    one.until_quiet("KenoRoundsLate", "KenoDrawsWait", within_s=180)


def chain_is_away(one: Watched) -> None:
    """The node stands still, and roots wait for it."""
    one.supervisor.stop("chain")
    final = "SELECT coalesce(max(seq), 0) FROM anchors_transaction WHERE status = 'final'"
    with one.superuser() as connection:
        waits = f"SELECT count(*) FROM anchors_root WHERE seq > ({final})"
        wait_for(lambda: connection.execute(waits).fetchone()[0], seconds=120)  # type: ignore[index]
    earlier = "created_at = created_at - interval '1 hour'"
    backdate(one, f"UPDATE anchors_root SET {earlier} WHERE seq > ({final})")
    one.until_firing("KenoChainAlarm", "KenoRootsWait", within_s=240)
    one.end("KenoChainAlarm", "KenoRootsWait")
    one.until_quiet("KenoChainAlarm", "KenoRootsWait", within_s=240)


def somebody_holds_accounts(one: Watched) -> None:
    """A console has locked the accounts of an operator, and every placement of it waits."""
    before = one.scrape()
    with contextlib.suppress(*GONE), console(one) as holder:
        holder.execute("LOCK TABLE op_savanna.wallet_account IN ACCESS EXCLUSIVE MODE")
        with ThreadPoolExecutor(8) as pool:
            for _ in range(8):
                pool.submit(bet, one, "savanna")
            one.until_firing("KenoPlacementSlow", within_s=90, since=before)
            placing = [pool.submit(bet, one, "savanna") for _ in range(4)]
            time.sleep(2.5)  # what is waited for longer than two seconds is ended
            one.end("KenoPlacementSlow")
            assert all(each.result() for each in placing), "a placement got no answer"
        with contextlib.suppress(*GONE):
            holder.execute("SELECT 1")
            raise AssertionError("the lock is still held")
    one.until_quiet("KenoPlacementSlow", within_s=60)


def connections_are_forgotten(one: Watched) -> None:
    """Somebody's program opens connections and never closes any."""
    with contextlib.ExitStack() as stack:
        counting = stack.enter_context(one.superuser())
        taken = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'"
        while counting.execute(taken).fetchone()[0] < 178:  # type: ignore[index]
            stack.callback(console(one, name="forgotten").close)
        one.until_firing("KenoConnectionsScarce", within_s=30)
        one.end("KenoConnectionsScarce", WHO="forgotten")
        one.until_quiet("KenoConnectionsScarce")


def database_is_away(one: Watched) -> None:
    """PostgreSQL has ended while players play."""
    before = one.scrape()
    one.supervisor.stop("postgres")
    over = threading.Event()

    def play_on() -> None:
        while not over.is_set():
            bet(one, "savanna")

    players = [threading.Thread(target=play_on) for _ in range(3)]
    for player in players:
        player.start()
    try:
        one.until_firing(
            *("KenoDatabaseDown", "KenoPlacementFails", "KenoRefusedByUs", "KenoTasksFail"), within_s=120, since=before
        )
        one.end("KenoDatabaseDown", "KenoPlacementFails", "KenoRefusedByUs", "KenoTasksFail")
    finally:
        over.set()
        for player in players:
            player.join()
    one.until_quiet("KenoDatabaseDown", "KenoPlacementFails", "KenoRefusedByUs", "KenoTasksFail", within_s=180)


def broker_is_away(one: Watched) -> None:
    """The broker has ended."""
    one.supervisor.stop("valkey")
    one.until_firing("KenoBrokerDown", within_s=60)
    one.end("KenoBrokerDown")
    one.until_quiet("KenoBrokerDown")


def exporter_is_away(one: Watched) -> None:
    """Whoever serves metrics was killed."""
    home = str(one.front.home.path)
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if "serve_metrics" in process.cmdline() and process.environ().get("KENO_LOCAL_HOME") == home:
                process.kill()
    one.until_firing("KenoMetricsMissing", within_s=30)
    one.end("KenoMetricsMissing")
    one.until_quiet("KenoMetricsMissing")


def wallet_hangs(one: Watched) -> None:
    """The operator's wallet takes calls and answers none; then the operator mends it."""
    one.signal("baobab", signal.SIGSTOP)
    doubt = "SELECT count(*) FROM op_baobab.wallet_walletcall WHERE state = 'in_doubt'"
    try:
        with one.superuser() as connection:

            def many() -> bool:
                bets_at_once(one, "baobab", 40)
                return bool(connection.execute(doubt).fetchone()[0] > 20)  # type: ignore[index]

            wait_for(many, seconds=120)
        one.until_firing("KenoMoneyInDoubt", "KenoBreakerOpen", within_s=60)
        one.end("KenoMoneyInDoubt", "KenoBreakerOpen")
    finally:
        one.signal("baobab", signal.SIGCONT)
    one.until_quiet("KenoMoneyInDoubt", "KenoBreakerOpen", within_s=240)


def books_are_wrong(one: Watched) -> None:
    """A balance is not what its movements say; then people put it right."""
    account = "id = (SELECT min(id) FROM op_atlas.wallet_account)"
    backdate(one, f"UPDATE op_atlas.wallet_account SET balance = balance + 1 WHERE {account}")
    with contextlib.suppress(Exception):  # it ends with 1, as it should
        one.keno("check", "--rounds", "5")
    one.until_firing("KenoInvariantBroken", within_s=30)
    backdate(one, f"UPDATE op_atlas.wallet_account SET balance = balance - 1 WHERE {account}")
    one.end("KenoInvariantBroken")
    one.until_quiet("KenoInvariantBroken")


class _Receiver(BaseHTTPRequestHandler):
    """Answers webhooks with whatever the server says now."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(self.server.status)  # type: ignore[attr-defined]
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing."""


@contextlib.contextmanager
def _receiver(status: int) -> Iterator[ThreadingHTTPServer]:
    from keno_platform.local import ports

    server = ThreadingHTTPServer(("127.0.0.1", ports.find_free()), _Receiver)
    server.status = status  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def endpoint_says_gone(one: Watched) -> None:
    """A receiver answers 410, and is no longer called; when it is mended, the operator resumes it."""
    key = one.demo["sandbox"]["api_key"]
    headers = {"Authorization": f"Bearer {key}"}
    with _receiver(410) as receiver:
        address = f"http://127.0.0.1:{receiver.server_port}/webhooks"
        made = httpx.post(
            f"{one.base}/api/v1/webhooks/endpoints",
            json={"url": address, "events": ["round.finished"]},
            headers=headers,
            timeout=30,
        )
        assert made.status_code == 201, made.text
        endpoint = str(made.json()["endpoint_id"])
        httpx.post(f"{one.base}/api/v1/webhooks/endpoints/{endpoint}/test", headers=headers, timeout=30)
        one.until_firing("KenoWebhookEndpointDisabled", within_s=120)
        receiver.status = 200  # type: ignore[attr-defined]
        one.end("KenoWebhookEndpointDisabled", ENDPOINT=endpoint, KEY=key)
        one.until_quiet("KenoWebhookEndpointDisabled")


def somebody_forgets_a_transaction(one: Watched) -> None:
    """A console stays in a transaction until it is five minutes old."""
    with contextlib.suppress(*GONE), console(one, name="forgetful") as forgetful:
        forgetful.execute("SELECT 1")
        one.until_firing("KenoTransactionOpen", within_s=330)
        one.end("KenoTransactionOpen")
        one.until_quiet("KenoTransactionOpen")


PARTS = (
    *(nobody_has_checked, connections_are_forgotten, books_are_wrong, exporter_is_away, endpoint_says_gone),
    *(somebody_holds_accounts, wallet_hangs, rounds_hang, workers_are_away, chain_is_away),
    *(database_is_away, broker_is_away, somebody_forgets_a_transaction),
)
ONLY = tuple(filter(None, os.environ.get("ONLY", "").split(",")))
