"""One's own access: the role and what it may, sessions, backup codes, another phone, the password."""

from datetime import timedelta
from typing import Any

from django.contrib import admin, messages
from django.contrib.auth import logout
from django.contrib.auth.forms import PasswordChangeForm
from django.contrib.auth.views import PasswordChangeView
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse, reverse_lazy
from unfold.forms import AdminOwnPasswordChangeForm

from access import selectors, services
from access.fresh import fresh_only
from access.models import Role
from access.roles import rights_of
from access.standing import AGE_MAX, Standing, require_standing
from access.views.entering import show_backup_codes
from access.views.pages import show
from configuration import selectors as configuration
from configuration.catalogue import STAFF_SESSION_MINUTES
from keno_platform.core import clock
from keno_platform.staff.columns import in_utc
from operators.staff_record import staff_address


def my_access(request: HttpRequest) -> HttpResponse:
    """What one may do, and where one is logged in."""
    standing = require_standing(request)
    member = standing.member
    return show(
        request,
        "my_access",
        title="My access",
        facts=_facts(standing),
        rights=[] if member.role == Role.SUPER_ADMIN and not member.narrowed else _rights(standing),
        networks=selectors.networks_of(member.role),
        sessions=_sessions(standing),
        backup_codes=selectors.count_backup_codes(member.user_id),
    )


def log_out_elsewhere(request: HttpRequest) -> HttpResponse:
    """End every session but this one."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    standing = require_standing(request)
    ended = services.end_other_sessions(standing.session, actor=standing.actor)
    messages.success(request, f"{ended} other {'session is' if ended == 1 else 'sessions are'} over.")
    return HttpResponseRedirect(reverse("admin:my_access"))


@fresh_only
def backup_codes(request: HttpRequest) -> HttpResponse:
    """New backup codes in the place of the old ones, shown once."""
    standing = require_standing(request)
    if request.method != "POST":
        return show(request, "renew_backup_codes", title="New backup codes")
    made = services.renew_backup_codes(standing.member, actor=standing.actor, address=staff_address(request))
    return show_backup_codes(request, made, reverse("admin:my_access"))


@fresh_only
def new_phone(request: HttpRequest) -> HttpResponse:
    """Give the second factor up, to set it up on another phone at once: by logging in again."""
    standing = require_standing(request)
    if request.method != "POST":
        return show(request, "new_phone", title="Another phone")
    services.replace_phone(standing.member, actor=standing.actor)
    logout(request)
    messages.info(request, "Log in with your password, and set up your second factor on the new phone.")
    return HttpResponseRedirect(reverse("admin:login"))


class ChangePassword(PasswordChangeView):
    """A new password of one's own. Every other session of the member is over then."""

    form_class = AdminOwnPasswordChangeForm
    template_name = "registration/password_change_form.html"
    success_url = reverse_lazy("admin:password_change_done")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {**admin.site.each_context(self.request), **super().get_context_data(**kwargs)}

    @transaction.atomic
    def form_valid(self, form: PasswordChangeForm) -> HttpResponse:
        standing = require_standing(self.request)
        if form.cleaned_data["new_password1"] == form.cleaned_data["old_password"]:
            form.add_error("new_password1", "This is the password that you have.")
            return self.form_invalid(form)
        answer = super().form_valid(form)
        services.end_other_sessions(standing.session, actor=standing.actor)
        services.password_changed(member=standing.member, actor=standing.actor, address=staff_address(self.request))
        return answer


@fresh_only
def change_password(request: HttpRequest) -> HttpResponseBase:
    """The page of it."""
    return ChangePassword.as_view()(request)


def _facts(standing: Standing) -> dict[str, object]:
    member, minutes = standing.member, configuration.value(STAFF_SESSION_MINUTES)
    return {
        "Name": member,
        "Role": member.get_role_display() + (", narrowed down" if member.narrowed else ""),
        "Operator": member.operator or "all of them",
        "Session": f"ends {minutes} minutes after the last click, at the latest {in_utc(_end(standing, AGE_MAX))}",
    }


def _end(standing: Standing, age: timedelta) -> Any:
    return standing.session.began_at + age


def _rights(standing: Standing) -> list[tuple[str, str]]:
    """Table by table what one may, as the role's lines have it and the member's permissions leave of it."""
    allowed = selectors.permissions_of_member(standing.member)
    lines = rights_of(Role(standing.member.role)) if standing.member.role != Role.SUPER_ADMIN else _grouped(allowed)
    shown = ((label, ", ".join(_kept(label, rights, allowed))) for label, rights in sorted(lines.items()))
    return [(label, rights) for label, rights in shown if rights]


def _kept(label: str, rights: tuple[str, ...], allowed: frozenset[str]) -> list[str]:
    app, _, model = label.partition(".")
    return [right for right in rights if f"{app}.{right}_{model}" in allowed]


def _grouped(allowed: frozenset[str]) -> dict[str, tuple[str, ...]]:
    grouped: dict[str, tuple[str, ...]] = {}
    for name in sorted(allowed):
        app, _, rest = name.partition(".")
        right, _, model = rest.partition("_")
        grouped[f"{app}.{model}"] = (*grouped.get(f"{app}.{model}", ()), right)
    return grouped


def _sessions(standing: Standing) -> list[dict[str, object]]:
    since = clock.now() - timedelta(minutes=configuration.value(STAFF_SESSION_MINUTES))
    return [
        {
            "here": one.pk == standing.session.pk,
            "address": one.address or "unknown",
            "browser": one.browser or "unknown",
            "began": in_utc(one.began_at),
            "seen": in_utc(one.seen_at),
        }
        for one in selectors.open_sessions(standing.member.user_id, seen_since=since)
    ]
