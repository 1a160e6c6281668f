"""Teaches drf-spectacular our request and answer shapes, which are msgspec structs."""

from typing import Any, Literal

import msgspec
from drf_spectacular.extensions import OpenApiAuthenticationExtension, OpenApiSerializerExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent
from drf_spectacular.utils import OpenApiParameter


class StructExtension(OpenApiSerializerExtension):
    """Any msgspec struct named in `extend_schema` becomes a component of the document."""

    target_class = "msgspec.Struct"
    match_subclasses = True

    def get_name(self, auto_schema: AutoSchema, direction: Any) -> str:
        return str(self.target.__name__)

    def get_identity(self, auto_schema: AutoSchema, direction: Any) -> str:
        return self.get_name(auto_schema, direction)  # the same whether it stands alone or inside another

    def map_serializer(self, auto_schema: AutoSchema, direction: Any) -> dict[str, Any]:
        schemas, components = msgspec.json.schema_components((self.target,), ref_template="#/components/schemas/{name}")
        own = self.get_name(auto_schema, direction)
        for name, schema in components.items():
            if name != own:
                self._register(auto_schema, name, schema)
        return dict(components.get(own, schemas[0]))

    @staticmethod
    def _register(auto_schema: AutoSchema, name: str, schema: dict[str, Any]) -> None:
        component = ResolvedComponent(name=name, type=ResolvedComponent.SCHEMA, object=name, schema=schema)
        auto_schema.registry.register_on_missing(component)


def query_parameters(shape: type[msgspec.Struct]) -> list[OpenApiParameter]:
    """The query parameters that a call reads into this shape, for `extend_schema(parameters=...)`."""
    [reference], components = msgspec.json.schema_components((shape,), ref_template="{name}")
    own = components[reference["$ref"]]
    return [
        OpenApiParameter(name, type={key: value for key, value in schema.items() if key != "default"}, location="query")
        for name, schema in own["properties"].items()
    ]


IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    type=str,
    location="header",
    required=True,
    description="1 to 128 printable ASCII characters. A call repeated with the same key has its effect once.",
)
"""The header that every call that moves money takes."""


class ListOf:
    """A list of one struct as a whole answer: `responses={200: ListOf(GameOutput)}`."""

    def __init__(self, item: type[msgspec.Struct]) -> None:
        self.item = item


class ListExtension(OpenApiSerializerExtension):
    """Makes `ListOf` a component of the document."""

    target_class = ListOf

    def get_name(self, auto_schema: AutoSchema, direction: Any) -> str:
        return f"{self.target.item.__name__}List"

    def map_serializer(self, auto_schema: AutoSchema, direction: Any) -> dict[str, Any]:
        return {"type": "array", "items": auto_schema.resolve_serializer(self.target.item, direction).ref}


class KeyScheme(OpenApiAuthenticationExtension):
    """The key of an operator's backend or of the provider."""

    target_class = "operators.authentication.KeyAuthentication"
    name = "key"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        return {"type": "http", "scheme": "bearer", "description": "An API key."}


class SessionScheme(OpenApiAuthenticationExtension):
    """A player's session token."""

    target_class = "players.authentication.SessionAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        return {"type": "http", "scheme": "bearer", "description": "A player's session token."}


class MemberScheme(OpenApiAuthenticationExtension):
    """A member of the three-digit lottery, or the operator's backend."""

    target_class = "banker.authentication.MemberAuthentication"
    name = "member"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        return {"type": "http", "scheme": "bearer", "description": "A lottery member's session token."}

    def get_security_requirement(self, auto_schema: AutoSchema) -> Any:
        """A member's token, or an operator's key where its backend may make the call."""
        own: dict[str, list[str]] = {"member": []}
        return [{"key": []}, own] if getattr(auto_schema.view, "backend_allowed", True) else own


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """
    An error, as RFC 9457 problem document. `code` is stable; `title` is in the language asked for.

    `retry` says whether the call can be made again: never as it stands, again with the same Idempotency-Key, or
    later with a new one. `money_moved` says whether money has moved because of it. `doc_url` explains the code, and
    `request_log_url` finds the call in the request log.
    """

    type: str
    title: str
    status: int
    code: str
    params: dict[str, Any]
    retry: Literal["never", "same_key", "new_key"]
    money_moved: Literal["no", "yes", "unknown"]
    doc_url: str
    request_id: str
    request_log_url: str
    detail: str = ""
