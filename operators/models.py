"""Operators: the tenants, their domains and their credentials."""

import uuid
from typing import ClassVar, NoReturn

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import CheckConstraint, F, Func, Q, UniqueConstraint
from django.db.models.functions import Now
from django.db.models.lookups import IsNull
from django_tenants.models import DomainMixin, TenantMixin

from keno_platform.core import ids
from keno_platform.core.money import format_amount
from operators.jurisdictions import Jurisdiction


class OperatorStatus(models.TextChoices):
    """A suspended operator's bets are refused at once; settlement of what it has goes on."""

    ACTIVE = "active", "active"
    SUSPENDED = "suspended", "suspended"


class WalletMode(models.TextChoices):
    """Who holds the players' money."""

    TRANSFER = "transfer", "transfer: this server holds the balances"
    SEAMLESS = "seamless", "seamless: the operator's own wallet holds the balances"


class BoardOrder(models.TextChoices):
    """How the numbers run over the board where the language runs from right to left."""

    LTR = "ltr", "from left to right, as on a keypad"
    MIRRORED = "mirrored", "mirrored where a language runs right to left"


def _position_of(field: str, *, within: str) -> Func:
    """Where an array holds this; null where it does not."""
    return Func(F(within), F(field), function="array_position", output_field=models.IntegerField())


