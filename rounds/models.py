"""Games, epochs and rounds: the public record of every draw."""

import uuid
from datetime import timedelta

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import CheckConstraint, F, Index, Q, UniqueConstraint
from django.db.models.functions import Now


class NetworkName(models.TextChoices):
    """Where the unpredictable half of a draw comes from; see docs/fairness.md."""

    DRAND = "drand-quicknet", "drand quicknet: the League of Entropy's public beacon"
    LOCAL = "local", "local: this installation's own beacon, not public"
    NONE = "none", "none: commit and reveal only, known to the operator"


class Anchoring(models.TextChoices):
    """What becomes of a round whose epoch is not final on the chain when the round should open."""

    REQUIRED = "required", "required: the round does not open and is void"
    SIGNED_ONLY = "signed-only", "signed-only: the round opens, labelled so"


LEAD_MAX = timedelta(hours=12)
"""How far the time of a sandbox's game may be ahead: settlement looks for a round's bets within a day of its times."""
SANDBOX_PREFIX = "sandbox-"
"""How the code of every sandbox's game begins, so that whoever sees a round of it knows."""


class Game(models.Model):
    """One endless sequence of rounds. Without an owner it is shared by all operators."""

    code = models.SlugField(max_length=32, unique=True)
    name = models.CharField(max_length=80)
    stream = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    interval_seconds = models.PositiveIntegerField(default=10, validators=[MinValueValidator(2)])
    betting_seconds = models.PositiveIntegerField(default=7, validators=[MinValueValidator(1)])
    network = models.CharField(max_length=24, choices=NetworkName.choices, default=NetworkName.LOCAL)
    anchoring = models.CharField(max_length=12, choices=Anchoring.choices, default=Anchoring.SIGNED_ONLY)
    owner = models.ForeignKey("operators.Operator", null=True, blank=True, on_delete=models.PROTECT)
    sandbox = models.BooleanField(
        default=False, editable=False, help_text="Its owner, a sandbox operator, may stop and step its clock."
    )
    active = models.BooleanField(default=True)
    event_seq = models.BigIntegerField(default=0, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            CheckConstraint(condition=Q(network__in=NetworkName.values), name="rounds_game_network_known"),
            CheckConstraint(condition=Q(anchoring__in=Anchoring.values), name="rounds_game_anchoring_known"),
            CheckConstraint(
                condition=Q(interval_seconds__gt=F("betting_seconds"), betting_seconds__gt=0),
                name="rounds_game_draws_between_rounds",
            ),
            CheckConstraint(
                condition=Q(sandbox=False)
                | Q(
                    owner__isnull=False,
                    network=NetworkName.NONE,
                    anchoring=Anchoring.SIGNED_ONLY,
                    code__startswith=SANDBOX_PREFIX,
                    interval_seconds__range=(5, 600),
                    interval_seconds__gte=F("betting_seconds") + 2,
                ),
                name="rounds_game_sandbox_terms",
            ),
        ]

    def __str__(self) -> str:
        return self.code


class GameClock(models.Model):
    """
    The time of a sandbox's own game, in relation to the real one. Only games of sandboxes have a row, a trigger sees
    to that: the rounds of all others go by the real clock.

    The game's time is the real time and `lead`; or, where the clock stands, `stopped_at` until the real time
    `resumes_at`, and from then on it goes on by itself. It is never behind the real time and never runs back.
    """

    game = models.OneToOneField(Game, primary_key=True, on_delete=models.PROTECT, related_name="clock")
    lead = models.DurationField()
    stopped_at = models.DateTimeField(null=True, help_text="The time of the game at which it stands.")
    resumes_at = models.DateTimeField(null=True, help_text="The real time at which it goes on by itself.")
    changed_at = models.DateTimeField(help_text="The real time of the last change.")

    class Meta:
        constraints = [
            CheckConstraint(condition=Q(lead__range=(timedelta(0), LEAD_MAX)), name="rounds_clock_not_behind"),
            CheckConstraint(
                condition=Q(stopped_at__isnull=True, resumes_at__isnull=True)
                | Q(stopped_at__isnull=False, resumes_at__lte=F("stopped_at")),
                name="rounds_clock_goes_on_in_time",
            ),
        ]

    def __str__(self) -> str:
        return f"clock of game {self.game_id}"


class Epoch(models.Model):
    """
    A run of rounds of all games whose seeds come from one sealed key and whose commitments share one root.

    `statement` is the signed word that the root was fixed when it was; `anchor_seq` the root's place in the order of
    the chain; `nodes` one level of the tree, so that a proof need not build the rest of it again.
    """

    sealed_key = models.BinaryField(max_length=60)
    root = models.BinaryField(max_length=32)
    size = models.PositiveIntegerField()
    nodes = models.BinaryField(default=bytes)
    statement = models.BinaryField(max_length=64, null=True)
    statement_signature = models.BinaryField(max_length=64, null=True)
    statement_key_id = models.CharField(max_length=16, blank=True)
    anchor_seq = models.BigIntegerField(null=True, unique=True)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    committed_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"epoch {self.pk}"


