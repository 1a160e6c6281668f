"""Roots in the order in which they go to the chain, the contracts that take them, and the life of every transaction."""

from django.db import models
from django.db.models import CheckConstraint, Index, Q, UniqueConstraint
from django.db.models.functions import Now


class RootKind(models.IntegerChoices):
    """What a root covers; the number is the chain's `kind`."""

    EPOCH = 1, "commitments of an epoch"
    RESULTS = 2, "results"
    RECORD = 3, "checkpoint of the record"


class Root(models.Model):
    """One Merkle root. `seq` has no gaps, because the chain's contract accepts only the next one."""

    seq = models.BigIntegerField(primary_key=True)
    kind = models.PositiveSmallIntegerField(choices=RootKind.choices)
    root = models.BinaryField(max_length=32)
    size = models.PositiveIntegerField()
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [CheckConstraint(condition=Q(kind__in=RootKind.values), name="anchors_kind_known")]

    def __str__(self) -> str:
        return f"root {self.seq}"


class Retirement(models.TextChoices):
    """Why a contract takes no more roots. What a forgotten one held can be checked by nobody any more."""

    MOVED = "moved", "moved: the sequence goes on in another contract"
    FORGOTTEN = "forgotten", "forgotten: its chain no longer knows it"
    FAILED = "failed", "failed: it was never deployed"


class Contract(models.Model):
    """
    A Chained contract on one chain. The chain is known by its id and the hash of its genesis block: a local chain
    that starts anew has the same id and another past.

    `first_seq` is the first root that it takes and `first_head` the head before that one.
    """

    chain_id = models.BigIntegerField()
    genesis = models.CharField(max_length=66, help_text="The hash of the chain's first block.")
    address = models.CharField(max_length=42)
    publisher = models.CharField(max_length=42, help_text="The only account whose roots it takes.")
    first_seq = models.BigIntegerField()
    first_head = models.BinaryField(max_length=32)
    created_at = models.DateTimeField(db_default=Now())
    retired_at = models.DateTimeField(null=True)
    retirement = models.CharField(max_length=9, choices=Retirement.choices, null=True)

    class Meta:
        constraints = [
            UniqueConstraint(
                fields=["retired_at"],
                condition=Q(retired_at__isnull=True),
                nulls_distinct=False,
                name="anchors_one_contract_in_use",
            ),
            CheckConstraint(condition=Q(retirement__in=Retirement.values), name="anchors_retirement_known"),
            CheckConstraint(
                condition=Q(retired_at__isnull=True, retirement__isnull=True)
                | Q(retired_at__isnull=False, retirement__isnull=False),
                name="anchors_retired_for_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.address} on chain {self.chain_id}"


class TransactionStatus(models.TextChoices):
    """The life of a transaction; which may follow which stands in the table `anchors_arrow`."""

    BUILT = "built", "built"
    SIGNED = "signed", "signed"
    BROADCAST = "broadcast", "broadcast"
    MINED = "mined", "mined"
    FINAL = "final", "final"
    REPLACED = "replaced", "replaced"
    REORGANISED = "reorganised", "reorganised"
    FAILED = "failed", "failed"


GIVEN_UP = (TransactionStatus.REPLACED, TransactionStatus.FAILED)
"""What no longer stands for its root: another transaction may take the place."""
UNMINED = (
    TransactionStatus.BUILT,
    TransactionStatus.SIGNED,
    TransactionStatus.BROADCAST,
    TransactionStatus.REORGANISED,
)
UNDERWAY = (*UNMINED, TransactionStatus.MINED)


class Transaction(models.Model):
    """
    One transaction: a root's, or without a root the deployment of its contract.

    The signed bytes are stored before they leave and never change. Only the last part follows what the chain says,
    and once it is final not even that. A trigger keeps all of it, whoever writes, and puts every change of status
    on record as a TransactionEvent.
    """

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="transactions")
    root = models.ForeignKey(Root, on_delete=models.PROTECT, null=True, db_column="seq", related_name="transactions")
    nonce = models.BigIntegerField()
    gas_limit = models.BigIntegerField(null=True)
    max_fee_wei = models.BigIntegerField(null=True, help_text="For a unit of gas, base fee and tip together.")
    priority_fee_wei = models.BigIntegerField(null=True, help_text="For a unit of gas, to who mines it.")
    previous_head = models.BinaryField(max_length=32, null=True)
    head = models.BinaryField(max_length=32, null=True, help_text="The contract's head after this root.")
    replaces = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="replaced_by")
    created_at = models.DateTimeField(db_default=Now())

    raw = models.BinaryField(null=True, help_text="The signed bytes; none when it was only found on the chain.")
    hash = models.CharField(max_length=66, null=True)

    status = models.CharField(max_length=11, choices=TransactionStatus.choices, default=TransactionStatus.BUILT)
    note = models.TextField(blank=True, default="", help_text="Why it came to this.")
    broadcast_at = models.DateTimeField(null=True, help_text="When a node took it, or took it again.")
    broadcast_block = models.BigIntegerField(null=True, help_text="The newest block at that time.")
    block_number = models.BigIntegerField(null=True)
    block_hash = models.CharField(max_length=66, null=True)
    block_time = models.BigIntegerField(null=True, help_text="Seconds since 1970, as the block says.")
    succeeded = models.BooleanField(null=True)
    gas_used = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            CheckConstraint(condition=Q(status__in=TransactionStatus.values), name="anchors_status_known"),
            UniqueConstraint(
                fields=["contract", "root"],
                condition=~Q(status__in=GIVEN_UP),
                nulls_distinct=False,
                name="anchors_one_transaction_a_root",
            ),
            UniqueConstraint(
                fields=["contract", "nonce"],
                condition=~Q(status=TransactionStatus.REPLACED),
                name="anchors_one_transaction_a_nonce",
            ),
            UniqueConstraint(fields=["contract", "hash"], name="anchors_one_transaction_a_hash"),
            CheckConstraint(
                condition=Q(root__isnull=True) | Q(head__isnull=False, previous_head__isnull=False),
                name="anchors_roots_have_heads",
            ),
            CheckConstraint(
                condition=Q(status__in=(TransactionStatus.BUILT, *GIVEN_UP)) | Q(hash__isnull=False),
                name="anchors_sent_is_signed",
            ),
            CheckConstraint(
                condition=~Q(status__in=(TransactionStatus.MINED, TransactionStatus.FINAL))
                | Q(
                    block_number__isnull=False,
                    block_hash__isnull=False,
                    block_time__isnull=False,
                    succeeded__isnull=False,
                ),
                name="anchors_mined_has_a_block",
            ),
            CheckConstraint(
                condition=~Q(status=TransactionStatus.FINAL) | Q(succeeded=True), name="anchors_final_succeeded"
            ),
        ]
        indexes = [
            Index(fields=["contract", "nonce"], condition=Q(status__in=UNDERWAY), name="anchors_underway"),
            Index(fields=["contract", "root"], condition=Q(status=TransactionStatus.FINAL), name="anchors_final"),
        ]

    def __str__(self) -> str:
        return f"transaction {self.pk}"


