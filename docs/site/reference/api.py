"""The API as pages, from the OpenAPI document that the server answers: a page for each tag, one for all shapes."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from inspect import cleandoc
from typing import Any

from docs.site.reference.markdown import block, paragraphs, prose, table

METHODS = ("get", "post", "put", "patch", "delete")
CREDENTIALS = {"key": "API key", "session": "player's session", "member": "lottery member's session"}
Found = Mapping[str, Any]
SHORT = "---\ntocdepth: 1\n---\n\n"
"""For pages of hundreds of headings: Sphinx copies them for the side bar of every page before it leaves them out."""


def pages() -> Iterator[tuple[str, str]]:
    """Name and text of each page."""
    from drf_spectacular.generators import SchemaGenerator

    generator: Any = SchemaGenerator  # the library has no types
    document: Found = generator().get_schema(request=None, public=True)
    by_tag = _by_tag(document)
    yield "api/index", _index(document, by_tag)
    for tag, calls in sorted(by_tag.items()):
        yield f"api/{_name(tag)}", _tag_page(tag, calls)
    yield "api/shapes", _shapes(document["components"]["schemas"])
    yield "errors", errors_page()


def _by_tag(document: Found) -> dict[str, list[tuple[str, str, Found]]]:
    found: dict[str, list[tuple[str, str, Found]]] = defaultdict(list)
    for path, methods in sorted(document["paths"].items()):
        for method in METHODS:
            if method in methods:
                found[methods[method].get("tags", ["other"])[0]].append((path, method, methods[method]))
    return found


def _name(tag: str) -> str:
    return tag.strip(".")


def _index(document: Found, by_tag: Mapping[str, list[tuple[str, str, Found]]]) -> str:
    info = document["info"]
    rows = [(f"[{tag}]({_name(tag)}.md)", str(len(calls))) for tag, calls in sorted(by_tag.items())]
    inside = "\n".join(["```{toctree}", ":hidden:", "", *(_name(tag) for tag in sorted(by_tag)), "shapes", "```", ""])
    intro = f"{prose(info['description'])}\n\nA running server has the same as `/api/v1/schema` and `/api/v1/docs`."
    shapes = "What goes to and fro: [shapes](shapes.md). Every refusal: [errors](../errors.md)."
    return f"# The API\n\n{intro} {shapes}\n\n{table(('part', 'calls'), rows)}\n{inside}"


def _tag_page(tag: str, calls: list[tuple[str, str, Found]]) -> str:
    return f"# {_name(tag)}\n\n" + "\n".join(_call(*one) for one in calls)


def _call(path: str, method: str, given: Found) -> str:
    heads = ("name", "in", "type", "meaning")
    parameters = [
        (
            f"`{one['name']}`{' (required)' if one.get('required') else ''}",
            one["in"],
            type_of(one.get("schema", {})),
            prose(one.get("description", "")),
        )
        for one in given.get("parameters", ())
    ]
    parts = [
        f"## {method.upper()} {path}\n",
        paragraphs(given.get("description", "")) + "\n",
        f"Credential: {_credential(given)}.\n",
        table(heads, parameters),
        _body(given),
        table(("answer", "shape"), [(status, _shape_of(one)) for status, one in sorted(given["responses"].items())]),
    ]
    return "\n".join(part for part in parts if part.strip())


def _credential(given: Found) -> str:
    schemes = [CREDENTIALS.get(name, name) for one in given.get("security", ()) for name in one]
    return " or ".join(schemes) if schemes else "none"


def _body(given: Found) -> str:
    content = given.get("requestBody", {}).get("content", {}).get("application/json")
    if content is None:
        return ""
    example = content.get("example")
    shown = block(json.dumps(example, indent=2, ensure_ascii=False), "json") if example is not None else ""
    return f"Body: {type_of(content['schema'])}\n\n{shown}"


def _shape_of(response: Found) -> str:
    content = response.get("content", {})
    shapes = [type_of(one.get("schema", {})) if "json" in kind else f"`{kind}`" for kind, one in content.items()]
    return ", ".join(dict.fromkeys(shapes)) or prose(response.get("description", "")) or "nothing"


def type_of(schema: Found) -> str:
    """A schema in a few words, with a link to a shape."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](shapes.md#{name.lower()})"
    if choices := schema.get("anyOf") or schema.get("oneOf"):
        return " or ".join(type_of(one) for one in choices)
    if "enum" in schema:
        return ", ".join(f"`{one}`" for one in schema["enum"])
    if schema.get("type") == "array":
        return f"list of {type_of(schema.get('items', {}))}"
    kind = schema.get("type", "any")
    return f"{kind} ({schema['format']})" if "format" in schema else str(kind)


def _shapes(schemas: Mapping[str, Found]) -> str:
    return f"{SHORT}# Shapes\n\n" + "\n".join(_shape(name, schemas[name]) for name in sorted(schemas))


def _shape(name: str, schema: Found) -> str:
    required = schema.get("required", ())
    rows = [
        (f"`{member}`", type_of(one), "" if member in required else "may be left out")
        for member, one in schema.get("properties", {}).items()
    ]
    plain = "" if rows else f"{type_of(schema)}\n"
    return f"## {name}\n\n{paragraphs(schema.get('description', ''))}\n\n{table(('member', 'type', ''), rows)}{plain}"


def errors_page() -> str:
    """Every refusal with what it means and what to do."""
    from keno_platform.docs import all_refusals
    from keno_platform.http.problems import STATUS

    parts = [
        f"## {one.code}\n\nStatus {STATUS[one.kind]}: {prose(one.title)}. Try again: `{one.retry.value}`; money "
        f"moved: `{one.money_moved.value}`.\n\n{paragraphs(cleandoc(one.__doc__ or ''))}\n"
        for one in all_refusals()
    ]
    head = f"{SHORT}# Errors\n\nEvery refusal of the server by its code, written from the code. What `retry` and money "
    return f"{head}moved mean is in [the integration guide](../docs/integration.md).\n\n" + "\n".join(parts)
