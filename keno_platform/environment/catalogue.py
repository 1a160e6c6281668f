"""Every variable that the platform reads. A new one is an entry here, a line in the settings, and the page anew."""

from typing import Any

from keno_platform.environment import kinds
from keno_platform.environment.kinds import number
from keno_platform.environment.variables import REQUIRED, Section, Variable
from keno_platform.limits.rates import read_limits

LOCAL_URL = "http://localhost:8000"
LOCAL_HOSTS = ("localhost", ".localhost", "127.0.0.1")
LEAGUE = (*(f"https://api{n}.drand.sh" for n in ("", 2, 3)), "https://drand.cloudflare.com")
LIMITS = kinds.Kind(name="limits, with commas", parse=read_limits)
ONLINE_DAYS = number(31, but=(0,))


def _secret(name: str, kind: kinds.Kind, meaning: str, default: Any = REQUIRED) -> Variable:
    section = Section.SECRETS if not name.startswith("KENO_CHAIN") else Section.CHAIN
    return Variable(name=name, kind=kind, section=section, meaning=meaning, default=default, secret=True, shown="none")


def _place(name: str, kind: kinds.Kind, meaning: str, default: Any = REQUIRED, shown: str = "") -> Variable:
    secret = name.endswith("_URL") and default is REQUIRED
    return Variable(
        name=name, kind=kind, section=Section.PLACES, meaning=meaning, default=default, shown=shown, secret=secret
    )


def _in(section: Section, name: str, kind: kinds.Kind, default: Any, meaning: str, shown: str = "") -> Variable:
    return Variable(name=name, kind=kind, section=section, meaning=meaning, default=default, shown=shown)


_WEB, _ROUNDS, _ARCHIVE = Section.WEB, Section.ROUNDS, Section.ARCHIVE
_CHAIN, _SEEN = Section.CHAIN, Section.OBSERVABILITY