class Operator(TenantMixin):  # type: ignore[misc]  # django-tenants has no types
    """One casino brand: a tenant with a schema of its own. Money fields are minor units of its currency."""

    objects: ClassVar[models.Manager["Operator"]] = models.Manager()
    row_version: int | None = None
    """The version of the row that this was read from, where it was asked for: what is remembered is compared by it."""

    operator_id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    slug = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=80)
    logo_url = models.CharField(max_length=500, blank=True)
    primary_color = models.CharField(
        max_length=7,
        default="#1f6feb",
        validators=[RegexValidator(r"^#[0-9a-fA-F]{6}\Z", "A colour like #1f6feb.")],
    )
    currency_code = models.CharField(max_length=3)
    currency_exponent = models.PositiveSmallIntegerField(editable=False)
    default_language = models.CharField(max_length=8, default="en")
    languages = ArrayField(
        models.CharField(max_length=8),
        default=list,
        blank=True,
        help_text="The languages that players are offered; none: every language of the client.",
    )
    second_language = models.CharField(
        max_length=8,
        blank=True,
        default="",
        help_text="Shown in the place of texts on fairness, errors and responsible play that no native speaker has "
        "reviewed.",
    )
    board_order = models.CharField(max_length=8, choices=BoardOrder.choices, default=BoardOrder.LTR)
    home_url = models.CharField(
        max_length=1000,
        blank=True,
        default="",
        help_text="Where the way home leads when a session names no lobby; empty: there is none.",
    )
    cashier_url = models.CharField(
        max_length=1000,
        blank=True,
        default="",
        help_text="Where the way to the cashier leads when a session names none; empty: there is none.",
    )
    min_bet = models.BigIntegerField()
    max_bet = models.BigIntegerField()
    max_win_per_ticket = models.BigIntegerField()
    large_wager_from = models.BigIntegerField(
        null=True, blank=True, help_text="A ticket of this stake or more goes on record; empty: as the settings say."
    )
    large_win_from = models.BigIntegerField(
        null=True, blank=True, help_text="A bet that wins this or more goes on record; empty: as the settings say."
    )
    wager_recorded_from = models.BigIntegerField(
        null=True, editable=False, help_text="Its own, or by the settings; empty: none is. A trigger keeps it so."
    )
    win_recorded_from = models.BigIntegerField(
        null=True, editable=False, help_text="Its own, or by the settings; empty: none is. A trigger keeps it so."
    )
    region_restrictions = ArrayField(models.CharField(max_length=2), default=list, blank=True)
    status = models.CharField(max_length=16, choices=OperatorStatus.choices, default=OperatorStatus.ACTIVE)
    wallet_mode = models.CharField(max_length=16, choices=WalletMode.choices, default=WalletMode.TRANSFER)
    jurisdiction = models.ForeignKey(Jurisdiction, on_delete=models.PROTECT)
    guarded = models.BooleanField(
        default=False, editable=False, help_text="Its profile has rules for bets; a trigger keeps it so."
    )
    player_tag_secret = models.BinaryField(max_length=32, editable=False)
    sandbox = models.BooleanField(
        default=False, help_text="Test money only: the operator may stop and step the clock of its rounds."
    )
    signed_calls_required = models.BooleanField(
        default=False, help_text="Refuse calls of its backend that carry no signature beside the API key."
    )
    allowed_addresses = ArrayField(
        models.CharField(max_length=64),
        default=list,
        blank=True,
        help_text="IP addresses and networks from which its backend may call; empty: any.",
    )
    frame_ancestors = ArrayField(
        models.CharField(max_length=255),
        default=list,
        blank=True,
        help_text="Origins such as https://casino.example that may show the client in a frame; empty: none.",
    )
    rate_limits = models.JSONField(
        default=dict,
        blank=True,
        editable=False,
        help_text="Rates that differ from the installation's, such as {player_bets: 5/50}; see docs/abuse.md.",
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            CheckConstraint(condition=Q(status__in=OperatorStatus.values), name="operators_status_known"),
            CheckConstraint(condition=Q(wallet_mode__in=WalletMode.values), name="operators_wallet_mode_known"),
            CheckConstraint(condition=Q(min_bet__gt=0), name="operators_min_bet_positive"),
            CheckConstraint(condition=Q(max_bet__gte=F("min_bet")), name="operators_bet_range"),
            CheckConstraint(condition=Q(max_win_per_ticket__gt=0), name="operators_max_win_positive"),
            CheckConstraint(
                condition=Q(large_wager_from__isnull=True) | Q(large_wager_from__gt=0), name="operators_large_wager"
            ),
            CheckConstraint(
                condition=Q(large_win_from__isnull=True) | Q(large_win_from__gt=0), name="operators_large_win"
            ),
            CheckConstraint(condition=Q(board_order__in=BoardOrder.values), name="operators_board_order_known"),
            CheckConstraint(
                condition=Q(languages__len=0) | Q(IsNull(_position_of("default_language", within="languages"), False)),
                name="operators_default_language_offered",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def __enter__(self) -> NoReturn:
        # The library's form keeps its state on the class and swaps tenants between threads.
        raise TypeError("use `with tenant_context(operator):`")

    @property
    def is_active(self) -> bool:
        return bool(self.status == OperatorStatus.ACTIVE)

    @property
    def is_seamless(self) -> bool:
        """Whether the operator itself holds the players' money."""
        return bool(self.wallet_mode == WalletMode.SEAMLESS)

    @property
    def offered_languages(self) -> list[str]:
        """The codes of the languages that its players are offered, in the order in which the client lists them."""
        return [code for code, _ in settings.LANGUAGES if not self.languages or code in self.languages]

    def money(self, minor: int) -> str:
        """An amount of this operator's currency as the API prints it."""
        return format_amount(minor, exponent=self.currency_exponent)


class Domain(DomainMixin):  # type: ignore[misc]  # django-tenants has no types
    """A host name on which an operator's client is served."""


class ApiKey(models.Model):
    """
    A credential of an operator's backend; without an operator, of the provider itself.

    Only a hash is kept: the secret is shown once, when it is made. Two keys may be valid at the same time,
    so that one can be rotated without a pause.
    """

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    operator = models.ForeignKey(Operator, null=True, blank=True, on_delete=models.PROTECT, related_name="keys")
    label = models.CharField(max_length=80)
    secret_hash = models.BinaryField(max_length=32, unique=True, editable=False)
    hint = models.CharField(max_length=12, editable=False, help_text="The first characters, to tell keys apart.")
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.hint}… ({self.label})"


class Signing(models.TextChoices):
    """How a call is signed; see docs/signatures.md."""

    ED25519 = "ed25519", "Ed25519, HTTP Message Signatures (RFC 9421)"
    HMAC = "hmac", "HMAC-SHA256 with a shared secret"


class Settlement(models.TextChoices):
    """What one credit pays."""

    BET = "bet", "one credit for each winning bet"
    ROUND = "round", "one credit for each player and round"


class WalletConnection(models.Model):
    """
    Where the wallet of an operator in seamless mode is, and how it is called.

    The HMAC secrets are sealed. While `hmac_previous` is still in use (until `hmac_previous_until`), calls are signed
    with it, so that the operator has time to install the new one.
    """

    objects: ClassVar[models.Manager["WalletConnection"]] = models.Manager()

    operator = models.OneToOneField(
        Operator, primary_key=True, on_delete=models.PROTECT, related_name="wallet_connection"
    )
    url = models.CharField(max_length=500)
    signing = models.CharField(max_length=8, choices=Signing.choices, default=Signing.ED25519)
    hmac_key_id = models.CharField(max_length=32, blank=True, editable=False)
    hmac_secret = models.BinaryField(null=True, editable=False)
    hmac_previous_key_id = models.CharField(max_length=32, blank=True, editable=False)
    hmac_previous = models.BinaryField(null=True, editable=False)
    hmac_previous_until = models.DateTimeField(null=True, editable=False)
    is_local = models.BooleanField(
        default=False, help_text="Private and loopback addresses are allowed: for installations of one's own."
    )
    settlement = models.CharField(max_length=8, choices=Settlement.choices, default=Settlement.BET)
    zero_win_notices = models.BooleanField(
        default=False, help_text="Also tell the wallet of bets that won nothing, by a credit of zero."
    )
    concurrency_max = models.PositiveSmallIntegerField(default=200, help_text="Calls at one time from one process.")
    active = models.BooleanField(default=True, help_text="Calls are made; otherwise new bets are refused.")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            CheckConstraint(condition=Q(signing__in=Signing.values), name="operators_wallet_signing_known"),
            CheckConstraint(condition=Q(settlement__in=Settlement.values), name="operators_wallet_settlement_known"),
            CheckConstraint(
                condition=Q(concurrency_max__gte=1, concurrency_max__lte=5000), name="operators_wallet_concurrency"
            ),
            CheckConstraint(
                condition=~Q(signing=Signing.HMAC) | (Q(hmac_secret__isnull=False) & ~Q(hmac_key_id="")),
                name="operators_wallet_hmac_has_secret",
            ),
            CheckConstraint(
                condition=Q(hmac_previous__isnull=True, hmac_previous_until__isnull=True)
                | (Q(hmac_previous__isnull=False, hmac_previous_until__isnull=False) & ~Q(hmac_previous_key_id="")),
                name="operators_wallet_hmac_previous",
            ),
        ]

    def __str__(self) -> str:
        return self.url