class EpochKey(models.Model):
    """The key of an epoch that is over, published: it gives the seed of every round in it."""

    epoch = models.OneToOneField(Epoch, primary_key=True, on_delete=models.PROTECT)
    key = models.BinaryField(max_length=32)
    published_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"key of epoch {self.epoch_id}"


class ResultsTree(models.Model):
    """The RESULT leaves of rounds that ended, in the order in which they were drawn, under one root."""

    root = models.BinaryField(max_length=32)
    size = models.PositiveIntegerField()
    nodes = models.BinaryField(default=bytes)
    anchor_seq = models.BigIntegerField(null=True, unique=True)
    created_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"results {self.pk}"


class RoundStatus(models.TextChoices):
    """scheduled -> open -> closed -> drawn -> settled -> revealed; void from any state before drawn."""

    SCHEDULED = "scheduled", "scheduled"
    OPEN = "open", "open"
    CLOSED = "closed", "closed"
    DRAWN = "drawn", "drawn"
    SETTLED = "settled", "settled"
    REVEALED = "revealed", "revealed"
    VOID = "void", "void"


class Round(models.Model):
    """
    One round. The upper part is committed before it opens and never changes; the lower part is filled in
    once, arrow by arrow. Triggers keep both, whoever writes.

    Every arrow writes each index of the table anew: so there is none that another one can stand for.
    """

    game = models.ForeignKey(Game, on_delete=models.PROTECT, db_index=False)
    number = models.BigIntegerField(help_text="The game's own sequence, without gaps.")
    epoch = models.ForeignKey(Epoch, on_delete=models.PROTECT, db_index=False)
    leaf_index = models.PositiveIntegerField()
    network = models.CharField(max_length=24, choices=NetworkName.choices)
    anchoring = models.CharField(max_length=12, choices=Anchoring.choices, default=Anchoring.SIGNED_ONLY)
    opens_at = models.DateTimeField()
    closes_at = models.DateTimeField()
    beacon_round = models.BigIntegerField()
    server_seed_hash = models.BinaryField(max_length=32, help_text="The commitment C of KPS-1.")
    sandbox = models.BooleanField(
        db_default=False,
        editable=False,
        help_text="Its game has a clock of its own. A trigger says so at its creation.",
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    status = models.CharField(max_length=12, choices=RoundStatus.choices, default=RoundStatus.SCHEDULED)
    opened_at = models.DateTimeField(null=True)
    signed_only = models.BooleanField(null=True, help_text="It opened before its epoch was final on the chain.")
    closed_at = models.DateTimeField(null=True)
    bets_count = models.PositiveIntegerField(null=True)
    bets_root = models.BinaryField(max_length=32, null=True)
    close_message = models.BinaryField(max_length=112, null=True)
    close_signature = models.BinaryField(max_length=64, null=True)
    close_key_id = models.CharField(max_length=16, blank=True)
    drawn_at = models.DateTimeField(null=True)
    numbers_drawn = ArrayField(models.PositiveSmallIntegerField(), size=20, null=True)
    server_seed = models.BinaryField(max_length=32, null=True)
    beacon_signature = models.BinaryField(max_length=48, null=True)
    settled_at = models.DateTimeField(null=True)
    revealed_at = models.DateTimeField(null=True)
    voided_at = models.DateTimeField(null=True)
    void_cause = models.PositiveSmallIntegerField(null=True)
    void_reason = models.CharField(max_length=200, blank=True)
    results_tree = models.ForeignKey(ResultsTree, null=True, on_delete=models.PROTECT, db_index=False)
    results_index = models.PositiveIntegerField(null=True)

    class Meta:
        constraints = [
            UniqueConstraint(fields=["game", "number"], name="rounds_number_once"),
            UniqueConstraint(fields=["game"], condition=Q(status="open"), name="rounds_one_open_per_game"),
            UniqueConstraint(fields=["epoch", "leaf_index"], name="rounds_leaf_once"),
            UniqueConstraint(
                fields=["results_tree", "results_index"],
                condition=Q(results_tree__isnull=False),
                name="rounds_result_once",
            ),
            CheckConstraint(
                condition=Q(results_tree__isnull=True, results_index__isnull=True)
                | Q(results_tree__isnull=False, results_index__isnull=False, status__in=["revealed", "void"]),
                name="rounds_result_of_the_finished",
            ),
            CheckConstraint(condition=Q(status__in=RoundStatus.values), name="rounds_status_known"),
            CheckConstraint(condition=Q(network__in=NetworkName.values), name="rounds_network_known"),
            CheckConstraint(condition=Q(anchoring__in=Anchoring.values), name="rounds_anchoring_known"),
            CheckConstraint(condition=Q(closes_at__gt=F("opens_at")), name="rounds_closes_after_opening"),
            CheckConstraint(condition=Q(created_at__lt=F("opens_at")), name="rounds_committed_before_opening"),
            CheckConstraint(
                condition=Q(drawn_at__isnull=True) | Q(drawn_at__gte=F("closes_at")),
                name="rounds_drawn_after_closing",
            ),
            CheckConstraint(
                condition=Q(server_seed__isnull=True) | ~Q(status__in=["scheduled", "open", "closed"]),
                name="rounds_seed_only_after_the_draw",
            ),
        ]
        indexes = [
            # Without the rounds of sandboxes, and so of no use to who looks for the next round of one game: with 90,000
            # rounds ahead that would be the wrong index, and without statistics the server might take it.
            Index(fields=["opens_at"], condition=Q(status="scheduled", sandbox=False), name="rounds_to_open"),
            Index(fields=["closes_at"], condition=Q(status="closed"), name="rounds_to_draw"),
            Index(fields=["id"], condition=Q(status__in=["drawn", "settled"]), name="rounds_to_finish"),
            Index(
                fields=["id"],
                condition=Q(status="void", server_seed__isnull=True),
                name="rounds_void_to_reveal",
            ),
            Index(
                fields=["id"],
                condition=Q(status__in=["revealed", "void"], results_tree__isnull=True),
                name="rounds_without_result",
            ),
            Index(fields=["game", "opens_at"], name="rounds_by_game_and_time"),
            Index(fields=["game", "opens_at"], condition=Q(status="scheduled"), name="rounds_next_of_game"),
            Index(
                fields=["game", "opens_at"],
                condition=Q(status="scheduled", sandbox=True),
                name="rounds_next_in_sandbox",
            ),
        ]

    def __str__(self) -> str:
        return f"round {self.pk}"


class Participation(models.Model):
    """An operator has at least one bet in a round, so it must settle it. Written with the first bet."""

    pk = models.CompositePrimaryKey("round_id", "operator_id")
    round = models.ForeignKey(Round, on_delete=models.PROTECT, db_constraint=False, db_index=False)
    operator = models.ForeignKey("operators.Operator", on_delete=models.PROTECT, db_constraint=False, db_index=False)
    created_at = models.DateTimeField(db_default=Now())
    settled_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [Index(fields=["round"], condition=Q(settled_at__isnull=True), name="rounds_unsettled")]

    def __str__(self) -> str:
        return f"operator {self.operator_id} in round {self.round_id}"


class Lease(models.Model):
    """Who drives the rounds now. An economy, not a safety: everything a tick does is harmless when done twice."""

    name = models.CharField(max_length=32, primary_key=True)
    holder = models.UUIDField()
    expires_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class Countersignature(models.Model):
    """An operator's own signature under the CLOSE of a round: it has seen these bets and no others."""

    pk = models.CompositePrimaryKey("round_id", "operator_id")
    round = models.ForeignKey(Round, on_delete=models.PROTECT, db_index=False)
    operator = models.ForeignKey("operators.Operator", on_delete=models.PROTECT, db_index=False)
    public_key = models.BinaryField(max_length=32)
    signature = models.BinaryField(max_length=64)
    created_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"operator {self.operator_id} under round {self.round_id}"


class SigningKey(models.Model):
    """An Ed25519 key of the installation, its private half sealed. The one that is not retired signs."""

    key_id = models.CharField(max_length=16, primary_key=True)
    public_key = models.BinaryField(max_length=32)
    sealed = models.BinaryField(max_length=64)
    created_at = models.DateTimeField(db_default=Now())
    retired_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            UniqueConstraint(
                fields=["retired_at"],
                condition=Q(retired_at__isnull=True),
                nulls_distinct=False,
                name="rounds_one_key_signs",
            ),
        ]

    def __str__(self) -> str:
        return self.key_id


