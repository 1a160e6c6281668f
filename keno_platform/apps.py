from django.apps import AppConfig
from django.conf import settings


class KenoPlatformConfig(AppConfig):
    name = "keno_platform"

    def ready(self) -> None:
        from keno_platform import celery, wiring
        from keno_platform.core import buggify
        from keno_platform.observability import tracing

        wiring.plug_in()
        if settings.FAULTS_PLAN:
            # Whatever risks are accepted: an installation that others reach is never made to stumble.
            in_production = settings.ENVIRONMENT.is_production
            buggify.arm(settings.FAULTS_PLAN, process=settings.PROCESS, in_production=in_production)
        tracing.start(url=settings.TRACES_URL, percent=settings.TRACES_PERCENT, process=settings.PROCESS)
        # Otherwise the first task sent finishes the app, and a second thread meets it half finished.
        celery.app.finalize()
