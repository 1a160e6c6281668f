"""No address that an operator gives leads into our own network: not when it is saved, and not when it is called."""

import asyncio

import pytest

from keno_platform.core.errors import Kind
from keno_platform.outbound import AddressNotAllowed, CallFailed, Target, check_url
from keno_platform.outbound.addresses import is_allowed
from tests.outbound.servers import OK, Names, answering, calling, post, serving

ALLOWED = [
    "https://wallet.example.com",
    "https://wallet.example.com/",
    "https://wallet.example.com:443/keno/v1",
    "https://xn--bcher-kva.example/wallet",
    "https://8.8.8.8/wallet",
    "https://[2606:4700:4700::1111]/wallet",
    "HTTPS://Wallet.Example.com/Keno",
    "https://a-b.c-d.example/k_1.2~3",
]
NEVER = [
    "",
    "wallet.example.com",
    "//wallet.example.com",
    "file:///etc/passwd",
    "gopher://wallet.example.com/",
    "ftp://wallet.example.com/",
    "javascript:alert(1)",
    "https://",
    "https:///wallet",
    "https://user@wallet.example.com",
    "https://a:b@wallet.example.com",
    "http://a@127.0.0.1",
    "https://wallet.example.com?x=1",
    "https://wallet.example.com/#x",
    "https://wallet.example.com/a b",
    "https://wallet.example.com/a\r\nX-Evil: 1",
    "https://wallet.example.com/a%0d%0a",
    "https://wallet.example.com\n",
    " https://wallet.example.com",
    "https://wallet.example.com\\@127.0.0.1/",
    "https://wallet.example.com/../admin",
    "https://wallet.example.com/./a",
    "https://wallet.example.com//a",
    "https://wallet.example.com:0/",
    "https://wallet.example.com:65536/",
    "https://wallet.example.com:port/",
    "https://wallet..example.com/",
    "https://-wallet.example.com/",
    "https://wal_let.example.com/",
    "https://" + "a" * 64 + ".example.com/",
    "https://wallet.example.com/" + "a" * 500,
    "https://wället.example.com/",
    "http://127。0。0。1/",
    "http://127．0．0．1/",
    "http://①②⑦.⓪.⓪.①/",
    "http://2130706433/",
    "http://0x7f000001/",
    "http://0x7f.1/",
    "http://017700000001/",
    "http://127.1/",
    "http://127.0.0.1./",
    "http://0177.0.0.1/",
    "http://0/",
    "http://0.0.0.0/",
    "http://256.1.1.1/",
    "http://1.2.3.4.5/",
    "http://[::]/",
    "http://[fe80::1%25eth0]/",
    "http://[fe80::1%eth0]/",
    "http://[fe80::1]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:7f00:1]/",
    "http://[64:ff9b::7f00:1]/",
    "http://[64:ff9b:1::7f00:1]/",
    "http://[2002:7f00:1::]/",
    "http://[2001:0:7f00:1::]/",
    "http://[::127.0.0.1]/",
    "http://[ff02::1]/",
    "http://[fec0::1]/",
    "http://[v1.a]/",
    "http://[::1",
    "http://169.254.169.254/latest/meta-data/",
    "http://224.0.0.1/",
    "http://255.255.255.255/",
    "http://192.0.0.8/",
    "http://192.88.99.1/",
    "http://240.0.0.1/",
]
"""Refused whoever asks, an installation of one's own included."""
OURS = [
    "http://wallet.example.com",
    "https://wallet.example.com:8443/",
    "https://wallet.example.com:80/",
    "http://localhost:8100/wallet",
    "https://localhost/",
    "https://casino.localhost/",
    "https://intranet/",
    "https://wallet.internal/",
    "https://wallet.local/",
    "https://wallet.home.arpa/",
    "https://127.0.0.1/",
    "https://127.255.255.254/",
    "https://[::1]/",
    "https://10.0.0.1/",
    "https://172.16.0.1/",
    "https://192.168.1.1/",
    "https://[fd00::1]/",
    "http://127.0.0.1:8100/wallet",
]
"""Allowed only for an installation of one's own."""


@pytest.mark.parametrize("url", ALLOWED)
def test_a_public_address_with_tls_may_be_saved(url: str) -> None:
    check_url(url, local=False)
    check_url(url, local=True)


@pytest.mark.parametrize("url", [*NEVER, *OURS])
def test_any_other_address_is_refused_when_it_is_saved(url: str) -> None:
    with pytest.raises(AddressNotAllowed) as refused:
        check_url(url, local=False)
    assert refused.value.kind is Kind.INVALID
    assert refused.value.detail


@pytest.mark.parametrize("url", OURS)
def test_an_installation_of_ones_own_may_call_itself(url: str) -> None:
    check_url(url, local=True)


@pytest.mark.parametrize("url", NEVER)
def test_some_addresses_are_refused_to_everybody(url: str) -> None:
    with pytest.raises(AddressNotAllowed):
        check_url(url, local=True)


