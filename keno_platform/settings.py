"""
Settings. Deployment comes from the environment, and what is missing stops the start; policy stands in operators'
rows; the rules of a round are frozen in the round.
"""

import os
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.conf import locale
from django.core.exceptions import ImproperlyConfigured
from psycopg.conninfo import conninfo_to_dict

BASE_DIR = Path(__file__).resolve().parent.parent


def _required(name: str, why: str) -> str:
    value = os.environ.get(name, "")
    if not value:
        raise ImproperlyConfigured(f"Set {name}: {why}. `make run` makes one for a local installation.")
    return value


def _secret(name: str) -> str:
    """From the environment, or from the file that `<name>_FILE` names; empty when there is neither."""
    file = os.environ.get(f"{name}_FILE", "")
    try:
        return Path(file).read_text().strip() if file else os.environ.get(name, "")
    except OSError as error:
        raise ImproperlyConfigured(f"{name}_FILE names a file that cannot be read: {error}") from error


def _seal_key(text: str) -> bytes:
    with suppress(ValueError):
        if len(key := bytes.fromhex(text)) == 32:
            return key
    raise ImproperlyConfigured("KENO_SEAL_KEY and each key in KENO_SEAL_KEYS_OLD must be 64 hex digits.")


# --- secrets -----------------------------------------------------------------------------------------------------
SECRET_KEY = _required("KENO_SECRET_KEY", "a long random text that signs staff sessions")
SEAL_KEYS = [_seal_key(_secret("KENO_SEAL_KEY") or _required("KENO_SEAL_KEY", "64 hex digits, seals seeds at rest"))]
"""The AES-256 key that seals, and after it those that only open what was sealed before; see `rotate_seal_key`."""
SEAL_KEYS += [_seal_key(text) for text in _secret("KENO_SEAL_KEYS_OLD").split(",") if text]

# --- where things are --------------------------------------------------------------------------------------------
REDIS_URL = _required("REDIS_URL", "redis://host:port/0 of a Redis-compatible server")
BASE_URL = os.environ.get("KENO_BASE_URL", "http://localhost:8000")
DEBUG = False
DEMO = os.environ.get("KENO_DEMO") == "1"
"""Opens `/demo`, which gives any visitor a demo player's session. Never set where money is real."""
ALLOWED_HOSTS = os.environ.get("KENO_ALLOWED_HOSTS", "localhost,.localhost,127.0.0.1").split(",")
CSRF_TRUSTED_ORIGINS = [BASE_URL]
ROOT_URLCONF = "keno_platform.urls"
ASGI_APPLICATION = "keno_platform.asgi.application"
INTERNAL_IPS: list[str] = []
_SECURE = BASE_URL.startswith("https://")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _SECURE
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _SECURE else None
SECURE_HSTS_SECONDS = 31_536_000 if _SECURE else 0
X_FRAME_OPTIONS = "DENY"

# --- database ----------------------------------------------------------------------------------------------------
POOL_SIZE = int(os.environ.get("KENO_DB_POOL_SIZE", "0"))
"""Connections that a process shares among its threads. Only the web needs a pool; 0 means one a thread."""


def _database() -> dict[str, Any]:
    parts = conninfo_to_dict(_required("DATABASE_URL", "postgresql://user@host:port/name"))
    options: dict[str, Any] = {
        "application_name": os.environ.get("KENO_PROCESS", "keno"),
        # A client that freezes inside a transaction may hold the gate of a round: the server ends it.
        "options": "-c idle_in_transaction_session_timeout=10s",
    }
    if POOL_SIZE:
        options["pool"] = {"min_size": 2, "max_size": POOL_SIZE, "timeout": 15}
    return {
        "ENGINE": "operators.backend",
        "NAME": parts.pop("dbname", "postgres"),
        "USER": parts.pop("user", ""),
        "PASSWORD": parts.pop("password", ""),
        "HOST": parts.pop("host", ""),
        "PORT": parts.pop("port", ""),
        "OPTIONS": {**parts, **options},
        "CONN_MAX_AGE": 0 if POOL_SIZE else None,
        "CONN_HEALTH_CHECKS": True,
        "ATOMIC_REQUESTS": False,
    }


