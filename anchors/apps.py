from django.apps import AppConfig


class AnchorsConfig(AppConfig):
    name = "anchors"
    default_auto_field = "django.db.models.BigAutoField"
