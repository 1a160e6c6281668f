"""Members: signing in and out, adding them, their commission and their credit."""

from uuid import UUID

import msgspec
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from banker import second_factor, selectors
from banker.authentication import BankerView
from banker.models import Member, Role
from banker.services import credentials, members, sessions
from banker.services.sessions import SignInRefused
from keno_platform.core.clock import to_text
from keno_platform.core.errors import NotFound
from keno_platform.core.money import parse_amount
from keno_platform.http.openapi import IDEMPOTENCY_KEY, Problem, query_parameters
from keno_platform.http.pagination import Page, PageQuery, paginate
from keno_platform.http.parsing import Ask, ParameterInvalid, idempotency_key, read, read_query
from operators.authentication import CallerNotAllowed
from operators.models import Operator
from operators.selectors import get_operator


class SignInAsk(Ask, frozen=True, kw_only=True):
    """Who signs in; `operator` is its slug. `code` is an admin's second factor, six digits."""

    operator: str
    username: str
    password: str
    code: str = ""


class SignInOutput(msgspec.Struct, frozen=True, kw_only=True):
    """The token that the member's calls carry."""

    token: str
    member_id: UUID
    username: str
    role: str
    expires_at: str


class MemberAsk(Ask, frozen=True, kw_only=True):
    """
    A new member. `commission` is in hundredths of a percent of what it and everybody below it sells; `parent_id` is the
    agent above. Who has no password cannot sign in.
    """

    username: str
    role: str
    password: str | None = None
    parent_id: UUID | None = None
    commission: int = 0


class MemberOutput(msgspec.Struct, frozen=True, kw_only=True):
    """
    A member. `totp_secret` is an admin's second factor, in base32, and `totp_address` the same for a QR code that an
    authenticator app reads; both in the answer that makes the member, or its second factor anew, only.
    """

    member_id: UUID
    username: str
    role: str
    parent_id: UUID | None
    commission: int
    active: bool
    balance: str
    currency: str
    created_at: str
    totp_secret: str | None = None
    totp_address: str | None = None


class MembersPage(Page, frozen=True, kw_only=True):
    """A page of members."""

    results: list[MemberOutput]


class PasswordAsk(Ask, frozen=True, kw_only=True):
    """Another password for a member, 10 to 128 characters."""

    password: str


class OwnPasswordAsk(PasswordAsk, frozen=True, kw_only=True):
    """Another password of one's own; `present` is the one that counts now."""

    present: str


class CommissionAsk(Ask, frozen=True, kw_only=True):
    """A collector's commission, in hundredths of a percent."""

    commission: int


class CreditAsk(Ask, frozen=True, kw_only=True):
    """Credit that is given to a collector, or taken back. A decimal string above zero."""

    amount: str
    direction: str


def show(operator: Operator, member: Member, *, balance: int, secret: str | None = None) -> MemberOutput:
    """A member as the API prints it."""
    return MemberOutput(
        member_id=member.pk,
        username=member.username,
        role=member.role,
        parent_id=member.parent_id,
        commission=member.commission,
        active=member.active,
        balance=operator.money(balance),
        currency=operator.currency_code,
        created_at=to_text(member.created_at),
        totp_secret=secret,
        totp_address=second_factor.enrolment(secret, issuer=operator.name, name=member.username) if secret else None,
    )


class SessionsView(APIView):
    """Signing in."""

    @extend_schema(
        operation_id="banker_sign_in", request=SignInAsk, responses={201: SignInOutput, 401: Problem}, auth=[]
    )
    def post(self, request: Request) -> Response:
        ask = read(request, SignInAsk)
        try:
            operator = get_operator(slug=ask.operator)
        except NotFound as error:
            raise SignInRefused() from error
        session, token = sessions.sign_in(
            operator=operator, username=ask.username, password=ask.password, code=ask.code
        )
        return Response(
            SignInOutput(
                token=token,
                member_id=session.member.pk,
                username=session.member.username,
                role=session.member.role,
                expires_at=to_text(session.expires_at),
            ),
            status=201,
        )


class MeView(BankerView):
    """The member that calls."""

    backend_allowed = False
    roles = (Role.ADMIN, Role.COLLECTOR)

    @extend_schema(operation_id="banker_me", responses={200: MemberOutput, 401: Problem, 403: Problem})
    def get(self, request: Request) -> Response:
        if self.member is None:
            raise CallerNotAllowed()
        return Response(show(self.operator, self.member, balance=selectors.balance_of(self.member)))


class OwnPasswordView(BankerView):
    """Another password of one's own. All sessions end."""

    backend_allowed = False
    roles = (Role.ADMIN, Role.COLLECTOR)

    @extend_schema(
        operation_id="change_member_password",
        request=OwnPasswordAsk,
        responses={204: None, 401: Problem, 403: Problem, 422: Problem},
    )
    def post(self, request: Request) -> Response:
        ask = read(request, OwnPasswordAsk)
        if self.member is None:
            raise CallerNotAllowed()
        credentials.change_password(
            operator=self.operator, member=self.member, present=ask.present, password=ask.password
        )
        return Response(status=204)