VARIABLES: tuple[Variable, ...] = (
    _secret(
        "KENO_SECRET_KEY",
        kinds.SECRET,
        "a long random text that signs staff sessions and the addresses of"
        " [support pages](reconciliation.md#a-page-for-support-staff)",
    ),
    _secret(
        "KENO_SECRET_KEYS_OLD",
        kinds.WORDS,
        "earlier ones, with commas, whose signatures still count; for the time of a"
        " [rotation](security.md#changing-keys)",
        default=(),
    ),
    _secret(
        "KENO_SEAL_KEY",
        kinds.HEX_KEY,
        "the AES-256 key that seals epoch keys, signing keys, the local beacon's key, the secrets of calls to and from"
        " operators, and those of webhooks",
    ),
    _secret(
        "KENO_SEAL_KEYS_OLD",
        kinds.HEX_KEYS,
        "earlier keys, which only open; for the time of a [rotation](operations.md#environment)",
        default=(),
    ),
    _place(
        "DATABASE_URL",
        kinds.DATABASE,
        "`postgresql://user:password@host:port/name?sslmode=verify-full&sslrootcert=FILE`; direct, or through a pooler"
        " in session mode only",
    ),
    _place(
        "REDIS_URL",
        kinds.REDIS,
        "`rediss://:password@host:port/0?ssl_ca_certs=FILE`; eviction must be off. On this machine `redis://host:port/0`",
    ),
    _secret(
        "KENO_BACKUP_URL",
        kinds.TEXT,
        "address of the database for a role with REPLICATION, which [backups](backup.md) are made with; without it,"
        " DATABASE_URL",
        "",
    ),
    _secret(
        "KENO_BACKUP_KEY",
        kinds.TEXT,
        "64 hex digits under which [backups](backup.md) are encrypted; without it they are not",
        "",
    ),
    _in(
        Section.ARCHIVE,
        "KENO_POSTGRES_PROGRAMS",
        kinds.TEXT,
        "",
        "directory of PostgreSQL's own programs (`pg_basebackup`), for [backups](backup.md), where those of the"
        " project's environment are another version than the server",
    ),
    _place(
        "KENO_BASE_URL",
        kinds.WEB_ADDRESS,
        "address of the installation; `https://` turns on secure cookies and HSTS, and trusts `X-Forwarded-Proto`",
        LOCAL_URL,
    ),
    _place(
        "KENO_ALLOWED_HOSTS",
        kinds.WORDS,
        "host names to answer to; must cover every operator's domain",
        LOCAL_HOSTS,
    ),
    _place(
        "KENO_TRUSTED_PROXIES",
        kinds.NETWORKS,
        "addresses and networks of proxies whose `X-Forwarded-For` is believed when a backend's address is checked and"
        " players' addresses are [limited](abuse.md#rate-limits)",
        (),
    ),
    _place(
        "KENO_STATIC_ROOT",
        kinds.PATH,
        "where `manage.py collectstatic` puts files; without it they are served from the packages",
        None,
    ),
    _in(
        _WEB,
        "KENO_DB_POOL_SIZE",
        number(0, 1000),
        0,
        "connections that one web process shares among its threads; 0 is one per thread",
    ),
    _in(_WEB, "KENO_PROCESS", kinds.TEXT, "keno", "the name that PostgreSQL, logs and traces show for this process"),
    _in(
        _WEB,
        "KENO_LIMITS",
        LIMITS,
        read_limits(""),
        "rate limits that differ from the [defaults](abuse.md#rate-limits), such as `player_bets=5/50, sockets=off`",
        "none",
    ),
    _in(
        _WEB,
        "KENO_DEMO",
        kinds.FLAG,
        False,
        "`1` opens `/demo`, which gives any visitor a demo player's session. Never where money is real."
        " [Demo play](launch.md#demo-play) for play money is something else and needs no variable",
    ),
    _in(
        _WEB,
        "KENO_ACCEPTED_CALLS_PER_SECOND",
        number(0),
        100,
        "how many accepted placements a second each web process lists in the request log; the rest is counted there",
    ),
    _in(
        _WEB,
        "KENO_FAULTS_ON_PURPOSE",
        kinds.PATH,
        None,
        "file with a plan of [faults on purpose](chaos.md#points) that every process follows. For runs of faults on a"
        " machine of one's own; production does not start with it, whatever risks it accepts",
    ),
    _in(
        _WEB,
        "KENO_ACCEPTED_RISKS",
        kinds.WORDS,
        (),
        "names of [refusals of production](#what-production-refuses) that this installation accepts knowingly, such as"
        " `plain-http` for a rehearsal without certificates",
    ),
    _in(_ROUNDS, "KENO_EPOCH_SECONDS", number(1), 3600, "length of an epoch"),
    _in(
        _ROUNDS,
        "KENO_EPOCH_LEAD_SECONDS",
        number(0),
        2700,
        "how long before its start an epoch must stand committed",
    ),
    _in(
        _ROUNDS,
        "KENO_FIRST_ROUND_SECONDS",
        number(0),
        5,
        "time between a commitment made late (first start, new game, after a pause) and its first round",
    ),
    _in(
        _ROUNDS,
        "KENO_ANCHORING_SECONDS",
        number(0),
        300,
        "so much later still opens a late round of a game that demands anchoring: how long a root may take to be final",
    ),
    _in(
        _ROUNDS,
        "KENO_SANDBOX_PAUSE_SECONDS",
        number(0),
        3600,
        "the stopped clock of a [sandbox's](sandbox.md) game goes on by itself after so long",
    ),
    _in(
        _ROUNDS,
        "KENO_EPOCH_KEY_DELAY_SECONDS",
        number(0),
        900,
        "how long after an epoch's end its key is published",
    ),
    _in(
        _ROUNDS,
        "KENO_RESULTS_SECONDS",
        number(0),
        600,
        "a tree of results is made when its oldest round has waited so long",
    ),
    _in(_ROUNDS, "KENO_RESULTS_MAX", number(1), 1000, "or when so many rounds wait"),
    Variable(
        name="KENO_DRAND_URLS",
        kind=kinds.WEB_ADDRESSES,
        section=_ROUNDS,
        meaning="relays of drand's quicknet; see [beacons](beacons.md). Empty: none is asked",
        default=LEAGUE,
        shown="the League of Entropy's",
        empty_is_none=True,
    ),
    _in(
        _ARCHIVE,
        "KENO_ARCHIVE",
        kinds.PATH,
        None,
        "directory that old days of operators' books are [archived](partitions.md) in; without it all stay online",
    ),
    _in(
        _ARCHIVE,
        "KENO_ONLINE_DAYS",
        ONLINE_DAYS,
        400,
        "so many days stay online where there is an archive; 0 for all, else at least 31",
    ),
    _in(_ARCHIVE, "KENO_DETACHED_DAYS", number(0), 30, "so long an archived day's tables are kept at least"),
    Variable(
        name="KENO_CLICKHOUSE",
        kind=kinds.TEXT,
        section=_ARCHIVE,
        meaning="a ClickHouse server that reads the archive, as `clickhouse://user:password@host:8123`; without it the"
        " embedded one does",
        default="",
        shown="none",
        secret=True,
    ),
    _in(
        _ARCHIVE,
        "KENO_CLICKHOUSE_ARCHIVE",
        kinds.TEXT,
        "archive",
        "what the archive's directory is called below the directory of that server's own files",
    ),
    _in(
        _ARCHIVE,
        "KENO_DATASETS",
        kinds.PATH,
        None,
        "directory of simulations' draws and pictures; the web shows the pictures",
        "`datasets` beside the code",
    ),
    _in(
        _ARCHIVE,
        "KENO_REPORTS",
        kinds.PATH,
        None,
        "directory that the files of reports are kept in; web and the reports' worker share it",
        "`exports` beside the code",
    ),
    _in(
        _ARCHIVE,
        "KENO_STANDBY_IS_COMPLETE",
        kinds.FLAG,
        False,
        "`1` where a standby that takes over has everything that was confirmed (synchronous replication). Otherwise its"
        " takeover [closes the betting](backup.md#another-server) until operators are reconciled",
    ),
    _in(
        _CHAIN,
        "KENO_CHAIN_URL",
        kinds.TEXT,
        "",
        "JSON-RPC address of a node of an EVM chain; without it roots are signed and wait. It may hold a provider's"
        " key, and is shown without its path",
    ),
    _secret(
        "KENO_CHAIN_KEY",
        kinds.TEXT,
        "the publisher's private key, `0x` and 64 hex digits. For the anchors worker alone",
        "",
    ),
    _in(
        _CHAIN,
        "KENO_CHAIN_CONTRACT",
        kinds.TEXT,
        "",
        "address of the contract, where it was not deployed from here",
        "the one deployed from here",
    ),
    _in(
        _CHAIN,
        "KENO_CHAIN_DEPLOY",
        kinds.FLAG,
        False,
        "`1` deploys the contract where there is none, and again where a chain has forgotten it. For chains of one's"
        " own only",
    ),
    _in(
        _CHAIN,
        "KENO_CHAIN_CONFIRMATIONS",
        number(1),
        12,
        "blocks, its own included, after which an anchor is final",
    ),
    _in(_CHAIN, "KENO_CHAIN_MAX_FEE_GWEI", number(1), 100, "the most that a unit of gas may cost"),
    _in(
        _CHAIN,
        "KENO_CHAIN_PATIENCE_SECONDS",
        number(1),
        120,
        "how long a transaction may wait before it is replaced by one with higher fees",
    ),
    _in(
        _CHAIN,
        "KENO_CHAIN_BALANCE_MIN_GWEI",
        number(0),
        10_000_000,
        "below this the publisher's balance is an alarm",
    ),
    _in(
        _SEEN,
        "KENO_LOG_LEVEL",
        kinds.one_of("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"),
        "INFO",
        "of the root logger",
    ),
    _in(
        _SEEN,
        "KENO_LOG_FORMAT",
        kinds.one_of("text", "json"),
        "text",
        "one line of text, or one JSON object a line; see [logs](observability.md#logs)",
    ),
    _in(
        _SEEN,
        "KENO_METRICS_DIR",
        kinds.PATH,
        None,
        "directory in which all processes of this machine keep their [metrics](observability.md#metrics), on a file"
        " system in memory where there is one. Without it each process counts for itself alone",
    ),
    _in(
        _SEEN,
        "KENO_METRICS_LISTEN",
        kinds.LISTENING,
        ("127.0.0.1", 9108),
        "where `manage.py serve_metrics` listens",
        "`127.0.0.1:9108`",
    ),
    _in(
        _SEEN,
        "KENO_METRICS_EACH",
        kinds.FLAG,
        False,
        "`1`: web processes and workers answer `/metrics` at KENO_METRICS_LISTEN themselves, with what their container"
        " has counted. For containers, where nobody else sees their directory",
    ),
    _in(
        _SEEN,
        "KENO_HEARTBEAT",
        kinds.PATH,
        None,
        "file that a worker or a beat touches while it is well, for [probes](deployment.md#probes) that look at its"
        " age",
    ),
    Variable(
        name="KENO_METRICS_TOKEN",
        kind=kinds.SECRET,
        section=_SEEN,
        meaning="opens `/metrics` on the web to whoever shows it as a bearer token; without it that address is unknown",
        default="",
        shown="none",
        secret=True,
    ),
    _in(
        _SEEN,
        "KENO_TRACES_URL",
        kinds.TEXT,
        "",
        "address of an OpenTelemetry collector for [traces](observability.md#traces), such as"
        " `http://127.0.0.1:4318/v1/traces`; without it none are made",
    ),
    _in(
        _SEEN,
        "KENO_TRACES_PERCENT",
        number(0, 100),
        100,
        "of the calls that bring no decision of their own, so many in a hundred are traced",
    ),
)
BY_NAME = {variable.name: variable for variable in VARIABLES}
