"""
Who may do what in the database, apart from its owner, who makes tables and migrates:

    application   runs the platform: reads and writes rows, changes nothing that is append-only, makes nothing
    reader        looks: at every table, but at no secret, sealed or hashed
    auditor       looks at the record, and at nothing else

What the application may change is read off the triggers that refuse it: a table that becomes append-only needs no line
here. For a superuser's connection, or one of the owner's with CREATEROLE once the roles exist. No Django here.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import LiteralString, cast

import psycopg
from psycopg import sql

Session = psycopg.Connection[tuple[object, ...]]
SCHEMAS = ("public", r"op\_%", r"archive\_%", r"restored\_%")
"""LIKE patterns: what all operators share, each operator's own, and its old days."""
CLOSED: Mapping[str, tuple[str, ...]] = {
    "auth_user": ("password",),
    "django_session": ("session_key", "session_data"),
    "access_authenticator": ("sealed",),
    "access_backupcode": ("hash",),
    "operators_operator": ("player_tag_secret",),
    "operators_apikey": ("secret_hash",),
    "operators_walletconnection": ("hmac_secret", "hmac_previous"),
    "operators_callsigningkey": ("sealed",),
    "operators_callerkey": ("sealed",),
    "webhooks_endpoint": ("sealed_secret", "previous_sealed_secret"),
    "rounds_epoch": ("sealed_key",),
    "rounds_signingkey": ("sealed",),
    "rounds_sealedkey": ("sealed",),
    "players_session": ("launch_hash", "token_hash"),
    "bets_bet": ("blind",),
    "bets_betstate": ("blind",),
    "banker_member": ("password_hash", "totp_sealed"),
    "banker_membersession": ("token_hash",),
}
"""Columns that a reader is not shown: with some of them one could act as somebody else, or guess until one can."""
UNSAID: Mapping[str, tuple[str, ...]] = {"audit_auditentry": ("created_at", "transaction_number")}
"""Columns that the application does not fill in: when, and in which transaction, something was recorded."""
_LOOKING = {
    "default_transaction_read_only": "on",
    "statement_timeout": "'5min'",
    "idle_in_transaction_session_timeout": "'1min'",
}
_INSERT, _DELETE, _UPDATE = 4, 8, 16
"""Bits of pg_trigger.tgtype."""
_DAY = re.compile(r"_[0-9]{8}$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Roles:
    """What the three are called in this cluster."""

    application: str = "keno_app"
    reader: str = "keno_reader"
    auditor: str = "keno_auditor"

    @property
    def names(self) -> tuple[str, str, str]:
        return self.application, self.reader, self.auditor


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """
    A table or view, its columns, and which kinds of change its triggers refuse to everybody (bits). `is_ours`: whether
    whoever is connected may say who may do what with it.
    """

    schema: str
    name: str
    is_table: bool
    is_ours: bool
    refused: int
    columns: tuple[str, ...]

    @property
    def is_record(self) -> bool:
        return self.schema == "public" and self.name.startswith("audit_")

    @property
    def rights(self) -> tuple[str, ...]:
        """What the application may do with a row."""
        if not self.is_table:
            return ("SELECT",)
        kinds = (("INSERT", _INSERT), ("UPDATE", _UPDATE), ("DELETE", _DELETE))
        return ("SELECT", *(name for name, bit in kinds if not self.refused & bit))

    @property
    def closed_columns(self) -> tuple[str, ...]:
        """What a reader is not shown. A day that was detached is called after its table."""
        return CLOSED.get(_DAY.sub("", self.name), ())

    @property
    def open_columns(self) -> tuple[str, ...]:
        return tuple(one for one in self.columns if one not in self.closed_columns)


def make(session: Session, roles: Roles) -> list[str]:
    """
    Make those of the roles that there are not yet, without a password: until they get one, nobody logs in as them.
    Returns their names. Whoever only looks cannot write by mistake, and holds nobody up for long.
    """
    made = []
    for name in roles.names:
        if not session.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [name]).fetchone():
            session.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(name)))
            made.append(name)
    for name in (roles.reader, roles.auditor):
        for setting, value in _LOOKING.items():
            session.execute(sql.SQL(f"ALTER ROLE {{}} SET {setting} = {value}").format(sql.Identifier(name)))
    return made