async def test_what_is_refused_when_it_is_saved_is_refused_at_the_call_too() -> None:
    async with calling() as caller:
        for local, urls in ((False, [*NEVER, *OURS]), (True, NEVER)):
            for url in urls:
                with pytest.raises(CallFailed) as failed:
                    await post(caller, Target(url=url, local=local))
                assert (failed.value.reason, failed.value.sent) == ("address", False), url


FORBIDDEN = [
    *("0.0.0.0", "0.1.2.3", "127.0.0.1", "10.1.2.3", "100.64.0.1", "169.254.169.254", "172.31.0.1", "192.168.0.1"),  # noqa: S104  # not to listen on
    *("192.0.0.8", "192.0.0.170", "192.0.2.1", "192.88.99.1", "198.18.0.1", "198.51.100.1", "203.0.113.1"),
    *("224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255"),
    *("::", "::1", "::ffff:8.8.8.8", "::ffff:127.0.0.1", "::8.8.8.8", "64:ff9b::808:808", "64:ff9b:1::1", "100::1"),
    *("2001::1", "2001:10::1", "2001:db8::1", "2002:808:808::1", "3fff::1", "fc00::1", "fd00::1", "fe80::1"),
    *("fe80::1%1", "2606:4700::1%eth0", "fec0::1", "ff02::1", "4000::1", "not an address", ""),
]


@pytest.mark.parametrize("address", FORBIDDEN)
def test_an_address_that_is_not_of_the_public_internet_is_never_connected_to(address: str) -> None:
    assert not is_allowed(address, local=False)


def test_public_addresses_are_connected_to() -> None:
    public = ("8.8.8.8", "1.1.1.1", "93.184.216.34", "2606:4700:4700::1111", "2a00:1450::1")
    assert [is_allowed(address, local=False) for address in public] == [True] * 5


def test_an_installation_of_ones_own_connects_to_private_and_loopback_addresses_and_to_no_others() -> None:
    allowed = {address for address in FORBIDDEN if is_allowed(address, local=True)}
    assert {"127.0.0.1", "10.1.2.3", "172.31.0.1", "192.168.0.1", "::1", "fc00::1", "fd00::1"} <= allowed
    assert not allowed & {
        FORBIDDEN[0],
        "169.254.169.254",
        "224.0.0.1",
        "255.255.255.255",
        "192.0.0.8",
        "fe80::1",
        "ff02::1",
    }
    assert not allowed & {"::ffff:127.0.0.1", "64:ff9b::808:808", "2002:808:808::1", "::"}


@pytest.mark.parametrize("address", FORBIDDEN)
async def test_a_name_that_leads_to_such_an_address_is_refused_at_the_call(address: str) -> None:
    async with calling(resolve=Names(wallet=[[address]])) as caller:
        with pytest.raises(CallFailed) as failed:
            await post(caller, Target(url="https://wallet.example.com/", local=False))
        assert (failed.value.reason, failed.value.sent) == ("address", False)


async def test_a_name_with_one_bad_address_among_good_ones_is_refused() -> None:
    async with calling(resolve=Names(wallet=[["8.8.8.8", "127.0.0.1"]])) as caller:
        with pytest.raises(CallFailed) as failed:
            await post(caller, Target(url="https://wallet.example.com/", local=False))
        assert failed.value.reason == "address"


async def test_the_address_that_was_checked_is_the_one_that_is_connected_to() -> None:
    """A name service that answers otherwise the second time (rebinding) is not asked a second time."""
    names = Names(wallet=[["127.0.0.2"], ["169.254.169.254"]])
    async with serving(answering(OK), host="127.0.0.2") as server, calling(resolve=names, names_kept_s=0) as caller:
        await post(caller, server.named("wallet.example.com"))
        assert names.asked == ["wallet.example.com"]
        assert server.arrived[0].headers["host"] == f"wallet.example.com:{server.port}"


async def test_a_name_that_is_bound_anew_to_a_forbidden_address_is_refused_at_the_next_connection() -> None:
    closing = OK.replace(b"Content-Length", b"Connection: close\r\nContent-Length")
    names = Names(wallet=[["127.0.0.1"], ["169.254.169.254"]])
    async with serving(answering(closing)) as server, calling(resolve=names, names_kept_s=0) as caller:
        await post(caller, server.named("wallet.example.com"))
        with pytest.raises(CallFailed) as failed:
            await post(caller, server.named("wallet.example.com"))
        assert (failed.value.reason, failed.value.sent) == ("address", False)
        assert len(server.arrived) == 1


async def test_a_public_name_that_is_bound_anew_to_this_machine_reaches_nothing_here() -> None:
    async with serving(answering(OK)) as server, calling(resolve=Names(wallet=[["127.0.0.1"]])) as caller:
        target = Target(url=server.named("wallet.example.com").url.replace("http:", "https:"), local=False)
        for one in (target, Target(url="https://wallet.example.com/", local=False)):
            with pytest.raises(CallFailed) as failed:
                await post(caller, one)
            assert failed.value.reason == "address"
        await asyncio.sleep(0)
        assert server.connections == 0
