"""Whether a command line of the documents is one that its program understands, without running it."""

import argparse
import contextlib
import io
import re
import shlex
from collections.abc import Callable, Sequence

from django.core.management import get_commands, load_command_class

from keno_platform.keno.__main__ import _parser as keno_parser
from keno_platform.local.__main__ import _parse as parse_local
from tests.docs.snippets import ROOT

_ENDS = re.compile(r"^(?:[|&;<>]+|\d?>+|\|\||&&|do|then|done)$")


def faults_of_line(line: str) -> str:
    """What is wrong with it, in its program's words; nothing for a line of other programs."""
    try:
        words = shlex.split(line, comments=True)
    except ValueError:  # a quotation over several lines
        return ""
    words = [word for word in words if not re.fullmatch(r"\w+=\S*", word) or word.startswith("-")]
    for at, word in enumerate(words):
        rest = _until_the_end(words[at + 1 :])
        if word.endswith("manage.py") and rest:
            return _of_manage(rest[0], rest[1:])
        if word == "keno_platform.local" and rest:
            return _of_local(rest)
        if word == "./keno" or (word == "keno" and at == 0):
            return _of_keno(rest)
        if word == "make" and at == 0:
            return _of_make(rest)
    return ""


def _until_the_end(words: Sequence[str]) -> list[str]:
    """The words of the same command, up to a pipe or the like."""
    end = next((at for at, word in enumerate(words) if _ENDS.match(word)), len(words))
    return [word.rstrip(";)") for word in words[:end]]


def _of_manage(name: str, arguments: Sequence[str]) -> str:
    app = get_commands().get(name)
    if app is None:
        return f"no command {name!r}"
    command = load_command_class(str(app), name) if isinstance(app, str) else app
    parser = command.create_parser("manage.py", name)
    parser.called_from_command_line = True
    return _said_by(lambda: parser.parse_args(list(arguments)))


def _of_local(arguments: Sequence[str]) -> str:
    import sys

    before = sys.argv
    sys.argv = ["local", *arguments]
    try:
        fault = _said_by(parse_local)
    finally:
        sys.argv = before
    if not fault and arguments[0] == "manage":
        return _of_manage(arguments[1], arguments[2:])
    return fault


def _of_keno(arguments: Sequence[str]) -> str:
    parser, verbs = keno_parser()
    parsed: list[tuple[argparse.Namespace, list[str]]] = []
    fault = _said_by(lambda: parsed.append(parser.parse_known_args(list(arguments))))
    if fault or not parsed:
        return fault
    options, rest = parsed[0]
    verb = verbs[options.verb]
    if verb.main is not None:
        return f"unrecognized arguments: {rest}" if rest else ""
    if "manage.py" in str(verb.command[1:2]):
        return _of_manage(str(verb.command[2]), rest) if len(verb.command) > 2 else _of_manage(rest[0], rest[1:])
    return ""


def _of_make(arguments: Sequence[str]) -> str:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))
    missing = [one for one in arguments if "=" not in one and one not in targets]
    return f"no target {missing}" if missing else ""


def _said_by(parse: Callable[[], object]) -> str:
    """What a parser complains about; nothing when it does not, or when it only shows its help."""
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said), contextlib.redirect_stdout(io.StringIO()):
            parse()
    except SystemExit as ended:
        return said.getvalue() if ended.code else ""
    except Exception as error:  # Django's parser raises its own where nobody types
        return str(error) or repr(error)
    return ""
