"""
Settings. Deployment comes from the environment, and what is missing stops the start; policy stands in operators'
rows; the rules of a round are frozen in the round.

A new variable is an entry in keno_platform/environment/catalogue.py, a line here, and `manage.py write_settings_page`.
"""

import os
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import locale
from django.core.exceptions import ImproperlyConfigured

from keno_platform import environment
from keno_platform.database import connecting
from keno_platform.environment.encryption import verified
from keno_platform.limits.rates import Limits
from keno_platform.observability import formats

BASE_DIR = Path(__file__).resolve().parent.parent
try:
    ENVIRONMENT = environment.read(os.environ)
except environment.EnvironmentInvalid as error:
    raise ImproperlyConfigured(str(error)) from None

# --- secrets -----------------------------------------------------------------------------------------------------
SECRET_KEY: str = ENVIRONMENT["KENO_SECRET_KEY"]
SECRET_KEY_FALLBACKS: list[str] = [*ENVIRONMENT["KENO_SECRET_KEYS_OLD"]]
SEAL_KEYS: list[bytes] = [ENVIRONMENT["KENO_SEAL_KEY"], *ENVIRONMENT["KENO_SEAL_KEYS_OLD"]]
"""The AES-256 key that seals, and after it those that only open what was sealed before; see `rotate_seal_key`."""

# --- where things are --------------------------------------------------------------------------------------------
REDIS_URL: str = ENVIRONMENT["REDIS_URL"]
BASE_URL: str = ENVIRONMENT["KENO_BASE_URL"]
TRUSTED_PROXIES: list[str] = [*ENVIRONMENT["KENO_TRUSTED_PROXIES"]]
"""Addresses and networks of proxies whose X-Forwarded-For is believed."""
DEBUG = False
DEMO: bool = ENVIRONMENT["KENO_DEMO"]
"""Opens `/demo`, which gives any visitor a demo player's session. Never set where money is real."""
ALLOWED_HOSTS: list[str] = [*ENVIRONMENT["KENO_ALLOWED_HOSTS"]]
CSRF_TRUSTED_ORIGINS = [BASE_URL]
ROOT_URLCONF = "keno_platform.urls"
ASGI_APPLICATION = "keno_platform.asgi.application"
INTERNAL_IPS: list[str] = []
_SECURE = BASE_URL.startswith("https://")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _SECURE
COOKIE_PREFIX = "__Secure-" if _SECURE else ""
"""Browsers take a cookie of such a name over an encrypted connection only, and `__Host-` from this very host only."""
if _SECURE:
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-staff", "__Host-csrf"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _SECURE else None
SECURE_HSTS_SECONDS = 31_536_000 if _SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = _SECURE
ENCRYPTED_ONLY = SECURE_SSL_REDIRECT = _SECURE
"""Pages lead on to their https address; what came for the API in the clear is refused."""
STAFF_HOST: str = (urlsplit(BASE_URL).hostname or "") if _SECURE else ""
"""The one host that has pages of staff; empty: every one."""
# What machines ask for inside: the state of a process, its counts, public keys.
SECURE_REDIRECT_EXEMPT = [r"^(health|metrics|\.well-known)(/|$)"]
# Domains are operators': whether browsers ship them as https only, for years, is for each of them to say.
SILENCED_SYSTEM_CHECKS = ["security.W021"]
X_FRAME_OPTIONS = "DENY"

