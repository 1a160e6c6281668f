"""Members of the lottery over HTTP: an operator's backend, its admins and its collectors, each with a credential."""

import json
import time
from typing import Any
from uuid import uuid4

from django.test import Client

from banker import second_factor
from tests.support import lottery

PASSWORD = "correct horse battery"
Answer = tuple[int, Any]


class Api:
    """Somebody with a credential."""

    def __init__(self, credential: str | None) -> None:
        self.credential = credential

    def call(self, method: str, path: str, body: Any = None, *, key: str | None = None, language: str = "en") -> Answer:
        headers = {"Idempotency-Key": key or str(uuid4()), "Accept-Language": language}
        if self.credential:
            headers["Authorization"] = f"Bearer {self.credential}"
        data = b"" if body is None else json.dumps(body).encode()
        response = Client().generic(
            method, f"/api/v1/banker/{path}", data=data, content_type="application/json", headers=headers
        )
        kind = response.get("Content-Type", "")
        if kind.startswith("text/csv"):
            return response.status_code, response.content.decode()
        if kind in ("application/pdf", "application/octet-stream"):
            return response.status_code, response.content
        return response.status_code, json.loads(response.content) if response.content else None

    def get(self, path: str, **more: Any) -> Any:
        status, body = self.call("GET", path, **more)
        assert status == 200, body
        return body

    def post(self, path: str, body: Any = None, **more: Any) -> Any:
        status, answer = self.call("POST", path, body, **more)
        assert status in (200, 201, 204), answer
        return answer

    def refused(self, method: str, path: str, body: Any = None, **more: Any) -> tuple[int, str]:
        status, answer = self.call(method, path, body, **more)
        return status, answer["code"]


def new_admin(backend: Api) -> Api:
    name = lottery.username("admin")
    made = backend.post("members", {"username": name, "role": "admin", "password": PASSWORD})
    code = second_factor.code_at(made["totp_secret"], int(time.time()) // second_factor.STEP_S)
    ask = {"operator": "alpha", "username": name, "password": PASSWORD, "code": code}
    answer = Api(None).post("sessions", ask)
    assert Api(None).refused("POST", "sessions", ask) == (401, "sign_in_refused"), "a code is good once"
    return Api(answer["token"])


def new_collector(admin: Api, *, credit: str, **facts: Any) -> tuple[Api, str]:
    name = lottery.username("carl")
    made = admin.post("members", {"username": name, "role": "collector", "password": PASSWORD, **facts})
    assert made["totp_secret"] is None
    admin.post(f"members/{made['member_id']}/credit", {"amount": credit, "direction": "give"})
    token = Api(None).post("sessions", {"operator": "alpha", "username": name, "password": PASSWORD})["token"]
    return Api(token), made["member_id"]
