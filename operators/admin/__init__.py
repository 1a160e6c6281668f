"""The provider's own tables for staff: operators, their keys, signatures, wallets and domains, jurisdictions."""

from operators.admin import jurisdictions, keys, operators, signatures, wallets

__all__ = ["jurisdictions", "keys", "operators", "signatures", "wallets"]
