"""Players, known only by their operator's token, and their sessions."""

from django.db import models
from django.db.models.functions import Now

from keno_platform.core import ids


class Player(models.Model):
    """A player of this operator. The token is the operator's own; nothing personal is kept here."""

    token = models.CharField(max_length=64, unique=True)
    currency_code = models.CharField(max_length=3)
    blocked = models.BooleanField(default=False)
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
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"session {self.id}"
