"""The setting LOGGING. It loads nothing, because settings are made of it."""

from typing import Any


def logging_of(*, level: str, form: str, process: str) -> dict[str, Any]:
    """The configuration of the logging module: lines of `form` (text or json) on standard error, from `level` on."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "text": {"()": "keno_platform.observability.logs.TextLines"},
            "json": {"()": "keno_platform.observability.logs.JsonLines", "process": process},
        },
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": form}},
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            "django.request": {"level": "ERROR"},
            "django.channels.server": {"level": "WARNING"},
            # A stranger's mistake, answered with a problem document.
            "django.security.DisallowedHost": {"level": "CRITICAL"},
            "httpx": {"level": "WARNING"},
            # The web server brings a form of its own, and has set it by the time that this is read. A line for every
            # request stays out by name: configuring a logger brings its children back, whatever they were told before.
            "uvicorn": {"handlers": ["console"], "propagate": False, "level": level},
            "uvicorn.access": {"handlers": [], "propagate": False},
        },
    }
