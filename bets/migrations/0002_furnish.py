"""What every operator starts with: partitions for the next days, and the default paytable."""

from typing import Any

from django.db import migrations

from bets import paytables
from keno_platform.core import clock
from operators.partitions import make_partitions
from operators.tenancy import current_schema

TABLES = ("bets_bet", "bets_payout", "wallet_transaction")


def add_partitions(apps: Any, editor: Any) -> None:
    make_partitions(TABLES, today=clock.now(), schema=current_schema())


def add_default_paytable(apps: Any, editor: Any) -> None:
    figures = paytables.check(paytables.K88)
    table = apps.get_model("bets", "Paytable").objects.create(
        version=1, name="K88", hash=paytables.hash_of(paytables.K88), active=True
    )
    apps.get_model("bets", "PaytablePick").objects.bulk_create(
        apps.get_model("bets", "PaytablePick")(
            paytable=table,
            pick_count=pick,
            rtp_numerator=one.rtp.numerator,
            rtp_denominator=one.rtp.denominator,
        )
        for pick, one in figures.items()
    )
    apps.get_model("bets", "PaytableRow").objects.bulk_create(
        apps.get_model("bets", "PaytableRow")(
            paytable=table, pick_count=pick, hit_count=hits, multiplier_hundredths=pays
        )
        for pick, row in paytables.K88.items()
        for hits, pays in row.items()
    )


class Migration(migrations.Migration):
    dependencies = [("bets", "0001_initial")]
    operations = [
        migrations.RunPython(add_partitions, migrations.RunPython.noop),
        migrations.RunPython(add_default_paytable, migrations.RunPython.noop),
    ]
