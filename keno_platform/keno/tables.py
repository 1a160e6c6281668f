"""Verbs that look at operators and games, or change one thing about them. Loaded when Django is ready."""

import argparse
from datetime import timedelta

from django.db import transaction

from keno_platform.core.errors import Refusal
from keno_platform.keno.output import Output
from operators.selectors import find_live_key, list_operators
from operators.services import keys
from rounds.selectors import list_games, open_numbers, rounds_of
from rounds.services import epochs, games

ACTOR = "command line"


def operators(options: argparse.Namespace, output: Output) -> int:
    """Every operator."""
    found = [
        {
            "slug": one.slug,
            "name": one.name,
            "status": str(one.status),
            "wallet": str(one.wallet_mode),
            "currency": one.currency_code,
            "domains": sorted(str(domain.domain) for domain in one.domains.all()),
        }
        for one in list_operators().prefetch_related("domains")
    ]
    rows = [(*list(one.values())[:-1], ", ".join(one["domains"])) for one in found]
    output.table(("operator", "name", "status", "wallet", "currency", "domains"), rows)
    output.document({"operators": found})
    return 0


def rotate_key(options: argparse.Namespace, output: Output) -> int:
    """A successor for a key; its secret stands alone on standard output, once."""
    key = find_live_key(options.key)
    if key is None:
        output.warn(f"There is no key {options.key!r} that is valid, or more than one begins so: give its id.")
        return 2
    with transaction.atomic():
        successor, secret = keys.rotate_key(key=key, overlap=timedelta(seconds=options.overlap), actor=ACTOR)
    whose = key.operator.slug if key.operator else "the provider"
    output.warn(f"A new key of {whose}, shown only now. The old one is valid for {options.overlap} s longer.")
    output.say(secret)
    output.document({"key_id": str(successor.pk), "secret": secret, "replaces": str(key.pk)})
    return 0


def game(options: argparse.Namespace, output: Output) -> int:
    """List games, or make one."""
    return _create_game(options, output) if options.what == "create" else _list_games(output)


def _create_game(options: argparse.Namespace, output: Output) -> int:
    try:
        made = games.create_game(
            code=options.code,
            name=options.name,
            interval_seconds=options.interval,
            betting_seconds=options.betting,
            network=options.network,
            actor=ACTOR,
        )
    except Refusal as refusal:
        output.warn(f"{refusal.code}: {refusal}")
        return 2
    epochs.schedule_ahead()
    output.say(f"Game {made.code} is made, and its first rounds are committed.")
    output.document({"code": made.code, "rounds": rounds_of(made).count()})
    return 0


def _list_games(output: Output) -> int:
    running = open_numbers()
    found = [
        {
            "code": one.code,
            "every_s": one.interval_seconds,
            "betting_s": one.betting_seconds,
            "beacon": str(one.network),
            "active": one.active,
            "open_round": running.get(one.pk),
        }
        for one in list_games()
    ]
    output.table(("game", "every s", "betting s", "beacon", "active", "open round"), [one.values() for one in found])  # type: ignore[misc]
    output.document({"games": found})
    return 0
