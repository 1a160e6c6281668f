"""Nothing goes to a server on another machine in the clear, nor to one that cannot show who it is."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from urllib.parse import urlsplit

import psycopg
import pytest
import redis
from kombu import Connection
from psycopg.conninfo import make_conninfo
from redis.backoff import NoBackoff
from redis.retry import Retry

from keno_platform.environment import EnvironmentInvalid, read
from keno_platform.environment.encryption import database_is_private, redis_is_private, verified
from tests.docs.snippets import ROOT
from tests.ops.test_environment import LOCAL, PRODUCTION
from tests.security.authority import Authority, make_authority
from tests.security.fronts import Front, tls_front

PRIVATE_DATABASES = (
    "postgresql://keno@127.0.0.1:5432/keno",
    "postgresql://keno@localhost/keno",
    "postgresql://keno@[::1]/keno",
    "postgresql:///keno?host=/run/postgresql",
    "postgresql:///keno",
    "postgresql://keno@db.internal/keno?sslmode=verify-full",
    "postgresql://keno@db.internal/keno?sslrootcert=system",
    "postgresql://keno@a.internal,b.internal/keno?sslmode=verify-full",
)
OPEN_DATABASES = (
    "postgresql://keno@db.internal/keno",
    "postgresql://keno@10.0.0.5/keno?sslmode=disable",
    "postgresql://keno@10.0.0.5/keno?sslmode=prefer",
    "postgresql://keno@10.0.0.5/keno?sslmode=require",
    "postgresql://keno@db.internal/keno?sslmode=verify-ca",
    "postgresql://keno@127.0.0.1,db.internal/keno",
    "postgresql://keno@localhost/keno?hostaddr=10.0.0.5",
    "postgresql:///keno?service=main",
    "postgresql://keno@127.0.0.1.example/keno",
)
PRIVATE_REDISES = (
    "redis://127.0.0.1:6379/0",
    "redis://:secret@localhost/0",
    "redis://[::1]:6379/0",
    "unix:///run/redis.sock",
    "rediss://:secret@redis.internal:6379/0",
    "rediss://redis.internal/0?ssl_cert_reqs=required&ssl_ca_certs=/etc/ca.pem",
)
OPEN_REDISES = (
    "redis://redis.internal:6379/0",
    "redis://10.0.0.5/0",
    "rediss://redis.internal/0?ssl_cert_reqs=none",
    "rediss://redis.internal/0?ssl_cert_reqs=CERT_NONE",
    "rediss://redis.internal/0?ssl_cert_reqs=optional",
    "rediss://redis.internal/0?ssl_check_hostname=False",
)


def refused(environ: dict[str, str]) -> str:
    with pytest.raises(EnvironmentInvalid) as caught:
        read(environ)
    return str(caught.value)


@pytest.mark.parametrize("url", PRIVATE_DATABASES)
def test_a_database_here_or_behind_a_certificate_is_private(url: str) -> None:
    assert database_is_private(url)


@pytest.mark.parametrize("url", OPEN_DATABASES)
def test_a_database_that_could_be_somebody_else_keeps_every_installation_from_starting(url: str) -> None:
    assert not database_is_private(url)
    assert "(plain-database)" in refused(LOCAL | {"DATABASE_URL": url})
    assert "(plain-database)" in refused(PRODUCTION | {"DATABASE_URL": url.replace("keno@", "keno:secret@")})


@pytest.mark.parametrize("url", PRIVATE_REDISES)
def test_a_redis_here_or_behind_a_certificate_is_private(url: str) -> None:
    assert redis_is_private(url)


@pytest.mark.parametrize("url", OPEN_REDISES)
def test_a_redis_that_could_be_somebody_else_keeps_every_installation_from_starting(url: str) -> None:
    assert not redis_is_private(url)
    assert "(plain-redis)" in refused(LOCAL | {"REDIS_URL": url})
    assert "(plain-redis)" in refused(PRODUCTION | {"REDIS_URL": url})


def test_an_archive_that_is_read_in_the_clear_is_refused_and_one_over_tls_is_not() -> None:
    assert "(plain-clickhouse)" in refused(LOCAL | {"KENO_CLICKHOUSE": "clickhouse://k:s@archive.internal:8123"})
    assert "(plain-clickhouse)" in refused(LOCAL | {"KENO_CLICKHOUSE": "clickhouse://k:s@a.internal:8443?verify=false"})
    read(LOCAL | {"KENO_CLICKHOUSE": "clickhouse://k:s@archive.internal:8443"})
    read(LOCAL | {"KENO_CLICKHOUSE": "clickhouse://k:s@127.0.0.1:8123"})


def test_it_takes_a_word_of_whoever_runs_it_to_start_all_the_same() -> None:
    plain = {"DATABASE_URL": "postgresql://keno:secret@postgres/keno", "REDIS_URL": "redis://redis:6379/0"}
    assert "(plain-database)" in refused(LOCAL | plain)
    read(LOCAL | plain | {"KENO_ACCEPTED_RISKS": "plain-database,plain-redis"})


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return make_authority(tmp_path_factory.mktemp("trusted"))


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return make_authority(tmp_path_factory.mktemp("stranger"))


@pytest.fixture
def database(authority: Authority) -> Iterator[Front]:
    certificate, key = authority.issue("127.0.0.1")
    port = urlsplit(os.environ["DATABASE_URL"]).port
    assert port
    with tls_front(port, certificate=certificate, key=key, postgres=True) as front:
        yield front


@pytest.fixture
def broker(authority: Authority) -> Iterator[Front]:
    certificate, key = authority.issue("127.0.0.1")
    port = urlsplit(os.environ["REDIS_URL"]).port
    assert port
    with tls_front(port, certificate=certificate, key=key) as front:
        yield front


def address(front: Front, authority: Authority, **more: str) -> str:
    told = {"host": "127.0.0.1", "port": str(front.port), "user": "keno", "dbname": "keno"}
    return make_conninfo(**(told | {"sslmode": "verify-full", "sslrootcert": str(authority.file)} | more))


def test_with_the_mode_that_is_demanded_the_database_is_spoken_to_over_tls(
    database: Front, authority: Authority
) -> None:
    with psycopg.connect(address(database, authority)) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
        assert connection.pgconn.ssl_in_use
    assert database.versions <= {"TLSv1.2", "TLSv1.3"}


def test_with_that_mode_a_database_under_another_authority_or_name_is_not_spoken_to(
    database: Front, authority: Authority, stranger: Authority
) -> None:
    for wrong in (address(database, stranger), address(database, authority, host="localhost", hostaddr="127.0.0.1")):
        with pytest.raises(psycopg.OperationalError, match=r"certificate"):
            psycopg.connect(wrong)


def test_the_mode_that_is_refused_would_take_any_certificate(database: Front, stranger: Authority) -> None:
    """Control: why `require` is not enough."""
    with psycopg.connect(f"host=127.0.0.1 port={database.port} user=keno dbname=keno sslmode=require") as connection:
        assert connection.pgconn.ssl_in_use


def rediss(front: Front, authority: Authority | None, **more: str) -> str:
    asked = ({"ssl_ca_certs": str(authority.file)} if authority else {}) | more
    return f"rediss://127.0.0.1:{front.port}/0?" + "&".join(f"{name}={value}" for name, value in asked.items())


def test_redis_and_celerys_broker_are_spoken_to_over_tls(broker: Front, authority: Authority) -> None:
    url = rediss(broker, authority)
    with redis.Redis.from_url(url) as client:
        assert client.ping()
    with Connection(verified(url), connect_timeout=5) as connection:
        connection.ensure_connection(max_retries=1)
        assert connection.default_channel.client.ping()
    assert broker.came == broker.encrypted == 2


def test_a_redis_under_another_authority_is_not_spoken_to_by_celery_either(broker: Front, stranger: Authority) -> None:
    url = rediss(broker, stranger)
    at_once = Retry(NoBackoff(), 0)
    wrong = pytest.raises(redis.ConnectionError, match="CERTIFICATE_VERIFY_FAILED")
    with redis.Redis.from_url(url, retry=at_once) as client, wrong:
        client.ping()
    with (
        Connection(verified(url), connect_timeout=5) as connection,
        pytest.raises(Exception, match="CERTIFICATE_VERIFY"),
    ):
        connection.default_channel.client.ping()
    assert broker.encrypted == 0


def test_without_the_word_celery_would_have_taken_any_certificate(broker: Front) -> None:
    """Control: a `rediss://` as it is usually written. The settings give it the word."""
    url = rediss(broker, None).rstrip("?")
    with Connection(url, connect_timeout=5) as connection:
        assert connection.default_channel.client.ping()
    assert verified(url).endswith("?ssl_cert_reqs=required")


def test_the_platform_itself_works_over_both(database: Front, broker: Front, authority: Authority) -> None:
    """Settings read from the environment reach Django's connection, our own, and the broker's."""
    given = address(database, authority)
    parts = dict(part.split("=", 1) for part in given.split())
    environ = {
        **{name: os.environ[name] for name in ("PATH", "KENO_SECRET_KEY", "KENO_SEAL_KEY")},
        "DATABASE_URL": f"postgresql://keno@127.0.0.1:{database.port}/keno?sslmode=verify-full"
        f"&sslrootcert={parts['sslrootcert']}",
        "REDIS_URL": rediss(broker, authority),
        "DJANGO_SETTINGS_MODULE": "keno_platform.settings",
    }
    asked = subprocess.run(
        [sys.executable, "-c", _ASK], cwd=ROOT, env=environ, capture_output=True, text=True, timeout=60, check=False
    )
    assert asked.returncode == 0, asked.stderr[-2000:]
    assert json.loads(asked.stdout) == {"django": True, "own": True, "broker": True, "frames": True}
    assert database.came == database.encrypted >= 2
    assert broker.came == broker.encrypted == 2


_ASK = """
import json
import django

django.setup()
import psycopg
from django.db import connection
from keno_platform.celery import app
from keno_platform.database import connecting
from keno_platform.live import topics

connection.ensure_connection()
with psycopg.connect(**connecting.parameters("test")) as own, app.connection_for_write() as broker:
    found = {
        "django": connection.connection.pgconn.ssl_in_use,
        "own": own.pgconn.ssl_in_use,
        "broker": broker.default_channel.client.ping(),
        "frames": topics._client().ping(),
    }
print(json.dumps(found))
"""
