"""The plain UPDATE that settlement is measured against does what it says."""

import os

import pytest
from django.db import connection

from bench.yardsticks.update import bet_table


def url() -> str:
    return f"{os.environ['DATABASE_URL'].rpartition('/')[0]}/{connection.settings_dict['NAME']}"


@pytest.mark.usefixtures("committed")
def test_it_settles_every_bet_of_one_round_and_of_no_other() -> None:
    with bet_table(url()) as table:
        first, second = table.fill(300), table.fill(200)
        settled, seconds = table.settle(first)
        assert (settled, table.count("settled"), table.count("pending")) == (300, 300, 200)
        assert seconds > 0
        assert table.settle(second)[0] == 200
        assert table.count("pending") == 0


@pytest.mark.usefixtures("committed")
def test_it_leaves_nothing_behind() -> None:
    with bet_table(url()) as table:
        table.fill(1)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_tables WHERE tablename LIKE 'bench\\_bet\\_%%'")
        assert cursor.fetchone() == (0,)
