from django.apps import AppConfig


class RoundsConfig(AppConfig):
    name = "rounds"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from rounds import approvals
        from rounds.beacons import addresses  # noqa: F401  # registers its check of the relays' addresses

        approvals.plug_in()
