"""Money for staff, inside the picked operator."""

from wallet.admin import archive, books, calls

__all__ = ["archive", "books", "calls"]