DATABASES = {"default": _database()}
DATABASE_ROUTERS = ["django_tenants.routers.TenantSyncRouter"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- tenancy -----------------------------------------------------------------------------------------------------
TENANT_MODEL = "operators.Operator"
TENANT_DOMAIN_MODEL = "operators.Domain"
SHARED_APPS = [
    "django_tenants",
    "unfold",
    "django.contrib.admin",
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
    "operators",
    "localization",
    "rounds",
    "reports",
    "play",
]
TENANT_APPS = ["players", "wallet", "bets", "banker"]
INSTALLED_APPS = SHARED_APPS + TENANT_APPS

# --- HTTP --------------------------------------------------------------------------------------------------------
MIDDLEWARE = [
    "keno_platform.http.middleware.request_id",
    "keno_platform.http.middleware.Compression",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "operators.middleware.staff_operator",
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
STATIC_ROOT = os.environ.get("KENO_STATIC_ROOT")
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]

REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": ["keno_platform.http.rendering.StrictJSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["keno_platform.http.parsing.StrictJSONParser"],
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
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
CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_TIME_LIMIT = 60
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
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
    "schedule-ahead": {"task": "rounds.schedule_ahead", "schedule": 30.0, "options": {"expires": 30}},
    "publish": {"task": "rounds.publish", "schedule": 5.0, "options": {"expires": 5}},
    "partitions-ahead": {"task": "bets.make_partitions", "schedule": 3600.0, "options": {"expires": 600}},
}

# --- rounds ------------------------------------------------------------------------------------------------------
EPOCH_SECONDS = int(os.environ.get("KENO_EPOCH_SECONDS", "3600"))
EPOCH_LEAD_SECONDS = int(os.environ.get("KENO_EPOCH_LEAD_SECONDS", "2700"))
"""How long before its first round an epoch must stand, committed; a new game starts after FIRST_ROUND_SECONDS."""
FIRST_ROUND_SECONDS = int(os.environ.get("KENO_FIRST_ROUND_SECONDS", "5"))
ANCHORING_SECONDS = int(os.environ.get("KENO_ANCHORING_SECONDS", "300"))
"""And so much later still where the game demands anchoring: how long a root may take to be final on the chain."""
EPOCH_KEY_DELAY_SECONDS = int(os.environ.get("KENO_EPOCH_KEY_DELAY_SECONDS", "900"))
"""How long after an epoch's end its key is published."""
RESULTS_SECONDS = int(os.environ.get("KENO_RESULTS_SECONDS", "600"))
RESULTS_MAX = int(os.environ.get("KENO_RESULTS_MAX", "1000"))
"""A tree of results is made when its oldest is so many seconds old, or when so many wait."""
DRAND_URLS = os.environ.get(
    "KENO_DRAND_URLS",
    "https://api.drand.sh,https://api2.drand.sh,https://api3.drand.sh,https://drand.cloudflare.com",
).split(",")

DATASETS_DIR = Path(os.environ.get("KENO_DATASETS", BASE_DIR / "datasets"))
"""Where simulations keep their draws and pictures."""

# --- the chain ---------------------------------------------------------------------------------------------------
CHAIN_URL = os.environ.get("KENO_CHAIN_URL", "")
"""JSON-RPC address of an EVM chain's node; empty: roots are signed and registered, and wait."""
CHAIN_KEY = _secret("KENO_CHAIN_KEY")
CHAIN_CONTRACT = os.environ.get("KENO_CHAIN_CONTRACT", "")
CHAIN_DEPLOY = os.environ.get("KENO_CHAIN_DEPLOY") == "1"
"""Deploy the contract where there is none, and again where a chain has forgotten it: for chains of one's own."""
CHAIN_CONFIRMATIONS = int(os.environ.get("KENO_CHAIN_CONFIRMATIONS", "12"))
CHAIN_MAX_FEE_GWEI = int(os.environ.get("KENO_CHAIN_MAX_FEE_GWEI", "100"))
CHAIN_PATIENCE_SECONDS = int(os.environ.get("KENO_CHAIN_PATIENCE_SECONDS", "120"))
CHAIN_BALANCE_MIN_GWEI = int(os.environ.get("KENO_CHAIN_BALANCE_MIN_GWEI", "10000000"))
if CHAIN_URL:  # nobody serves the queue where there is no chain, and it would only grow
    CELERY_BEAT_SCHEDULE["anchor"] = {
        "task": "anchors.send",
        "schedule": 2.0,
        "options": {"queue": "anchors", "expires": 2},
    }

# --- logs --------------------------------------------------------------------------------------------------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname:<7} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": os.environ.get("KENO_LOG_LEVEL", "INFO")},
    "loggers": {
        "django.request": {"level": "ERROR"},
        "django.channels.server": {"level": "WARNING"},
        # A stranger's mistake, answered with a problem document.
        "django.security.DisallowedHost": {"level": "CRITICAL"},
        "httpx": {"level": "WARNING"},
    },
}
UNFOLD = {
    "SITE_TITLE": "Keno platform",
    "SITE_HEADER": "Keno platform",
    "SITE_URL": None,
    "SHOW_HISTORY": False,
    "SHOW_VIEW_ON_SITE": False,
    "GLOBAL_CALLBACK": "keno_platform.navigation.staff_context",
    "DASHBOARD_CALLBACK": "keno_platform.dashboard.add_figures",
    "SIDEBAR": {"navigation": "keno_platform.navigation.sidebar"},
}
