"""Who works with the lottery: its admins and its collectors, and their sessions."""

from django.db import models
from django.db.models import CheckConstraint, F, Q
from django.db.models.functions import Now

from keno_platform.core import ids
from players.models import Player

USERNAME = r"^[a-z0-9][a-z0-9._-]{1,29}$"
WHOLE = 10_000
"""Of a commission: hundredths of a percent, so all of it."""


class Role(models.TextChoices):
    """An admin runs phases and decides; a collector sells slips."""

    ADMIN = "admin", "admin"
    COLLECTOR = "collector", "collector"


class Member(models.Model):
    """
    A member of the lottery. The balance is that of the holder's account in the common books, never below zero.

    `commission` is in hundredths of a percent of what the member and everybody below it sells; each earns what is left
    of it when the one below has got its own. `parent` is the agent above, none for who stands under the house itself.
    """

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    username = models.CharField(max_length=30, unique=True)
    role = models.CharField(max_length=9, choices=Role.choices)
    holder = models.OneToOneField(Player, on_delete=models.PROTECT, editable=False)
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="children")
    commission = models.PositiveSmallIntegerField(default=0)
    active = models.BooleanField(default=True)
    password_hash = models.CharField(max_length=128, editable=False)
    totp_sealed = models.BinaryField(null=True, editable=False)
    totp_step = models.BigIntegerField(default=0, editable=False, help_text="The last time step that was used.")
    failures = models.PositiveSmallIntegerField(default=0, editable=False, help_text="Wrong sign-ins in a row.")
    locked_until = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            CheckConstraint(condition=Q(username__regex=USERNAME), name="banker_username_plain"),
            CheckConstraint(condition=Q(role__in=Role.values), name="banker_role_known"),
            CheckConstraint(condition=Q(commission__lte=WHOLE), name="banker_commission_at_most_all"),
            CheckConstraint(condition=~Q(parent=F("id")), name="banker_nobodys_own_parent"),
            CheckConstraint(
                condition=Q(role=Role.COLLECTOR) | Q(parent__isnull=True), name="banker_admins_stand_alone"
            ),
            CheckConstraint(
                condition=Q(role=Role.COLLECTOR) | Q(totp_sealed__isnull=False),
                name="banker_admins_have_a_second_factor",
            ),
        ]

    def __str__(self) -> str:
        return self.username

    @property
    def is_admin(self) -> bool:
        return self.role == Role.ADMIN


class MemberSession(models.Model):
    """A member's session. Only a hash of its token is kept."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    member = models.ForeignKey(Member, on_delete=models.PROTECT)
    token_hash = models.BinaryField(max_length=32, unique=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"session {self.pk}"
