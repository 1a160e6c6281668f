"""An operator's backend reads the flags of its players."""

from typing import Any
from uuid import UUID

import msgspec
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from flags import selectors
from flags.models import Flag, FlagStatus, RuleCode
from keno_platform.core.clock import to_text
from keno_platform.http.openapi import Problem, query_parameters
from keno_platform.http.pagination import Page, PageQuery, paginate
from keno_platform.http.parsing import ParameterInvalid, read_query
from operators.authentication import CallerView
from players.selectors import get_player


class FlagQuery(PageQuery, frozen=True, kw_only=True):
    """Filters of the list of flags."""

    status: str | None = None
    rule: str | None = None
    player_token: str | None = None


class FlagOutput(msgspec.Struct, frozen=True, kw_only=True):
    """
    Something in the bets that people should look at; it changes none of them. `evidence` depends on the rule, see
    docs/abuse.md; members may be added. `player_token` is null where it is about several players.
    """

    flag_id: UUID
    rule: str
    status: str
    player_token: str | None
    round_id: int | None
    evidence: dict[str, Any]
    times: int
    raised_at: str
    seen_at: str
    decided_at: str | None
    reason: str


def show(flag: Flag) -> FlagOutput:
    """A flag as the API prints it. Who decided is staff's own affair."""
    return FlagOutput(
        flag_id=flag.pk,
        rule=flag.rule,
        status=flag.status,
        player_token=flag.player.token if flag.player else None,
        round_id=flag.round_id,
        evidence=flag.evidence,
        times=flag.times,
        raised_at=to_text(flag.raised_at),
        seen_at=to_text(flag.seen_at),
        decided_at=to_text(flag.decided_at) if flag.decided_at else None,
        reason=flag.reason,
    )


class FlagsView(CallerView):
    """What rules found in the operator's bets, newest first."""

    @extend_schema(
        operation_id="list_flags", parameters=query_parameters(FlagQuery), responses={200: Page, 422: Problem}
    )
    def get(self, request: Request) -> Response:
        query, found = read_query(request, FlagQuery), selectors.flags()
        if query.status is not None:
            found = found.filter(status=_one_of("status", query.status, FlagStatus.values))
        if query.rule is not None:
            found = found.filter(rule=_one_of("rule", query.rule, RuleCode.values))
        if query.player_token is not None:
            found = found.filter(player=get_player(query.player_token))
        return Response(paginate(request, query, found, show))


def _one_of(name: str, given: str, values: list[str]) -> str:
    if given not in values:
        raise ParameterInvalid(f"{name} must be one of {', '.join(values)}.")
    return given


class FlagView(CallerView):
    """One flag."""

    @extend_schema(operation_id="read_flag", responses={200: FlagOutput, 404: Problem})
    def get(self, request: Request, flag_id: UUID) -> Response:
        return Response(show(selectors.get_flag(flag_id)))
