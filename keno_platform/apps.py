from django.apps import AppConfig


class KenoPlatformConfig(AppConfig):
    name = "keno_platform"

    def ready(self) -> None:
        from keno_platform import celery, wiring  # noqa: F401  # the Celery app must exist wherever tasks are sent

        wiring.plug_in()
