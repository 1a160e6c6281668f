"""The operator's book: players, their balances, and every transaction. Amounts are integers in minor units."""

from dataclasses import dataclass

from examples.operator.database import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A player's account; the balance is in minor units."""

    token: str
    name: str
    blocked: bool
    currency: str
    balance: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A transaction, as the table has it."""

    transaction_id: str
    kind: str
    state: str
    answered: str
    player_token: str
    currency: str
    amount: str
    effect: int
    round_id: str | None = None
    original_id: str | None = None
    terms: str = ""
    created_at: str = ""


class Book:
    """What is in the tables of money. Changes happen inside `database.write`."""

    def __init__(self, database: Database) -> None:
        self._sql = database

    # --- players ---------------------------------------------------------------------------------------------------

    def add_player(self, *, token: str, name: str, currency: str, balance: int, amount: str) -> None:
        """A new player with a first deposit; one who is known stays as is."""
        added = self._sql.execute("INSERT OR IGNORE INTO players (token, name) VALUES (?, ?)", (token, name))
        if added.rowcount:
            self._sql.execute("INSERT INTO accounts VALUES (?, ?, 0)", (token, currency))
            self.deposit(f"opening-{token}", token, currency, balance, amount)

    def deposit(self, transaction_id: str, token: str, currency: str, minor: int, amount: str) -> None:
        """Money from the player, from outside."""
        self.add(
            Entry(
                transaction_id=transaction_id,
                kind="deposit",
                state="applied",
                answered="ok",
                player_token=token,
                currency=currency,
                amount=amount,
                effect=minor,
            )
        )

    def account(self, token: str) -> Account | None:
        row = self._sql.execute(
            "SELECT token, name, blocked, currency, balance FROM players JOIN accounts ON player_token = token"
            " WHERE token = ?",
            (token,),
        ).fetchone()
        return Account(**{**row, "blocked": bool(row["blocked"])}) if row else None

    def accounts(self) -> list[Account]:
        tokens = self._sql.execute("SELECT token FROM players ORDER BY rowid").fetchall()
        return [account for row in tokens if (account := self.account(row["token"]))]

    def set_blocked(self, token: str, blocked: bool) -> None:
        self._sql.execute("UPDATE players SET blocked = ? WHERE token = ?", (blocked, token))

    # --- transactions ----------------------------------------------------------------------------------------------

    def find(self, transaction_id: str) -> Entry | None:
        row = self._sql.execute("SELECT * FROM transactions WHERE transaction_id = ?", (transaction_id,)).fetchone()
        return Entry(**row) if row else None

    def add(self, entry: Entry) -> None:
        """Write a transaction down and move its money. The tables refuse a known id, and a balance below zero."""
        self._sql.execute(
            "INSERT INTO transactions (transaction_id, kind, state, answered, player_token, currency, amount, effect,"
            " round_id, original_id, terms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *(entry.transaction_id, entry.kind, entry.state, entry.answered, entry.player_token, entry.currency),
                *(entry.amount, entry.effect, entry.round_id, entry.original_id, entry.terms),
            ),
        )
        self._sql.execute(
            "UPDATE accounts SET balance = balance + ? WHERE player_token = ?", (entry.effect, entry.player_token)
        )

    def set_state(self, transaction_id: str, state: str) -> None:
        self._sql.execute("UPDATE transactions SET state = ? WHERE transaction_id = ?", (state, transaction_id))

    def entries(self, *, player: str | None = None, since: str = "", until: str = "~", limit: int = -1) -> list[Entry]:
        """Transactions created in [since, until), newest first."""
        rows = self._sql.execute(
            "SELECT * FROM transactions WHERE (?1 IS NULL OR player_token = ?1) AND created_at >= ?2"
            " AND created_at < ?3 ORDER BY created_at DESC, rowid DESC LIMIT ?4",
            (player, since, until, limit),
        )
        return [Entry(**row) for row in rows]

    def counts(self) -> list[tuple[str, int]]:
        """How many transactions there are of each kind and state."""
        rows = self._sql.execute("SELECT kind || ', ' || state, count(*) FROM transactions GROUP BY 1 ORDER BY 1")
        return [(what.replace("_", " "), count) for what, count in rows]

    def faults(self) -> list[str]:
        """Players whose balance is not the sum of what their transactions did: always none."""
        rows = self._sql.execute(
            "SELECT player_token FROM accounts WHERE balance !="
            " (SELECT coalesce(sum(effect), 0) FROM transactions WHERE player_token = accounts.player_token)"
        )
        return [row["player_token"] for row in rows]
