"""The collection as one shell script, with one HTTPie command for each operation."""

import json
import shlex
from typing import Any

from keno_platform.collection.examples import NO_ID
from keno_platform.collection.operations import VARIABLE, Operation, in_running_order, variables

_HEAD = """\
#!/bin/sh
# Every operation of the API as an HTTPie command. Made by `manage.py make_collections`; change nothing here.
#
#   sh keno.sh                       the names of all operations
#   KEY=ko_... sh keno.sh list_games place_bet
#   KEY=ko_... sh keno.sh --all      all of them one after the other: only where money is play money
#
# Variables, to be set in the environment:
{variables}
: "${{SHOW:=hb}}"  # what HTTPie prints: H and B of the request, h and b of the response

request() {{ http --ignore-stdin --print "$SHOW" "$@" < /dev/null; }}
new_key() {{ od -An -N16 -tx1 /dev/urandom | tr -d ' \\n'; }}
"""
_TAIL = """
ALL='{all}'

run() {{
    case " $(echo "$ALL" | tr '\\n' ' ') " in
        *" $1 "*) echo "== $1"; "$1"; echo ;;
        *) echo "There is no operation $1." >&2; exit 2 ;;
    esac
}}

[ $# -gt 0 ] || {{ echo "$ALL"; exit 0; }}
[ "$1" != --all ] || {{ shift; set -- $ALL; }}
for operation in "$@"; do run "$operation"; done
"""


def script(found: list[Operation]) -> str:
    """The whole script."""
    parts, tag = [_HEAD.format(variables="\n".join(_variable(*one) for one in variables(found).items()))], ""
    for one in found:
        if one.tag != tag:
            tag = one.tag
            parts.append(f"\n# --- {tag} " + "-" * (110 - len(tag)) + "\n")
        parts.append(_function(one))
    names = "\n".join(one.name for one in in_running_order(found))
    return "".join(parts) + _TAIL.format(all=names)


def _variable(name: str, about: tuple[str, str]) -> str:
    default, text = about
    return f': "${{{name.upper()}:={default}}}"' + ("" if default == NO_ID else f"  # {text}")


def _function(one: Operation) -> str:
    lines = [f"{one.method} {_quoted('{{base}}' + one.path)}", *_items(one)]
    body = " \\\n        ".join(lines)
    option = "--raw '{}' " if one.body == {} else ""
    return f"\n{one.name}() {{\n    request {option}{body}\n}}\n"


def _items(one: Operation) -> list[str]:
    items = [_quoted(f"{name}=={value}") for name, value in one.query]
    if one.credential:
        items.append(_quoted(f"Authorization:Bearer {{{{{one.credential}}}}}"))
    if one.needs_key:
        items.append('"Idempotency-Key:$(new_key)"')
    return items + [_member(name, value) for name, value in (one.body or {}).items()]


def _member(name: str, value: Any) -> str:
    if isinstance(value, str):
        return _quoted(f"{name}={value}")
    return _quoted(f"{name}:={json.dumps(value, ensure_ascii=False)}")


def _quoted(text: str) -> str:
    """One word for the shell, in which variables are still replaced."""
    if not VARIABLE.search(text):
        return shlex.quote(text)
    for special in ("\\", '"', "$", "`"):
        text = text.replace(special, "\\" + special)
    return '"' + VARIABLE.sub(lambda found: f"${{{found[1].upper()}}}", text) + '"'
