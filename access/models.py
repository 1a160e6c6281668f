"""Members of staff, from where each role may come, how each member proves who they are, and their sessions."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import CheckConstraint, F, Index, Q, UniqueConstraint
from django.db.models.functions import Now
from django_otp.models import Device, ThrottlingMixin

from access import codes
from keno_platform.core import ids
from operators.models import Operator


class Role(models.TextChoices):
    """What a member of staff is there for. What each role may do stands in `access.roles`."""

    SUPER_ADMIN = "super_admin", "super-admin"
    COMPLIANCE = "compliance", "compliance"
    SUPPORT = "support", "support"
    OPERATOR_STAFF = "operator_staff", "operator's staff"
    REGULATOR = "regulator", "regulator"
    BANKER_ADMIN = "banker_admin", "banker's admin"


OF_AN_OPERATOR = (Role.OPERATOR_STAFF, Role.BANKER_ADMIN)
"""Roles that there are only within one operator."""


class StaffMember(models.Model):
    """
    A member of staff. Without this row nobody gets in, whatever Django's own flags say. With an operator they see
    that operator's rows and no others.
    """

    objects: ClassVar[models.Manager["StaffMember"]] = models.Manager()

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="member")
    role = models.CharField(max_length=16, choices=Role.choices)
    operator = models.ForeignKey(Operator, null=True, on_delete=models.PROTECT, related_name="+")
    narrowed = models.BooleanField(
        default=False,
        help_text="Of what the role may, only what stands in the user's own list of permissions.",
    )
    invited_until = models.DateTimeField(
        null=True, help_text="Until when a password alone suffices, to set up the second factor."
    )
    first_password = models.BooleanField(
        default=False, help_text="The password is one that was given, and is to be replaced by one of the member's own."
    )
    let_in_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        help_text="Who has seen the first password that was given last; empty: somebody on the server.",
    )
    vouched_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        help_text="Somebody else, who has said that this is a person of its own.",
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        verbose_name = "member of staff"
        verbose_name_plural = "members of staff"
        constraints = [
            CheckConstraint(condition=Q(role__in=Role.values), name="access_role_known"),
            CheckConstraint(
                condition=~Q(role__in=OF_AN_OPERATOR) | Q(operator__isnull=False), name="access_role_within_an_operator"
            ),
            CheckConstraint(
                condition=~Q(role=Role.SUPER_ADMIN) | Q(operator__isnull=True), name="access_super_admin_of_everything"
            ),
            CheckConstraint(
                condition=Q(vouched_by__isnull=True) | ~(Q(vouched_by=F("let_in_by")) | Q(vouched_by=F("user"))),
                name="access_vouched_by_somebody_else",
            ),
        ]

    def __str__(self) -> str:
        return self.user.get_username()


class RoleNetwork(models.Model):
    """A network from which a role may come. A role without any may come from anywhere."""

    role = models.CharField(max_length=16, choices=Role.choices)
    network = models.CharField(max_length=43, help_text="An address, or a network such as 192.0.2.0/24.")
    note = models.CharField(max_length=120, blank=True, default="")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        verbose_name = "allowed network"
        constraints = [
            CheckConstraint(condition=Q(role__in=Role.values), name="access_network_role_known"),
            UniqueConstraint(fields=["role", "network"], name="access_network_once_a_role"),
        ]

    def __str__(self) -> str:
        return f"{self.role}: {self.network}"


class Authenticator(ThrottlingMixin, Device):  # type: ignore[misc]  # django-otp has no types
    """
    A member's second factor: an app that shows codes (RFC 6238: SHA-1, six digits, 30 s). Its key is sealed. A code
    counts once, and after a wrong one the next is looked at only after a while, which doubles each time.
    """

    sealed = models.BinaryField(max_length=64)
    last_step = models.BigIntegerField(default=-1, help_text="The 30 seconds whose code was used last.")
    confirmed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            UniqueConstraint(fields=["user"], name="access_one_authenticator_a_member"),
            CheckConstraint(
                condition=Q(confirmed=True, confirmed_at__isnull=False) | Q(confirmed=False, confirmed_at__isnull=True),
                name="access_authenticator_confirmed_at_a_time",
            ),
        ]

    @property
    def about(self) -> str:
        """What its key is sealed about."""
        return codes.about(self.user_id)

    def get_throttle_factor(self) -> int:
        return 1

    def verify_token(self, token: str) -> bool:
        """Whether this is a code of now that was not used yet. Call it in a transaction with the row locked."""
        if not self.verify_is_allowed()[0]:
            return False
        step = codes.step_of(codes.open_key(bytes(self.sealed), user_id=self.user_id), token, after=self.last_step)
        if step is None:
            self.throttle_increment()
            return False
        self.last_step = step
        self.throttle_reset(commit=False)
        self.save(update_fields=["last_step", "throttling_failure_timestamp", "throttling_failure_count"])
        return True


class BackupCode(models.Model):
    """A code for the day on which the phone is lost. It counts once; only its hash is kept."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    hash = models.BinaryField(max_length=32, unique=True)
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"backup code {self.pk}"


class Ending(models.TextChoices):
    """Why a staff session is over."""

    LOGGED_OUT = "logged_out", "logged out"
    IDLE = "idle", "nothing was done for too long"
    AGE = "age", "a day's work is over"
    ELSEWHERE = "elsewhere", "ended from another session"
    REVOKED = "revoked", "ended by another member of staff, or with the member's rights"
    ADDRESS = "address", "came from an address that the role may not come from"


class StaffSession(models.Model):
    """A browser in which a member of staff is logged in. Django's session names it; the row says whether it counts."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False)
    address = models.GenericIPAddressField(null=True)
    browser = models.CharField(max_length=200, blank=True, default="")
    began_at = models.DateTimeField(db_default=Now())
    seen_at = models.DateTimeField(db_default=Now())
    confirmed_at = models.DateTimeField(db_default=Now(), help_text="When password and code were given last.")
    ended_at = models.DateTimeField(null=True)
    ending = models.CharField(max_length=16, choices=Ending.choices, null=True)

    class Meta:
        constraints = [
            CheckConstraint(condition=Q(ending__in=Ending.values), name="access_ending_known"),
            CheckConstraint(
                condition=Q(ended_at__isnull=True, ending__isnull=True)
                | Q(ended_at__isnull=False, ending__isnull=False),
                name="access_ended_for_a_reason",
            ),
        ]
        indexes = [
            Index(fields=["user", "-id"], name="access_sessions_of_user"),
            Index(fields=["user"], condition=Q(ended_at__isnull=True), name="access_sessions_open"),
        ]

    def __str__(self) -> str:
        return f"session of {self.user}"
