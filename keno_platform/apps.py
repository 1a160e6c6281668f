from django.apps import AppConfig


class KenoPlatformConfig(AppConfig):
    name = "keno_platform"

    def ready(self) -> None:
        from keno_platform import celery, wiring

        wiring.plug_in()
        # Otherwise the first task sent finishes the app, and a second thread meets it half finished.
        celery.app.finalize()