# --- database ----------------------------------------------------------------------------------------------------
POOL_SIZE: int = ENVIRONMENT["KENO_DB_POOL_SIZE"]
PROCESS: str = ENVIRONMENT["KENO_PROCESS"]
DATABASES = {"default": connecting.configured(ENVIRONMENT["DATABASE_URL"], name=PROCESS, pool_size=POOL_SIZE)}
DATABASE_ROUTERS = ["django_tenants.routers.TenantSyncRouter"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- tenancy -----------------------------------------------------------------------------------------------------
TENANT_MODEL = "operators.Operator"
TENANT_DOMAIN_MODEL = "operators.Domain"
GET_EXECUTOR_FUNCTION = "operators.migrating.executor.executor_for"
SHARED_APPS = [
    "django_tenants",
    "unfold.apps.BasicAppConfig",
    "access.site_app.StaffSiteConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "channels",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "keno_platform.apps.KenoPlatformConfig",
    "anchors",
    "audit",
    "approvals",
    "configuration",
    "operators",
    "access",
    "axes",
    "calls",
    "webhooks",
    "localization",
    "rounds",
    "reports",
    "reconciliation",
    "play",
    "desk",
]
TENANT_APPS = ["players", "wallet", "bets", "banker", "flags"]
INSTALLED_APPS = SHARED_APPS + TENANT_APPS

# --- HTTP --------------------------------------------------------------------------------------------------------
MIDDLEWARE = [
    "keno_platform.http.middleware.request_id",
    "keno_platform.observability.http.measured",
    "keno_platform.http.middleware.Compression",
    "calls.middleware.request_log",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "keno_platform.http.policy.nothing_else",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "keno_platform.staff.policy.strict_policy",
    "access.middleware.staff_standing",
    "operators.middleware.staff_operator",
    "axes.middleware.AxesMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "keno_platform" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
APPEND_SLASH = False
BODY_MAX_BYTES = 512 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = BODY_MAX_BYTES
STATIC_URL = "/static/"
STATIC_ROOT: Path | None = ENVIRONMENT["KENO_STATIC_ROOT"]
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
# The client's build has the hash of each file in its name.
WHITENOISE_IMMUTABLE_FILE_TEST = r"^/static/play/build/.+-[\w-]{8}\.(js|css)$"

# --- staff -------------------------------------------------------------------------------------------------------
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "access.backends.StaffBackend"]
_VALIDATORS: dict[str, dict[str, int]] = {
    "UserAttributeSimilarityValidator": {},
    "MinimumLengthValidator": {"min_length": 12},
    "CommonPasswordValidator": {},
}
AUTH_PASSWORD_VALIDATORS = [
    *(
        {"NAME": f"django.contrib.auth.password_validation.{name}", "OPTIONS": options}
        for name, options in _VALIDATORS.items()
    ),
    {"NAME": "access.passwords.GuessableValidator"},
]
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_AGE = 12 * 3600
# Refused log-ins, by account and by address. A wrong code counts like a wrong password.
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = ["username", "ip_address"]
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_CLIENT_IP_CALLABLE = "operators.staff_record.staff_address"
AXES_LOCKOUT_CALLABLE = "access.views.entering.locked_out"
AXES_SENSITIVE_PARAMETERS = ["username", "ip_address", "password", "code", "csrfmiddlewaretoken"]
# What there is to tell stands in the record, and in its own pages.
AXES_ENABLE_ADMIN = AXES_VERBOSE = False
AXES_DISABLE_ACCESS_LOG = True

REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": ["keno_platform.http.rendering.StrictJSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["keno_platform.http.parsing.StrictJSONParser"],
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    # What a call takes stands in the OpenAPI document; OPTIONS is answered like any method that is not known.
    "DEFAULT_METADATA_CLASS": None,
    "EXCEPTION_HANDLER": "keno_platform.http.problems.handle_exception",
    "UNAUTHENTICATED_USER": None,
    "URL_FORMAT_OVERRIDE": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Keno platform",
    "DESCRIPTION": "Keno rounds, bets and money for operators. Amounts are decimal strings with the currency's "
    "decimals; times are RFC 3339 in UTC; errors are application/problem+json with a stable code.",
    "VERSION": "1.0.0",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "ENABLE_DJANGO_DEPLOY_CHECK": False,
    # The library's own hook, which gives enumerations components, knows serializers only; ours are structs.
    "POSTPROCESSING_HOOKS": ["keno_platform.collection.document.with_examples"],
    # Our structs say themselves which members may be left out; a member called `partial` is not a change in part.
    "COMPONENT_SPLIT_PATCH": False,
}

# --- languages ---------------------------------------------------------------------------------------------------
# Django knows nothing of these three; every other part of the list stands in its own catalogue.
for _code, _name, _local in (
    ("am", "Amharic", "አማርኛ"),
    ("ti", "Tigrinya", "ትግርኛ"),
    ("om", "Oromo", "Afaan Oromoo"),
):
    locale.LANG_INFO[_code] = {"bidi": False, "code": _code, "name": _name, "name_local": _local}
LANGUAGE_CODE = "en"
LANGUAGES = [
    ("en", "English"),
    ("fr", "Français"),
    ("es", "Español"),
    ("pt", "Português"),
    ("ar", "العربية"),
    ("sw", "Kiswahili"),
    ("am", "አማርኛ"),
    ("ti", "ትግርኛ"),
    ("om", "Afaan Oromoo"),
]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

