"""Entering an operator's schema: the one way in, for requests, tasks, commands and consumers alike."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, cast

from django.db import connection, transaction

if TYPE_CHECKING:
    from operators.backend.base import DatabaseWrapper
    from operators.models import Operator


def current_schema() -> str:
    """The schema that is bound here and now."""
    return cast("DatabaseWrapper", connection).schema_name


@contextmanager
def tenant_context(operator: "Operator") -> "Iterator[Operator]":
    """Everything inside reads and writes this operator's schema; leaving restores what was bound before."""
    with binding_restored() as wrapper:
        wrapper.set_tenant(operator)
        yield operator


@contextmanager
def binding_restored() -> "Iterator[DatabaseWrapper]":
    """Whatever is bound inside, as migrating does, is bound no more afterwards."""
    wrapper = cast("DatabaseWrapper", connection)
    before, include_public = wrapper.tenant, wrapper.include_public_schema
    try:
        yield wrapper
    finally:
        wrapper.set_tenant(before, include_public)


@contextmanager
def tenant_transaction(operator: "Operator") -> "Iterator[Operator]":
    """A durable transaction inside the operator's schema: the entry point of every service that moves money."""
    with tenant_context(operator), transaction.atomic(durable=True):
        yield operator
