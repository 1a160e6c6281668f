"""Teaches drf-spectacular our request and answer shapes, which are msgspec structs."""

from typing import Any

import msgspec
from drf_spectacular.extensions import OpenApiSerializerExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent


class StructExtension(OpenApiSerializerExtension):
    """Any msgspec struct named in `extend_schema` becomes a component of the document."""

    target_class = "msgspec.Struct"
    match_subclasses = True

    def get_name(self, auto_schema: AutoSchema, direction: Any) -> str:
        return str(self.target.__name__)

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


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """An error, as RFC 9457 problem document. `code` is stable; `title` is in the language asked for."""

    type: str
    title: str
    status: int
    code: str
    params: dict[str, Any]
    detail: str = ""
