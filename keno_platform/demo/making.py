"""Making the demo's operators and their keys, unless they are there already."""

from contextlib import suppress

from keno_platform.core.errors import NotFound
from keno_platform.core.money import exponent_of, parse_amount
from keno_platform.demo.brands import Brand
from operators.models import Operator
from operators.selectors import find_valid_key, get_operator
from operators.services import OperatorTerms, create_operator, issue_key

ACTOR = "demo"


def ensure_operator(brand: Brand) -> Operator:
    with suppress(NotFound):
        return get_operator(slug=brand.slug)
    terms = OperatorTerms(
        slug=brand.slug,
        name=brand.name,
        currency_code=brand.currency,
        domain=f"{brand.slug}.localhost",
        min_bet=minor(brand.currency, brand.min_bet),
        max_bet=minor(brand.currency, brand.max_bet),
        max_win_per_ticket=minor(brand.currency, brand.max_win),
        default_language=brand.language,
        primary_color=brand.color,
        logo_url=f"/static/play/{brand.slug}.svg",
    )
    operator, _ = create_operator(terms=terms, actor=ACTOR)
    return operator


def ensure_key(operator: Operator | None, known: str) -> str:
    """The key of the last run while it is valid, else a new one: secrets are not kept anywhere else."""
    key = find_valid_key(known) if known else None
    if key is not None and key.operator == operator:
        return known
    _, secret = issue_key(operator=operator, label="demo", actor=ACTOR)
    return secret


def minor(currency: str, text: str) -> int:
    return parse_amount(text, exponent=exponent_of(currency))
