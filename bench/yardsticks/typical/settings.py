"""Settings of the typical implementation. TYPICAL_DATABASE_URL is its database."""

import os

from psycopg.conninfo import conninfo_to_dict

_parts = conninfo_to_dict(os.environ["TYPICAL_DATABASE_URL"])
SECRET_KEY = "nothing here is signed"  # noqa: S105  # no sessions
DEBUG = False
ALLOWED_HOSTS = ["127.0.0.1"]
ROOT_URLCONF = "bench.yardsticks.typical.urls"
WSGI_APPLICATION = "bench.yardsticks.typical.wsgi.application"
DATABASES = {
    "default": {
        "ENGINE": "django_tenants.postgresql_backend",
        "NAME": _parts["dbname"],
        "USER": _parts.get("user", ""),
        "PASSWORD": _parts.get("password", ""),
        "HOST": _parts.get("host", ""),
        "PORT": _parts.get("port", ""),
        "CONN_MAX_AGE": None,
        "OPTIONS": {"application_name": "typical"},
    }
}
DATABASE_ROUTERS = ["django_tenants.routers.TenantSyncRouter"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
TENANT_MODEL = "houses.Operator"
TENANT_DOMAIN_MODEL = "houses.Domain"
SHARED_APPS = ["django_tenants", "django.contrib.contenttypes", "rest_framework", "bench.yardsticks.typical.houses"]
TENANT_APPS = ["bench.yardsticks.typical.betting"]
INSTALLED_APPS = SHARED_APPS + TENANT_APPS
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.common.CommonMiddleware",
    "bench.yardsticks.typical.houses.middleware.public_schema",
]
REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_AUTHENTICATION_CLASSES": ["bench.yardsticks.typical.houses.authentication.KeyAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "UNAUTHENTICATED_USER": None,
}
USE_TZ = True
TIME_ZONE = "UTC"
LOGGING = {"version": 1, "loggers": {"django.request": {"level": "ERROR"}}}
