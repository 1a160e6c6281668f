"""The provider's own tables for staff: operators, their keys and domains, jurisdictions."""

from operators.admin import jurisdictions, keys, operators

__all__ = ["jurisdictions", "keys", "operators"]