# --- Celery ------------------------------------------------------------------------------------------------------
CELERY_BROKER_URL = verified(REDIS_URL)
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_TIME_LIMIT = 60
# Celery would end a worker's connection after every task. A new one costs some milliseconds, and every statement and
# function of every operator's schema is planned again in it. Now and then it still is a new one: plans take memory.
CELERY_DB_REUSE_MAX = 20_000
# An epoch of many games takes a while to commit: with 250 games of 10 s and epochs of an hour it has 90,000 rounds.
CELERY_TASK_ANNOTATIONS = {"rounds.schedule_ahead": {"time_limit": 600}}
# One message at a time, so that none waits behind a long one in a worker while another worker is idle.
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_CONSUMER = "keno_platform.consuming:CarefulConsumer"
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 60,
    "unacked_restore_interval": 1,
    "unacked_restore_throttle": 1,
    "socket_timeout": 5,
    "socket_connect_timeout": 2,
    "socket_keepalive": True,
    "health_check_interval": 10,
}
# A heartbeat only: what is due is read from the database, so a beat that is late, doubled or away loses nothing.
CELERY_BEAT_SCHEDULE = {
    "tick": {"task": "rounds.tick", "schedule": 1.0, "options": {"queue": "rounds", "expires": 3}},
    "settle-overdue": {
        "task": "bets.settle_overdue",
        "schedule": 2.0,
        "options": {"queue": "settlement", "expires": 2},
    },
    "deliver": {"task": "wallet.deliver", "schedule": 1.0, "options": {"queue": "wallet", "expires": 1}},
    "banker": {"task": "banker.keep_time", "schedule": 2.0, "options": {"queue": "settlement", "expires": 2}},
    "schedule-ahead": {"task": "rounds.schedule_ahead", "schedule": 30.0, "options": {"expires": 30}},
    "seal": {"task": "audit.seal", "schedule": 1.0, "options": {"expires": 1}},
    "approvals": {"task": "approvals.expire", "schedule": 30.0, "options": {"expires": 30}},
    "cluster": {"task": "reconciliation.notice_cluster", "schedule": 10.0, "options": {"expires": 10}},
    "publish": {"task": "rounds.publish", "schedule": 5.0, "options": {"expires": 5}},
    "partitions-ahead": {"task": "bets.make_partitions", "schedule": 3600.0, "options": {"expires": 600}},
    "partitions-analysed": {"task": "bets.analyse_partitions", "schedule": 900.0, "options": {"expires": 600}},
    "webhooks": {"task": "webhooks.deliver", "schedule": 1.0, "options": {"queue": "webhooks", "expires": 2}},
    "forget-webhooks": {"task": "webhooks.prune", "schedule": 3600.0, "options": {"expires": 600}},
    "flags": {"task": "flags.look", "schedule": 60.0, "options": {"expires": 60}},
    "request-log-days": {"task": "calls.keep_days", "schedule": 3600.0, "options": {"expires": 600}},
    "reports": {"task": "reports.make", "schedule": 3.0, "options": {"queue": "reports", "expires": 3}},
    "reports-by-schedule": {"task": "reports.by_schedule", "schedule": 300.0, "options": {"expires": 300}},
    "reports-kept": {"task": "reports.keep", "schedule": 3600.0, "options": {"expires": 600}},
}

# --- rounds ------------------------------------------------------------------------------------------------------
EPOCH_SECONDS: int = ENVIRONMENT["KENO_EPOCH_SECONDS"]
EPOCH_LEAD_SECONDS: int = ENVIRONMENT["KENO_EPOCH_LEAD_SECONDS"]
"""How long before its first round an epoch must stand, committed; a new game starts after FIRST_ROUND_SECONDS."""
FIRST_ROUND_SECONDS: int = ENVIRONMENT["KENO_FIRST_ROUND_SECONDS"]
ANCHORING_SECONDS: int = ENVIRONMENT["KENO_ANCHORING_SECONDS"]
"""And so much later still where the game demands anchoring: how long a root may take to be final on the chain."""
SANDBOX_PAUSE_SECONDS: int = ENVIRONMENT["KENO_SANDBOX_PAUSE_SECONDS"]
"""After how long the stopped clock of a sandbox's game goes on by itself."""
EPOCH_KEY_DELAY_SECONDS: int = ENVIRONMENT["KENO_EPOCH_KEY_DELAY_SECONDS"]
"""How long after an epoch's end its key is published."""
RESULTS_SECONDS: int = ENVIRONMENT["KENO_RESULTS_SECONDS"]
RESULTS_MAX: int = ENVIRONMENT["KENO_RESULTS_MAX"]
"""A tree of results is made when its oldest is so many seconds old, or when so many wait."""
DRAND_URLS: list[str] = [*ENVIRONMENT["KENO_DRAND_URLS"]]

LIMITS: Limits = ENVIRONMENT["KENO_LIMITS"]
"""How often players, addresses and operators may call; see docs/abuse.md."""
ACCEPTED_CALLS_PER_SECOND: int = ENVIRONMENT["KENO_ACCEPTED_CALLS_PER_SECOND"]
"""How many accepted placements a second each web process lists in the request log; the rest is counted there."""

DATASETS_DIR: Path = ENVIRONMENT["KENO_DATASETS"] or BASE_DIR / "datasets"
"""Where simulations keep their draws and pictures."""
REPORTS_DIR: Path = ENVIRONMENT["KENO_REPORTS"] or BASE_DIR / "exports"
"""Where the files of reports are kept."""

