"""Epochs, trees of results, signing keys and beacon relays for staff."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse

from approvals.staff import Asked, ask_for
from keno_platform.core import clock
from keno_platform.staff import steps
from keno_platform.staff.columns import code, column, exact_utc, hexed, list_link, record_link, utc
from keno_platform.staff.pages import RecordAdmin, UncountedPages
from keno_platform.staff.steps import offered
from rounds import custody, selectors
from rounds.approvals import PUBLISH
from rounds.models import Epoch, Relay, ResultsTree, SigningKey


def _root(tree: Epoch | ResultsTree) -> Any:
    return record_link("anchors.root", tree.anchor_seq) if tree.anchor_seq else "not registered"


def _key(epoch: Epoch) -> Any:
    """The key as the proofs show it: once it is published, and not before."""
    key = selectors.published_keys([epoch.pk]).get(epoch.pk)
    return code(key.hex()) if key else "not published yet"


@admin.register(Epoch)
class EpochAdmin(RecordAdmin):
    """Runs of rounds whose commitments share one root. The sealed key is nobody's to see."""

    paginator = UncountedPages
    list_display = (
        "id",
        hexed("root", short=True),
        "size",
        utc("starts_at"),
        utc("ends_at"),
        utc("committed_at"),
        column(_root, name="on_chain", title="on the chain"),
    )
    search_exactly = ("id",)
    search_help_text = "An exact epoch id."
    fields = (
        "id",
        hexed("root"),
        "size",
        utc("starts_at"),
        utc("ends_at"),
        exact_utc("committed_at"),
        column(_root, name="on_chain", title="on the chain"),
        hexed("statement", "signed statement"),
        hexed("statement_signature"),
        "statement_key_id",
        column(_key, name="published_key", title="key"),
        column(lambda epoch: list_link("rounds.round", "its rounds", f"epoch__id__exact={epoch.pk}"), name="see_also"),
    )
    actions_detail = ("publish",)

    def offers(self, step: str, record: Epoch) -> bool:
        return custody.is_epoch_over(record.pk) and not selectors.published_keys([record.pk])

    def has_publish_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Whether this member of staff may ask for a key's publication before its time."""
        return bool(request.user.has_perm("rounds.change_epoch"))

    @offered(title="Publish the key now", permission="publish", icon="key")
    def publish(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask to publish the key of an epoch that is over before its delay has passed; somebody else decides."""
        epoch = steps.found(self, request, object_id)
        if not isinstance(epoch, Epoch):
            return steps.gone(self, request, object_id)
        title = f"Publish the key of epoch {epoch.pk}"
        return ask_for(self, request, epoch, Asked(action=PUBLISH, subject=str(epoch.pk), title=title))


@admin.register(ResultsTree)
class ResultsTreeAdmin(RecordAdmin):
    """How rounds ended, under roots that go to the chain."""

    paginator = UncountedPages
    list_display = (
        "id",
        hexed("root", short=True),
        "size",
        utc("created_at"),
        column(_root, name="on_chain", title="on the chain"),
    )
    search_exactly = ("id",)
    search_help_text = "An exact id of a tree of results."
    fields = (
        "id",
        hexed("root"),
        "size",
        exact_utc("created_at"),
        column(_root, name="on_chain", title="on the chain"),
        column(
            lambda tree: list_link("rounds.round", "its rounds", f"results_tree__id__exact={tree.pk}"),
            name="see_also",
        ),
    )


def _until(key: SigningKey) -> Any:
    return clock.to_text(key.retired_at) if key.retired_at else "it signs now"


@admin.register(SigningKey)
class SigningKeyAdmin(RecordAdmin):
    """The Ed25519 keys that this installation signs or has signed with. `rotate_signing_key` makes the next."""

    list_display = ("key_id", utc("created_at"), column(_until, name="until", title="signs until"))
    fields = (
        "key_id",
        hexed("public_key"),
        exact_utc("created_at", "signs since"),
        column(_until, name="until", title="signs until"),
    )


@admin.register(Relay)
class RelayAdmin(RecordAdmin):
    """The relays of a public beacon, as whoever drives the rounds has met them; see docs/beacons.md."""

    list_display = ("url", utc("answered_at"), utc("refused_at"), "refusal")
    fields = ("url", exact_utc("answered_at"), exact_utc("refused_at"), "refusal", "detail")
