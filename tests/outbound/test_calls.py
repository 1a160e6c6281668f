"""A call has an answer within its deadline or fails for a named reason, whatever the other side does."""

import asyncio
import gzip
import socket
import ssl
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from keno_platform import outbound
from keno_platform.local.ports import find_free
from keno_platform.outbound import Caller, CallFailed, Target
from keno_platform.outbound.calls import BODY_MAX_BYTES, resolve_by_system
from tests.outbound.servers import OK, Arrived, Names, answering, calling, post, serving, whole

CAP = BODY_MAX_BYTES


async def failure(caller: Caller, target: Target, *, deadline_s: float = 5.0, lane: str = "a") -> CallFailed:
    """How a call fails."""
    with pytest.raises(CallFailed) as failed:
        await post(caller, target, deadline_s=deadline_s, lane=lane)
    return failed.value


async def hang(arrived: Arrived, writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(60)


async def drip_body(arrived: Arrived, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n")
    await drip(writer)


async def drip_head(arrived: Arrived, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    await drip(writer)


async def drip(writer: asyncio.StreamWriter) -> None:
    while True:
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.02)


class TestAnswers:
    async def test_an_answer_has_status_headers_and_body_as_they_came(self) -> None:
        raw = whole(b'{"status": "ok" }', headers="X-Of-Theirs: yes\r\n")
        async with serving(answering(raw)) as server, calling() as caller:
            answer = await post(caller, server.target)
            [arrived] = server.arrived
        assert (answer.status, answer.body, answer.headers["x-of-theirs"]) == (200, b'{"status": "ok" }', "yes")
        assert answer.duration_ms > 0
        assert (arrived.line, arrived.body) == ("POST /wallet/debit HTTP/1.1", b'{"amount":"1.00"}')
        assert arrived.headers["x-own"] == "1"
        assert arrived.headers["content-type"] == "application/json"
        assert arrived.headers["accept-encoding"] == "identity"
        assert arrived.headers["host"] == f"127.0.0.1:{server.port}"

    async def test_an_address_is_called_as_it_stands_when_there_is_no_path(self) -> None:
        async with serving(answering(OK)) as server, calling() as caller:
            for url in ("/hook", "/hook/", "", "/"):
                await post(caller, Target(url=f"http://127.0.0.1:{server.port}{url}", local=True), path="")
            await post(caller, Target(url=f"http://127.0.0.1:{server.port}/w/", local=True), path="/debit")
            lines = [arrived.line.split()[1] for arrived in server.arrived]
        assert lines == ["/hook", "/hook/", "/", "/", "/w/debit"]

    @pytest.mark.parametrize("status", ["201 Created", "400 Bad", "404 Not", "500 Oops", "503 Busy"])
    async def test_every_status_but_a_redirect_is_an_answer(self, status: str) -> None:
        async with serving(answering(whole(b"no", status=status))) as server, calling() as caller:
            answer = await post(caller, server.target)
        assert (answer.status, answer.body) == (int(status[:3]), b"no")

    async def test_an_aiohttp_server_is_called_over_one_connection(self) -> None:
        """The server of the reference, beside the bare sockets of the other tests."""
        seen = []

        async def debit(request: web.Request) -> web.Response:
            seen.append((request.transport.get_extra_info("peername"), await request.read()))  # type: ignore[union-attr]
            return web.json_response({"status": "ok"})

        app = web.Application()
        app.router.add_post("/wallet/debit", debit)
        runner = web.AppRunner(app)
        await runner.setup()
        port = find_free()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        try:
            async with calling() as caller:
                for _ in range(20):
                    answer = await post(caller, Target(url=f"http://127.0.0.1:{port}/wallet", local=True))
                    assert answer.body == b'{"status": "ok"}'
        finally:
            await runner.cleanup()
        assert len(seen) == 20
        assert len({peer for peer, _ in seen}) == 1

    async def test_a_body_of_exactly_the_cap_is_read_and_one_byte_more_is_refused(self) -> None:
        for extra, told in ((0, True), (0, False), (1, True), (1, False)):
            body = b"x" * (CAP + extra)
            chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
            async with serving(answering(whole(body) if told else chunked)) as server, calling() as caller:
                if extra:
                    failed = await failure(caller, server.target)
                    assert (failed.reason, failed.sent) == ("too_large", True)
                else:
                    assert (await post(caller, server.target)).body == body

    async def test_a_body_that_ends_with_the_connection_is_read(self) -> None:
        async def handle(arrived: Arrived, writer: asyncio.StreamWriter) -> None:
            writer.write(b"HTTP/1.0 200 OK\r\n\r\nall of it")
            await writer.drain()
            writer.close()

        async with serving(handle) as server, calling() as caller:
            assert (await post(caller, server.target)).body == b"all of it"


class TestFaults:
    async def test_a_body_without_end_is_cut_at_the_cap(self) -> None:
        sent = 0

        async def handle(arrived: Arrived, writer: asyncio.StreamWriter) -> None:
            nonlocal sent
            writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            while True:
                writer.write(b"4000\r\n" + b"x" * 0x4000 + b"\r\n")
                await writer.drain()
                sent += 0x4000

        async with serving(handle) as server, calling() as caller:
            assert (await failure(caller, server.target)).reason == "too_large"
        assert sent < 100 * CAP  # the kernel's buffers, not the server's patience

    async def test_a_huge_length_is_refused_before_any_of_it_is_read(self) -> None:
        async def handle(arrived: Arrived, writer: asyncio.StreamWriter) -> None:
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n")
            await hang(arrived, writer)

        async with serving(handle) as server, calling() as caller:
            began = time.monotonic()
            assert (await failure(caller, server.target)).reason == "too_large"
            assert time.monotonic() - began < 4

    async def test_too_many_or_too_long_headers_are_not_read_without_end(self) -> None:
        for head in (b"X-A: b\r\n" * 100_000, b"X-A: " + b"b" * 1_000_000):
            async with serving(answering(b"HTTP/1.1 200 OK\r\n" + head)) as server, calling() as caller:
                failed = await failure(caller, server.target)
            assert (failed.reason, failed.sent) == ("protocol", True)

    @pytest.mark.parametrize("handle", [hang, drip_body, drip_head])
    async def test_the_deadline_holds_for_the_whole_call_however_the_bytes_drip(self, handle: object) -> None:
        async with serving(handle) as server, calling() as caller:  # type: ignore[arg-type]
            began = time.monotonic()
            failed = await failure(caller, server.target, deadline_s=0.3)
            took = time.monotonic() - began
        assert (failed.reason, failed.sent) == ("timeout", True)
        assert 0.25 < took < 2.0

    @pytest.mark.parametrize("status", [300, 301, 302, 303, 304, 307, 308])
    async def test_a_redirect_is_never_followed(self, status: int) -> None:
        async with serving(answering(OK)) as secret:
            there = f"Location: http://127.0.0.1:{secret.port}/secret\r\n"
            moved = answering(whole(b"", status=f"{status} Moved", headers=there))
            async with serving(moved) as server, calling() as caller:
                failed = await failure(caller, server.target)
            assert (failed.reason, failed.sent) == ("redirect", True)
            assert secret.connections == 0

    async def test_a_compressed_answer_is_not_unpacked(self) -> None:
        bomb = gzip.compress(b"0" * 10_000_000)
        async with serving(answering(whole(bomb, headers="Content-Encoding: gzip\r\n"))) as server, calling() as caller:
            failed = await failure(caller, server.target)
        assert (failed.reason, failed.sent) == ("protocol", True)

    async def test_nobody_listening_is_a_failure_before_anything_was_sent(self) -> None:
        async with calling() as caller:
            failed = await failure(caller, Target(url=f"http://127.0.0.1:{find_free()}", local=True))
        assert (failed.reason, failed.sent) == ("connection", False)

    async def test_a_connection_that_ends_without_an_answer_leaves_it_open_what_was_done(self) -> None:
        async def handle(arrived: Arrived, writer: asyncio.StreamWriter) -> None:
            raw = writer.get_extra_info("socket")
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # a reset, not an end
            writer.transport.abort()

        async def end(arrived: Arrived, writer: asyncio.StreamWriter) -> None:
            writer.close()

        async def half(arrived: Arrived, writer: asyncio.StreamWriter) -> None:
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf of")
            await writer.drain()
            writer.close()

        for handler in (handle, end, half):
            async with serving(handler) as server, calling() as caller:
                failed = await failure(caller, server.target)
            assert (failed.reason, failed.sent) == ("connection", True), handler

    @pytest.mark.parametrize(
        "raw",
        [
            b"hello\r\n\r\n",
            b"HTTP/9.9 200 OK\r\n\r\n",
            b"HTTP/1.1 2000 OK\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nContent-Length: 1e3\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
            b"HTTP/1.1 200 OK\r\nBad Header\r\n\r\n",
            b"\x16\x03\x01\x00\x00",
        ],
    )
    async def test_an_answer_that_is_not_http_is_a_failure_that_may_have_arrived(self, raw: bytes) -> None:
        async with serving(answering(raw)) as server, calling() as caller:
            failed = await failure(caller, server.target, deadline_s=1.0)
        assert failed.sent
        assert failed.reason in ("protocol", "connection"), failed.reason

    async def test_cookies_are_neither_kept_nor_sent(self) -> None:
        raw = whole(b"{}", headers="Set-Cookie: a=b; Path=/\r\n")
        async with serving(answering(raw)) as server, calling() as caller:
            for _ in range(2):
                await post(caller, server.named("localhost"))
            assert all("cookie" not in arrived.headers for arrived in server.arrived)

    async def test_proxies_of_the_environment_are_not_used(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{find_free()}")
        async with serving(answering(OK)) as server, calling() as caller:
            assert (await post(caller, server.target)).status == 200

    async def test_a_call_that_is_cancelled_gives_its_place_in_the_lane_back(self) -> None:
        async with serving(hang) as server, calling() as caller:
            calls = [asyncio.create_task(post(caller, server.target, lane_max=3)) for _ in range(3)]
            await server.has(3)
            with pytest.raises(CallFailed, match="overloaded"):
                await post(caller, server.target, lane_max=3)
            for call in calls:
                call.cancel()
            await asyncio.gather(*calls, return_exceptions=True)
            with pytest.raises(CallFailed, match="timeout"):
                await post(caller, server.target, lane_max=3, deadline_s=0.1)


class TestNames:
    async def test_a_name_that_is_slow_to_resolve_fails_at_the_deadline_and_delays_nobody_else(self) -> None:
        async def resolve(host: str, port: int) -> list[str]:
            if host.startswith("slow"):
                await asyncio.sleep(60)
            return ["127.0.0.1"]

        async with serving(answering(OK)) as server, calling(resolve=resolve) as caller:
            slow = [
                asyncio.create_task(failure(caller, server.named("slow.example"), deadline_s=0.5)) for _ in range(50)
            ]
            await asyncio.sleep(0.05)
            began = time.monotonic()
            assert (await post(caller, server.named("quick.example"), lane="b")).status == 200
            assert time.monotonic() - began < 0.4
            for failed in await asyncio.gather(*slow):
                assert failed.sent is False
                assert failed.reason in ("timeout", "breaker_open")

    async def test_a_name_that_there_is_not_is_a_failure_before_anything_was_sent(self) -> None:
        async def resolve(host: str, port: int) -> list[str]:
            raise socket.gaierror(socket.EAI_NONAME, "unknown")

        async with calling(resolve=resolve) as caller:
            failed = await failure(caller, Target(url="https://wallet.example.com", local=False))
        assert (failed.reason, failed.sent) == ("connection", False)

    async def test_the_machines_own_name_service_is_asked(self) -> None:
        assert "127.0.0.1" in await resolve_by_system("localhost", 80)

    async def test_names_are_kept_for_a_while(self) -> None:
        closing = OK.replace(b"Content-Length", b"Connection: close\r\nContent-Length")
        names = Names(wallet=[["127.0.0.1"]])
        async with serving(answering(closing)) as server, calling(resolve=names) as caller:
            for _ in range(3):
                await post(caller, server.named("wallet.example"))
            assert server.connections == 3
        assert len(names.asked) == 1


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 127.0.0.1 that nobody but its owner trusts, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(made.public_bytes(Encoding.PEM) + secret)
    return path


class TestTls:
    async def test_a_certificate_that_is_not_trusted_ends_the_call_before_anything_was_sent(
        self, certificate: Path
    ) -> None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate)
        async with serving(answering(OK), tls=context) as server, calling() as caller:
            failed = await failure(caller, Target(url=f"https://localhost:{server.port}", local=True))
        assert (failed.reason, failed.sent) == ("connection", False)
        assert server.arrived == []

    async def test_a_server_that_never_shakes_hands_is_left_at_the_deadline(self) -> None:
        async with serving(hang) as server, calling() as caller:
            target = Target(url=f"https://localhost:{server.port}", local=True)
            failed = await failure(caller, target, deadline_s=0.3)
        assert (failed.reason, failed.sent) == ("timeout", False)


class TestLoops:
    async def test_a_loop_has_one_caller_until_it_is_closed(self) -> None:
        first = outbound.caller()
        assert outbound.caller() is first
        async with serving(answering(OK)) as server:
            assert (await post(first, server.target)).status == 200
            await outbound.close()
            assert outbound.caller() is not first
            assert (await post(outbound.caller(), server.target)).status == 200
        await outbound.close()

    def test_every_loop_has_its_own(self) -> None:
        async def once() -> Caller:
            async with serving(answering(OK)) as server:
                assert (await post(outbound.caller(), server.target)).status == 200
            found = outbound.caller()
            await outbound.close()
            return found

        assert asyncio.run(once()) is not asyncio.run(once())
