-- Below the horizon nothing is written any more: a row there would stand in no archive. For each row, because a statement
-- on the table does not fire its partitions' statement triggers.
CREATE FUNCTION {schema}.day_is_archived() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%.% is archived: % refused', TG_TABLE_SCHEMA, TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'insufficient_privilege';
END $$;

-- The first id that is not archived: what is below is in the archive, whether its partition is detached already or not.
CREATE FUNCTION {schema}.archive_horizon() RETURNS uuid LANGUAGE sql STABLE AS $$
    SELECT coalesce((SELECT a.upper FROM {schema}.wallet_archivedday a ORDER BY a.day DESC LIMIT 1),
                    '00000000-0000-0000-0000-000000000000')
$$;

-- The day (UTC) inside a UUIDv7.
CREATE FUNCTION {schema}.day_of_id(p_id uuid) RETURNS date LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT DATE '1970-01-01'
        + (('x' || encode(substring(uuid_send(p_id) FROM 1 FOR 6), 'hex'))::bit(48)::bigint / 86400000)::int
$$;