class CallSigningKey(models.Model):
    """
    An Ed25519 key under which this server signs its calls to operators.

    A new key is public from `valid_from`, signs from `signs_from` on, and is over at `retired_at`: until a successor
    signs, both are valid.
    """

    objects: ClassVar[models.Manager["CallSigningKey"]] = models.Manager()

    key_id = models.CharField(primary_key=True, max_length=64, editable=False)
    public_key = models.BinaryField(max_length=32, editable=False)
    sealed = models.BinaryField(editable=False)
    valid_from = models.DateTimeField(db_default=Now(), editable=False)
    signs_from = models.DateTimeField(db_default=Now(), editable=False)
    retired_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        constraints = [
            CheckConstraint(condition=Q(signs_from__gte=F("valid_from")), name="operators_call_key_public_first"),
            # Two processes that make the first key, or rotate, at one time: one of them fails.
            UniqueConstraint(
                fields=["retired_at"],
                condition=Q(retired_at__isnull=True),
                nulls_distinct=False,
                name="operators_one_call_key_without_end",
            ),
        ]

    def __str__(self) -> str:
        return self.key_id


class CallerKey(models.Model):
    """
    What the signatures of an operator's calls are checked with: its own public key, or a secret that is shared.

    At most two are valid at one time, so that one can be rotated without a pause. The shared secret is sealed, and
    shown once.
    """

    objects: ClassVar[models.Manager["CallerKey"]] = models.Manager()

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    operator = models.ForeignKey(Operator, on_delete=models.PROTECT, related_name="caller_keys")
    key_id = models.CharField(max_length=32, unique=True, editable=False)
    label = models.CharField(max_length=80)
    kind = models.CharField(max_length=8, choices=Signing.choices)
    public_key = models.BinaryField(max_length=32, null=True, editable=False)
    sealed = models.BinaryField(null=True, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            CheckConstraint(condition=Q(kind__in=Signing.values), name="operators_caller_key_kind_known"),
            CheckConstraint(
                condition=Q(kind=Signing.ED25519, public_key__isnull=False, sealed__isnull=True)
                | Q(kind=Signing.HMAC, public_key__isnull=True, sealed__isnull=False),
                name="operators_caller_key_has_its_half",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key_id} ({self.label})"
