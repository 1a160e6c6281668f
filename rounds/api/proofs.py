"""Proofs for anybody: no credential, and readable from any page in a browser."""

import json
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import suppress
from datetime import date, timedelta
from typing import Any

import msgspec
from asgiref.sync import sync_to_async
from django.db import connection
from django.http import HttpResponse, StreamingHttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from anchors.proofs import anchor_part
from anchors.selectors import anchored, published_contract, roots_after
from audit.selectors import checkpoint_of_root
from keno_platform.core import clock
from keno_platform.http.openapi import Problem, query_parameters
from keno_platform.http.parsing import Ask, ParameterInvalid, read, read_query
from operators.authentication import CallerView
from operators.limiting import OpenView
from rounds import custody, proofs, selectors
from rounds.leaves import commit_leaves, result_leaves
from rounds.models import Epoch
from rounds.services import countersigning

ROOTS_MAX = 1000


class DayQuery(Ask, frozen=True, kw_only=True):
    """A day, as 2026-11-21, by UTC and by the rounds' times of opening."""

    day: str


class RootsQuery(Ask, frozen=True, kw_only=True):
    """Roots after this place in the order, and how many."""

    after: int = 0
    limit: int = 100


class CountersignAsk(Ask, frozen=True, kw_only=True):
    """The operator's Ed25519 public key (32 bytes) and signature (64 bytes), in hex."""

    public_key: str
    signature: str


class CountersignatureOutput(msgspec.Struct, frozen=True, kw_only=True):
    """What stands in the round's proof from now on."""

    round_id: int
    operator_id: str
    public_key: str
    signature: str
    created_at: str


class PublicView(OpenView):
    """Needs no credential, and a verifier on any site may read it."""

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        answer = super().finalize_response(request, response, *args, **kwargs)
        answer["Access-Control-Allow-Origin"] = "*"
        return answer


class RoundProofView(PublicView):
    """Everything that a stranger needs to check a round. Needs no credential."""

    @extend_schema(operation_id="round_proof", responses={200: dict, 404: Problem}, auth=[])
    def get(self, request: Request, round_id: int) -> Response:
        return Response(proofs.round_proof(selectors.get_round_for_proof(round_id)))


class DayProofsView(PublicView):
    """The proofs of a game's finished rounds of one day, a JSON document on each line. Needs no credential."""

    @extend_schema(
        operation_id="day_proofs",
        parameters=query_parameters(DayQuery),
        responses={(200, "application/x-ndjson"): str, 404: Problem, 422: Problem},
        auth=[],
    )
    def get(self, request: Request, code: str) -> StreamingHttpResponse:
        day = _day(read_query(request, DayQuery).day)
        round_ids = selectors.finished_on(code=code, day=day)
        name = f"{code}-{day.isoformat()}.ndjson"
        return StreamingHttpResponse(
            _lines(round_ids),
            content_type="application/x-ndjson",
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )


def _day(text: str) -> date:
    """:raises ParameterInvalid: it is no date, or one at the ends of the calendar, where no day comes after."""
    with suppress(ValueError):
        day = date.fromisoformat(text)
        if date.min < day < date.max - timedelta(days=1):
            return day
    raise ParameterInvalid("day must be a date such as 2026-11-21.")


async def _lines(round_ids: Sequence[int]) -> AsyncIterator[bytes]:
    """A batch at a time, so that neither memory nor a connection is held for a whole day's rounds."""
    for at in range(0, len(round_ids), proofs.BATCH):
        yield await sync_to_async(_batch)(round_ids[at : at + proofs.BATCH])


def _batch(round_ids: Sequence[int]) -> bytes:
    try:
        documents = proofs.round_proofs(selectors.rounds_for_proof(round_ids))
        return b"".join(json.dumps(document, separators=(",", ":")).encode() + b"\n" for document in documents)
    finally:
        connection.close()  # the answer goes on after the request's own end


