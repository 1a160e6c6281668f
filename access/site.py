"""The staff's site: who is let in, and the pages of getting in and of one's own access."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path, reverse
from unfold.sites import UnfoldAdminSite

from access.standing import standing_of

_NOT_SERVED = {"view_on_site"}
"""No record of ours has a page elsewhere, and whether there is a record is nobody's business."""


class StaffSite(UnfoldAdminSite):  # type: ignore[misc]  # unfold has no types
    """Let in is who is a member of staff, in a session that began with a password and a code and still counts."""

    def has_permission(self, request: HttpRequest) -> bool:
        return standing_of(request) is not None

    def get_urls(self) -> list[URLPattern]:
        from access.views import confirming, entering, own

        views = (
            path("second-factor/", entering.second_factor, name="second_factor"),
            path("enrol/", entering.enrol, name="enrol"),
            path("confirm/", self.admin_view(confirming.confirm), name="confirm"),
            path("access/", self.admin_view(own.my_access), name="my_access"),
            path("access/log-out-elsewhere/", self.admin_view(own.log_out_elsewhere), name="log_out_elsewhere"),
            path("access/backup-codes/", self.admin_view(own.backup_codes), name="backup_codes"),
            path("access/new-phone/", self.admin_view(own.new_phone), name="new_phone"),
        )
        inherited = [url for url in super().get_urls() if getattr(url, "name", None) not in _NOT_SERVED]
        return [*views, *inherited]

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        from access.views import entering

        return entering.log_in(request)

    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        response: HttpResponse = super().logout(request, extra_context)
        # What this browser has kept of pages; not the cookies, which other hosts of the domain may share.
        response.headers["Clear-Site-Data"] = '"cache", "storage"'
        return response

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponseBase:
        from access.views import own

        return own.change_password(request)

    def _get_account_links(self, request: HttpRequest) -> list[dict[str, Any]]:
        """What the menu behind one's name offers."""
        return [
            {"title": "My access", "link": reverse("admin:my_access")},
            {"title": "Change password", "link": reverse("admin:password_change")},
        ]
