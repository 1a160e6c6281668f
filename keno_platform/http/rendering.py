"""JSON out: one fast encoder for answers and for problems."""

from collections.abc import Mapping
from typing import Any

import msgspec
from rest_framework.renderers import BaseRenderer

_encoder = msgspec.json.Encoder()


class StrictJSONRenderer(BaseRenderer):
    """Encodes msgspec structs, mappings and lists. Money is already a string by then."""

    media_type = "application/json"
    format = "json"
    charset = None

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        return b"" if data is None else _encoder.encode(data)


class ProblemRenderer(StrictJSONRenderer):
    """RFC 9457 problem documents."""

    media_type = "application/problem+json"
    format = "problem"
