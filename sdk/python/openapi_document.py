"""The platform's OpenAPI document, read as what Python's methods and classes need."""

import json
import keyword
import re
import textwrap
from dataclasses import dataclass
from typing import Any

LINE_MAX = 106
HERE = "sdk/python/openapi_document.py"

LEFT_OUT = {
    "change_integration": "the provider's",
    "connect_wallet": "the provider's",
    "create_operator": "the provider's",
    "get_operator": "the provider's",
    "get_operator_wallet": "the provider's",
    "list_operators": "the provider's",
    "resume_operator": "the provider's",
    "suspend_operator": "the provider's",
    "enter_session": "the player's client's",
    "answer_reality_check": "the player's client's",
    "exclude_oneself": "the player's client's",
    "read_protection": "the player's client's",
    "set_limit": "the player's client's",
    "withdraw_limit": "the player's client's",
    "banker_sign_in": "a lottery member's",
    "banker_me": "a lottery member's",
    "banker_sign_out": "a lottery member's",
    "change_member_password": "a lottery member's",
    "list_own_movements": "a lottery member's",
    "own_account_csv": "a lottery member's",
    "own_account_json": "a lottery member's",
    "own_account_pdf": "a lottery member's",
    "place_slip": "a lottery member's",
    "read_result": "a lottery member's",
    "enter_result": "a lottery member's",
    "confirm_result": "a lottery member's",
    "reject_result": "a lottery member's",
    "propose_correction": "a lottery member's",
}
"""Operations that an operator's backend does not call."""

ITEMS = {
    "list_bets": "BetOutput",
    "list_differences": "dict[str, Any]",
    "list_flags": "FlagOutput",
    "list_phases": "PhaseOutput",
    "list_reconciliations": "RunOutput",
    "list_report_runs": "ReportRunOutput",
    "list_report_schedules": "ScheduleOutput",
    "list_rounds": "RoundOutput",
    "list_transactions": "TransactionOutput",
    "list_webhook_deliveries": "DeliveryOutput",
}
"""What the pages of a list hold, where the document does not say it."""

_METHODS = ("get", "post", "put", "patch", "delete")
_PLAIN = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None"}
_FORMATS = {"uuid": "UUID", "date-time": "datetime"}


class CannotWrite(Exception):
    """The document says something that this generator was not taught; the message says what to teach it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One argument of a method: where it goes, and its type as Python writes it."""

    name: str
    place: str
    type: str
    required: bool

    @property
    def python(self) -> str:
        return python_name(self.name)

    @property
    def declared(self) -> str:
        return f"{self.python}: {self.type}" if self.required else f"{self.python}: {optional(self.type)} = None"


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One method of the clients."""

    name: str
    method: str
    path: str
    description: str
    parameters: list[Parameter]
    has_body: bool
    takes_key: bool
    answer: str
    place: str | None

    @property
    def item(self) -> str | None:
        """What a page of this list holds."""
        found = re.fullmatch(r"Page\[(.+)\]", self.answer)
        return found[1] if found else None

    def placed(self, place: str) -> list[Parameter]:
        """The arguments that go there: path, query, body."""
        return [parameter for parameter in self.parameters if parameter.place == place]

    @property
    def plain(self) -> str:
        """What it lists or feeds."""
        return re.sub(r"^(list|feed)_", "", self.name)


def python_name(name: str) -> str:
    """A member's name as Python can write it: `from` is `from_`, `Idempotency-Key` is `idempotency_key`."""
    plain = name.lower().replace("-", "_")
    return f"{plain}_" if keyword.iskeyword(plain) else plain


def optional(type_: str) -> str:
    return type_ if type_.endswith("| None") or type_ == "Any" else f"{type_} | None"