class SealedKey(models.Model):
    """A private key of the installation, sealed; its public half is for everybody."""

    name = models.CharField(max_length=32, primary_key=True)
    public_key = models.BinaryField(max_length=96)
    sealed = models.BinaryField(max_length=64)
    created_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return self.name


class Relay(models.Model):
    """A relay of a public beacon, as whoever drives the rounds has met it last."""

    url = models.CharField(max_length=200, primary_key=True)
    answered_at = models.DateTimeField(null=True)
    refused_at = models.DateTimeField(null=True)
    refusal = models.CharField(max_length=32, blank=True)
    detail = models.CharField(max_length=300, blank=True)

    def __str__(self) -> str:
        return self.url


class SeedLog(models.Model):
    """The random number generator's seed log, derived: one row for each revealed or void round."""

    seed_id = models.BigIntegerField(primary_key=True)
    round = models.OneToOneField(Round, on_delete=models.DO_NOTHING, db_constraint=False)
    server_seed = models.BinaryField()
    server_seed_hash = models.BinaryField()
    commit_tx_reference = models.CharField(max_length=80, null=True)
    reveal_tx_reference = models.CharField(max_length=80, null=True)
    reveal_timestamp = models.DateTimeField()

    class Meta:
        managed = False
        db_table = "rounds_seedlog"

    def __str__(self) -> str:
        return f"seed of round {self.round_id}"
