"""Players, known only by their operator's token, their sessions, and what protects them."""

from datetime import datetime, timedelta

from django.db import models
from django.db.models import CheckConstraint, F, Index, Q
from django.db.models.functions import Now

from keno_platform.core import ids


class Player(models.Model):
    """A player of this operator. The token is the operator's own; nothing personal is kept here."""

    token = models.CharField(max_length=64, unique=True)
    currency_code = models.CharField(max_length=3)
    blocked = models.BooleanField(default=False)
    guarded = models.BooleanField(
        default=False,
        db_default=False,
        editable=False,
        help_text="There may be a limit, an exclusion or a profile of its own: each bet is judged.",
    )
    jurisdiction_code = models.SlugField(
        max_length=16,
        blank=True,
        default="",
        db_default="",
        db_index=False,
        help_text="Of the last session; empty: the operator's.",
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    def __str__(self) -> str:
        return self.token


class Session(models.Model):
    """
    A player's session: opened by the operator's backend, entered once with the launch token, then carried by
    the session token. Only hashes of both are kept.
    """

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    player = models.ForeignKey(Player, on_delete=models.PROTECT)
    launch_hash = models.BinaryField(max_length=32, unique=True)
    launch_expires_at = models.DateTimeField()
    launched_at = models.DateTimeField(null=True)
    token_hash = models.BinaryField(max_length=32, unique=True, null=True)
    language = models.CharField(max_length=8)
    country = models.CharField(max_length=2, blank=True)
    brand = models.CharField(max_length=80, blank=True, default="", help_text="Shown instead of the operator's name.")
    jurisdiction_code = models.SlugField(max_length=16, blank=True, default="", db_index=False)
    reference = models.CharField(max_length=128, blank=True, default="", help_text="The operator's own reference.")
    lobby_url = models.CharField(max_length=1000, blank=True, default="")
    cashier_url = models.CharField(max_length=1000, blank=True, default="")
    history_url = models.CharField(max_length=1000, blank=True, default="")
    reality_check_url = models.CharField(max_length=1000, blank=True, default="")
    time_limited = models.BooleanField(default=False, editable=False, help_text="A limit is what ends it.")
    reality_check_minutes = models.PositiveSmallIntegerField(null=True, editable=False)
    reality_checked_at = models.DateTimeField(null=True, editable=False)
    demo_for = models.UUIDField(
        null=True, editable=False, help_text="Play money: the operator whose demo this is. Null where money is real."
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            CheckConstraint(
                condition=Q(reality_check_minutes__isnull=True) | Q(reality_check_minutes__gt=0),
                name="players_reality_check_positive",
            )
        ]
        indexes = [Index(fields=["reference"], condition=~Q(reference=""), name="players_session_by_reference")]

    def __str__(self) -> str:
        return f"session {self.id}"

    @property
    def mode(self) -> str:
        """What is played for: `real` money or a `demo` with play money."""
        return "demo" if self.demo_for else "real"

    @property
    def reality_check_due_at(self) -> datetime | None:
        """When the player is to be told how long the session lasts; None where nobody demands it."""
        since = self.reality_checked_at or self.launched_at
        if since is None or self.reality_check_minutes is None:
            return None
        return since + timedelta(minutes=self.reality_check_minutes)


class LimitKind(models.TextChoices):
    """What is limited."""

    STAKE = "stake", "stakes"
    LOSS = "loss", "losses"
    DEPOSIT = "deposit", "deposits"
    SESSION = "session", "length of a session"


class Period(models.TextChoices):
    """For what a limit holds. Days, weeks (from Monday) and months are those of the calendar in UTC."""

    BET = "bet", "bet"
    DAY = "day", "day"
    WEEK = "week", "week"
    MONTH = "month", "month"
    SESSION = "session", "session"


_CALENDAR = (Period.DAY, Period.WEEK, Period.MONTH)
PERIODS: dict[LimitKind, tuple[Period, ...]] = {
    LimitKind.STAKE: (Period.BET, *_CALENDAR),
    LimitKind.LOSS: _CALENDAR,
    LimitKind.DEPOSIT: _CALENDAR,
    LimitKind.SESSION: (Period.SESSION,),
}
"""For which periods each kind of limit can be."""


class Source(models.TextChoices):
    """Whose limit it is. Those of a jurisdiction stand in its profile, and in no row."""

    PLAYER = "player", "the player"
    OPERATOR = "operator", "the operator"


class PlayerLimit(models.Model):
    """
    A decision about a limit. Append-only, but that one which waits can be withdrawn; written by `services.limits` only.

    In force is the latest that is effective and not withdrawn, of each player, kind, period and source. `amount` is in
    minor units, or in minutes for the length of a session; None: no limit any more.
    """

    player = models.ForeignKey(Player, on_delete=models.PROTECT, related_name="limits", db_index=False)
    kind = models.CharField(max_length=8, choices=LimitKind.choices)
    period = models.CharField(max_length=8, choices=Period.choices)
    source = models.CharField(max_length=8, choices=Source.choices)
    amount = models.BigIntegerField(null=True)
    actor = models.CharField(max_length=160)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    effective_from = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "limit"
        constraints = [
            CheckConstraint(
                condition=Q(
                    *(Q(kind=kind, period__in=list(periods)) for kind, periods in PERIODS.items()), _connector=Q.OR
                ),
                name="players_limit_kind_and_period",
            ),
            CheckConstraint(condition=Q(kind__in=LimitKind.values), name="players_limit_kind_known"),
            CheckConstraint(condition=Q(period__in=Period.values), name="players_limit_period_known"),
            CheckConstraint(condition=Q(source__in=Source.values), name="players_limit_source_known"),
            CheckConstraint(condition=Q(amount__isnull=True) | Q(amount__gte=0), name="players_limit_not_negative"),
            CheckConstraint(
                condition=Q(withdrawn_at__isnull=True) | Q(withdrawn_at__lte=F("effective_from")),
                name="players_limit_withdrawn_while_waiting",
            ),
        ]
        indexes = [Index(fields=["player", "kind", "period", "source", "-id"], name="players_limit_in_force")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} by {self.period}"


class ExclusionKind(models.TextChoices):
    """A break of hours, or what nobody ends early."""

    COOL_OFF = "cool_off", "break"
    SELF_EXCLUSION = "self_exclusion", "self-exclusion"


class Exclusion(models.Model):
    """A time in which a player does not play. Append-only; only an operator's own break can be lifted."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    player = models.ForeignKey(Player, on_delete=models.PROTECT, related_name="exclusions")
    kind = models.CharField(max_length=16, choices=ExclusionKind.choices)
    source = models.CharField(max_length=8, choices=Source.choices)
    starts_at = models.DateTimeField(db_default=Now(), editable=False)
    until = models.DateTimeField(null=True, help_text="Empty: for ever.")
    reason = models.CharField(max_length=200, blank=True, default="")
    actor = models.CharField(max_length=160)
    lifted_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            CheckConstraint(condition=Q(kind__in=ExclusionKind.values), name="players_exclusion_kind_known"),
            CheckConstraint(condition=Q(source__in=Source.values), name="players_exclusion_source_known"),
            CheckConstraint(
                condition=Q(kind=ExclusionKind.SELF_EXCLUSION) | Q(until__isnull=False), name="players_break_has_an_end"
            ),
            CheckConstraint(
                condition=Q(lifted_at__isnull=True) | Q(kind=ExclusionKind.COOL_OFF, source=Source.OPERATOR),
                name="players_only_an_operators_break_is_lifted",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} of {self.player}"


class Choice(models.TextChoices):
    """What a player answers to a reality check."""

    CONTINUE = "continue", "continue"
    STOP = "stop", "stop"


class RealityCheck(models.Model):
    """An answered reality check: what the player was told (minor units) and decided. Append-only."""

    session = models.ForeignKey(Session, on_delete=models.PROTECT)
    due_at = models.DateTimeField(null=True)
    choice = models.CharField(max_length=8, choices=Choice.choices)
    elapsed_seconds = models.PositiveIntegerField()
    staked = models.BigIntegerField()
    returned = models.BigIntegerField()
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [CheckConstraint(condition=Q(choice__in=Choice.values), name="players_choice_known")]

    def __str__(self) -> str:
        return f"{self.choice} in {self.session}"