def exist(session: Session, roles: Roles) -> bool:
    """Whether all three are there."""
    found = session.execute("SELECT count(*) FROM pg_roles WHERE rolname = ANY (%s)", [list(roles.names)]).fetchone()
    return found == (len(roles.names),)


def grant(session: Session, roles: Roles, *, only: str | None = None) -> int:
    """
    Give each role its rights in every schema, or in `only` this one, and take all others away. In one transaction, so
    that whoever works meanwhile notices nothing. Returns how many tables and views there are.

    A superuser does it for everything; an owner for what is the owner's own, which the record is not.
    """
    with session.transaction():
        schemas = _schemas(session) if only is None else [only]
        relations = [one for schema in schemas for one in relations_of(session, schema)]
        if only is None:
            _run(session, _for_database(session.info.dbname, roles))
        for schema in schemas:
            _run(session, _for_schema(session, schema, roles))
            _run(session, _for_functions(session, schema, roles))
            _run(session, _for_sequences(session, schema, roles))
        for relation in relations:
            if relation.is_ours:
                _run(session, _for_relation(relation, roles))
    return len(relations)


def relations_of(session: Session, schema: str) -> list[Relation]:
    """The tables and views of a schema. Partitions are reached through the tables that they are parts of."""
    found = session.execute(_RELATIONS, {"schema": schema}).fetchall()
    return [
        Relation(
            schema=schema,
            name=str(name),
            is_table=bool(table),
            is_ours=bool(ours),
            refused=int(str(bits)),
            columns=tuple(map(str, cast("list[str]", columns))),
        )
        for name, table, ours, bits, columns in found
    ]


_RELATIONS = """
    SELECT c.relname, c.relkind IN ('r', 'p'), pg_has_role(c.relowner, 'USAGE'),
           coalesce((SELECT bit_or(t.tgtype::int) FROM pg_trigger t
                     WHERE t.tgrelid = c.oid AND t.tgfoid = to_regprocedure('public.append_only()')
                       AND t.tgqual IS NULL AND t.tgattr::text = '' AND t.tgenabled <> 'D'), 0),
           ARRAY(SELECT a.attname::text FROM pg_attribute a
                 WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum)
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = %(schema)s AND c.relkind IN ('r', 'p', 'v', 'm')
      AND (NOT c.relispartition) ORDER BY c.relname"""


def _schemas(session: Session) -> list[str]:
    found = session.execute(
        "SELECT nspname FROM pg_namespace WHERE nspname LIKE ANY (%s) ORDER BY nspname", [list(SCHEMAS)]
    )
    return [str(name) for (name,) in found]


def _for_database(database: str, roles: Roles) -> Iterator[sql.Composed]:
    names = {"database": sql.Identifier(database), "app": sql.Identifier(roles.application), "all": _all(roles)}
    yield sql.SQL("REVOKE ALL ON DATABASE {database} FROM PUBLIC, {all}").format(**names)
    yield sql.SQL("GRANT CONNECT ON DATABASE {database} TO {all}").format(**names)
    yield sql.SQL("GRANT TEMPORARY ON DATABASE {database} TO {app}").format(**names)


def _for_schema(session: Session, schema: str, roles: Roles) -> Iterator[sql.Composed]:
    if not _row(session, "SELECT pg_has_role(nspowner, 'USAGE') FROM pg_namespace WHERE nspname = %s", schema):
        return
    names = {"schema": sql.Identifier(schema), "app": sql.Identifier(roles.application), "all": _all(roles)}
    names |= {"reader": sql.Identifier(roles.reader), "auditor": sql.Identifier(roles.auditor)}
    yield sql.SQL("REVOKE ALL ON SCHEMA {schema} FROM PUBLIC, {all}").format(**names)
    yield sql.SQL("GRANT USAGE ON SCHEMA {schema} TO {app}, {reader}").format(**names)
    if schema == "public":
        yield sql.SQL("GRANT USAGE ON SCHEMA {schema} TO {auditor}").format(**names)


