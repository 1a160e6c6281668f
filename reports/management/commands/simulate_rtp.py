"""`manage.py simulate_rtp`: play a paytable many times, beside its exact return; exits 1 when the two do not agree."""

import secrets
import sys
import time
from collections.abc import Iterable
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from bets.paytables import K88, PICKS_MAX, Multipliers
from bets.selectors import active_paytable, multipliers, paytable_of_version
from keno_platform.core import clock
from keno_platform.core.errors import NotFound
from operators.models import Operator
from operators.selectors import get_operator, list_operators
from operators.tenancy import tenant_context
from reports.management.commands.draw_statistics import ProgressLine, datasets_directory, require_installed
from reports.statistics import protocol

if TYPE_CHECKING:
    from reports.statistics.edges import Edge, Limits
    from reports.statistics.playing import Simulation

BETS_MAX = 10_000_000_000


class Command(BaseCommand):
    help = (
        "Play each pick count of a paytable many times and compare what it returns with the exact fraction. Exits 1 "
        "when an exact return lies outside its interval, which chance alone does in one run of a hundred."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--bets", type=int, default=100_000_000, help="of each pick count")
        parser.add_argument("--pick", type=int, help="this pick count only")
        parser.add_argument("--operator", help="slug: its active paytable instead of the default one")
        parser.add_argument(
            "--paytable", type=int, metavar="VERSION", help="of the operator, instead of the active one"
        )
        parser.add_argument("--seed", help="any text: the same text gives the same bets; without it a random one")
        parser.add_argument("--whole-draws", action="store_true", help="draw 20 numbers for each bet: slower, same law")
        parser.add_argument("--processes", type=int, default=protocol.default_processes(), help="that play")
        parser.add_argument("--output", type=Path, help="directory for the files, instead of the installation's own")

    def handle(self, *args: Any, **options: Any) -> None:
        if not 1 <= options["bets"] <= BETS_MAX:
            raise CommandError(f"--bets is 1 to {BETS_MAX:,}.")
        if options["processes"] < 1:
            raise CommandError("--processes is 1 or more.")
        require_installed()
        from reports.statistics.playing import Plan, run_simulation
        from reports.statistics.returns import Method

        table, paytable, operators = _chosen(options)
        began = time.monotonic()
        simulation = run_simulation(
            plan=Plan(
                table=table,
                paytable=paytable,
                bets=options["bets"],
                seed=options["seed"] or secrets.token_hex(16),
                method=Method.DRAWS if options["whole_draws"] else Method.LAW,
                processes=options["processes"],
                limits=limits_of(operators),
            ),
            directory=options["output"] or datasets_directory(),
            at=clock.now(),
            progress=ProgressLine(self.stderr, total=options["bets"] * len(table), what="bets"),
        )
        self._show(simulation, seconds=time.monotonic() - began)
        if not simulation.holds:
            sys.exit(1)

    def _show(self, simulation: "Simulation", *, seconds: float) -> None:
        run, bets = simulation.run, sum(one.played.bets for one in simulation.returns)
        self.stdout.write(f"seed {run.parameters['seed']}   (--seed gives the same bets again)")
        self.stdout.write(
            f"\n{'pick':>4}{'exact':>12}{'simulated':>12}{'interval':>26}{'any win':>10}{'deviation':>11}"
        )
        for one in simulation.returns:
            interval = f"{one.low:.4%} .. {one.high:.4%}"
            self.stdout.write(
                f"{one.played.pick_count:>4}{float(one.exact.rtp):>12.4%}{one.simulated:>12.4%}{interval:>26}"
                f"{float(one.exact.hit_frequency):>10.2%}{one.exact.standard_deviation:>11.2f}"
                f"{'' if one.holds else '  <- the exact return is outside'}"
            )
        self._show_edges(simulation.edges)
        self.stdout.write(f"\n{run.result['verdict']}")
        self.stdout.write(f"run {run.pk}: {bets:,} bets in {seconds:.1f} s")
        self.stdout.write(f"{run.file}   SHA-256 {bytes(run.file_sha256).hex()}")
        self.stdout.write(run.plot)

    def _show_edges(self, found: "list[Edge]") -> None:
        """Of each stake the pick count that loses most by rounding."""
        self.stdout.write(
            f"\n{'at the edges':<24}{'pick':>6}{'stake':>12}{'exact':>12}{'simulated':>12}{'rounding':>12}"
        )
        for name, same in groupby(sorted(found, key=lambda one: one.name), key=lambda one: one.name):
            own = list(same)
            worst = max(own, key=lambda one: one.lost)
            outside = [one.pick_count for one in own if not one.holds]
            self.stdout.write(
                f"{name:<24}{worst.pick_count:>6}{worst.stake:>12}{float(worst.exact):>12.4%}"
                f"{float(worst.simulated):>12.4%}{-float(worst.lost):>12.4%}"
                + (f"  <- outside, or cut off: pick {', '.join(map(str, outside))}" if outside else "")
            )


def limits_of(operators: Iterable[Operator]) -> "tuple[Limits, ...]":
    """What may be staked, by currency: with several operators of one, the lowest and the highest of them all."""
    from reports.statistics.edges import Limits

    found: dict[str, Limits] = {}
    for one in operators:
        known = found.get(one.currency_code)
        found[one.currency_code] = Limits(
            currency=one.currency_code,
            min_bet=min(one.min_bet, known.min_bet) if known else one.min_bet,
            max_bet=max(one.max_bet, known.max_bet) if known else one.max_bet,
            max_win=max(one.max_win_per_ticket, known.max_win) if known else one.max_win_per_ticket,
        )
    return tuple(found[currency] for currency in sorted(found))


def _chosen(options: dict[str, Any]) -> tuple[Multipliers, str, list[Operator]]:
    """
    The table to play, whose it is, and the operators whose limits its edges are.

    :raises CommandError: there is no such operator or version, or the table does not offer the pick count.
    """
    if options["operator"]:
        table, name, operators = _table_of(options["operator"], options["paytable"])
    elif options["paytable"] is not None:
        raise CommandError("--paytable is a version of an operator's: name the operator.")
    else:
        table, name, operators = K88, "K88, the default paytable", list(list_operators())
    pick = options["pick"]
    if pick is None:
        return table, name, operators
    if pick not in table:
        raise CommandError(f"--pick {pick}: {name} does not offer it; pick counts are 1 to {PICKS_MAX}.")
    return {pick: table[pick]}, name, operators


def _table_of(slug: str, version: int | None) -> tuple[Multipliers, str, list[Operator]]:
    try:
        operator = get_operator(slug=slug)
    except NotFound as error:
        raise CommandError(f"There is no operator {slug}.") from error
    with tenant_context(operator):
        try:
            paytable = active_paytable() if version is None else paytable_of_version(version)
        except NotFound as error:
            raise CommandError(f"{slug} has no version {version} of its paytable.") from error
        return multipliers(paytable), f"{paytable} of {operator.slug}", [operator]
