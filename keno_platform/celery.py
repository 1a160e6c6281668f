"""The Celery application. Tasks are wake-ups: whatever they do is found again in the database when one is lost."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "keno_platform.settings")
app = Celery("keno_platform")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
