CREATE TABLE {schema}.bets_bet (
    id uuid PRIMARY KEY,
    round_id bigint NOT NULL,
    player_id bigint NOT NULL,
    paytable_id uuid NOT NULL,
    ticket_id uuid,
    picks bit(80) NOT NULL,
    pick_count smallint NOT NULL,
    stake bigint NOT NULL,
    potential_max_win bigint NOT NULL,
    blind bytea NOT NULL,
    leaf_hash bytea NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT bets_stake_positive CHECK (stake > 0),
    CONSTRAINT bets_bet_pick_count CHECK (pick_count BETWEEN 1 AND 10 AND bit_count(picks) = pick_count),
    -- The last four bits belong to the bet's movements; see keno_platform/core/ids.py.
    CONSTRAINT bets_id_leaves_room CHECK ((get_byte(uuid_send(id), 15) & 15) = 0)
) PARTITION BY RANGE (id);
CREATE INDEX bets_by_round ON {schema}.bets_bet (round_id);
CREATE INDEX bets_by_player ON {schema}.bets_bet (player_id, id DESC);
CREATE INDEX bets_by_ticket ON {schema}.bets_bet (ticket_id) WHERE ticket_id IS NOT NULL;

CREATE TABLE {schema}.bets_payout (
    bet_id uuid PRIMARY KEY,
    round_id bigint NOT NULL,
    hits smallint NOT NULL,
    multiplier_hundredths integer NOT NULL,
    amount bigint NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT bets_payout_positive CHECK (amount > 0)
) PARTITION BY RANGE (bet_id);
CREATE INDEX bets_payout_by_round ON {schema}.bets_payout (round_id);
