"""What is wrong with one round stays with that round."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import connection, connections, transaction

from rounds import custody
from rounds.models import Round, RoundStatus
from rounds.services import drawing, tick
from tests.support.rounds import again, commit_rounds, drive, new_game, wait_until


@contextmanager
def bet_that_never_ends(one: Round) -> Iterator[None]:
    """A second connection that passed the gate of a round and then froze inside its transaction."""
    other = connections.create_connection("default")
    try:
        with other.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute("SELECT * FROM public.rounds_gate(%s)", [[one.pk]])
        yield
    finally:
        other.close()


def test_a_frozen_bet_keeps_its_own_round_open_and_no_other(committed: None) -> None:
    frozen, free = commit_rounds([new_game(), new_game()])
    wait_until(frozen.opens_at)
    drive([frozen, free], RoundStatus.OPEN)
    with bet_that_never_ends(frozen):
        wait_until(max(frozen.closes_at, free.closes_at))
        tick.run_due()
        assert again(free).status in (RoundStatus.DRAWN, RoundStatus.REVEALED)
        assert again(frozen).status == RoundStatus.OPEN
    drive([frozen])
    assert again(frozen).status == RoundStatus.REVEALED


def unreadable_key(one: Round) -> None:
    """Damage the sealed key of a round's epoch, past the trigger that protects it."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE rounds_epoch DISABLE TRIGGER rounds_keep")
        cursor.execute(
            "UPDATE rounds_epoch SET sealed_key = set_byte(sealed_key, 20, 255 - get_byte(sealed_key, 20))"
            " WHERE id = %s",
            [one.epoch_id],
        )
        cursor.execute("ALTER TABLE rounds_epoch ENABLE TRIGGER rounds_keep")


def test_a_lost_key_keeps_its_own_rounds_waiting_and_no_other(
    committed: None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    [lost] = commit_rounds(new_game())
    [good] = commit_rounds(new_game())
    unreadable_key(lost)
    wait_until(max(lost.opens_at, good.opens_at))
    drive([lost, good], RoundStatus.OPEN)
    wait_until(max(lost.closes_at, good.closes_at))
    drive([good])
    tick.run_due()
    assert again(lost).status == RoundStatus.CLOSED
    assert "KENO_SEAL_KEY" in caplog.text
    assert custody.seeds_of_ended([lost.pk]) == {lost.pk: None}

    monkeypatch.setattr(drawing, "WAIT_MAX", drawing.WAIT_MAX * 0)
    tick.run_due()
    assert again(lost).status == RoundStatus.VOID
    assert again(lost).void_reason == "the seed's key is lost"
