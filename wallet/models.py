"""
The books of an operator: balances, and every movement that made them. On the transfer wallet an account is the
player's money; on the seamless wallet it is a clearing account, and what was called at the operator stands beside it.
"""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import CheckConstraint, Index, Q
from django.db.models.functions import Now

from players.models import Player


class Kind(models.IntegerChoices):
    """What moved the money. The number is the last hex digit of the movement's id; see `core.ids`."""

    STAKE = 1, "stake"
    PAYOUT = 2, "payout"
    REFUND = 3, "refund"
    DEPOSIT = 4, "deposit"
    WITHDRAWAL = 5, "withdrawal"
    DEBIT = 6, "debit"
    CREDIT = 7, "credit"
    ROLLBACK = 8, "rollback"
    SLIP = 9, "slip"
    PRIZE = 10, "prize"
    SLIP_REFUND = 11, "slip_refund"
    CREDIT_GIVEN = 12, "credit_given"
    CREDIT_TAKEN = 13, "credit_taken"
    COMMISSION = 14, "commission"
    REVERSAL = 15, "reversal"


BANKER = tuple(kind for kind in Kind if kind >= Kind.SLIP)
"""Kinds of the three-digit lottery, which its collectors' accounts have and no player's has."""
OUTGOING = (*(Kind.STAKE, Kind.WITHDRAWAL, Kind.CREDIT, Kind.ROLLBACK), *(Kind.SLIP, Kind.CREDIT_TAKEN, Kind.REVERSAL))
"""Kinds that take money off the account; the others bring it."""
INCOMING = tuple(kind for kind in Kind if kind not in OUTGOING)
CALLED = (Kind.DEBIT, Kind.CREDIT, Kind.ROLLBACK)
"""Kinds that are calls to a seamless operator's wallet."""


class Account(models.Model):
    """
    A player's money here, in minor units. Always the sum of its transactions, and never below zero.

    In seamless mode: what was debited at the operator and is not staked yet, and what is owed to it.
    """

    player = models.OneToOneField(Player, on_delete=models.PROTECT)
    balance = models.BigIntegerField(default=0)
    guarded = models.BooleanField(
        db_default=False, default=False, editable=False, help_text="As the player is; a trigger keeps it so."
    )

    class Meta:
        constraints = [CheckConstraint(condition=Q(balance__gte=0), name="wallet_balance_not_negative")]

    def __str__(self) -> str:
        return f"account {self.pk}"


class Transaction(models.Model):
    """
    One movement. Append-only, partitioned by day. `amount` is signed, in minor units: money to the player is
    positive. Everything is written by the SQL function `post_movements`.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, db_constraint=False, db_index=False)
    kind = models.PositiveSmallIntegerField(choices=Kind.choices)
    amount = models.BigIntegerField()
    balance_after = models.BigIntegerField()
    reference = models.CharField(max_length=128, null=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            CheckConstraint(condition=Q(kind__in=Kind.values), name="wallet_kind_known"),
            CheckConstraint(
                condition=Q(kind__in=OUTGOING, amount__lt=0) | Q(kind__in=INCOMING, amount__gt=0),
                name="wallet_amount_has_its_sign",
            ),
            CheckConstraint(condition=Q(balance_after__gte=0), name="wallet_balance_after_not_negative"),
        ]
        indexes = [
            Index(fields=["account", "-id"], name="wallet_by_account"),
            Index(fields=["created_at", "id"], name="wallet_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.id}"


class TransferKey(models.Model):
    """The idempotency key of a deposit or withdrawal, with what was asked under it and what it became."""

    key = models.CharField(max_length=128, primary_key=True)
    fingerprint = models.BinaryField(max_length=32)
    transaction_id = models.UUIDField(unique=True)
    created_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return self.key


class CallState(models.TextChoices):
    """
    How far a call to an operator's wallet is.

    A debit: pending, then ok, refused, or in doubt (its rollback is on its way), and rolled back when that has ended.
    Credits and rollbacks: pending until ok; a credit that fails for a day is dead, until staff resolve it by hand.
    """

    PENDING = "pending", "pending"
    OK = "ok", "ok"
    REFUSED = "refused", "refused"
    IN_DOUBT = "in_doubt", "in doubt"
    ROLLED_BACK = "rolled_back", "rolled back"
    DEAD = "dead", "dead letter"
    RESOLVED = "resolved", "resolved by hand"


OPEN_STATES = (CallState.PENDING, CallState.IN_DOUBT, CallState.DEAD)
"""What is not over yet."""


class Reason(models.TextChoices):
    """Why a call is made, where its kind does not say it."""

    NONE = "", "–"
    WIN = "win", "win"
    NOTICE = "notice", "notice of a bet that won nothing"
    IN_DOUBT = "in_doubt", "the debit's answer was not definite"
    ROUND_CLOSED = "round_closed", "betting ended before the debit was certain"
    REFUSED = "refused", "the bet was refused after its debit"
    CANCELLED = "cancelled", "the bet was cancelled"
    ROUND_VOID = "round_void", "the round is void"


class WalletCall(models.Model):
    """
    One transaction at an operator's seamless wallet, written before its first attempt. Its id is the transaction's id
    at the operator: the bet's id with the kind as last digit.

    `due_at` is when the next attempt (or for a debit the doubt about a lost one) is due; null when it is over.
    One row a transaction; written by the functions of `wallet/sql/0002_seamless.sql` only.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    kind = models.PositiveSmallIntegerField(choices=[(kind.value, kind.label) for kind in CALLED])
    state = models.CharField(max_length=12, choices=CallState.choices, default=CallState.PENDING)
    reason = models.CharField(max_length=12, choices=Reason.choices, default=Reason.NONE, blank=True)
    bet_id = models.UUIDField()
    ticket_id = models.UUIDField(null=True)
    player = models.ForeignKey(Player, on_delete=models.PROTECT, db_constraint=False, db_index=False)
    session_id = models.UUIDField(null=True)
    round_id = models.BigIntegerField()
    game = models.CharField(max_length=40)
    amount = models.BigIntegerField()
    bet_ids = ArrayField(models.UUIDField(), null=True, help_text="The winning bets of a credit.")
    bet_amounts = ArrayField(models.BigIntegerField(), null=True, help_text="What each of them won.")
    round_closed = models.BooleanField(default=False)
    attempts = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=120, default="", blank=True)
    operator_reference = models.CharField(max_length=128, null=True)
    created_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "wallet call"
        constraints = [
            CheckConstraint(condition=Q(kind__in=[6, 7, 8]), name="wallet_call_kind_known"),
            CheckConstraint(condition=Q(state__in=CallState.values), name="wallet_call_state_known"),
            CheckConstraint(condition=Q(reason__in=Reason.values), name="wallet_call_reason_known"),
            CheckConstraint(condition=Q(amount__gte=0), name="wallet_call_amount_not_negative"),
        ]
        indexes = [
            Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="wallet_call_due"),
            Index(fields=["round_id", "player"], name="wallet_call_by_round"),
            Index(fields=["player", "-id"], name="wallet_call_by_player"),
            Index(fields=["finished_at", "id"], condition=Q(finished_at__isnull=False), name="wallet_call_finished"),
            Index(fields=["id"], condition=Q(state__in=OPEN_STATES), name="wallet_call_open"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.pk}"

    @property
    def kind_of(self) -> Kind:
        return Kind(self.kind)