class TransactionEvent(models.Model):
    """One change in the life of a transaction. Written by a trigger, never changed."""

    transaction = models.ForeignKey(Transaction, on_delete=models.PROTECT, related_name="events")
    status = models.CharField(max_length=11, choices=TransactionStatus.choices)
    note = models.TextField(blank=True, default="")
    block_number = models.BigIntegerField(null=True)
    block_hash = models.CharField(max_length=66, null=True)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [CheckConstraint(condition=Q(status__in=TransactionStatus.values), name="anchors_event_known")]

    def __str__(self) -> str:
        return f"{self.status} at {self.at:%Y-%m-%d %H:%M:%S} UTC"


class AlarmCode(models.TextChoices):
    """What can keep roots from the chain. Codes are stable; docs/anchoring.md says what to do about each."""

    PUBLISHER_KEY_MISSING = "publisher_key_missing", "There is no usable key to sign with"
    CHAIN_UNREACHABLE = "chain_unreachable", "The node cannot be reached"
    CHAIN_FROZEN = "chain_frozen", "The node takes calls and does not answer them"
    CHAIN_SLOW = "chain_slow", "The node answers too slowly to get anything done"
    CHAIN_REFUSES = "chain_refuses", "The node answers with an error, or with what cannot be read"
    CHAIN_UNSUITABLE = "chain_unsuitable", "The chain has no base fee: it is older than this contract needs"
    BALANCE_LOW = "balance_low", "The publisher's account is nearly empty"
    CHAIN_CHANGED = "chain_changed", "The node is on another chain than the contract"
    CONTRACT_MISSING = "contract_missing", "There is no contract to send roots to"
    CONTRACT_FOREIGN = "contract_foreign", "What stands at the contract's address is not this contract"
    DEPLOYMENT_FAILED = "deployment_failed", "The contract's deployment was refused by the chain"
    PUBLISHER_KEY_WRONG = "publisher_key_wrong", "The key is not the contract's publisher's"
    FINAL_ROOTS_LOST = "final_roots_lost", "The chain no longer holds roots that were final"
    CHAIN_CONTRADICTS = "chain_contradicts", "The contract holds something else than what was registered here"
    FEE_OVER_CAP = "fee_over_cap", "The chain asks for more than CHAIN_MAX_FEE_GWEI"
    TRANSACTION_REFUSED = "transaction_refused", "The node does not take a transaction"
    CHAIN_STALLED = "chain_stalled", "The chain makes no blocks"
    KEY_USED_ELSEWHERE = "key_used_elsewhere", "Somebody else sends transactions with the publisher's key"
    SENDER_SILENT = "sender_silent", "Nobody sends: no worker serves the queue, or beat is away"


class Alarm(models.Model):
    """Something that needs a person, from when it began until it ended."""

    code = models.CharField(max_length=24, choices=AlarmCode.choices)
    detail = models.TextField(blank=True, default="")
    began_at = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            CheckConstraint(condition=Q(code__in=AlarmCode.values), name="anchors_alarm_known"),
            UniqueConstraint(fields=["code"], condition=Q(ended_at__isnull=True), name="anchors_one_alarm_a_code"),
        ]

    def __str__(self) -> str:
        return self.code


class Sender(models.Model):
    """Who sends for a publisher just now, and what the node said last."""

    publisher = models.CharField(primary_key=True, max_length=42)
    holder = models.UUIDField(null=True)
    expires_at = models.DateTimeField(db_default=Now())
    tried_at = models.DateTimeField(null=True, help_text="When a pass was made last.")
    heard_at = models.DateTimeField(null=True, help_text="When the node answered last.")
    block_number = models.BigIntegerField(null=True)
    balance_gwei = models.BigIntegerField(null=True)

    def __str__(self) -> str:
        return self.publisher