class SignOutView(BankerView):
    """Signing out."""

    backend_allowed = False
    roles = (Role.ADMIN, Role.COLLECTOR)

    @extend_schema(operation_id="banker_sign_out", request=None, responses={204: None, 401: Problem, 403: Problem})
    def post(self, request: Request) -> Response:
        if self.session is None:
            raise CallerNotAllowed()
        sessions.sign_out(operator=self.operator, session_id=self.session.pk)
        return Response(status=204)


class MembersView(BankerView):
    """The members of the operator's lottery."""

    @extend_schema(
        operation_id="list_members", parameters=query_parameters(PageQuery), responses={200: MembersPage, 422: Problem}
    )
    def get(self, request: Request) -> Response:
        query, operator = read_query(request, PageQuery), self.operator
        page = paginate(request, query, selectors.members(), lambda member: member)
        balances = selectors.balances_of(page.results)
        shown = [show(operator, member, balance=balances[member.pk]) for member in page.results]
        return Response(MembersPage(next=page.next, previous=page.previous, results=shown))

    @extend_schema(operation_id="add_member", request=MemberAsk, responses={201: MemberOutput, 422: Problem})
    def post(self, request: Request) -> Response:
        ask, operator = read(request, MemberAsk), self.operator
        if ask.role not in Role.values:
            raise ParameterInvalid(f"role must be one of {', '.join(Role.values)}.")
        terms = members.MemberTerms(
            username=ask.username,
            role=Role(ask.role),
            password=ask.password,
            parent_id=ask.parent_id,
            commission=ask.commission,
        )
        member, secret = members.add_member(operator=operator, terms=terms, actor=self.actor, by=self.member)
        member.refresh_from_db()
        return Response(show(operator, member, balance=0, secret=secret), status=201)


class MemberView(BankerView):
    """One member."""

    @extend_schema(operation_id="read_member", responses={200: MemberOutput, 404: Problem})
    def get(self, request: Request, member_id: UUID) -> Response:
        member = selectors.get_member(member_id)
        return Response(show(self.operator, member, balance=selectors.balance_of(member)))


class CommissionView(BankerView):
    """A collector's commission."""

    @extend_schema(
        operation_id="set_commission", request=CommissionAsk, responses={200: MemberOutput, 404: Problem, 422: Problem}
    )
    def put(self, request: Request, member_id: UUID) -> Response:
        ask, operator = read(request, CommissionAsk), self.operator
        member = members.set_commission(
            operator=operator, member_id=member_id, commission=ask.commission, actor=self.actor
        )
        return Response(show(operator, member, balance=selectors.balance_of(member)))


class PasswordView(BankerView):
    """Another password for a member that has lost its own: a collector's by admins, an admin's by the backend only."""

    @extend_schema(
        operation_id="set_member_password",
        request=PasswordAsk,
        responses={200: MemberOutput, 403: Problem, 404: Problem, 422: Problem},
    )
    def put(self, request: Request, member_id: UUID) -> Response:
        ask, operator = read(request, PasswordAsk), self.operator
        member = credentials.set_password(
            operator=operator, member_id=member_id, password=ask.password, actor=self.actor, by=self.member
        )
        return Response(show(operator, member, balance=selectors.balance_of(member)))


class SecondFactorView(BankerView):
    """A new second factor for an admin that has lost its own, by the operator's backend."""

    @extend_schema(
        operation_id="renew_second_factor",
        request=None,
        responses={200: MemberOutput, 403: Problem, 404: Problem, 422: Problem},
    )
    def post(self, request: Request, member_id: UUID) -> Response:
        operator = self.operator
        member, secret = credentials.renew_second_factor(
            operator=operator, member_id=member_id, actor=self.actor, by=self.member
        )
        return Response(show(operator, member, balance=selectors.balance_of(member), secret=secret))


class ActivateView(BankerView):
    """Let a member work again."""

    @extend_schema(operation_id="activate_member", request=None, responses={200: MemberOutput, 404: Problem})
    def post(self, request: Request, member_id: UUID) -> Response:
        return Response(_stand(self, member_id, active=True))


class DeactivateView(BankerView):
    """Let a member work no longer."""

    @extend_schema(operation_id="deactivate_member", request=None, responses={200: MemberOutput, 404: Problem})
    def post(self, request: Request, member_id: UUID) -> Response:
        return Response(_stand(self, member_id, active=False))


def _stand(view: BankerView, member_id: UUID, *, active: bool) -> MemberOutput:
    member = members.set_active(
        operator=view.operator, member_id=member_id, active=active, actor=view.actor, by=view.member
    )
    return show(view.operator, member, balance=selectors.balance_of(member))


class CreditView(BankerView):
    """Credit that admins give and take."""

    @extend_schema(
        operation_id="move_credit",
        parameters=[IDEMPOTENCY_KEY],
        request=CreditAsk,
        responses={200: MemberOutput, 404: Problem, 409: Problem, 422: Problem},
    )
    def post(self, request: Request, member_id: UUID) -> Response:
        key, ask, operator = idempotency_key(request), read(request, CreditAsk), self.operator
        if ask.direction not in ("give", "take"):
            raise ParameterInvalid("direction must be give or take.")
        amount = parse_amount(ask.amount, exponent=operator.currency_exponent)
        member, balance = members.move_credit(
            operator=operator,
            member_id=member_id,
            amount=amount if ask.direction == "give" else -amount,
            key=key,
            actor=self.actor,
        )
        return Response(show(operator, member, balance=balance))