class RootsView(PublicView):
    """Every root in the order of the chain, with its place there once it is final. Needs no credential."""

    @extend_schema(
        operation_id="list_roots",
        parameters=query_parameters(RootsQuery),
        responses={200: dict, 422: Problem},
        auth=[],
    )
    def get(self, request: Request) -> Response:
        query = read_query(request, RootsQuery)
        if not 1 <= query.limit <= ROOTS_MAX or not 0 <= query.after < 1 << 63:
            raise ParameterInvalid(f"limit must be 1 to {ROOTS_MAX}, and after a number from 0.")
        roots = roots_after(query.after, limit=query.limit)
        seqs = [root.seq for root in roots]
        final, epochs = anchored(seqs), selectors.epochs_by_seq(seqs)
        keys = {key.key_id: key.public_key for key in custody.signing_keys()}
        shown = [
            {
                "seq": root.seq,
                "kind": root.kind,
                "root": bytes(root.root).hex(),
                "size": root.size,
                "created_at": clock.to_text(root.created_at),
                "anchor": anchor_part(final[root.seq]) if root.seq in final else None,
                "statement": proofs.statement_part(epochs[root.seq], keys) if root.seq in epochs else None,
            }
            for root in roots
        ]
        return Response({"roots": shown})


class LeavesView(PublicView):
    """
    All leaves below one root, one after another: 152 bytes each for an epoch, 212 for results; of the record's roots
    the one checkpoint, 136 bytes.
    """

    @extend_schema(
        operation_id="list_leaves", responses={(200, "application/octet-stream"): bytes, 404: Problem}, auth=[]
    )
    def get(self, request: Request, seq: int) -> HttpResponse:
        checkpoint = checkpoint_of_root(seq)
        return HttpResponse(
            bytes(checkpoint.message) if checkpoint else b"".join(_leaves(seq)),
            content_type="application/octet-stream",
            headers={"Cache-Control": "public, max-age=31536000, immutable"},  # what is below a root never changes
        )


def _leaves(seq: int) -> Iterator[bytes]:
    tree = selectors.tree_of(seq)
    if isinstance(tree, Epoch):
        return commit_leaves(selectors.epoch_commitments(tree.pk))
    return result_leaves(selectors.results_of(tree.pk))


class KeysView(PublicView):
    """The public keys that this installation signs with, and its contract on the chain. Needs no credential."""

    @extend_schema(operation_id="signing_keys", responses={200: dict}, auth=[])
    def get(self, request: Request) -> Response:
        contract = published_contract()
        keys = [
            {
                "key_id": key.key_id,
                "algorithm": "Ed25519",
                "public_key": key.public_key.hex(),
                "valid_from": clock.to_text(key.valid_from),
                "valid_until": clock.to_text(key.valid_until) if key.valid_until else None,
            }
            for key in custody.signing_keys()
        ]
        chain = {"chain_id": contract.chain_id, "contract": contract.address} if contract else None
        return Response({"keys": keys, "chain": chain})


class CountersignView(CallerView):
    """The caller's operator signs a round's CLOSE too; its signature is kept and shown with the round."""

    @extend_schema(
        operation_id="countersign_round",
        request=CountersignAsk,
        responses={201: CountersignatureOutput, 404: Problem, 409: Problem, 422: Problem},
    )
    def post(self, request: Request, round_id: int) -> Response:
        ask = read(request, CountersignAsk)
        own = countersigning.countersign(
            operator_id=self.operator.pk,
            round_id=round_id,
            public_key=_hex("public_key", ask.public_key, 32),
            signature=_hex("signature", ask.signature, 64),
        )
        shown = CountersignatureOutput(
            round_id=own.round_id,
            operator_id=str(own.operator_id),
            public_key=bytes(own.public_key).hex(),
            signature=bytes(own.signature).hex(),
            created_at=clock.to_text(own.created_at),
        )
        return Response(shown, status=201)


def _hex(name: str, text: str, length: int) -> bytes:
    try:
        value = bytes.fromhex(text)
    except ValueError:
        value = b""
    if len(value) != length or len(text) != 2 * length:
        raise ParameterInvalid(f"{name} must be {length} bytes in hex.")
    return value
