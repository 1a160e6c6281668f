"""A launch token that two clients use at the same moment."""

import json
import threading
from typing import Any

from django.db import connections

from operators.models import Operator
from tests.support.api import call
from tests.support.bets import backend

CLIENTS = 8


def test_of_clients_that_enter_at_once_exactly_one_gets_the_session(committed: None, operator_a: Operator) -> None:
    body = {"player_token": "p-race", "currency": "KES"}
    made = json.loads(call("POST", "sessions", credential=backend(operator_a).secret, body=body).content)
    ready, answers = threading.Barrier(CLIENTS, timeout=20), list[Any]()

    def client() -> None:
        ready.wait()
        try:
            answers.append(call("POST", "sessions/enter", body={"launch_token": made["launch_token"]}).status_code)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=client) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [201] + [401] * (CLIENTS - 1)
