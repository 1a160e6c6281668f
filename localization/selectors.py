"""Reading the client's texts."""

from uuid import UUID

from django.db.models import F, Q
from django.utils import translation

from keno_platform.core.errors import Kind, Refusal
from localization.catalogue import CLIENT_TEXTS
from localization.models import Locale, Text


class LocaleUnknown(Refusal):
    """Not one of the languages of the client."""

    code = "locale_unknown"
    kind = Kind.NOT_FOUND
    title = "There is no such language"


def texts_for(*, locale: str, operator_id: UUID | None = None) -> dict[str, str]:
    """
    Every text of the client in one language, by key: the operator's own, else the public one, else the catalogue's.

    :raises LocaleUnknown: not one of the languages.
    """
    if locale not in Locale.values:
        raise LocaleUnknown(locale=locale[:16])
    with translation.override(locale):
        texts = {key: translation.gettext(source) for key, source in CLIENT_TEXTS.items()}
    rows = Text.objects.filter(Q(operator=None) | Q(operator_id=operator_id), locale_code=locale, key__in=texts)
    texts.update(rows.order_by(F("operator_id").asc(nulls_first=True)).values_list("key", "value"))
    return texts