# --- the archive -------------------------------------------------------------------------------------------------
ARCHIVE_DIR: Path | None = ENVIRONMENT["KENO_ARCHIVE"]
"""Where whole days of operators' books are archived; None: every day stays online."""
ONLINE_DAYS: int = ENVIRONMENT["KENO_ONLINE_DAYS"]
"""So many days stay online, 0 for all of them; below a month, disputes and reports would miss what they need."""
DETACHED_DAYS: int = ENVIRONMENT["KENO_DETACHED_DAYS"]
"""For so long a detached day's tables are kept; they are dropped only when somebody asks for it."""
CLICKHOUSE: str = ENVIRONMENT["KENO_CLICKHOUSE"]
"""A ClickHouse server that reads the archive, as clickhouse://user:password@host:8123; empty: the embedded one does."""
CLICKHOUSE_ARCHIVE: str = ENVIRONMENT["KENO_CLICKHOUSE_ARCHIVE"]
"""What the archive's directory is called below the directory of that server's own files."""
if ARCHIVE_DIR and ONLINE_DAYS:
    CELERY_BEAT_SCHEDULE["archive"] = {"task": "reports.archive", "schedule": 600.0, "options": {"expires": 300}}

# --- backups -----------------------------------------------------------------------------------------------------
STANDBY_IS_COMPLETE: bool = ENVIRONMENT["KENO_STANDBY_IS_COMPLETE"]
"""A standby that takes over has every transaction that was ever confirmed: its timeline closes nobody's betting."""

# --- the chain ---------------------------------------------------------------------------------------------------
CHAIN_URL: str = ENVIRONMENT["KENO_CHAIN_URL"]
"""JSON-RPC address of an EVM chain's node; empty: roots are signed and registered, and wait."""
CHAIN_KEY: str = ENVIRONMENT["KENO_CHAIN_KEY"]
CHAIN_CONTRACT: str = ENVIRONMENT["KENO_CHAIN_CONTRACT"]
CHAIN_DEPLOY: bool = ENVIRONMENT["KENO_CHAIN_DEPLOY"]
"""Deploy the contract where there is none, and again where a chain has forgotten it: for chains of one's own."""
CHAIN_CONFIRMATIONS: int = ENVIRONMENT["KENO_CHAIN_CONFIRMATIONS"]
CHAIN_MAX_FEE_GWEI: int = ENVIRONMENT["KENO_CHAIN_MAX_FEE_GWEI"]
CHAIN_PATIENCE_SECONDS: int = ENVIRONMENT["KENO_CHAIN_PATIENCE_SECONDS"]
CHAIN_BALANCE_MIN_GWEI: int = ENVIRONMENT["KENO_CHAIN_BALANCE_MIN_GWEI"]
if CHAIN_URL:  # nobody serves the queue where there is no chain, and it would only grow
    CELERY_BEAT_SCHEDULE["anchor"] = {
        "task": "anchors.send",
        "schedule": 2.0,
        "options": {"queue": "anchors", "expires": 2},
    }

# --- logs --------------------------------------------------------------------------------------------------------
FAULTS_PLAN: Path | None = ENVIRONMENT["KENO_FAULTS_ON_PURPOSE"]
"""The plan of faults that this process follows; see docs/chaos.md."""
LOGGING = formats.logging_of(level=ENVIRONMENT["KENO_LOG_LEVEL"], form=ENVIRONMENT["KENO_LOG_FORMAT"], process=PROCESS)

# --- observability -----------------------------------------------------------------------------------------------
METRICS_DIR: Path | None = ENVIRONMENT["KENO_METRICS_DIR"]
"""Where the processes of this machine keep their counts; None: each for itself alone."""
METRICS_TOKEN: str = ENVIRONMENT["KENO_METRICS_TOKEN"]
METRICS_LISTEN: tuple[str, int] = ENVIRONMENT["KENO_METRICS_LISTEN"]
METRICS_EACH: bool = ENVIRONMENT["KENO_METRICS_EACH"]
HEARTBEAT: Path | None = ENVIRONMENT["KENO_HEARTBEAT"]
"""What a worker or a beat touches while it is well."""
TRACES_URL: str = ENVIRONMENT["KENO_TRACES_URL"]
TRACES_PERCENT: int = ENVIRONMENT["KENO_TRACES_PERCENT"]

UNFOLD = {
    "SITE_TITLE": "Keno platform",
    "SITE_HEADER": "Keno platform",
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": f"{STATIC_URL}play/keno.svg"}],
    "SITE_URL": None,
    "SHOW_HISTORY": False,
    "SHOW_VIEW_ON_SITE": False,
    "GLOBAL_CALLBACK": "keno_platform.navigation.staff_context",
    "DASHBOARD_CALLBACK": "desk.home.add_figures",
    "SIDEBAR": {"navigation": "keno_platform.navigation.sidebar"},
}
