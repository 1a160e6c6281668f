"""Webhooks: where an operator wants to be told, what there was to tell, and every try of telling it."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import CheckConstraint, F, Q, UniqueConstraint
from django.db.models.functions import Now

from keno_platform.core import ids
from operators.models import Operator


class EndpointState(models.TextChoices):
    """Messages wait while an endpoint is paused; those for a disabled one fail, and can be replayed later."""

    ACTIVE = "active", "active"
    PAUSED = "paused", "paused"
    DISABLED = "disabled", "disabled"
    DELETED = "deleted", "deleted"


class Endpoint(models.Model):
    """An address of an operator's that is told of events, with a secret of its own, sealed at rest."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    operator = models.ForeignKey(Operator, on_delete=models.PROTECT, related_name="webhook_endpoints")
    url = models.CharField(max_length=500)
    description = models.CharField(max_length=200, blank=True)
    events = ArrayField(models.CharField(max_length=40))
    state = models.CharField(max_length=16, choices=EndpointState.choices, default=EndpointState.ACTIVE)
    state_reason = models.CharField(max_length=200, blank=True)
    is_local = models.BooleanField(
        default=False, help_text="May its address be private or loopback? Only for installations of one's own."
    )
    sealed_secret = models.BinaryField(editable=False)
    previous_sealed_secret = models.BinaryField(null=True, editable=False)
    previous_until = models.DateTimeField(null=True, editable=False)
    hold_until = models.DateTimeField(null=True, editable=False, help_text="It asked for a pause (Retry-After).")
    last_success_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        verbose_name = "webhook endpoint"
        constraints = [
            CheckConstraint(condition=Q(state__in=EndpointState.values), name="webhooks_endpoint_state_known"),
            CheckConstraint(condition=~Q(events=[]), name="webhooks_endpoint_has_events"),
            CheckConstraint(
                condition=Q(previous_sealed_secret__isnull=True, previous_until__isnull=True)
                | Q(previous_sealed_secret__isnull=False, previous_until__isnull=False),
                name="webhooks_endpoint_previous_secret_ends",
            ),
        ]

    def __str__(self) -> str:
        return self.url


class Counter(models.Model):
    """The last sequence number that an operator's events have; its row is the lock under which they are numbered."""

    operator = models.OneToOneField(Operator, on_delete=models.PROTECT, primary_key=True, related_name="+")
    last = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.operator_id}: {self.last}"


class Event(models.Model):
    """
    Something that happened, written in the transaction in which it did.

    `sequence` is given after the commit, without gaps for each operator: no lock is held while money moves.
    """

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    operator = models.ForeignKey(Operator, on_delete=models.PROTECT, related_name="+", db_index=False)
    sequence = models.BigIntegerField(null=True)
    type = models.CharField(max_length=40)
    data = models.TextField(help_text="JSON, sent as it stands here.")
    key = models.CharField(max_length=100, null=True, help_text="At most one event of a type has it.")
    endpoint = models.ForeignKey(
        Endpoint,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        help_text="Only for this endpoint.",
    )
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            UniqueConstraint(fields=["operator", "sequence"], name="webhooks_event_sequence"),
            UniqueConstraint(
                fields=["operator", "type", "key"], name="webhooks_event_once", condition=Q(key__isnull=False)
            ),
            CheckConstraint(condition=Q(sequence__gt=0), name="webhooks_event_sequence_positive"),
        ]
        indexes = [
            models.Index(fields=["operator", "id"], name="webhooks_event_new", condition=Q(sequence__isnull=True)),
        ]

    def __str__(self) -> str:
        return f"{self.type} #{self.sequence or '–'}"


class DeliveryState(models.TextChoices):
    """What became of one event at one endpoint. A failed one is tried again only by a replay."""

    PENDING = "pending", "pending"
    DELIVERED = "delivered", "delivered"
    FAILED = "failed", "failed"


class Delivery(models.Model):
    """
    One event on its way to one endpoint.

    `due_at` is when the next attempt may begin; while one runs (`claim` names it) it is when that one is given up
    for dead. `retries` counts the attempts of the ladder, `attempts` those that were asked for by hand too;
    `resume_at` keeps the ladder's next time while a replay runs.
    """

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    operator = models.ForeignKey(Operator, on_delete=models.PROTECT, related_name="+", db_index=False)
    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="deliveries", db_index=False)
    endpoint = models.ForeignKey(Endpoint, on_delete=models.PROTECT, related_name="deliveries", db_index=False)
    state = models.CharField(max_length=16, choices=DeliveryState.choices, default=DeliveryState.PENDING)
    retries = models.PositiveSmallIntegerField(default=0)
    attempts = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField(null=True)
    manual = models.BooleanField(default=False)
    resume_at = models.DateTimeField(null=True)
    claim = models.UUIDField(null=True)
    error = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "deliveries"
        constraints = [
            UniqueConstraint(fields=["event", "endpoint"], name="webhooks_delivery_once"),
            CheckConstraint(condition=Q(state__in=DeliveryState.values), name="webhooks_delivery_state_known"),
            CheckConstraint(
                condition=~Q(state=DeliveryState.PENDING) | Q(due_at__isnull=False), name="webhooks_delivery_goes_on"
            ),
            CheckConstraint(condition=Q(attempts__gte=F("retries")), name="webhooks_delivery_counts"),
        ]
        indexes = [
            models.Index(
                fields=["endpoint", "due_at"], name="webhooks_delivery_due", condition=Q(due_at__isnull=False)
            ),
            models.Index(fields=["operator", "-id"], name="webhooks_delivery_newest"),
            models.Index(fields=["endpoint", "state", "id"], name="webhooks_delivery_state"),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class Outcome(models.TextChoices):
    """How an attempt ended. One that stays `started` was cut off: whether the receiver has it nobody knows."""

    STARTED = "started", "started"
    DELIVERED = "delivered", "delivered"
    FAILED = "failed", "failed"


class Attempt(models.Model):
    """One try: what was sent beside the event's body, what came back, and when the next one is due."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="log", db_index=False)
    number = models.PositiveIntegerField()
    manual = models.BooleanField(default=False)
    outcome = models.CharField(max_length=16, choices=Outcome.choices, default=Outcome.STARTED)
    started_at = models.DateTimeField()
    url = models.CharField(max_length=500)
    headers = models.JSONField(default=dict)
    status = models.PositiveSmallIntegerField(null=True)
    error = models.CharField(max_length=200, blank=True)
    answer = models.TextField(blank=True)
    duration_ms = models.PositiveIntegerField(null=True)
    next_attempt_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "delivery attempt"
        constraints = [
            CheckConstraint(condition=Q(outcome__in=Outcome.values), name="webhooks_attempt_outcome_known"),
            UniqueConstraint(fields=["delivery", "number"], name="webhooks_attempt_number"),
        ]

    def __str__(self) -> str:
        return f"attempt {self.number}"