class Remedy(models.TextChoices):
    """What staff do about a dead letter."""

    RETRY = "retry", "send it again for a day"
    BY_HAND = "by_hand", "the operator has booked it by hand"


class Resolution(models.Model):
    """A dead letter's resolution: one member of staff asks for it, another decides."""

    call_id = models.UUIDField()
    remedy = models.CharField(max_length=8, choices=Remedy.choices)
    reason = models.CharField(max_length=400)
    requested_by = models.CharField(max_length=150)
    requested_at = models.DateTimeField(db_default=Now())
    decided_by = models.CharField(max_length=150, null=True)
    decided_at = models.DateTimeField(null=True)
    approved = models.BooleanField(null=True)

    class Meta:
        constraints = [
            CheckConstraint(condition=Q(remedy__in=Remedy.values), name="wallet_remedy_known"),
            CheckConstraint(
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=models.F("requested_by")),
                name="wallet_resolution_four_eyes",
            ),
            CheckConstraint(
                condition=Q(decided_by__isnull=True, decided_at__isnull=True, approved__isnull=True)
                | Q(decided_by__isnull=False, decided_at__isnull=False, approved__isnull=False),
                name="wallet_resolution_whole",
            ),
            models.UniqueConstraint(
                fields=["call_id"], condition=Q(decided_at__isnull=True), name="wallet_one_open_resolution"
            ),
        ]

    def __str__(self) -> str:
        return f"resolution of {self.call_id}"


class ArchivedDay(models.Model):
    """
    A day (UTC) of the books that has been written to the archive, read back and found the same. Days go in order, so
    the latest is a horizon: what has an id below its `upper` is in the archive, and no table is asked for it any more.

    Counts and sums (minor units) of what the day's files hold; `moved` is the sum of signed amounts.
    """

    day = models.DateField(primary_key=True)
    upper = models.UUIDField(unique=True, help_text="The first id after the day.")
    bets = models.BigIntegerField()
    slips = models.BigIntegerField()
    stakes = models.BigIntegerField()
    winners = models.BigIntegerField()
    payouts = models.BigIntegerField()
    movements = models.BigIntegerField()
    moved = models.BigIntegerField()
    last_at = models.DateTimeField(null=True, help_text="When the last of its transactions became definite.")
    directory = models.CharField(max_length=400, help_text="Below the archive's root.")
    manifest_sha256 = models.BinaryField(max_length=32)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name = "archived day"

    def __str__(self) -> str:
        return str(self.day)


class CarriedBalance(models.Model):
    """What an account's movements of an archived day come to: a balance is these and the movements that are online."""

    day = models.DateField()
    account = models.ForeignKey(Account, on_delete=models.PROTECT, db_constraint=False, db_index=False)
    movements = models.BigIntegerField()
    amount = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "day"], name="wallet_carried_once")]

    def __str__(self) -> str:
        return f"account {self.account_id} of {self.day}"


class CarriedKind(models.Model):
    """How many movements of a kind an archived day held, and the sum of their signed amounts."""

    day = models.DateField()
    kind = models.PositiveSmallIntegerField()
    movements = models.BigIntegerField()
    amount = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["day", "kind"], name="wallet_kind_carried_once")]

    def __str__(self) -> str:
        return f"{Kind(self.kind).label}s of {self.day}"
