from django.apps import AppConfig


class BankerConfig(AppConfig):
    name = "banker"
    default_auto_field = "django.db.models.BigAutoField"
