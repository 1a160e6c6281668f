-- All amounts are integers in the currency's minor units (cents). Nothing is ever deleted but old request ids.

CREATE TABLE IF NOT EXISTS players (
    token      TEXT PRIMARY KEY,               -- the name under which the platform knows the player
    name       TEXT NOT NULL,
    blocked    INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE IF NOT EXISTS accounts (
    player_token TEXT PRIMARY KEY REFERENCES players,
    currency     TEXT NOT NULL,
    balance      INTEGER NOT NULL CHECK (balance >= 0)
) STRICT;

-- Each transaction id once: what came, what was answered, and what it did to the balance.
-- A tombstone is the row of a debit that never came, left by its rollback: should the debit still come, it is refused.
CREATE TABLE IF NOT EXISTS transactions (
    transaction_id TEXT PRIMARY KEY,
    kind           TEXT NOT NULL CHECK (kind IN ('debit', 'credit', 'rollback', 'deposit')),
    state          TEXT NOT NULL CHECK (state IN ('applied', 'rolled_back', 'tombstone', 'no_effect')),
    answered       TEXT NOT NULL,              -- ok, already_rolled_back, not_found, or the code of a refusal
    player_token   TEXT NOT NULL,
    currency       TEXT NOT NULL,
    amount         TEXT NOT NULL,              -- as it came
    effect         INTEGER NOT NULL,           -- what was added to the balance; a balance is the sum of its effects
    round_id       TEXT,
    original_id    TEXT,                       -- of a rollback: the debit
    terms          TEXT NOT NULL,              -- what must be the same when the id comes again
    created_at     TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ')),
    CHECK (effect = 0 OR state IN ('applied', 'rolled_back'))
) STRICT;
CREATE INDEX IF NOT EXISTS transactions_of_player ON transactions (player_token, created_at);

-- A request that comes a second time within the window of its signature gets the same answer, byte for byte.
CREATE TABLE IF NOT EXISTS requests (
    request_id TEXT PRIMARY KEY,
    digest     BLOB NOT NULL,
    status     INTEGER NOT NULL,
    answer     BLOB NOT NULL,
    seen_at    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS requests_by_time ON requests (seen_at);

CREATE TABLE IF NOT EXISTS sessions (
    session_id   TEXT PRIMARY KEY,
    player_token TEXT NOT NULL REFERENCES players,
    ended        INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE IF NOT EXISTS webhooks (
    webhook_id  TEXT PRIMARY KEY,              -- the same when a message comes again
    type        TEXT NOT NULL,
    body        TEXT NOT NULL,
    received_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ'))
) STRICT;
