"""The examples of proxies, read by the proxies themselves where they are installed; nginx in front of a web, too."""

import http.client
import re
import shutil
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from keno_platform.local import children, ports
from tests.docs.snippets import ROOT

PROXY = ROOT / "ops" / "proxy"
NGINX, CADDY, OPENSSL = (shutil.which(one) for one in ("nginx", "caddy", "openssl"))
needs_nginx = pytest.mark.skipif(not (NGINX and OPENSSL), reason="needs nginx and openssl (Debian: nginx-light)")


class Web(BaseHTTPRequestHandler):
    """Says what reached it."""

    def do_GET(self) -> None:
        said = "\n".join(f"{name}: {value}" for name, value in self.headers.items()).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.mark.skipif(CADDY is None, reason="needs caddy on this machine")
def test_caddy_reads_its_file() -> None:
    command = [str(CADDY), "validate", "--config", str(PROXY / "Caddyfile"), "--adapter", "caddyfile"]
    said = subprocess.run(command, capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stderr
    assert "Valid configuration" in said.stdout + said.stderr


@pytest.mark.parametrize("name", ["Caddyfile", "nginx.conf"])
def test_a_proxy_keeps_metrics_to_itself_and_sets_the_callers_address(name: str) -> None:
    text = (PROXY / name).read_text()
    assert "/metrics" in text
    assert re.search(r"X-Forwarded-For\s+(\{remote_host\}|\$remote_addr)", text)
    assert "127.0.0.1:8000" in text


@pytest.fixture(scope="module")
def proxied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, int]]:
    """nginx with our file before a web of this test: its ports for HTTP and HTTPS."""
    place = tmp_path_factory.mktemp("nginx")
    plain, secure = ports.find_free(), ports.find_free()
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", place / "privkey.pem"]
    subprocess.run(
        [
            str(OPENSSL),
            "req",
            "-x509",
            *key,
            "-out",
            place / "fullchain.pem",
            "-days",
            "1",
            "-subj",
            "/CN=keno.example",
        ],
        check=True,
        capture_output=True,
    )
    with ThreadingHTTPServer(("127.0.0.1", 0), Web) as web:
        threading.Thread(target=web.serve_forever, daemon=True).start()
        config = _configure(place, plain=plain, secure=secure, web=web.server_address[1])
        with _running(config, port=secure):
            yield plain, secure
        web.shutdown()


def _configure(place: Path, *, plain: int, secure: int, web: int) -> Path:
    """Our file with this test's ports and certificate, inside the least that nginx wants around it."""
    ours = (PROXY / "nginx.conf").read_text()
    ours = re.sub(r"^ +listen \[::\].*\n", "", ours, flags=re.M)
    ours = ours.replace("listen 80;", f"listen 127.0.0.1:{plain};").replace(
        "listen 443 ssl;", f"listen 127.0.0.1:{secure} ssl;"
    )
    ours = ours.replace("/etc/keno/tls", str(place)).replace("127.0.0.1:8000", f"127.0.0.1:{web}")
    (place / "keno.conf").write_text(ours)
    temporary = "".join(
        f"{one}_temp_path {place}/{one};" for one in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    config = place / "nginx.conf"
    config.write_text(
        f"daemon off; user root; pid {place}/pid; error_log {place}/log; events {{}}"
        f" http {{ access_log off; {temporary} include {place}/keno.conf; }}"
    )
    return config


@contextmanager
def _running(config: Path, *, port: int) -> Iterator[None]:
    nginx = children.start([str(NGINX), "-c", str(config), "-p", str(config.parent)], output=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 20
        while ports.is_free(port):
            assert nginx.poll() is None, (config.parent / "log").read_text()
            assert time.monotonic() < deadline
            time.sleep(0.05)
        yield
    finally:
        children.stop(nginx)


def get(port: int, path: str, *, secure: bool = True, **headers: str) -> tuple[int, str, str]:
    """Status, Location and body."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    made = http.client.HTTPSConnection("127.0.0.1", port, context=context, timeout=10)
    connection = made if secure else http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", path, headers={"Host": "keno.example", **headers})
    answer = connection.getresponse()
    found = answer.status, answer.headers.get("Location", ""), answer.read().decode()
    connection.close()
    return found


@needs_nginx
def test_what_a_caller_claims_of_its_address_does_not_get_through(proxied: tuple[int, int]) -> None:
    status, _, seen = get(
        proxied[1], "/api/v1/games", **{"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "http"}
    )
    assert status == 200
    assert "X-Forwarded-For: 127.0.0.1" in seen
    assert "203.0.113.9" not in seen
    assert "X-Forwarded-Proto: https" in seen
    assert "Host: keno.example" in seen


@needs_nginx
def test_metrics_are_not_there_from_outside(proxied: tuple[int, int]) -> None:
    assert get(proxied[1], "/metrics")[0] == 404


@needs_nginx
def test_a_browser_is_led_to_https_and_a_program_is_refused(proxied: tuple[int, int]) -> None:
    assert get(proxied[0], "/verify?round=1", secure=False)[:2] == (308, "https://keno.example/verify?round=1")
    assert get(proxied[0], "/api/v1/games", secure=False)[0] == 403