class Document:
    """The OpenAPI document, read as Python."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._schemas: dict[str, Any] = document["components"]["schemas"]
        self._paths: dict[str, Any] = document["paths"]

    def operations(self) -> list[Operation]:
        """What an operator's backend can call, by name."""
        found = [
            self._operation(path, method, one)
            for path, methods in self._paths.items()
            for method, one in methods.items()
            if method in _METHODS and one["operationId"] not in LEFT_OUT
        ]
        return sorted(found, key=lambda one: one.name)

    def _operation(self, path: str, method: str, one: dict[str, Any]) -> Operation:
        name = one["operationId"]
        if not any(not need or "key" in need for need in one.get("security", [{}])):
            raise CannotWrite(f"{name} takes no operator's key: name it in LEFT_OUT of {HERE}.")
        parameters = [self._parameter(name, parameter) for parameter in one.get("parameters", [])]
        in_path = re.findall(r"{(\w+)}", path)
        ordered = sorted(
            (parameter for parameter in parameters if parameter.place == "path"),
            key=lambda parameter: in_path.index(parameter.name),
        )
        ordered += sorted(
            (*self._body(name, one), *(parameter for parameter in parameters if parameter.place == "query")),
            key=lambda each: not each.required,
        )
        names = [parameter.python for parameter in ordered]
        if len(set(names)) != len(names):
            raise CannotWrite(f"{name} has two arguments of one name: {', '.join(names)}.")
        return Operation(
            name=name,
            method=method.upper(),
            path=path,
            description=one.get("description", name).strip(),
            parameters=ordered,
            has_body="requestBody" in one,
            takes_key=any(parameter.name == "Idempotency-Key" for parameter in parameters),
            answer=self._answer(name, one["responses"]),
            place=self._place(self._answer(name, one["responses"]), names),
        )

    def _place(self, answer: str, arguments: list[str]) -> str | None:
        """For what is read on from a place: the member of the answer that is the next place."""
        members = self._schemas.get(answer, {}).get("properties", {})
        if "after" not in arguments or "more" not in members:
            return None
        return next((name for name in ("next_after", "after") if name in members), None)

    def _parameter(self, operation: str, one: dict[str, Any]) -> Parameter:
        if one["in"] == "header" and one["name"] != "Idempotency-Key":
            raise CannotWrite(f"{operation} takes the header {one['name']}: teach {HERE} to send it.")
        type_ = self.type_of(one["schema"])
        return Parameter(
            name=one["name"],
            place=one["in"],
            type="UUID | str" if type_ == "UUID" else type_.replace("UUID | None", "UUID | str | None"),
            required=bool(one.get("required")),
        )

    def _body(self, operation: str, one: dict[str, Any]) -> list[Parameter]:
        if "requestBody" not in one:
            return []
        schema = one["requestBody"]["content"]["application/json"]["schema"]
        shape = self._schemas[_name(schema)] if "$ref" in schema else schema
        if "properties" not in shape:
            raise CannotWrite(f"The body of {operation} is no object with members: teach {HERE}.")
        required = shape.get("required", [])
        for name, member in shape["properties"].items():
            if name not in required and _is_nullable(member) and member.get("default") is not None:
                raise CannotWrite(f"{operation}: null and absence differ for {name}: teach {HERE}.")
        return [
            Parameter(name=name, place="body", type=self.type_of(member), required=name in required)
            for name, member in shape["properties"].items()
        ]

    def _answer(self, operation: str, responses: dict[str, Any]) -> str:
        good = min(status for status in responses if status.startswith("2"))
        content = responses[good].get("content", {})
        if not content:
            return "None"
        [(media_type, described)] = content.items()
        schema = described["schema"]
        if media_type != "application/json":
            return "bytes" if schema.get("format") == "binary" else "str"
        shape = self._schemas[_name(schema)] if "$ref" in schema else schema
        if set(shape.get("properties", ())) == {"next", "previous", "results"}:
            return f"Page[{self._item(operation, shape)}]"
        type_ = self.type_of(schema)
        return "Any" if type_ == "dict[str, Any]" else type_

    def _item(self, operation: str, page: dict[str, Any]) -> str:
        if "items" in page["properties"]["results"] and page["properties"]["results"]["items"]:
            return self.type_of(page["properties"]["results"]["items"])
        if operation in ITEMS:
            return ITEMS[operation]
        raise CannotWrite(f"{operation} answers pages of what? Name it in ITEMS of {HERE}.")

    def type_of(self, schema: dict[str, Any]) -> str:
        """A schema as Python's annotation."""
        match schema:
            case {"$ref": _}:
                name = _name(schema)
                shape = self._schemas[name]
                return self.type_of(shape) if "properties" not in shape else name
            case {"anyOf": choices} | {"oneOf": choices}:
                types = dict.fromkeys(self.type_of(choice) for choice in choices)
                none = types.pop("None", None)
                return " | ".join([*types, *([none or "None"] if "None" in _all(self, choices) else [])])
            case {"allOf": [only]}:
                return self.type_of(only)
            case {"enum": values}:
                return f"Literal[{', '.join(json.dumps(value) for value in values)}]"
            case {"const": value}:
                return f"Literal[{json.dumps(value)}]"
            case {"type": "array"}:
                return f"list[{self.type_of(schema.get('items') or {})}]"
            case {"type": "object", "properties": _}:
                raise CannotWrite("An object without a name inside another: give it a name in the platform's code.")
            case {"type": "object"}:
                return f"dict[str, {self.type_of(schema.get('additionalProperties') or {})}]"
            case {"type": [*several]}:
                return self.type_of({"anyOf": [{**schema, "type": one} for one in several]})
            case {"type": "string", "format": str() as known} if known in _FORMATS:
                return _FORMATS[known]
            case {"type": str() as plain} if plain in _PLAIN:
                return _PLAIN[plain]
        if not set(schema) - {"default", "description", "title"}:
            return "Any"
        raise CannotWrite(f"No Python type is known for {json.dumps(schema)}: teach {HERE}.")

    def structs(self, operations: list[Operation]) -> list[str]:
        """The names of the objects that are needed, each after those that it holds."""
        found: list[str] = []
        for operation in operations:
            mentioned = " ".join([operation.answer, *(parameter.type for parameter in operation.parameters)])
            for name in re.findall(r"\b[A-Z]\w+", mentioned.replace("Page[", "[")):
                self._gather(name, found)
        return found

    def _gather(self, name: str, found: list[str]) -> None:
        if name not in self._schemas or name in found or "properties" not in self._schemas[name]:
            return
        for member in self._schemas[name]["properties"].values():
            for inner in re.findall(r"\b[A-Z]\w+", self.type_of(member)):
                if inner != name:
                    self._gather(inner, found)
        found.append(name)

    def struct(self, name: str) -> str:
        """The class of one object."""
        shape = self._schemas[name]
        required = set(shape.get("required", ()))
        lines = [self._member(each, member, each in required) for each, member in shape["properties"].items()]
        description = shape.get("description", name)
        options = ", omit_defaults=True" if shape.get("additionalProperties") is False else ""
        return f"class {name}(msgspec.Struct, frozen=True, kw_only=True{options}):\n" + textwrap.indent(
            f"{docstring(description)}\n\n" + "\n".join(lines) + "\n", "    "
        )

    def _member(self, name: str, member: dict[str, Any], required: bool) -> str:
        type_ = self.type_of(member)
        if not required:
            type_ = optional(type_)
        renamed = python_name(name) if keyword.iskeyword(name) else name
        if renamed == name:
            return f"{name}: {type_}" + ("" if required else " = None")
        default = "" if required else "default=None, "
        return f'{renamed}: {type_} = msgspec.field({default}name="{name}")'


def _all(document: Document, choices: list[dict[str, Any]]) -> list[str]:
    return [part for choice in choices for part in document.type_of(choice).split(" | ")]


def _name(schema: dict[str, Any]) -> str:
    return str(schema["$ref"]).rpartition("/")[2]


def _is_nullable(schema: dict[str, Any]) -> bool:
    return {"type": "null"} in schema.get("anyOf", ())


def docstring(text: str) -> str:
    """A text in the quotes of a docstring, in lines that fit below a method."""
    text = text.replace("\\", "\\\\").replace('"""', "'''")
    text = "\n".join(textwrap.fill(line, LINE_MAX) if len(line) > LINE_MAX else line for line in text.split("\n"))
    return f'"""\n{text}\n"""' if "\n" in text else f'"""{text}"""'
