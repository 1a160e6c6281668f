from django.contrib.admin.apps import AdminConfig


class StaffSiteConfig(AdminConfig):
    """Django's admin, on the site that knows members of staff."""

    default_site = "access.site.StaffSite"