def _for_functions(session: Session, schema: str, roles: Roles) -> Iterator[sql.Composed]:
    """
    The application calls them all. A view's functions are run as whoever reads it, so a reader calls those that compute
    or read, and change nothing.
    """
    found = session.execute(
        "SELECT p.oid::regprocedure::text, p.provolatile <> 'v' FROM pg_proc p"
        " JOIN pg_namespace n ON n.oid = p.pronamespace"
        " WHERE n.nspname = %s AND p.prokind = 'f' AND pg_has_role(p.proowner, 'USAGE')",
        [schema],
    ).fetchall()
    for signature, reads in found:
        names = [roles.application, *([roles.reader] if reads else [])]
        function = sql.SQL(cast("LiteralString", signature))  # as the server itself has written it, quoted
        yield sql.SQL("REVOKE ALL ON FUNCTION {} FROM PUBLIC, {}").format(function, _all(roles))
        yield sql.SQL("GRANT EXECUTE ON FUNCTION {} TO {}").format(function, _listed(names))


def _for_sequences(session: Session, schema: str, roles: Roles) -> Iterator[sql.Composed]:
    found = session.execute(
        "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE n.nspname = %s AND c.relkind = 'S' AND pg_has_role(c.relowner, 'USAGE')",
        [schema],
    ).fetchall()
    for (name,) in found:
        sequence = sql.Identifier(schema, str(name))
        yield sql.SQL("REVOKE ALL ON SEQUENCE {} FROM PUBLIC, {}").format(sequence, _all(roles))
        yield sql.SQL("GRANT USAGE, SELECT ON SEQUENCE {} TO {}").format(sequence, _listed([roles.application]))


def _for_relation(relation: Relation, roles: Roles) -> Iterator[sql.Composed]:
    table = sql.Identifier(relation.schema, relation.name)
    yield sql.SQL("REVOKE ALL ON {} FROM PUBLIC, {}").format(table, _all(roles))
    for right in relation.rights:
        unsaid = UNSAID.get(relation.name, ()) if right == "INSERT" else ()
        named = _columns(one for one in relation.columns if one not in unsaid) if unsaid else sql.SQL("")
        yield sql.SQL(f"GRANT {right} {{}} ON {{}} TO {{}}").format(named, table, sql.Identifier(roles.application))
    if relation.open_columns:
        readable = _columns(iter(relation.open_columns)) if relation.closed_columns else sql.SQL("")
        yield sql.SQL("GRANT SELECT {} ON {} TO {}").format(readable, table, sql.Identifier(roles.reader))
    if relation.is_record:
        yield sql.SQL("GRANT SELECT ON {} TO {}").format(table, sql.Identifier(roles.auditor))


def _columns(names: Iterator[str]) -> sql.Composed:
    return sql.SQL("({})").format(sql.SQL(", ").join(map(sql.Identifier, names)))


def _all(roles: Roles) -> sql.Composed:
    return _listed(roles.names)


def _listed(names: Iterable[str]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, names))


def _row(session: Session, statement: LiteralString, *parameters: str) -> bool:
    """Whether the statement's only row is true."""
    return session.execute(statement, parameters).fetchone() == (True,)


def _run(session: Session, statements: Iterator[sql.Composed]) -> None:
    for statement in statements:
        session.execute(statement)


def missing(session: Session, roles: Roles) -> list[str]:
    """What differs from the application's rights, table by table; all of it where there is no such role."""
    if not exist(session, roles):
        return [f"there are not the roles {', '.join(roles.names)}"]
    relations = (one for schema in _schemas(session) for one in relations_of(session, schema))
    return [said for relation in relations if (said := _difference(session, relation, roles))]


def _difference(session: Session, relation: Relation, roles: Roles) -> str:
    """What the application may that it should not, or the other way round; empty where all is well."""
    found = session.execute(
        "SELECT one FROM unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) one"
        " WHERE has_table_privilege(%(role)s, %(table)s::regclass, one)"
        "    OR (one = 'INSERT' AND has_any_column_privilege(%(role)s, %(table)s::regclass, one))",
        {"role": roles.application, "table": f'"{relation.schema}"."{relation.name}"'},
    ).fetchall()
    has = {str(one) for (one,) in found}
    wanted = set(relation.rights)
    if has == wanted:
        return ""
    told = [*(f"may {one}" for one in sorted(has - wanted)), *(f"may not {one}" for one in sorted(wanted - has))]
    return f"{relation.schema}.{relation.name}: {roles.application} {', '.join(told)}"
