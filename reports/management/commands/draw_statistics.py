"""`manage.py draw_statistics`: test draws, keep them as a dataset with a plot; exits 1 when they do not look fair."""

import secrets
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser, OutputWrapper

from keno_platform.core import clock
from reports.statistics import protocol

if TYPE_CHECKING:
    from reports.statistics.samples import Sample
    from reports.statistics.study import Study

DRAWS_MAX = 20_000_000
NEEDED = ("numpy", "scipy", "matplotlib", "pyarrow")
INSTALL = ".venv/bin/uv pip install --python .venv/bin/python --require-hashes -r requirements/dev.lock"
PROGRESS_EVERY_S = 1.0


class Command(BaseCommand):
    help = (
        "Test whether draws look as fair draws would, and keep them as a dataset with a plot. Exits 1 when they do "
        "not, which chance alone does in one run of a hundred."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--draws", type=int, help="make so many; with --from-rounds the latest so many")
        parser.add_argument("--seed", help="any text: the same text gives the same draws; without it a random one")
        parser.add_argument("--from-rounds", action="store_true", help="test this installation's revealed rounds")
        parser.add_argument("--game", help="with --from-rounds: of the game with this code only")
        parser.add_argument("--processes", type=int, default=protocol.default_processes(), help="that make draws")
        parser.add_argument("--output", type=Path, help="directory for the files, instead of the installation's own")

    def handle(self, *args: Any, **options: Any) -> None:
        _require_sensible(options)
        require_installed()
        from reports.statistics.study import run_study

        began = time.monotonic()
        sample = self._sample(options)
        drawn = time.monotonic()
        study = run_study(sample=sample, directory=options["output"] or datasets_directory(), at=clock.now())
        self._show(study, seconds=(drawn - began, time.monotonic() - drawn))
        if study.verdict.odd:
            sys.exit(1)

    def _sample(self, options: dict[str, Any]) -> "Sample":
        from reports.statistics import samples
        from reports.statistics.significance import DRAWS_MIN

        if options["from_rounds"]:
            sample = samples.from_rounds(game=options["game"], draws_max=options["draws"])
        else:
            sample = samples.from_protocol(
                seed=options["seed"] or secrets.token_hex(16),
                draws=options["draws"],
                processes=options["processes"],
                progress=ProgressLine(self.stderr, total=options["draws"]),
            )
        if len(sample.draws) < DRAWS_MIN:
            raise CommandError(
                f"There are {len(sample.draws)} draws; with fewer than {DRAWS_MIN} no test says anything."
            )
        return sample

    def _show(self, study: "Study", *, seconds: tuple[float, float]) -> None:
        parameters, run = study.run.parameters, study.run
        if "epoch_key" in parameters:
            self.stdout.write(f"seed      {parameters['seed']}   (--seed gives the same draws again)")
            self.stdout.write(f"epoch key {parameters['epoch_key']}   (of no round)")
        self.stdout.write(f"\n{'test':<11}{'statistic':>13}{'expected':>13}{'p':>10}{'p (Holm)':>10}")
        for one in study.verdict.outcomes:
            self.stdout.write(
                f"{one.code:<11}{one.statistic:>13,.1f}{one.expected:>13,.1f}{one.p_value:>10.3g}{one.p_holm:>10.3g}"
                f"{'  <- not as a fair draw' if one.is_odd else ''}  {one.question}"
            )
        for test in study.verdict.skipped:
            self.stdout.write(f"{test.code:<11}needs {test.draws_min:,} draws")
        self.stdout.write(f"\n{study.verdict.words}\n")
        self.stdout.write(
            f"run {run.pk}: {parameters['draws']:,} draws in {seconds[0]:.1f} s, tested in {seconds[1]:.1f} s"
        )
        self.stdout.write(f"{run.file}   SHA-256 {bytes(run.file_sha256).hex()}")
        self.stdout.write(run.plot)


class ProgressLine:
    """How far it is and how long it still takes; on a terminal one line that changes."""

    def __init__(self, output: OutputWrapper, *, total: int, what: str = "draws") -> None:
        self._output, self._total, self._what = output, total, what
        self._began = self._shown = time.monotonic()

    def __call__(self, done: int) -> None:
        now, terminal = time.monotonic(), self._output.isatty()
        if now - self._shown < PROGRESS_EVERY_S and done < self._total:
            return
        self._shown = now
        left = (now - self._began) * (self._total - done) / done
        line = f"{done:>11,} of {self._total:,} {self._what}, {100 * done // self._total:>3} %, {left:.0f} s left"
        self._output.write(
            f"\r{line} " if terminal else line,
            style_func=str,
            ending="\n" if done == self._total or not terminal else "",
        )
        self._output.flush()


def datasets_directory() -> Path:
    """Where this installation keeps its datasets."""
    return Path(getattr(settings, "DATASETS_DIR", settings.BASE_DIR / "datasets"))


def _require_sensible(options: dict[str, Any]) -> None:
    """:raises CommandError: options that contradict each other or are out of range."""
    if options["draws"] is None and not options["from_rounds"]:
        raise CommandError("Say how many draws to make: --draws 1000000. Or --from-rounds.")
    if options["draws"] is not None and not 1 <= options["draws"] <= DRAWS_MAX:
        raise CommandError(f"--draws is 1 to {DRAWS_MAX:,}.")
    if options["processes"] < 1:
        raise CommandError("--processes is 1 or more.")
    if options["from_rounds"] and options["seed"] is not None:
        raise CommandError("The draws of rounds have no --seed.")
    if options["game"] is not None and not options["from_rounds"]:
        raise CommandError("--game goes with --from-rounds.")


def require_installed() -> None:
    """:raises CommandError: a library of the extra `analysis` is missing; it says how to install it."""
    try:
        import reports.statistics.study  # noqa: F401  # brings in all of them
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing not in NEEDED:
            raise
        raise CommandError(f"Statistics need {missing}, which is not installed: {INSTALL}") from error
